"""What a person is answered is what the published schemas say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.equipment.align_desk import AlignDesk
from tests.equipment.push_desk import Desk
from tests.equipment.quiet_connection import asked, quiet_world
from tests.equipment.webhooks_desk import WebhooksDesk
from tests.unit.handlers.conftest import strange

WHO = {"connection": "acme", "by": "kim", "note": "why"}
ASKED: list[tuple[str, dict[str, Any]]] = [
    *(("inspect", {"show": show, "connection": "acme"}) for show in ("status", "attention", "reading", "tenant")),
    *(("inspect", {"show": show, "connection": "acme"}) for show in ("desk", "plans", "reconcile")),
    ("inspect", {"show": "order", "connection": "acme", "order": "P1"}),
    ("control", {"do": "pause", "scope": "connection", **WHO}),
    ("check", {"connection": "acme"}),
    ("replay", {"select": {"orders": ["P1"]}, **WHO}),
    ("poll", {"connection": "acme", "status": True}),
    (
        "poll",
        {
            "connection": "acme",
            "backfill": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "by": "kim", "note": "why"},
        },
    ),
]


@pytest.mark.parametrize(("function", "event"), ASKED, ids=str)
def test_an_answer_fits_its_schema_and_one_with_another_key_does_not(function: str, event: dict[str, Any]) -> None:
    world, _ = quiet_world()
    answer = asked(world, event, function)
    assert "error" not in answer
    assert strange(function, event, answer) == []
    assert strange(function, event, {**answer, "strange": 1})


@pytest.mark.parametrize("function", ["inspect", "control", "check", "replay", "reconcile", "poll"])
def test_a_refusal_fits_its_schema(function: str) -> None:
    world, _ = quiet_world()
    answer = asked(world, {"connection": "nobody", "odd": 1}, function)
    assert answer["error"]
    assert strange(function, {}, answer) == []
    assert strange(function, {}, {**answer, "strange": 1})


def test_what_a_connection_has_of_its_own_is_held_against_its_schema_too() -> None:
    told = {
        "pull": [Desk(()).pull(dry_run=True), Desk(()).pull(again=True, by="kim", note="why")],
        "align": [AlignDesk().dry_run()],
        "register": [WebhooksDesk().ask(), WebhooksDesk(webhooks="manual").ask()],
    }
    for function, answers in told.items():
        for answer in answers:
            assert "error" not in answer
            assert strange(function, {}, answer) == []
            assert strange(function, {}, {**answer, "strange": 1})
