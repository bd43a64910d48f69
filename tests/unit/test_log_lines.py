"""Every log line says which version wrote it, whichever module logs first."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from functions.version import FILE

ROOT = Path(__file__).parents[2]
SAID = "0.1.0 11432fd0a1b2"
MODULES = ["functions.ledger.items", "functions.wiring.telemetry", "functions.handlers.webhook"]
SAY = "from functions.wiring.telemetry import logger; logger.info('said')"


@pytest.mark.parametrize("first", MODULES)
@pytest.mark.parametrize("version", [SAID, "unknown"])
def test_a_line_says_the_version(tmp_path: Path, first: str, version: str) -> None:
    shutil.copytree(ROOT / "functions", tmp_path / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    if version == SAID:
        (tmp_path / FILE).write_text(f"{SAID}\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", f"import {first}; {SAY}"]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout)["version"] == version


def test_there_is_one_logger() -> None:
    """A second one would be the first in some Lambda, and its lines would lack what this one adds."""
    made = [path.name for path in (ROOT / "functions").rglob("*.py") if " Logger(" in path.read_text(encoding="utf-8")]
    assert made == ["log_lines.py"]
