"""Audit entries and messages earlier versions wrote: a story is kept for years, a message outlives a deployment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.flows.to_ifs.admission import admitted
from functions.ledger.audit import AuditLog
from functions.model.audit import Cause, EarlierAuditEntry
from functions.model.messages import DeliverOrder, Notification
from functions.model.shipment import OrderKey
from functions.model.state import OrderState
from functions.wiring.batch import parsed
from tests.equipment.builders import NOON, a_connection, a_shipment
from tests.unit.ledger.stored import a_table, holding, stored

P1001 = a_shipment(1).order_key
P2002 = a_shipment(2, reference="P2002").order_key

BOTH = "tracking nothing>1Z0001, carrier nothing>UPS"
WRITTEN = f'{BOTH}; L1; W/"1" W/"2" written 200'
REPLAY = "replay c-9 kim, carrier map mended, plan 5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c"
COMPLETE = "state Preliminary>IfsApp.ShipmentHandling.Shipment_Complete"
AUDIT: dict[str, str] = {
    "a webhook's intent": f'intent webhook c-1: {BOTH}; L1; W/"1"',
    "a webhook's result": f"result webhook c-1: {WRITTEN}",
    "a poll's result": f"result poll c-1: {WRITTEN}",
    "a sweep's result": f"result sweep c-1: {WRITTEN}",
    "a release's result, two days later": (
        'result release c-1: ship_date 2026-03-07T00:00:00Z>2026-03-05T00:00:00Z; L1; W/"3" W/"4" written 200'
    ),
    "a backfill's intent": f'intent backfill c-1 kim, January: {BOTH}; L1; W/"1"',
    "a backfill's result": f"result backfill c-1 kim, January: {WRITTEN}",
    "a replay's intent": f'intent {REPLAY}: {BOTH}; L1; W/"1"',
    "a replay's result": f"result {REPLAY}: {WRITTEN}",
    "a pilot's intent": f'intent pilot c-7 kim, first write: {BOTH}; L1; W/"1"',
    "a pilot's result": f"result pilot c-7 kim, first write: {WRITTEN}",
    "a refusal with its detail": (
        f'result poll c-1: {BOTH}; L1; W/"1" parked refused_by_ifs '
        "(refused_by_ifs: Shipment.CANCELEDNOUPD: no update when cancelled)"
    ),
    "a result that was not stored": f'result poll c-1: {BOTH}; L1; W/"1" parked not_stored 200',
    "a result to be repeated": (
        f'result poll c-1: {BOTH}; L1; W/"1" retry record_locked (record_locked: locked by a user)'
    ),
    "a result that was read back after a lost answer": f'result poll c-1: {BOTH}; L1; W/"1" W/"2" written',
    "a conflict": f'result poll c-1: {BOTH}; L1; W/"1" retry conflicts 412',
    "the fifth conflict": f'result poll c-1: {BOTH}; L1; W/"5" retry conflicts 412 try 5',
    "a rehearsal": f'result poll c-1: {BOTH}; L1; W/"1" would_write',
    "a void's intent": 'intent poll c-1: tracking 1Z0001>nothing, carrier UPS>DHL; L1 voided; W/"2"',
    "a row that was made": (
        "result poll c-1: tracking nothing>1Z0007, ship_date nothing>2026-03-05, status nothing>shipped; "
        'F7; W/"1" written 200'
    ),
    "a state action's intent": f'intent poll c-1: {COMPLETE}; L1; W/"2"',
    "a state action's result": f'result poll c-1: {COMPLETE}; L1; W/"2" written',
    "a state action that was refused": f'result poll c-1: {COMPLETE}; L1; W/"2" parked refused_by_ifs',
    "a result of two orders' shipments on one record": (
        'result poll c-1: tracking 1Z0001>1Z0001, 1Z0002; L1 L2; W/"2" W/"3" written 200'
    ),
}


def told(entry: EarlierAuditEntry) -> str:
    changes = (f"{name} {c.before or 'nothing'}>{c.after or 'nothing'}" for name, c in entry.changes.items())
    shipments = (f"{s.key} voided" if s.is_voided else s.key for s in entry.shipments)
    ending = " ".join(str(word) for word in _ending(entry) if word)
    return f"{entry.kind} {_asked(entry.cause)}: {', '.join(changes)}; {' '.join(shipments)}; {ending}"


def _asked(cause: Cause) -> str:
    by = cause.by and f"{cause.by}, {cause.note}"
    plan = cause.plan_id and f"plan {cause.plan_id}"
    return " ".join([cause.kind, cause.correlation_id, *([", ".join(filter(None, (by, plan)))] if by else [])])


def _ending(entry: EarlierAuditEntry) -> Iterator[Any]:
    yield from (entry.etag_before, entry.etag_after, entry.outcome, entry.reason)
    yield entry.detail and f"({entry.detail})"
    yield entry.http_status
    yield f"try {entry.attempt}" if entry.attempt > 1 else None


def story(name: str) -> list[EarlierAuditEntry]:
    log = AuditLog(holding("audit", name), new_id=str)
    order = P2002 if "two orders" in name else P1001
    days = [NOON.date().replace(day=day) for day in (5, 6, 7)]
    return log.earlier_story(order, days)


@pytest.mark.parametrize("name", stored("audit"))
def test_an_audit_entry_tells_what_it_told(name: str) -> None:
    (entry,) = story(name)
    assert told(entry) == AUDIT[name]


@pytest.mark.parametrize("name", stored("audit"))
def test_an_audit_entry_names_its_record_its_instant_and_the_map_it_went_by(name: str) -> None:
    (entry,) = story(name)
    assert entry.target == ("custom_entity/F7" if name == "a row that was made" else "shipment_header/1042")
    assert entry.mapping_version == a_connection().mapping_version
    assert (entry.duration_ms is not None) == (entry.kind == "result")
    assert entry.at.date() == NOON.date().replace(day=7 if "days later" in name else 5)


def test_entries_of_one_order_are_one_story_oldest_first() -> None:
    names = ("a release's result, two days later", "a webhook's result", "a webhook's intent")
    entries = [entry for name in names for entry in story(name)]
    log = AuditLog(a_table(*(stored("audit")[name] for name in names)), new_id=str)
    found = log.earlier_story(P1001, [NOON.date(), NOON.date().replace(day=7)])
    assert found == sorted(entries, key=lambda entry: entry.at)


# --- messages

ANY = OrderKey(connection=P1001.connection, company="10", reference="Größe O'Brien/1 #2")
NAMELESS = a_shipment(1, reference=None).order_key
WORK: dict[str, tuple[OrderKey, str]] = {
    "a poll's label": (P1001, "poll c-3 L1 1Z0001"),
    "a poll's fulfilment": (P2002, "poll c-3 F7 1Z0007"),
    "a webhook's label": (P1001, "webhook c-5 L3 1Z0003"),
    "a sweep's label": (P1001, "sweep c-3 L1 1Z0001"),
    "a backfill's shipment, admitted by name": (P1001, "backfill c-4 kim, January L1 1Z0001 named"),
    "a baseline's shipment": (P1001, "backfill c-4 kim, January L1 1Z0001 baseline"),
    "a release": (P1001, "release c-2 1772719260600"),
    "a probe": (P1001, "release c-2 1772719260600 probe"),
    "a replay": (P1001, f"{REPLAY} 5f0c5f0c5f0c5f0c5f0c5f0c5f0c5f0c"),
    "a shipment under its corrected reference": (P2002, "poll c-1 L1 1Z0001"),
    "a withdrawal": (P1001, "poll c-1 L1 1Z0001 voided"),
    "an order number of any characters": (ANY, "poll c-1 L1 1Z0001"),
    "a shipment without a reference": (NAMELESS, "poll c-1 L1 1Z0001 no_order_reference"),
}
NOTIFICATIONS: dict[str, tuple[str, str, str]] = {
    "a batch of labels": ("SHIP_NOTIFY", "shipments_batch", "189417"),
    "an import of orders": ("ORDER_NOTIFY", "orders_import", "1c0f7b12-8d1a-4a3e-9a3b-5b8c6d7e8f90"),
    "one order": ("ITEM_ORDER_NOTIFY", "order", "500"),
    "a fulfilment": ("FULFILLMENT_SHIPPED", "fulfilment", "7"),
    "anything": ("SHIP_NOTIFY", "anything", ""),
    "a run that goes on": ("GO_ON", "go_on", ""),
}


def asked(work: DeliverOrder) -> Iterator[Any]:
    yield _asked(work.cause)
    if work.shipment is not None:
        yield from (work.shipment.key, work.shipment.tracking_number, work.shipment.skip)
        yield "voided" if work.shipment.is_voided else None
    yield from (work.admission, work.attempt)
    yield "probe" if work.is_probe else None


@pytest.mark.parametrize("name", stored("work"))
def test_work_that_is_under_way_is_done_as_it_was_meant(name: str) -> None:
    order, words = WORK[name]
    work = DeliverOrder.model_validate_json(stored("work")[name])
    assert (work.order, " ".join(str(word) for word in asked(work) if word)) == (order, words)
    assert work.shipment is None or work.shipment.order_key == order
    assert DeliverOrder.model_validate_json(work.model_dump_json(exclude_none=True)) == work


def test_a_withdrawal_that_is_under_way_withdraws() -> None:
    message = DeliverOrder.model_validate_json(stored("work")["a withdrawal"])
    assert message.shipment is not None
    label = DeliverOrder.model_validate_json(stored("work")["a poll's label"])
    state = admitted(OrderState(key=P1001), [label, message], a_connection())
    known = state.shipments[message.shipment.key]
    assert (known.withdrawn_at, known.shipment.is_voided) == (message.shipment.read_at, False)


@pytest.mark.parametrize("name", stored("notifications"))
def test_a_notification_that_is_under_way_points_where_it_pointed(name: str) -> None:
    event, kind, number = NOTIFICATIONS[name]
    found = parsed(stored("notifications")[name], Notification)
    assert found is not None
    assert (found.event, found.pointer.kind, found.pointer.id) == (event, kind, number)
    assert (found.connection, found.received_at, found.correlation_id) == ("acme", NOON, "c-1")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("audit", {*AUDIT}), ("work", {*WORK}), ("notifications", {*NOTIFICATIONS})],
    ids=["audit", "work", "notifications"],
)
def test_every_stored_entry_and_message_has_its_expectation(kind: str, expected: set[str]) -> None:
    assert stored(kind).keys() == expected
