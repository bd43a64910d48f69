"""Orders that earlier versions stored are read, found when they are due, and recognised when ShipStation shows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.ledger.orders import OrderStore
from functions.ledger.table import Table
from functions.model.earlier import EarlierField, EarlierMemory
from functions.model.outcomes import Outcome
from functions.model.records import Place, RecordKey
from functions.model.shipment import ConnectionName, OrderKey, Shipment
from functions.model.state import EARLIER_PLACE, FieldOutcome, OrderRecord, OrderState, ShipmentState
from tests.equipment.builders import NOON, a_connection, a_shipment
from tests.equipment.memory_aws.table import MemoryTable
from tests.unit.ledger.stored import holding, stored
from tests.unit.ledger.stored.orders import ORDERS

ACME = ConnectionName("acme")
P1001, P2002 = (OrderKey(connection=ACME, company="10", reference=reference) for reference in ("P1001", "P2002"))
A_YEAR_LATER = NOON + timedelta(days=365)
OTHERS = {
    "an order number of any characters": P1001.model_copy(update={"reference": "Größe O'Brien/1 #2"}),
    "skipped, no order reference": P1001.model_copy(update={"reference": "\x00L1"}),
    "written to a shared record": P2002,
    "written under its corrected reference": P2002,
}


def remembered(state: OrderState) -> EarlierMemory:
    """What it knew of records."""
    assert state.earlier is not None
    return state.earlier


def told(state: OrderState) -> Iterator[str]:
    """What the state says, a line each."""
    yield f"revision {state.revision}"
    if state.waiting_for:
        yield f"waits for {state.waiting_for}, attempt {state.attempts}"
    if state.attention:
        yield f"calls for {state.attention}"
    earlier = remembered(state)
    yield from (f"audited {day}" for day in earlier.audit_days)
    yield from (_of_shipment(each, earlier.placed.get(key)) for key, each in state.shipments.items())
    for key, target in earlier.targets.items():
        yield f"{key} {target.etag or 'unread'}"
        yield from (f"{key} {name} {_of_field(field)}" for name, field in target.fields.items())


def _of_shipment(each: ShipmentState, placed: str | None) -> str:
    shipment = each.shipment
    voided = shipment.voided_at and f"voided {shipment.voided_at:%H:%M}"
    withdrawn = each.withdrawn_at and f"withdrawn {each.withdrawn_at:%H:%M}"
    admitted = each.admission and f"admitted {each.admission}"
    known = (shipment.key, shipment.tracking_number, each.outcome, each.reason, placed, voided, withdrawn, admitted)
    return " ".join(str(value) for value in (*known, *each.choices) if value)


def _of_field(field: EarlierField) -> str:
    over = f"over {field.original or 'nothing'}" if field.touched else None
    return " ".join(str(value) for value in (field.outcome, field.reason, field.intended, over) if value)


def due(table: Table) -> list[tuple[str, str]]:
    found = OrderStore(table).due(ACME, now=A_YEAR_LATER, limit=100)
    return [(key.reference, f"due {at:%d %H:%M:%S.%f}") for key, at in found]


def loaded(name: str) -> tuple[OrderState, OrderStore, MemoryTable]:
    table = holding("orders", name)
    key, store = OTHERS.get(name, P1001), OrderStore(table)
    return store.load([key])[key], store, table


def fresh(shipment_id: int = 1, **overrides: Any) -> Shipment:
    """As ShipStation shows it again, days later."""
    own = {"store_id": 7, "service_code": "ups_ground", "read_at": A_YEAR_LATER, **overrides}
    return a_shipment(shipment_id, **own)


every_order = pytest.mark.parametrize("name", stored("orders"))


def test_every_stored_order_has_its_expectation() -> None:
    assert ORDERS.keys() == stored("orders").keys()


@every_order
def test_a_stored_order_says_what_it_said(name: str) -> None:
    state, _, table = loaded(name)
    assert {*told(state), *(line for _, line in due(table))} == {*ORDERS[name]}


@every_order
def test_a_stored_order_is_due_exactly_when_it_waits(name: str) -> None:
    state, _, table = loaded(name)
    assert [reference for reference, _ in due(table)] == [state.key.reference] * bool(state.waiting_for)


@every_order
def test_the_outcomes_of_a_stored_order_can_be_asked_for_before_it_is_looked_at_again(name: str) -> None:
    state, _, _ = loaded(name)
    expected = [
        OrderRecord(
            key=RecordKey(place=Place(EARLIER_PLACE), id=key),
            fields={name: FieldOutcome(outcome=f.outcome, reason=f.reason) for name, f in target.fields.items()},
        )
        for key, target in remembered(state).targets.items()
    ]
    assert state.records == tuple(expected)


@every_order
def test_what_a_stored_order_holds_is_no_news_for_its_target_and_news_for_another(name: str) -> None:
    """But for what was withdrawn: shown under this order again, it came back."""
    state, store, _ = loaded(name)
    later = [shipment.model_copy(update={"read_at": A_YEAR_LATER}) for shipment in state.known]
    withdrawn = [shipment for shipment in later if state.shipments[shipment.key].withdrawn_at is not None]
    assert store.unrecorded(later, lambda _: state.delivered_to) == withdrawn
    assert store.unrecorded(later, lambda _: "another") == later


@every_order
def test_only_what_was_skipped_is_news_where_that_is_lifted(name: str) -> None:
    state, store, _ = loaded(name)
    skipped = [s for s in state.known if state.shipments[s.key].outcome is Outcome.SKIPPED]
    assert store.unrecorded(state.known, lambda _: state.delivered_to, rejudge_skipped=True) == skipped


@every_order
def test_a_stored_order_knows_its_shipstation_orders(name: str) -> None:
    state, store, _ = loaded(name)
    ids = {shipment.order_id for shipment in state.known if shipment.order_id is not None}
    assert store.holds(dict.fromkeys([*ids, 9999], state.key)) == ids


@every_order
def test_a_stored_order_is_saved_again_and_comes_back_whole(name: str) -> None:
    state, store, _ = loaded(name)
    assert store.save(state)
    assert store.load([state.key])[state.key] == state.model_copy(update={"revision": state.revision + 1})
    assert list(store.scan(ACME)) == [state.model_copy(update={"revision": state.revision + 1})]


@pytest.mark.parametrize(
    ("name", "shipments"),
    [
        ("everything written and settled, on two days", [fresh()]),
        ("two parcels on one record", [fresh(), fresh(2)]),
        ("skipped, an excluded store", [fresh()]),
        ("skipped, an unknown store", [fresh(store_id=None)]),
        ("skipped, admitted by a baseline", [fresh(created_at=datetime.fromisoformat("2025-12-05T12:00:00Z"))]),
        ("a voided label, its date flagged", [fresh(voided_at=NOON + timedelta(minutes=61))]),
        ("a withdrawal, the order was corrected", [fresh(voided_at=NOON + timedelta(hours=3))]),
        ("written under its corrected reference", [fresh(reference="P2002")]),
    ],
)
def test_a_shipment_that_shipstation_shows_again_is_no_news_under_the_same_connection(
    name: str, shipments: list[Shipment]
) -> None:
    store = OrderStore(holding("orders", name))
    assert store.unrecorded(shipments, lambda _: a_connection().delivery_place) == []


@pytest.mark.parametrize(
    ("name", "shipment"),
    [
        pytest.param("unchanged, IFS held it already", fresh(tracking_number="1Z0009"), id="another tracking number"),
        pytest.param("unchanged, IFS held it already", fresh(voided_at=NOON + timedelta(hours=2)), id="a void"),
        pytest.param("unchanged, IFS held it already", fresh(2), id="another parcel"),
        pytest.param("a withdrawal, the order was corrected", fresh(), id="the reference was corrected back"),
        pytest.param("delivered to another tenant", fresh(), id="delivered elsewhere before"),
    ],
)
def test_what_differs_from_what_is_stored_is_news(name: str, shipment: Shipment) -> None:
    store = OrderStore(holding("orders", name))
    assert store.unrecorded([shipment], lambda _: a_connection().delivery_place) == [shipment]


@pytest.mark.parametrize("name", ["a withdrawal, the order was corrected", "a withdrawal that was never written"])
def test_a_void_of_the_instant_of_its_reading_is_a_withdrawal(name: str) -> None:
    state, _, _ = loaded(name)
    (known,) = state.shipments.values()
    assert known.withdrawn_at == known.shipment.read_at
    assert (known.shipment.is_voided, known.is_in_scope, state.in_scope) == (False, False, [])


def test_stored_orders_are_due_oldest_first_and_claimed_once() -> None:
    table = holding("orders", "written under its corrected reference", "claimed by a release")
    store = OrderStore(table)
    assert due(table) == [("P1001", "due 05 14:17:00.600000"), ("P2002", "due 05 15:01:01.200000")]
    ((key, at),) = store.due(ACME, now=NOON + timedelta(hours=2, minutes=30), limit=10)
    assert [store.claim(key, at, at + timedelta(minutes=15)) for _ in range(2)] == [True, False]
    assert due(table)[0] == ("P1001", "due 05 14:32:00.600000")


@pytest.mark.parametrize(
    ("name", "kind", "since"),
    [
        ("waiting for IFS to know the order, looked for four times", "find", "14:00:00.120"),
        ("written, the date waits for the delivery", "delivery", "14:00:00.600"),
        ("retry, IFS unavailable for the third time", "fault", "14:00:00.120"),
        ("everything written and settled, on two days", "", ""),
    ],
)
def test_a_stored_order_has_waited_for_what_it_waits_for_since_then(name: str, kind: str, since: str) -> None:
    state, _, _ = loaded(name)
    assert state.waits == ({kind: datetime.fromisoformat(f"2026-03-05T{since}Z")} if kind else {})
