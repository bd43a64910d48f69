"""Ctrl-C, as a terminal sends it to the verb."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.equipment.local_aws.server import ROOT

pytestmark = pytest.mark.integration

SECONDS = 180


def processes(mark: str) -> Iterator[int]:
    """Those whose environment names the folder."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark.encode() in (process / "environ").read_bytes():
                yield int(process.name)


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes are found in /proc")
@pytest.mark.parametrize(
    "step",
    [
        "ShipStation simulated",
        "bundling the Lambdas",
        pytest.param("Deploying the stack", marks=pytest.mark.nightly),
        pytest.param("Buying their labels", marks=pytest.mark.nightly),
    ],
)
def test_an_interruption_leaves_no_traceback_no_process_and_no_folder(tmp_path: Path, step: str) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-B", ".ci/step.py", "The demonstration", sys.executable, "-m", "tests.demo"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        assert run.stdout is not None
        seen = ""
        while step not in seen and (character := run.stdout.read(1)):
            seen += character
        os.killpg(run.pid, signal.SIGINT)
        rest, _ = run.communicate(timeout=SECONDS)
    assert run.returncode == 130, seen + rest
    assert "Traceback" not in rest
    assert rest.endswith("Stopped.\n")
    assert list(processes(str(tmp_path))) == []
    assert [path.name for path in tmp_path.iterdir()] == []
