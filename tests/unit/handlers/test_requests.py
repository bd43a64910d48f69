"""A person reads the word that they write, not the one that the code has for it."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from functions.handlers import backfill, check, replay
from functions.model.align_request import AlignRequest
from functions.model.backfill import Backfill, ReadingRequest
from functions.model.pull_request import Again
from functions.model.reconcile_request import ReconcileRequest
from functions.model.register_request import RegisterRequest
from functions.model.replay_request import DryRun, OfAPlan
from functions.model.selection import Selection
from functions.wiring.requests import explained, unknown_connection
from tests.equipment.quiet_connection import asked, quiet_world

ALIASED = [
    (model, name, str(field.alias))
    for model in (Selection, DryRun, OfAPlan, Backfill, ReadingRequest)
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


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (
            {"select": {"stores": [7]}},
            "select.stores: unknown, did you mean store?; allowed are orders, shipments, ",
        ),
        ({"select": {"Outcome-From": "x"}}, "select.Outcome-From: unknown, did you mean outcome_from?"),
        ({"select": {"outcome": "writen"}}, "select.outcome: "),
        ({"select": {"outcome": "writen"}}, "did you mean written?"),
        ({"select": {"reason": "carier_unmapped"}}, "did you mean carrier_unmapped?"),
        ({"select": {"store": 7}, "why": "x"}, "why: unknown; allowed are connection, select, overwrite, by, note"),
        ({"select": {"store": 7}, "nots": "x"}, "nots: unknown, did you mean note?"),
    ],
    ids=str,
)
def test_an_unknown_word_is_answered_with_the_nearest_and_what_is_allowed(request_: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as fault:
        DryRun.model_validate({"connection": "acme", "by": "kim", "note": "why", **request_})
    assert told in explained(fault.value, DryRun)


def test_the_value_that_came_is_told_to_nobody() -> None:
    secret = "hunter2-hunter2"
    with pytest.raises(ValidationError) as fault:
        DryRun.model_validate({"connection": [secret], "select": {"outcome": secret, "store": secret}, "by": 3})
    assert "hunter" not in explained(fault.value, DryRun)


OF_A_CONNECTION: dict[str, dict[str, Any]] = {
    "poll": {"status": True},
    "reconcile": {"status": True},
    "align": {"profile": "warehouses"},
    "inspect": {"show": "reading"},
    "control": {"do": "pause", "scope": "connection", "by": "kim", "note": "stock-taking"},
    "check": {},
    "replay": {"select": {"store": 7}, "by": "kim", "note": "a look"},
}


@pytest.mark.parametrize(("function", "request_"), OF_A_CONNECTION.items(), ids=OF_A_CONNECTION)
def test_every_function_names_the_connection_that_was_meant(function: str, request_: dict[str, Any]) -> None:
    world, _ = quiet_world()
    answer = asked(world, {"connection": "acmee", **request_}, function)
    assert answer["error"].startswith("connection: unknown, did you mean acme?"), answer


def test_an_unknown_connection_is_answered_with_the_nearest() -> None:
    assert unknown_connection(["acme", "beta"], "acmee") == (
        "connection: unknown, did you mean acme?; known are ['acme', 'beta']"
    )


@pytest.mark.parametrize("word", ["apply", "cancel", "revert"])
def test_whoever_changes_something_says_who_and_why(word: str) -> None:
    with pytest.raises(ValidationError) as fault:
        OfAPlan.model_validate({"plan_id": "p", word: True, "by": "kim"})
    assert "by and note have to be given" in explained(fault.value, OfAPlan)


@pytest.mark.parametrize(
    "select", [{"outcome": "kept"}, {"orders": [f"P{n}" for n in range(101)]}], ids=["all", "many"]
)
def test_what_is_written_over_is_named_order_by_order(select: dict[str, Any]) -> None:
    asked_for = {"connection": "acme", "select": select, "overwrite": ["tracking"], "by": "kim", "note": "why"}
    with pytest.raises(ValidationError) as fault:
        DryRun.model_validate(asked_for)
    assert "has to name the orders to overwrite, 100 at most" in explained(fault.value, DryRun)


HOUR = {"from": "2026-06-01T00:00:00Z", "to": "2026-06-01T01:00:00Z"}
SIGNED: dict[type[BaseModel], dict[str, Any]] = {
    DryRun: {"connection": "acme", "select": {"store": 7}},
    OfAPlan: {"plan_id": "p", "apply": True},
    Backfill: HOUR,
    ReconcileRequest: {"connection": "acme"},
    Again: {"connection": "acme", "again": True},
    AlignRequest: {"connection": "acme", "profile": "stock", "dry_run": False, "plan": "p"},
    RegisterRequest: {"connection": "acme", "dry_run": False},
}


@pytest.mark.parametrize("model", SIGNED, ids=lambda model: model.__name__)
def test_blanks_are_neither_a_name_nor_a_reason(model: type[BaseModel]) -> None:
    who = {"by": " kim ", "note": "why"}
    assert getattr(model.model_validate({**SIGNED[model], **who}), "by") == "kim"  # noqa: B009 # of any of them
    for blank in ("by", "note"):
        with pytest.raises(ValidationError):
            model.model_validate({**SIGNED[model], **who, blank: "  "})


ODD: tuple[Any, ...] = ([], [{}], "x", None, 5, {"connection": []}, {"connection": {}}, {"connection": None})


@pytest.mark.parametrize("event", ODD, ids=repr)
@pytest.mark.parametrize("function", [*OF_A_CONNECTION, "pull"])
def test_what_is_no_request_is_answered(function: str, event: Any) -> None:
    world, _ = quiet_world()
    assert asked(world, event, function)["allowed"]


@pytest.mark.parametrize(
    ("function", "event", "told"),
    [
        ("replay", {"plan_id": "p", "page": 10**30}, "page: "),
        ("replay", {"is_scheduled": True}, "connection: "),
        ("replay", {"is_scheduled": True, "connection": "acmee"}, "connection: unknown, did you mean acme?"),
        ("poll", {"connection": "acme", "Records": []}, "Records: unknown"),
        ("poll", {"connection": ["acme"], "now": True}, "connection: "),
    ],
    ids=str,
)
def test_an_odd_value_is_answered_with_its_key(function: str, event: dict[str, Any], told: str) -> None:
    world, _ = quiet_world()
    assert told in asked(world, event, function)["error"]


def test_of_a_thousand_faults_ten_are_told_and_the_others_counted() -> None:
    wrong = {"connection": "acme", "select": {"store": ["x"] * 1_000}, "by": "kim", "note": "why"}
    with pytest.raises(ValidationError) as fault:
        DryRun.model_validate(wrong)
    told = explained(fault.value, DryRun).split("; ")
    assert (len(told), told[-1]) == (11, "and 990 more")


@pytest.mark.parametrize("model", [Backfill, ReconcileRequest], ids=lambda model: model.__name__)
@pytest.mark.parametrize("year", ["0001", "0900", "9999"])
def test_a_year_that_no_vendor_has_is_answered(model: type[BaseModel], year: str) -> None:
    with pytest.raises(ValidationError) as fault:
        model.model_validate({"connection": "acme", "from": f"{year}-01-01T00:00:00+14:00", "by": "kim", "note": "why"})
    assert "is of none of the years 1970 to 9998" in explained(fault.value, model)
