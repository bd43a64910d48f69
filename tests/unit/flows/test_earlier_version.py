"""What an earlier version remembered of an order and of shared records goes on as the records' memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.flows.to_ifs.deliver import deliver
from functions.ledger.orders import OrderStore
from functions.model.audit import EarlierAuditEntry, FieldChange
from functions.model.earlier import EarlierField, EarlierMemory, EarlierRecord, EarlierShared
from functions.model.outcomes import Outcome, Reason
from functions.model.records import Candidate, FieldName, Place
from functions.model.shipment import Shipment
from functions.model.state import OrderState, ShipmentState
from tests.equipment.builders import (
    NOON,
    a_candidate,
    a_cause,
    a_connection,
    a_key,
    a_record,
    a_shipment,
    again,
    voided,
    work,
)
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.unit.ledger.stored import holding, stored

HEADER = "shipment_header/42"
DAY = "2026-03-05T00:00:00Z"
FIRST, SECOND = a_shipment(1, reference="P1"), a_shipment(2, reference="P2")


def wrote(value: str | None, over: str | None = None, outcome: Outcome = Outcome.WRITTEN) -> EarlierField:
    return EarlierField(outcome=outcome, touched=True, intended=value, original=over)


def an_order(*shipments: Shipment, fields: Mapping[str, EarlierField] | None = None, key: str = HEADER) -> OrderState:
    """As an earlier version left it: written to one record of the default target."""
    own = shipments or (a_shipment(),)
    earlier = EarlierMemory(
        fingerprint=a_connection().delivery_place,
        targets={key: EarlierRecord(fields=dict(fields or {}), etag='W/"1"')},
        placed={shipment.key: key for shipment in own},
        audit_days=(NOON.date(),),
    )
    held = {shipment.key: ShipmentState(shipment=shipment, outcome=Outcome.WRITTEN) for shipment in own}
    return OrderState(
        key=own[0].order_key, shipments=held, delivered_to=earlier.fingerprint, earlier=earlier, revision=3
    )


def a_world(*candidates: Candidate, orders: tuple[OrderState, ...] = (), **ifs: Any) -> World:
    connection = a_connection(ifs={**a_connection().ifs.model_dump(), **ifs})
    world = World(FakeIfs(*candidates), connection)
    for order in orders:
        world.orders.states[order.key] = order
    return world


def earlier(world: World, reference: str | None = None) -> EarlierMemory:
    known = world.state(reference).earlier
    assert known is not None
    return known


WRITTEN = {"tracking": wrote("1Z0001"), "carrier": wrote("UPS", over="DHL")}


# --- of one order


def test_a_void_takes_back_what_an_earlier_version_wrote_as_it_would_have() -> None:
    world = a_world(a_candidate(a_record(tracking="1Z0001", carrier="UPS")), orders=(an_order(fields=WRITTEN),))
    deliver([work(voided(a_shipment()))], world.delivery)
    assert (world.ifs.values()[FieldName.TRACKING], world.ifs.values()[FieldName.CARRIER]) == (None, "DHL")


def test_what_was_taken_over_stands_under_the_record_and_is_gone_from_the_order() -> None:
    world = a_world(a_candidate(a_record(tracking="1Z0001", carrier="UPS")), orders=(an_order(fields=WRITTEN),))
    deliver([again(a_shipment().order_key)], world.delivery)
    memory = world.memories.of()
    assert (memory.fields["ProNo"].ours, memory.fields["ForwardAgentId"].theirs) == ("1Z0001", "DHL")
    assert [c.shipment for c in memory.of(a_shipment().order_key)] == [a_shipment().key]
    assert (earlier(world).targets, earlier(world).placed) == ({}, {})
    assert [record.key for record in world.state().records] == [a_key()]
    assert world.ifs.writes == []


def test_what_a_person_changed_since_is_kept() -> None:
    world = a_world(a_candidate(a_record(tracking="TYPED", carrier="UPS")), orders=(an_order(fields=WRITTEN),))
    deliver([work(voided(a_shipment()))], world.delivery)
    assert (world.ifs.values()[FieldName.TRACKING], world.ifs.values()[FieldName.CARRIER]) == ("TYPED", "DHL")


def test_what_was_only_rehearsed_or_refused_is_no_claim() -> None:
    fields = {
        "tracking": EarlierField(outcome=Outcome.WOULD_WRITE, intended="1Z0001"),
        "carrier": EarlierField(outcome=Outcome.PARKED, reason=Reason.UNKNOWN_IN_IFS),
    }
    world = a_world(a_candidate(a_record(tracking="1Z0001", carrier="UPS")), orders=(an_order(fields=fields),))
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.writes == []


def test_what_ifs_accepted_and_did_not_store_is_a_colleagues_once_it_stands_there() -> None:
    field = EarlierField(outcome=Outcome.PARKED, reason=Reason.NOT_STORED, touched=True, intended="UPS", original="DHL")
    world = a_world(a_candidate(a_record(carrier="UPS")), orders=(an_order(fields={"carrier": field}),))
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.values()[FieldName.CARRIER] == "UPS"


def test_a_record_that_is_hidden_keeps_what_was_remembered_until_it_is_seen() -> None:
    world = a_world(a_candidate(a_record(tracking="1Z0001", carrier="UPS")), orders=(an_order(fields=WRITTEN),))
    world.ifs.hidden = {a_key()}
    deliver([work(voided(a_shipment()))], world.delivery)
    assert set(earlier(world).targets) == {HEADER}
    world.ifs.hidden = set()
    world.at += timedelta(hours=1)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.ifs.values()[FieldName.TRACKING], world.ifs.values()[FieldName.CARRIER]) == (None, "DHL")


def test_what_was_remembered_of_another_tenant_stays_unread_and_is_never_deleted() -> None:
    state = an_order(fields=WRITTEN)
    assert state.earlier is not None
    elsewhere = state.with_earlier(state.earlier.model_copy(update={"fingerprint": "another"}))
    world = a_world(a_candidate(a_record(carrier="UPS")), orders=(elsewhere,))
    deliver([again(a_shipment().order_key)], world.delivery)
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.values()[FieldName.CARRIER] == "UPS"
    assert set(earlier(world).targets) == {HEADER}


def test_a_row_of_an_earlier_version_is_the_row_of_its_order() -> None:
    target = {
        "profile": "custom_entity",
        "projection": "P",
        "entity_set": "S",
        "id_attribute": "Id",
        "order_attribute": "OrderNo",
        "tracking": {"attribute": "TrackingNo"},
    }
    key = a_key("L1@P1001", Place("ifs.example.com/P/S"))
    row = a_record(key, tracking="1Z0001", earlier_key="custom_entity/L1", order_number="P1001")
    candidate = Candidate(record=row, is_own=False, named_by=(a_shipment().key,))
    world = a_world(candidate, targets=[target])
    state = an_order(key="custom_entity/L1", fields={"tracking": wrote("1Z0001")})
    assert state.earlier is not None
    known = state.earlier.model_copy(update={"fingerprint": world.connection.delivery_place})
    world.orders.states[state.key] = state.with_earlier(known)
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.writes == [("L1@P1001", {FieldName.TRACKING: None})]


def test_a_state_action_that_an_earlier_version_called_is_not_called_again() -> None:
    action = {"action": "IfsApp.ShipmentHandling.Shipment_Complete", "from_state": "Preliminary"}
    targets = [{"profile": "shipment_header", "state_action": action}]
    called = EarlierField(outcome=Outcome.RETRY, reason=Reason.IFS_UNAVAILABLE, touched=True)
    record = a_record(tracking="1Z0001", carrier="UPS", state="Preliminary")
    orders = (an_order(fields={**WRITTEN, "state": called}),)
    world = a_world(a_candidate(record), orders=orders, targets=targets, allow_state_actions=True)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.ifs.actions == []
    world.ifs.edit(state="Completed")
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.on().fields["state"].outcome is Outcome.WRITTEN


def standing(state: OrderState) -> list[Candidate]:
    """The IFS shipments as the order left them."""
    known = state.earlier.targets if state.earlier else {}
    values: dict[str, dict[str, Any]] = {
        key.partition("/")[2]: {name: f.intended for name, f in target.fields.items() if f.touched and name != "state"}
        for key, target in known.items()
        if key.startswith("shipment_header/")
    }
    line = (state.key.reference, "BOLT", 2)
    return [a_candidate(a_record(number, **fields), line) for number, fields in values.items()]


@pytest.mark.parametrize("name", stored("orders"))
def test_every_stored_order_can_be_looked_at_loses_no_shipment_and_is_kept(name: str) -> None:
    store = OrderStore(holding("orders", name))
    (before,) = store.scan(a_connection().name)
    world = a_world(*standing(before), orders=(before,))
    (ended,) = deliver([again(before.key)], world.delivery)
    after = world.state()
    assert (ended.saved, ended.fault, after.shipments.keys()) == (True, "", before.shipments.keys())
    assert store.save(after.model_copy(update={"revision": before.revision}))
    assert store.load([before.key])[before.key].shipments == after.shipments


# --- of several orders


def test_two_orders_that_name_one_record_both_bring_what_they_knew() -> None:
    """Where they differ, the one whose value stands wins."""
    first = an_order(FIRST, fields=WRITTEN)
    second = an_order(SECOND, fields={**WRITTEN, "tracking": wrote("1Z0001, 1Z0002")})
    candidate = a_candidate(a_record(tracking="1Z0001, 1Z0002", carrier="UPS"), ("P1", "BOLT", 2), ("P2", "BOLT", 2))
    targets = [{"profile": "shipment_header", "shared": "join"}]
    world = a_world(candidate, orders=(first, second), targets=targets)
    for key in (FIRST.order_key, SECOND.order_key):
        deliver([again(key)], world.delivery)
    assert (world.ifs.writes, world.memories.of().fields["ProNo"].ours) == ([], "1Z0001, 1Z0002")
    deliver([work(voided(SECOND))], world.delivery)
    assert world.ifs.values()[FieldName.TRACKING] == "1Z0001"


def test_a_shared_record_goes_on_with_what_all_its_orders_placed_there() -> None:
    candidate = a_candidate(a_record(tracking="1Z0001, 1Z0002", carrier="UPS"), ("P1", "BOLT", 2), ("P2", "BOLT", 2))
    world = a_world(candidate, targets=[{"profile": "shipment_header", "shared": "join"}])
    world.shared.items[HEADER] = EarlierShared(
        connection=world.connection.name,
        target=HEADER,
        contributions={FIRST.order_key.digest: (FIRST,), SECOND.order_key.digest: (SECOND,)},
        memory=EarlierRecord(fields={"tracking": wrote("1Z0001, 1Z0002"), "carrier": wrote("UPS", over="DHL")}),
        revision=4,
    )
    deliver([work(voided(SECOND))], world.delivery)
    assert world.ifs.values()[FieldName.TRACKING] == "1Z0001"
    deliver([work(voided(FIRST))], world.delivery)
    assert (world.ifs.values()[FieldName.TRACKING], world.ifs.values()[FieldName.CARRIER]) == (None, "DHL")


def test_what_was_withdrawn_from_a_shared_record_stands_there_no_more() -> None:
    gone = FIRST.model_copy(update={"voided_at": FIRST.read_at})
    candidate = a_candidate(a_record(), ("P1", "BOLT", 2), ("P2", "BOLT", 2))
    world = a_world(candidate, targets=[{"profile": "shipment_header", "shared": "join"}])
    world.shared.items[HEADER] = EarlierShared(
        connection=world.connection.name, target=HEADER, contributions={FIRST.order_key.digest: (gone,)}
    )
    deliver([work(SECOND)], world.delivery)
    assert world.memories.of().orders == {SECOND.order_key}


# --- from the audit


def an_entry(kind: str = "intent", at: datetime = NOON, **overrides: Any) -> EarlierAuditEntry:
    changes = {"tracking": FieldChange(after="1Z0001"), "carrier": FieldChange(before="DHL", after="UPS")}
    values: dict[str, Any] = {
        "kind": kind,
        "order": a_shipment().order_key,
        "at": at,
        "cause": a_cause(),
        "shipments": (a_shipment(),),
        "target": HEADER,
        "changes": changes,
    }
    return EarlierAuditEntry.model_validate({**values, **overrides})


def after_the_audit_of(*entries: EarlierAuditEntry) -> World:
    """An order that the ledger does not know, whose values stand in IFS; its label is voided then."""
    world = a_world(a_candidate(a_record(tracking="1Z0001", carrier="UPS")))
    world.audit.earlier += entries
    deliver([work(a_shipment())], world.delivery)
    deliver([work(voided(a_shipment()))], world.delivery)
    return world


LATER = NOON + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("entries", "is_ours"),
    [
        pytest.param([an_entry()], True, id="a run that died after its write"),
        pytest.param([an_entry(), an_entry("result", LATER, outcome=Outcome.WRITTEN)], True, id="written"),
        pytest.param(
            [an_entry(), an_entry("result", LATER, outcome=Outcome.RETRY, reason=Reason.IFS_UNAVAILABLE)],
            True,
            id="its answer was lost",
        ),
        pytest.param(
            [an_entry(), an_entry("result", LATER, outcome=Outcome.PARKED, reason=Reason.REFUSED_BY_IFS)],
            False,
            id="refused",
        ),
        pytest.param(
            [an_entry(), an_entry("result", LATER, outcome=Outcome.RETRY, reason=Reason.CONFLICTS)],
            False,
            id="a conflict",
        ),
        pytest.param(
            [
                an_entry(),
                an_entry("result", LATER, outcome=Outcome.RETRY, reason=Reason.CONFLICTS),
                an_entry(at=LATER + timedelta(seconds=1)),
            ],
            True,
            id="a conflict, then again",
        ),
        pytest.param([an_entry("result", outcome=Outcome.WOULD_WRITE)], False, id="a rehearsal"),
        pytest.param([an_entry(target="shipment_header/43")], False, id="another record"),
        pytest.param([an_entry(at=NOON - timedelta(days=3))], False, id="a day that nothing leads to"),
        pytest.param([an_entry(at=NOON - timedelta(days=1))], True, id="yesterday"),
        pytest.param([], False, id="nothing"),
    ],
)
def test_the_earlier_audit_says_whose_a_value_is_that_nothing_else_explains(
    entries: list[EarlierAuditEntry], *, is_ours: bool
) -> None:
    world = after_the_audit_of(*entries)
    expected = (None, "DHL") if is_ours else ("1Z0001", "UPS")
    assert (world.ifs.values()[FieldName.TRACKING], world.ifs.values()[FieldName.CARRIER]) == expected


def test_an_orders_own_audit_days_are_read_however_old_they_are() -> None:
    state = an_order()
    assert state.earlier is not None
    known = state.earlier.model_copy(update={"audit_days": (NOON.date() - timedelta(days=60),)})
    world = a_world(a_candidate(a_record(tracking="1Z0001", carrier="UPS")))
    world.orders.states[state.key] = state.with_earlier(known)
    world.audit.earlier.append(an_entry(at=NOON - timedelta(days=60)))
    deliver([work(voided(a_shipment()))], world.delivery)
    assert world.ifs.values()[FieldName.TRACKING] is None
