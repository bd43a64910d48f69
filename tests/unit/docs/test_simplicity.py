"""No function has more than ten ways through it, or more than forty lines. Comprehensions and boolean operators, which
ruff's C901 passes over, are ways too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import pytest
from radon.complexity import add_inner_blocks, cc_visit

ROOT = Path(__file__).parents[3]
MOST = 10
LINES, MODULE_LINES = 40, 400
ELEVEN = """
def f(rows):
    found = [row for row in rows if row.a and row.b and row.c]
    if found or rows:
        return [row for row in found if row.d or row.e or row.f]
"""


def too_many_ways(code: str) -> list[str]:
    blocks = add_inner_blocks(cc_visit(code))
    return [f"{block.fullname} {block.complexity}" for block in blocks if block.complexity > MOST]


def too_long(code: str) -> Iterator[str]:
    if code.count("\n") > MODULE_LINES:
        yield f"module {code.count(chr(10))}"
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef) and (lines := (node.end_lineno or 0) - node.lineno + 1) > LINES:
            yield f"{node.name} {lines}"


@pytest.mark.parametrize("room", ["functions", "infra"])
def test_no_function_or_module_is_long(room: str) -> None:
    paths = sorted((ROOT / room).rglob("*.py"))
    found = {str(path.relative_to(ROOT)): [*too_long(path.read_text(encoding="utf-8"))] for path in paths}
    assert {path: long for path, long in found.items() if long} == {}


@pytest.mark.parametrize("room", ["functions", "infra"])
def test_no_block_has_more_than_ten_ways_through_it(room: str) -> None:
    found = {
        str(path.relative_to(ROOT)): ways
        for path in sorted((ROOT / room).rglob("*.py"))
        if (ways := too_many_ways(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_comprehensions_and_boolean_operators_are_ways_too() -> None:
    assert too_many_ways(ELEVEN) == ["f 11"]


def test_a_function_within_another_is_one_too() -> None:
    assert "outer.f 11" in too_many_ways("def outer():\n" + indent(ELEVEN, "    "))
