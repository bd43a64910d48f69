"""What the installers say becomes one sentence."""

from __future__ import annotations

import install
import pytest

PIP_REFUSED = """WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError("HTTPConnection(\
host='127.0.0.1', port=9): Failed to establish a new connection: [Errno 111] Connection refused")': /simple/uv/
ERROR: Could not find a version that satisfies the requirement uv==0.13.9 (from versions: none)
ERROR: No matching distribution found for uv==0.13.9"""
UV_REFUSED = """error: Failed to fetch: `http://anna:planted@mirror.example:8081/simple/rich/`
  Caused by: error sending request for url (http://anna:planted@mirror.example:8081/simple/rich/)
  Caused by: tcp connect error"""
UV_FULL = """error: Failed to download `numpy==2.0`
  Caused by: failed to write to file `/x/.cache/uv/a`: No space left on device (os error 28)"""
NO_VENV = "The virtual environment was not created successfully because ensurepip is not available."
NPM = "npm error code ECONNREFUSED\nnpm error request to http://127.0.0.1:9/aws-cdk failed, reason: ECONNREFUSED"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        pytest.param(PIP_REFUSED, "registry at 127.0.0.1:9 cannot be reached", id="pip"),
        pytest.param(UV_REFUSED, "registry at mirror.example:8081 cannot be reached", id="uv"),
        pytest.param(NPM, "registry at 127.0.0.1:9 cannot be reached", id="npm"),
        pytest.param(UV_FULL, "The disk is full", id="full"),
        pytest.param("[Errno 28] No space left on device", "The disk is full", id="full for python"),
        pytest.param("[Errno 30] Read-only file system: 'build'", "This folder is read-only", id="read-only"),
        pytest.param("[Errno 13] Permission denied: 'build'", "may not be written to", id="permission"),
        pytest.param(NO_VENV, "python3-venv", id="no venv"),
        pytest.param("a\nerror: odd\n\n", "Step failed: error: odd (more in build/install.log)", id="anything else"),
        pytest.param("", "Step failed: it said nothing", id="nothing"),
    ],
)
def test_a_failure_is_told_in_one_sentence(output: str, said: str) -> None:
    sentence = install._sentence(output, "Step")  # noqa: SLF001
    assert said in sentence
    assert "\n" not in sentence
    assert "planted" not in sentence
