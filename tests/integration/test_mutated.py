"""What `make mutate` runs in a folder of its own: the tests it picks hold there, before anything is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

ROOT = Path(__file__).parents[2]
MADE = shutil.ignore_patterns("__pycache__")


def test_the_tests_it_runs_find_what_they_read(tmp_path: Path) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    for folder in ("tests", *settings["source_paths"], *settings["also_copy"]):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=MADE)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    chosen = [*settings["pytest_add_cli_args_test_selection"], *settings["pytest_add_cli_args"]]
    command = [sys.executable, "-m", "pytest", "-x", "-q", *chosen]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout[-2000:]


def test_what_is_broken_exists() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]

    assert [pattern for pattern in settings["only_mutate"] if not list(ROOT.glob(pattern))] == []
