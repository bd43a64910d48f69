"""The desk with words of a newer version: every delivery reads it, so that they stop none, and they are kept."""

from __future__ import annotations

from typing import Any

import pytest

from functions.errors import Permanent
from functions.ledger.desks import DeskStore
from functions.model.desk import Desk, MapEntry, Pause, Recall
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from tests.equipment.builders import NOON
from tests.equipment.memory_aws.table import MemoryTable

ACME = ConnectionName("acme")
SAID = {"by": "kim", "note": "n", "at": "2026-06-01T00:00:00Z"}
NEWER: dict[str, dict[str, Any]] = {
    "entries": {"table": "a_later_map", "code": "1", "value": "X", **SAID},
    "recalls": {"recall_id": "r", "reasons": ["not_in_ifs_yet", "a_later_reason"], "left": ["due"], **SAID},
}
KNOWN = Desk(
    connection=ACME,
    pauses=(Pause(scope="connection", by="kim", note="n", at=NOON),),
    entries=(MapEntry(table="carriers", code="ups", value="UPS", by="kim", note="n", at=NOON),),
    recalls=(Recall(recall_id="k", reasons=(Reason.NOT_IN_IFS_YET,), by="kim", note="n", at=NOON, left=("due",)),),
)


def stored(**more: dict[str, Any]) -> MemoryTable:
    table = MemoryTable()
    DeskStore(table).change(ACME, lambda _: KNOWN)
    item = table.get("desk#acme", "desk")
    assert item is not None
    table.put({**item, **{name: [each, *item[name]] for name, each in more.items()}})
    return table


@pytest.mark.parametrize("where", NEWER)
def test_what_is_said_with_an_unknown_word_is_passed_over_and_nothing_else(where: str) -> None:
    assert DeskStore(stored(**{where: NEWER[where]})).load(ACME) == KNOWN.stored()


def test_it_is_kept_when_the_desk_is_stored_again() -> None:
    table = stored(**NEWER)
    desk = DeskStore(table).change(ACME, lambda desk: desk.resuming("connection", NOON))
    assert DeskStore(table).load(ACME) == desk
    item = table.get("desk#acme", "desk")
    assert item is not None
    assert {name: NEWER[name] in item[name] for name in NEWER} == dict.fromkeys(NEWER, True)


def test_it_is_kept_where_nothing_else_stands() -> None:
    table = stored(**NEWER)
    DeskStore(table).change(ACME, lambda desk: desk.unmapping("carriers", "ups"))
    item = table.get("desk#acme", "desk")
    assert item is not None
    assert item["entries"] == [NEWER["entries"]]


def test_a_pause_of_an_unknown_scope_makes_the_desk_unreadable() -> None:
    """Whoever passed it over would write what a person wanted held."""
    table = stored(pauses={"scope": "a_later_scope", **SAID})
    with pytest.raises(Permanent, match="pauses"):
        DeskStore(table).load(ACME)


def test_a_map_entry_that_an_earlier_version_kept_with_what_nobody_sees_is_found_and_taken_out() -> None:
    stored = KNOWN.model_copy(update={"entries": (KNOWN.entries[0].model_copy(update={"code": "u\u200bps"}),)})
    desk = Desk.model_validate(stored.model_dump())
    assert desk.map_of("carriers") == {"ups": "UPS"}
    assert desk.unmapping("carriers", "ups").entries == ()
