"""The walls of pyproject.toml stand around all that they are meant for."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
OPERATIONS = "functions.flows.operations"


def test_every_part_of_the_comparison_stands_behind_its_wall() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    (wall,) = (each for each in tools["importlinter"]["contracts"] if each["name"].startswith("What compares both"))
    folder = ROOT.joinpath(*OPERATIONS.split("."))
    parts = {f"{OPERATIONS}.{path.stem}" for path in folder.glob("reconcile*.py")}
    assert parts == {name for name in wall["source_modules"] if name.startswith(OPERATIONS)}
