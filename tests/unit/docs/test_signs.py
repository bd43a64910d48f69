"""A package with many modules has a sign at its door that names each of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

FUNCTIONS = Path(__file__).parents[3] / "functions"
MANY = 18


def halls() -> list[Path]:
    packages = (path.parent for path in FUNCTIONS.rglob("__init__.py"))
    return sorted(package for package in packages if len(list(package.glob("*.py"))) > MANY)


@pytest.mark.parametrize("package", halls(), ids=lambda package: package.name)
def test_a_large_package_names_its_modules(package: Path) -> None:
    sign = ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8"))) or ""
    named = set(re.findall(r"\w+", sign))
    assert {path.stem for path in package.glob("*.py")} - {"__init__"} - named == set()


def test_there_are_large_packages() -> None:
    assert {package.name for package in halls()} == {
        "connections",
        "console",
        "handlers",
        "ifs",
        "ledger",
        "model",
        "operations",
        "to_ifs",
        "wiring",
    }
