"""A state changes through a method of its own model, so that a misspelt field is found: `model_copy` checks nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import BaseModel

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Copy:
    """One call of `model_copy(update=...)`. `owner` is the class of the method that it stands in."""

    module: str
    owner: str
    function: str
    line: int
    of_itself: bool
    fields: frozenset[str] | None

    def __str__(self) -> str:
        return f"{self.module}:{self.line} {self.owner}.{self.function}"


def copies(tree: ast.Module, module: str) -> Iterator[Copy]:
    for owner, function in _functions(tree):
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "model_copy":
                update = next((keyword.value for keyword in call.keywords if keyword.arg == "update"), None)
                of_itself = isinstance(call.func.value, ast.Name) and call.func.value.id == "self"
                fields = _fields(update, function)
                yield Copy(module, owner, function.name, call.lineno, of_itself, fields)


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Each function once, those inside of others as part of them."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            yield from ((node.name, own) for own in node.body if isinstance(own, ast.FunctionDef))


def _fields(update: ast.expr | None, function: ast.FunctionDef) -> frozenset[str] | None:
    """The names that are changed; None where they cannot be read off."""
    if isinstance(update, ast.Name):
        assigned = (node for node in ast.walk(function) if isinstance(node, ast.Assign | ast.AnnAssign))
        values = [node.value for node in assigned if _names(node) == [update.id]]
        update = values[0] if len(values) == 1 else None
    if not isinstance(update, ast.Dict):
        return None
    names = [key.value for key in update.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
    return frozenset(names) if len(names) == len(update.keys) else None


def _names(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def every_copy() -> list[Copy]:
    found: list[Copy] = []
    for path in sorted((ROOT / "functions").rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found += copies(ast.parse(path.read_text(encoding="utf-8")), module)
    return found


def is_right(copy: Copy) -> bool:
    owner = getattr(import_module(copy.module), copy.owner, None) if copy.owner else None
    if not isinstance(owner, type) or not issubclass(owner, BaseModel):
        return False
    return copy.of_itself and copy.fields is not None and copy.fields <= set(owner.model_fields)


def test_a_model_is_changed_by_methods_of_its_own_that_name_its_fields() -> None:
    wrong = [copy for copy in every_copy() if not is_right(copy)]
    assert [str(copy) for copy in wrong] == []


@pytest.mark.parametrize(
    "code",
    [
        "def move(state):\n    return state.model_copy(update={'placing': None})",
        "class OrderState:\n    def move(self):\n        return self.model_copy(update={'no_such_field': None})",
        "class OrderState:\n    def move(self):\n        return self.key.model_copy(update={'reference': ''})",
        "class OrderState:\n    def move(self, changes):\n        return self.model_copy(update=changes)",
        "class OrderState:\n    def move(self, name):\n        return self.model_copy(update={name: None})",
        "class OrderState:\n    def move(self, more):\n        return self.model_copy(update={'stub': {}, **more})",
        "class NoModel:\n    def move(self):\n        return self.model_copy(update={'stub': {}})",
    ],
    ids=["outside", "misspelt", "of another", "any dictionary", "any name", "any name beside", "of no model"],
)
def test_a_copy_that_nobody_checks_is_found(code: str) -> None:
    assert [is_right(copy) for copy in copies(ast.parse(code), "functions.model.state")] == [False]


@pytest.mark.parametrize(
    "code",
    [
        "class OrderState:\n    def move(self):\n        return self.model_copy(update={'stub': {}})",
        "class OrderState:\n    def move(self):\n        own = {'stub': 1}\n        return self.model_copy(update=own)",
    ],
    ids=["at once", "by a name"],
)
def test_a_copy_by_the_models_own_method_is_right(code: str) -> None:
    assert [is_right(copy) for copy in copies(ast.parse(code), "functions.model.state")] == [True]
