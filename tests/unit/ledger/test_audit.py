from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from functions.errors import Permanent
from functions.ledger.audit import AuditLog
from functions.model.audit import AuditEntry, FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.records import Place
from functions.model.shipment import ConnectionName
from tests.equipment.builders import NOON, a_cause, a_key, a_shipment
from tests.equipment.memory_aws.table import MemoryTable

ACME = ConnectionName("acme")
MIDNIGHT = datetime.fromisoformat("2026-03-06T00:00:00Z")


def a_log(table: MemoryTable, new_id: Callable[[], str] | None = None) -> AuditLog:
    numbers = count(1000, step=-1)
    return AuditLog(table, new_id=new_id or (lambda: str(next(numbers))))


def an_entry(at: datetime = NOON, record_id: str = "42", **overrides: Any) -> AuditEntry:
    values: dict[str, Any] = {
        "connection": ACME,
        "record": a_key(record_id),
        "orders": ("P1001",),
        "at": at,
        "cause": a_cause(),
        "shipments": (a_shipment().key,),
        "outcome": Outcome.WRITTEN,
    }
    return AuditEntry.model_validate({**values, **overrides})


def put(log: AuditLog, *entries: AuditEntry) -> None:
    for entry in entries:
        assert log.put(log.new_key(entry.at), entry)


def story(log: AuditLog, record_id: str = "42") -> list[AuditEntry]:
    return list(log.story(ACME, a_key(record_id)))


def test_an_entry_comes_back_whole_under_its_key_and_in_its_records_story() -> None:
    entry = an_entry(
        orders=("P1001", "P2002"),
        changes={
            "tracking": FieldChange(before=None, after="1Z0001", attribute="ProNo"),
            "carrier": FieldChange(before="DHL", after="UPS", attribute="ForwardAgentId"),
        },
        refused=("carrier",),
        action="IfsApp.ShipmentHandling.Shipment_Complete",
        etag_before='W/"1"',
        etag_after='W/"2"',
        outcome="outcome_unknown",
        reason=Reason.CARRIER_UNMAPPED,
        code="ORA-20111 ForwarderInfo.FND_RECORD_NOT_EXIST",
        http_status=200,
        attempt=2,
        mapping_version="m",
        duration_ms=31,
    )
    log = a_log(MemoryTable())
    key = log.new_key(entry.at)
    assert log.put(key, entry)
    assert log.get(ACME, entry.record, key) == entry
    assert story(log) == [entry]


def test_what_does_not_stand_under_a_key_is_nothing() -> None:
    log = a_log(MemoryTable())
    assert log.get(ACME, a_key(), log.new_key(NOON)) is None


def test_an_entry_that_stands_is_never_replaced_and_the_second_is_told_so() -> None:
    log = a_log(MemoryTable())
    key = log.new_key(NOON)
    assert [log.put(key, an_entry(attempt=n)) for n in (1, 2)] == [True, False]
    assert [entry.attempt for entry in story(log)] == [1]


def test_a_put_whose_answer_was_lost_and_that_is_repeated_is_no_second_entry() -> None:
    log = a_log(MemoryTable())
    key = log.new_key(NOON)
    for _ in range(2):
        log.put(key, an_entry())
    assert len(story(log)) == 1


def test_a_story_is_told_newest_first_over_the_days() -> None:
    log = a_log(MemoryTable())
    instants = [NOON, NOON + timedelta(microseconds=1), MIDNIGHT - timedelta(microseconds=1), MIDNIGHT]
    put(log, *(an_entry(instants[n]) for n in (2, 3, 1, 0)))
    assert [entry.at for entry in story(log)] == instants[::-1]


UNREADABLE: dict[str, dict[str, Any]] = {
    "no object": {"cause": "poll"},
    "a word of a later version": {"outcome": "written_twice"},
    "a later version": {"schema_version": 99},
    "a version that is none": {"schema_version": "many"},
}


