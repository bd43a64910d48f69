"""Whatever a test asks as a person is held against the published schema of the answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from functions.console.schemas import FOLDER
from tests.equipment.lambdas import Function, OnEnd

ANSWERED = {"check": "check-answer", "control": "control-answer"}
# One of several, a refusal among them.
ONE_OF = {name: f"{name}-answer" for name in ("replay", "pull", "align", "register", "reconcile")}
ONE_OF["poll"] = "reading-answer"


@cache
def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def is_tick(function: str, event: Any) -> bool:
    """Of a schedule or a queue."""
    if not isinstance(event, dict):
        return False
    is_scheduled = function in {"replay", "reconcile"} and event.get("is_scheduled")
    return bool(is_scheduled) or (function == "poll" and event.keys() in ({"connection"}, {"Records"}))


def strange(function: str, event: Any, answer: Any) -> list[str]:
    """What the schema does not know; nothing of what answers no person, or with a page."""
    if function not in {*ANSWERED, *ONE_OF, "inspect"} or is_tick(function, event) or not isinstance(answer, dict):
        return []
    name = ONE_OF.get(function) or ("refusal" if "error" in answer else ANSWERED.get(function))
    name = name or f"inspect-{answer['show']}"
    return [f"{name}: {error.message}" for error in schema(name).iter_errors(answer)]


@pytest.fixture(autouse=True)
def every_answer_fits_its_schema(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    found: list[str] = []
    invoke = Function.invoke

    def watched(self: Function, event: Any, on_end: OnEnd = lambda _value, _fault: None) -> None:
        def end(value: Any, fault: BaseException | None) -> None:
            found.extend(strange(self.name, event, value))
            on_end(value, fault)

        invoke(self, event, end)

    monkeypatch.setattr(Function, "invoke", watched)
    yield
    assert found == []
