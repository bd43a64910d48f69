from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.equipment.moto_aws.server import ROOT, MotoAws
from tests.equipment.pace import HANGS_SECONDS

pytestmark = pytest.mark.integration

# Ends without closing what it has started, and tells its process and its port.
FORGETFUL = """
import os
from tests.equipment.moto_aws.server import MotoAws

aws = MotoAws()
print(aws.pid, aws.endpoint_url, flush=True)
os._exit(0)
"""


def test_server_is_gone_when_it_is_closed() -> None:
    with MotoAws() as aws:
        sqs = aws.client("sqs")
        assert "QueueUrls" not in sqs.list_queues()
    assert not Path(f"/proc/{aws.pid}").exists()

    with pytest.raises(EndpointConnectionError):
        aws.new_client("sqs").list_queues()
    aws.close()


def test_server_ends_with_the_process_that_started_it() -> None:
    """Whoever reads its output to the end has waited for everybody who holds the other side of it."""
    with subprocess.Popen(
        [sys.executable, "-c", FORGETFUL], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as started:
        output, _ = started.communicate(timeout=HANGS_SECONDS)
    pid, url = output.split()

    assert url.startswith("http://127.0.0.1:")
    assert not Path(f"/proc/{pid}/exe").exists()


def test_server_that_does_not_start_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    with pytest.raises(RuntimeError, match=r"moto did not start \(exit status 1\)"):
        MotoAws()