@pytest.mark.parametrize("damage", UNREADABLE)
@pytest.mark.parametrize("place", range(3))
def test_an_entry_that_cannot_be_read_is_shown_as_that_and_stops_no_other(damage: str, place: int) -> None:
    table = MemoryTable()
    log = a_log(table)
    entries = [an_entry(NOON + timedelta(minutes=n), attempt=n + 1) for n in range(3)]
    put(log, *entries)
    item = sorted(table.scan(prefix="audit#"), key=lambda each: str(each["sk"]))[place]
    table.put({**item, **UNREADABLE[damage]})
    told = story(log)[::-1]
    odd = told.pop(place)
    assert told == [entry for n, entry in enumerate(entries) if n != place]
    assert (odd.outcome, odd.at, odd.changes) == ("unreadable", entries[place].at, {})
    assert odd.action == f"unreadable {item['sk']}"
    assert odd.reason in {Reason.LEDGER_ITEM, Reason.LEDGER_VERSION}
    with pytest.raises(Permanent):
        log.get(ACME, a_key(), str(item["sk"]))


def test_a_story_holds_no_other_records_entries() -> None:
    log = a_log(MemoryTable())
    elsewhere = an_entry(record=a_key(place=Place("other.example.com/ShipmentHandling/ShipmentSet")))
    others = an_entry(connection=ConnectionName("other"))
    entries = [an_entry(record_id=str(number)) for number in range(50)]
    put(log, elsewhere, others, *entries)
    assert all(story(log, entry.record.id) == [entry] for entry in entries)
    assert list(log.story(ACME, elsewhere.record)) == [elsewhere]


def test_entries_of_one_instant_stand_side_by_side() -> None:
    log = a_log(MemoryTable())
    put(log, an_entry(attempt=1), an_entry(attempt=2))
    assert {entry.attempt for entry in story(log)} == {1, 2}


@pytest.mark.parametrize("number", ["1", "a1b2c3d4e5f6a1b2c3d4e5f6"])
def test_a_key_sorts_by_its_instant_whatever_the_rest_of_it_says(number: str) -> None:
    log = a_log(MemoryTable(), new_id=lambda: number)
    instants = [NOON - timedelta(hours=3), NOON, NOON + timedelta(microseconds=1), MIDNIGHT]
    keys = [log.new_key(at) for at in instants]
    assert keys == sorted(keys)


def test_an_entry_expires_when_its_retention_is_over() -> None:
    table = MemoryTable()
    log = AuditLog(table, new_id=lambda: "1", retention=timedelta(days=10))
    put(log, an_entry())
    assert json.loads(table.everything())["expires_at"] == (NOON + timedelta(days=10)).timestamp()


# --- what an entry claims

CHANGES = {
    "tracking": FieldChange(before=None, after="1Z0001", attribute="ProNo"),
    "carrier": FieldChange(before="DHL", after="UPS", attribute="ForwardAgentId"),
}


@pytest.mark.parametrize(
    ("outcome", "is_claimed"),
    [
        (Outcome.WRITTEN, True),
        ("outcome_unknown", True),
        (Outcome.PARKED, False),
        (Outcome.RETRY, False),
        (Outcome.WOULD_WRITE, False),
    ],
)
def test_only_what_was_written_or_may_have_been_is_ours(outcome: Any, *, is_claimed: bool) -> None:
    entry = an_entry(changes=CHANGES, outcome=outcome)
    assert entry.claims("ProNo", "1Z0001") is is_claimed


@pytest.mark.parametrize(
    ("attribute", "value"), [("ProNo", "1Z0002"), ("ForwardAgentId", "1Z0001"), ("ProNo", None)], ids=str
)
def test_an_entry_claims_its_own_values_of_its_own_attributes_alone(attribute: str, value: str | None) -> None:
    assert not an_entry(changes=CHANGES).claims(attribute, value)


def test_an_entry_does_not_claim_the_field_that_ifs_did_not_take() -> None:
    entry = an_entry(changes=CHANGES, refused=("carrier",))
    assert (entry.claims("ProNo", "1Z0001"), entry.claims("ForwardAgentId", "UPS")) == (True, False)
