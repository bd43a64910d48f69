"""A connection is well where nobody has to do anything; else each trouble says which question tells more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.flows.operations.attention import AttentionList
from functions.flows.operations.standing import ReadingFacts, desk_standing, reading_standing, tenant_standing
from functions.flows.operations.status import ConnectionStatus, status_line
from functions.model.cursors import Cursor, ReadingPosition, Stream
from functions.model.desk import Desk, Pause
from functions.model.outcomes import Reason
from functions.model.registration import Registration
from functions.model.shipment import ConnectionName
from functions.model.tenant import Circuit, Fitness
from tests.equipment.builders import NOON, a_connection

ACME, MINUTE = ConnectionName("acme"), timedelta(minutes=1)


def a_position(read: datetime = NOON, **changes: Any) -> ReadingPosition:
    quiet = Cursor(head=NOON - timedelta(days=9), settled=NOON - timedelta(days=9))
    cursors: dict[str, Cursor] = dict.fromkeys(Stream, quiet)
    at = {"last_poll_at": read, "read_at": dict.fromkeys(Stream, read)}
    return ReadingPosition.model_validate({"connection": ACME, "cursors": cursors, **at, **changes})


def line(position: ReadingPosition | None = None, **more: Any) -> ConnectionStatus:
    facts = ReadingFacts(position=position or a_position(), jobs=(), webhooks={}, parked=(), **more.get("facts", {}))
    connection = a_connection(mode=more.get("mode", "write"), shipstation={"webhooks": more.get("webhooks", "manual")})
    waiting = AttentionList.model_validate(
        {"connection": ACME, "total": 0, "calls": 0, "groups": (), "entries": (), **more.get("waiting", {})}
    )
    return status_line(
        reading_standing(connection, facts, NOON),
        tenant_standing(connection, more.get("circuit", Circuit(connection=ACME)), more.get("fitness"), NOON),
        desk_standing(connection, Desk(connection=ACME, pauses=more.get("pauses", ())), NOON),
        waiting,
        NOON,
    )


def a_pause(scope: str, **more: Any) -> Pause:
    return Pause.model_validate({"scope": scope, "by": "kim", "note": "count", "at": NOON - timedelta(days=2), **more})


ENDS = {"until": NOON + timedelta(hours=1)}
LATE = {**dict.fromkeys(Stream, NOON), Stream.FULFILMENTS: NOON - timedelta(hours=1)}
GONE = {"registration": Registration(connection=ACME, checked_at=NOON, missing_since=NOON - timedelta(hours=3))}
HARDLY = {"registration": Registration(connection=ACME, checked_at=NOON, missing_since=NOON - timedelta(hours=2))}
CASES = [
    ({"facts": GONE, "webhooks": "registered"}, "reading", "webhooks are missing since"),
    ({"position": a_position(NOON - timedelta(days=3))}, "reading", "is not read since"),
    ({"position": a_position(read_at=LATE)}, "reading", "is not read since"),
    ({"position": ReadingPosition(connection=ACME)}, "reading", "is not read yet"),
    ({"position": a_position(refused_at=NOON)}, "reading", "refuses the key"),
    ({"position": a_position(silent_at=NOON)}, "reading", "answers nothing"),
    ({"facts": {"not_configured": "api_key is missing"}}, "reading", "api_key is missing"),
    ({"circuit": Circuit(connection=ACME, reason=Reason.IFS_UNAVAILABLE, opened_at=NOON)}, "tenant", "IFS: "),
    ({"fitness": Fitness(connection=ACME, fingerprint="f", checked_at=NOON, misfits=("x",))}, "tenant", "not fit"),
    ({"pauses": (a_pause("connection", **ENDS),)}, "desk", "whole connection is paused"),
    ({"pauses": (a_pause("store", of="7"),)}, "desk", "store 7 was paused a day ago"),
    ({"waiting": {"total": 2, "calls": 2}}, "attention", "2 ask for a person"),
    ({"waiting": {"is_whole": False}}, "attention", "more waits"),
]


@pytest.mark.parametrize(("wrong", "look", "said"), CASES, ids=[case[2] for case in CASES])
def test_what_is_wrong_is_not_well_and_says_where_to_look(wrong: dict[str, Any], look: str, said: str) -> None:
    found = line(**wrong)
    assert not found.is_well
    assert [trouble.look for trouble in found.troubles] == [look]
    assert said in found.troubles[0].told


def test_a_quiet_connection_is_well_and_not_behind() -> None:
    found = line(a_position(NOON - 19 * MINUTE))
    assert (found.is_well, found.minutes_behind) == (True, 19.0)


def test_a_short_pause_of_a_store_is_well_and_so_is_what_is_switched_off() -> None:
    assert line(pauses=(a_pause("store", of="7", **ENDS),)).is_well
    assert line(a_position(NOON - timedelta(days=30)), mode="off").is_well


@pytest.mark.parametrize(("known", "by"), [(GONE, "manual"), (HARDLY, "registered")])
def test_webhooks_that_are_a_persons_or_may_yet_be_repaired_are_no_trouble(known: dict[str, Any], by: str) -> None:
    assert line(facts=known, webhooks=by).is_well
