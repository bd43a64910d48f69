"""Nothing that one order contains, or meets, ends a batch; nothing that IFS does is waited for unheard."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.records import FieldName
from functions.model.shipment import Item
from tests.equipment.builders import a_candidate, a_cause, a_connection, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World

TRACKING = FieldName.TRACKING
NUMBERS = range(1, 11)
TENANT_DOWN = Retryable(Reason.IFS_UNAVAILABLE, "503", scope=Scope.TENANT, status=503)
ORA_12899 = Retryable(Reason.IFS_UNAVAILABLE, "500", scope=Scope.UNCLEAR, code="ORA-12899", status=500)
LOCKED = Retryable(Reason.RECORD_LOCKED, "locked", scope=Scope.RECORD)


def ten_orders() -> World:
    return World(FakeIfs(*(a_candidate(a_record(str(n)), (f"P{n}", "BOLT", 2)) for n in NUMBERS)))


def ten() -> list[DeliverOrder]:
    return [work(a_shipment(n, reference=f"P{n}")) for n in NUMBERS]


def written(world: World) -> int:
    return sum(world.ifs.values(str(n))[TRACKING] is not None for n in NUMBERS)


def look(world: World, kind: str = "release") -> None:
    for key, state in list(world.orders.states.items()):
        if state.next_attempt_at is not None and state.next_attempt_at <= world.at:
            is_open = world.circuits.circuit(world.connection.name).is_open
            message = DeliverOrder(order=key, cause=a_cause(kind), is_probe=is_open)
            deliver([message], world.delivery)


def until(world: World, limit: timedelta) -> None:
    """Every look that falls due within `limit`."""
    end = world.at + limit
    while True:
        due = [s.next_attempt_at for s in world.orders.states.values() if s.next_attempt_at is not None]
        if not due or min(due) > end:
            world.at = end
            return
        world.at = max(world.at, min(due))
        look(world)


@pytest.mark.parametrize("kind", ["parcels", "items"])
def test_an_order_that_is_too_large_is_parked_alone_before_any_write(kind: str) -> None:
    world = ten_orders()
    items = tuple(Item(sku=f"SKU-{n:05}-{'x' * 20}", quantity=1) for n in range(500 if kind == "items" else 1))
    count = 21 if kind == "items" else 1200
    large = [work(a_shipment(100 + n, reference="P1", items=items)) for n in range(count)]
    batch = [*large, *ten()[1:]]
    deliver(batch, world.delivery)
    assert (written(world), world.ifs.values("1")[TRACKING]) == (9, None)
    assert world.state("P1").attention is Reason.ORDER_TOO_LARGE
    assert len(world.state("P1").stub) == count


def died() -> None:
    raise RuntimeError("killed")


def test_a_write_that_was_under_way_when_its_order_grew_too_large_is_brought_to_an_end() -> None:
    world = ten_orders()
    world.audit.before_put.append(died)
    deliver([work(a_shipment(100, reference="P1"))], world.delivery)
    large = [work(a_shipment(100 + n, reference="P1")) for n in range(1200)]
    deliver(large, world.delivery)
    assert (world.memories.of("1").intent is None, world.state("P1").waiting_for) == (False, Reason.OUTCOME_UNKNOWN)
    until(world, timedelta(minutes=10))
    assert (world.memories.of("1").intent, world.audit.said()) == (None, ["written"])
    order = world.state("P1")
    assert (order.attention, order.debts, order.next_attempt_at) == (Reason.ORDER_TOO_LARGE, (), None)
    assert (len(order.stub), len(world.ifs.writes)) == (1200, 1)


def test_a_record_that_takes_no_more_shipments_parks_the_order_whole() -> None:
    world = ten_orders()
    world.memories.faults = [Permanent(Reason.ORDER_TOO_LARGE, "record 42 holds too many shipments")]
    (ended,) = deliver(ten()[:1], world.delivery)
    state = world.state("P1")
    assert (ended.saved, state.attention, state.next_attempt_at) == (True, Reason.ORDER_TOO_LARGE, None)
    assert [(each.outcome, each.reason) for each in state.shipments.values()] == [
        (Outcome.PARKED, Reason.ORDER_TOO_LARGE)
    ]
    assert (state.stub, world.ifs.writes, world.memories.items) == ({}, [], {})


@pytest.mark.parametrize("status", [500, 504])
def test_lists_that_fail_for_one_order_leave_nine_written_and_the_circuit_closed(status: int) -> None:
    world = ten_orders()
    world.ifs.fails_for = {"P4": Retryable(Reason.IFS_UNAVAILABLE, "", scope=Scope.UNCLEAR, status=status)}
    deliver(ten(), world.delivery)
    assert written(world) == 9
    assert not world.circuits.circuit(world.connection.name).is_open
    assert world.state("P4").waiting_for is Reason.IFS_UNAVAILABLE
    until(world, timedelta(hours=5))
    assert world.state("P4").attention is Reason.IFS_UNAVAILABLE


def test_records_that_cannot_be_read_anew_hinder_their_orders_and_nobody_else() -> None:
    world = ten_orders()
    deliver(ten()[:2], world.delivery)
    world.at += timedelta(seconds=20)
    world.ifs.read_faults = [TENANT_DOWN]
    relabelled = [work(a_shipment(100 + n, reference=f"P{n}")) for n in (1, 2)]
    ended = deliver([*relabelled, *ten()[2:]], world.delivery)
    assert (all(order.saved for order in ended), written(world)) == (True, 10)
    for reference in ("P1", "P2"):
        state = world.state(reference)
        assert (state.waiting_for, {each.outcome for each in state.shipments.values()}) == (
            Reason.IFS_UNAVAILABLE,
            {Outcome.RETRY},
        )
        assert len(state.remembered) == 1
    until(world, timedelta(minutes=5))
    assert world.ifs.values("1")[TRACKING] == "1Z0001, 1Z0101"


@pytest.mark.parametrize("before", [True, False], ids=["before it is decided", "after a conflict"])
def test_the_circuit_hears_of_a_record_that_cannot_be_read_anew(*, before: bool) -> None:
    world = World(FakeIfs(a_candidate()))
    if before:
        deliver([work(a_shipment())], world.delivery)
    else:
        world.ifs.before_write.append(lambda: world.ifs.edit(site="S1"))
    world.ifs.read_faults = [TENANT_DOWN]
    deliver([work(a_shipment(2))], world.delivery)
    assert world.state().waiting_for is Reason.IFS_UNAVAILABLE
    assert world.circuits.circuit(world.connection.name).strikes["search"].count == 1


def test_an_item_of_a_newer_version_ends_alone() -> None:
    world = ten_orders()
    key = a_shipment(3, reference="P3").order_key
    world.orders.unreadable = {key: Permanent(Reason.LEDGER_VERSION, "newer")}
    ended = deliver(ten(), world.delivery)
    assert written(world) == 9
    assert [order.key.reference for order in ended if not order.saved] == ["P3"]


def test_a_throttled_ledger_call_sends_back_one_orders_message_only() -> None:
    world = ten_orders()
    throttled = Retryable(Reason.LEDGER_UNAVAILABLE, "throttled")
    world.orders.faults = [throttled, throttled]
    ended = deliver(ten(), world.delivery)
    assert sum(not order.saved for order in ended) == 1
    assert written(world) == 9


def test_eight_thousand_orders_of_a_store_that_is_off_keep_nobody_from_being_released() -> None:
    world = World(FakeIfs(a_candidate()), a_connection(stores={"7": {"mode": "off"}}))
    deliver([work(a_shipment(1, store_id=7))], world.delivery)
    assert (world.state().next_attempt_at, world.ifs.searches) == (None, 0)
    assert world.state().shipments[a_shipment().key].reason is Reason.MODE_OFF


def test_a_record_that_always_fails_while_others_work_is_parked_with_its_code_within_hours() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.always = ORA_12899
    deliver([work(a_shipment())], world.delivery)
    until(world, timedelta(hours=6))
    assert world.state().attention is Reason.REFUSED_BY_IFS
    assert world.ifs.attempts <= 20
    assert world.audit.entries[-1].code == "ORA-12899"


@pytest.mark.nightly
def test_an_outage_of_writes_opens_the_circuit_and_parks_nobody() -> None:
    world = ten_orders()
    world.ifs.always = TENANT_DOWN
    deliver(ten(), world.delivery)
    circuit = world.circuits.circuit(world.connection.name)
    assert (circuit.is_open, circuit.opened_by) == (True, "write")
    assert world.ifs.attempts == 2
    until(world, timedelta(hours=8))
    outcomes = {each.outcome for state in world.orders.states.values() for each in state.shipments.values()}
    assert outcomes == {Outcome.RETRY}


@pytest.mark.nightly
def test_what_waits_through_an_outage_is_looked_at_within_a_minute_of_its_end() -> None:
    world = ten_orders()
    world.ifs.always = TENANT_DOWN
    deliver(ten(), world.delivery)
    until(world, timedelta(hours=6))
    assert world.circuits.circuit(world.connection.name).is_open
    due = [state.next_attempt_at for state in world.orders.states.values()]
    assert all(at is not None and at <= world.at + timedelta(minutes=1) for at in due)


@pytest.mark.parametrize("where", ["search", "write"])
def test_who_opens_the_circuit_by_himself_is_tried_less_and_less_often(where: str) -> None:
    """Two records that IFS never serves, whatever it says of the others."""
    world = World(FakeIfs(*(a_candidate(a_record(str(n)), (f"P{n}", "BOLT", 2)) for n in (1, 2))))
    if where == "write":
        world.ifs.always = ORA_12899
    else:
        world.ifs.find_faults = [ORA_12899] * 1000
    deliver([work(a_shipment(n, reference=f"P{n}")) for n in (1, 2)], world.delivery)
    before = world.ifs.attempts + 1000 - len(world.ifs.find_faults)
    until(world, timedelta(minutes=50))
    tried = world.ifs.attempts + 1000 - len(world.ifs.find_faults) - before
    assert 0 < tried <= 14


def test_a_locked_record_calls_after_hours_and_is_parked_after_its_patience() -> None:
    for is_delivered in (True, False):
        world = World(FakeIfs(a_candidate(a_record(is_delivered=is_delivered))))
        world.ifs.always = LOCKED
        deliver([work(a_shipment())], world.delivery)
        until(world, timedelta(hours=5))
        assert world.state().attention is Reason.RECORD_LOCKED
        until(world, timedelta(days=21))
        assert world.state().attention is Reason.LOCKED_TOO_LONG
        assert (world.state().waiting_for is None) is is_delivered


def test_nightly_maintenance_makes_nothing_that_ifs_never_learns_of_any_younger() -> None:
    world = World(FakeIfs())
    deliver([work(a_shipment())], world.delivery)
    for _ in range(15):
        until(world, timedelta(hours=23))
        world.ifs.find_faults = [TENANT_DOWN] * 3
        until(world, timedelta(hours=1))
        world.ifs.find_faults = []
    assert world.state().attention is Reason.NEVER_FOUND


def test_a_target_that_takes_all_the_time_leaves_the_others_to_a_later_run() -> None:
    """Ten orders, half of them of a store that is delivered elsewhere."""
    elsewhere = {"profile": "shipment_header", "entity_set": "OtherSet"}
    world = World(ten_orders().ifs, a_connection(stores={"7": {"targets": [elsewhere]}}))
    other = world.by_entity_set["OtherSet"] = FakeIfs()
    world.time_left = False
    deliver([work(a_shipment(n, reference=f"P{n}", store_id=7 if n % 2 else 8)) for n in NUMBERS], world.delivery)
    assert (world.ifs.searches, other.searches) == (0, 0)
    assert {state.waiting_for for state in world.orders.states.values()} == {Reason.OUT_OF_TIME}
    assert not world.circuits.circuit(world.connection.name).is_open


def test_twenty_orders_that_are_not_found_any_more_wait_for_the_tenant_though_ten_were_never_seen() -> None:
    numbers = range(1, 21)
    records = [a_candidate(a_record(str(n), is_delivered=True), (f"P{n}", "BOLT", 2)) for n in numbers]
    world = World(FakeIfs(*records))
    orders = [a_shipment(n, reference=f"P{n}") for n in numbers]
    deliver([work(order) for order in orders[::2]], world.delivery)
    world.ifs.hidden = set(world.ifs.candidates)
    gone_at = world.at
    for batch in (orders[:10], orders[10:]):
        deliver(
            [again(order.order_key, "poll") for order in batch[::2]] + [work(o) for o in batch[1::2]], world.delivery
        )
    assert {state.waiting_for for state in world.orders.states.values()} == {Reason.RECORDS_VANISHED}
    circuit = world.circuits.circuit(world.connection.name)
    assert (circuit.opened_by, circuit.opened_at) == ("seen", gone_at)
    world.ifs.hidden = set()
    until(world, timedelta(hours=2))
    assert {world.ifs.values(str(n))[TRACKING] for n in numbers} == {f"1Z{n:04}" for n in numbers}


def test_known_records_that_vanish_all_at_once_are_the_tenants_trouble() -> None:
    world = ten_orders()
    deliver(ten(), world.delivery)
    world.ifs.hidden = set(world.ifs.candidates)
    for _ in range(2):
        deliver([again(a_shipment(n, reference=f"P{n}").order_key) for n in NUMBERS], world.delivery)
    assert world.circuits.circuit(world.connection.name).is_open
    assert {state.waiting_for for state in world.orders.states.values()} == {Reason.RECORDS_VANISHED}


def test_an_unmapped_carrier_after_a_passing_fault_ends_the_looks() -> None:
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.always = LOCKED
    deliver([work(voided(a_shipment())), work(a_shipment(2, carrier_code="ontrac"))], world.delivery)
    world.ifs.always = None
    until(world, timedelta(hours=2))
    assert world.ifs.values()[TRACKING] == "1Z0002"
    assert (world.state().attention, world.state().next_attempt_at) == (Reason.CARRIER_UNMAPPED, None)


def test_a_tag_in_lists_that_no_write_accepts_is_read_by_key() -> None:
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    world.ifs.listed_tag = 'W/"stale"'
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.values()[TRACKING] == "1Z0001"
    assert world.ifs.attempts <= 4


def test_lists_without_tags_are_read_by_key_before_the_write() -> None:
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    world.ifs.listed_tag = " "
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.values()[TRACKING] == "1Z0001"


@pytest.mark.parametrize("fault", [TENANT_DOWN, OutcomeUnknown(Reason.IFS_UNAVAILABLE, "408", scope=Scope.TENANT)])
def test_a_date_that_meets_a_passing_answer_is_repeated_and_written(fault: ConnectorError) -> None:
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    world.ifs.before_write = [lambda: None, lambda: world.ifs.write_faults.append((fault, False))]
    deliver([work(a_shipment())], world.delivery)
    until(world, timedelta(hours=1))
    assert world.ifs.values()[FieldName.SHIP_DATE] == "2026-03-05T00:00:00Z"
    assert world.state().shipments[a_shipment().key].outcome is Outcome.WRITTEN
