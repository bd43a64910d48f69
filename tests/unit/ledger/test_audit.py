from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from functions.errors import Retryable
from functions.ledger.audit import AuditLog
from functions.model.audit import AuditEntry, FieldChange
from functions.model.outcomes import Outcome, Reason
from tests.equipment.builders import NOON, a_cause, a_shipment
from tests.equipment.memory_aws.table import MemoryTable

MIDNIGHT = datetime.fromisoformat("2026-03-06T00:00:00Z")
DAYS = [MIDNIGHT.date(), NOON.date()]


def a_log(table: MemoryTable, new_id: Callable[[], str] | None = None) -> AuditLog:
    numbers = count(1000, step=-1)
    return AuditLog(table, new_id=new_id or (lambda: str(next(numbers))))


def an_entry(at: datetime = NOON, reference: str = "P1001", **overrides: Any) -> AuditEntry:
    shipment = a_shipment(reference=reference)
    values: dict[str, Any] = {"kind": "result", "order": shipment.order_key, "at": at, "cause": a_cause()}
    return AuditEntry.model_validate({**values, "shipments": (shipment,), **overrides})


def test_an_entry_comes_back_whole() -> None:
    entry = an_entry(
        target="shipment_header/42",
        changes={"tracking": FieldChange(before=None, after="1Z0001")},
        etag_before='W/"1"',
        outcome=Outcome.WRITTEN,
        reason=Reason.CARRIER_UNMAPPED,
        http_status=200,
        attempt=2,
        duration_ms=31,
    )
    log = a_log(MemoryTable())
    log.put(entry)
    assert log.story(entry.order, DAYS) == [entry]


def test_a_story_is_told_in_order_over_the_days() -> None:
    log = a_log(MemoryTable())
    instants = [NOON, NOON + timedelta(microseconds=1), MIDNIGHT - timedelta(microseconds=1), MIDNIGHT]
    for at in (instants[2], instants[3], instants[1], instants[0]):
        log.put(an_entry(at))
    assert [entry.at for entry in log.story(an_entry().order, DAYS)] == instants
    assert [entry.at for entry in log.story(an_entry().order, [MIDNIGHT.date()])] == instants[3:]


def test_a_story_holds_no_other_orders_entries() -> None:
    log = a_log(MemoryTable())
    entries = [an_entry(reference=f"P{number}") for number in range(50)]
    for entry in entries:
        log.put(entry)
    assert all(log.story(entry.order, DAYS) == [entry] for entry in entries)


def test_an_entry_is_never_replaced() -> None:
    log = a_log(MemoryTable(), new_id=lambda: "same")
    log.put(an_entry(detail="first"))
    with pytest.raises(Retryable) as caught:
        log.put(an_entry(detail="second"))
    assert caught.value.reason is Reason.LEDGER_UNAVAILABLE
    assert [entry.detail for entry in log.story(an_entry().order, DAYS)] == ["first"]


def test_entries_of_one_instant_stand_side_by_side() -> None:
    log = a_log(MemoryTable())
    for detail in ("a", "b"):
        log.put(an_entry(detail=detail))
    assert {entry.detail for entry in log.story(an_entry().order, DAYS)} == {"a", "b"}


def test_an_entry_expires_when_its_retention_is_over() -> None:
    table = MemoryTable()
    AuditLog(table, new_id=lambda: "1", retention=timedelta(days=10)).put(an_entry())
    assert json.loads(table.everything())["expires_at"] == (NOON + timedelta(days=10)).timestamp()
