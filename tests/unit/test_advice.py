"""Advice is read on the command line and on the page: it names the decision, in the words of neither."""

from __future__ import annotations

import re

import pytest

from functions.model.advice import ADVICE
from functions.model.control import AnyChange
from functions.model.outcomes import Reason
from functions.model.replay_request import DryRun
from functions.wiring.requests import _models_in, _tags


@pytest.mark.parametrize("reason", ADVICE, ids=str)
def test_a_decision_is_named_by_its_name_alone(reason: Reason) -> None:
    plans = DryRun.model_fields.keys()
    decisions = plans | {tag for model in _models_in(AnyChange) for tag in _tags(model)}
    assert "do:" not in ADVICE[reason]
    assert set(re.findall(r"\(([a-z]+)\)", ADVICE[reason])) <= decisions
