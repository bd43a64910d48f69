"""`make demo` is what a visitor runs first."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.equipment.local_aws.server import ROOT
from tests.equipment.pace import HANGS_SECONDS

pytestmark = pytest.mark.integration


def test_demonstration_ends_with_both_systems_equal() -> None:
    command = [sys.executable, "-m", "tests.demo"]
    run = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=HANGS_SECONDS, check=False
    )

    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    lines = run.stdout.splitlines()
    assert lines[-1] == "Both systems agree."
    assert (len(lines) <= 120, [line for line in lines if len(line) > 100]) == (True, [])
    assert run.stderr == ""
