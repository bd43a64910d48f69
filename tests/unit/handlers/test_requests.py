"""A person reads the word that they write, not the one that the code has for it."""

from __future__ import annotations

import json
from types import ModuleType

import pytest
from pydantic import BaseModel, ValidationError

from functions.flows.operations.selection import Selection
from functions.handlers import backfill, check, replay
from functions.wiring.requests import explained

ALIASED = [
    (model, name, str(field.alias))
    for model in (Selection, replay.DryRun, replay.OfAPlan, backfill.Backfill, backfill.Request)
    for name, field in model.model_fields.items()
    if field.alias
]


@pytest.mark.parametrize(("model", "name", "word"), ALIASED, ids=lambda value: getattr(value, "__name__", value))
def test_a_wrong_value_is_told_under_the_word_of_the_request(model: type[BaseModel], name: str, word: str) -> None:
    with pytest.raises(ValidationError) as fault:
        model.model_validate({word: []})
    told = explained(fault.value)
    assert f"{word}: " in told
    assert f"{name}:" not in told


@pytest.mark.parametrize("handler", [replay, backfill, check], ids=lambda module: module.__name__)
def test_what_is_allowed_is_told_in_the_words_of_the_request(handler: ModuleType) -> None:
    allowed = json.dumps(handler.ALLOWED)
    assert [name for _, name, _ in ALIASED if f'"{name}"' in allowed and name.endswith("_")] == []


def test_a_selection_is_told_with_from() -> None:
    assert '"from", "to"' in json.dumps(replay.ALLOWED)
