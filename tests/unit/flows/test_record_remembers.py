"""What we wrote is remembered of the record, whatever happens to orders, lines, files and people around it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.errors import OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE
from functions.model.records import Candidate, FieldName
from functions.model.shipment import Item, Shipment
from tests.equipment.builders import a_candidate, a_cause, a_connection, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World

TRACKING, CARRIER, SERVICE = FieldName.TRACKING, FieldName.CARRIER, FieldName.SERVICE
LINES = ("P1001", "BOLT", 2), ("P2002", "NUT", 1)


def p1(number: int = 1, **overrides: Any) -> Shipment:
    return a_shipment(number, **overrides)


def p2(number: int = 2, **overrides: Any) -> Shipment:
    return a_shipment(
        number, **{"reference": "P2002", "order_id": 501, "items": (Item(sku="NUT", quantity=1),)} | overrides
    )


def joining(**target: Any) -> Connection:
    return with_target(shared="join", **target)


def with_target(**target: Any) -> Connection:
    ifs = {**a_connection().ifs.model_dump(), "targets": [{"profile": "shipment_header", **target}]}
    return a_connection(ifs=ifs, services={"ups": "GND"})


def shipment(record_id: str, *lines: tuple[str, str, int], **values: Any) -> Candidate:
    return a_candidate(a_record(record_id, **values), *lines)


def drained(world: World) -> None:
    """What was queued on the way is looked at."""
    for _ in range(10):
        messages = world.queue.take()
        if not messages:
            return
        deliver(messages, world.delivery)
    raise AssertionError("orders tell each other for ever")


def corrected_by_a_colleague(world: World) -> None:
    deliver([work(p1())], world.delivery)
    world.ifs.edit(carrier="DHL")
    deliver([again(p1().order_key)], world.delivery)


def test_a_forwarder_that_a_colleague_corrected_is_kept_when_the_service_is_switched_on() -> None:
    world = World(FakeIfs(a_candidate()), with_target())
    corrected_by_a_colleague(world)
    world.connection = with_target(service={"policy": "if_empty_or_ours"})
    deliver([again(p1().order_key)], world.delivery)
    assert (world.ifs.values()[CARRIER], world.ifs.values()[SERVICE]) == ("DHL", "GND")
    assert world.on().fields["carrier"].outcome is Outcome.KEPT


def test_a_void_after_the_service_was_switched_on_takes_back_what_was_written_before() -> None:
    world = World(FakeIfs(a_candidate(a_record(carrier="DHL"))), with_target())
    deliver([work(p1())], world.delivery)
    world.connection = with_target(service={"policy": "if_empty_or_ours"})
    deliver([work(voided(p1()))], world.delivery)
    assert (world.ifs.values()[TRACKING], world.ifs.values()[CARRIER]) == (None, "DHL")


def test_a_line_that_moves_to_a_shipment_of_its_own_takes_its_number_along() -> None:
    world = World(FakeIfs(shipment("19", *LINES)), joining())
    deliver([work(p1()), work(p2())], world.delivery)
    assert world.ifs.values("19")[TRACKING] == "1Z0001, 1Z0002"
    world.ifs.put(shipment("19", LINES[0], **kept(world, "19")))
    world.ifs.put(shipment("20", LINES[1]))
    deliver([again(p2().order_key)], world.delivery)
    assert (world.ifs.values("19")[TRACKING], world.ifs.values("20")[TRACKING]) == ("1Z0001", "1Z0002")


def kept(world: World, record_id: str) -> dict[str, Any]:
    """The record as it stands, for new lines."""
    record = world.ifs.record(record_id)
    return {"etag": record.etag, **{str(name): value for name, value in record.values.items()}}


@pytest.mark.parametrize("together", [True, False], ids=["in one look", "in two looks"])
@pytest.mark.parametrize("void_first", [True, False], ids=["void first", "label first"])
def test_a_voided_labels_forwarder_leaves_though_the_new_label_has_no_mapping(
    *, together: bool, void_first: bool
) -> None:
    world = World(FakeIfs(a_candidate(a_record(carrier="DHL"))))
    deliver([work(p1())], world.delivery)
    rest = [work(voided(p1())), work(p1(2, carrier_code="ontrac"))]
    rest = rest if void_first else rest[::-1]
    for batch in [rest] if together else [[message] for message in rest]:
        deliver(batch, world.delivery)
    assert (world.ifs.values()[TRACKING], world.ifs.values()[CARRIER]) == ("1Z0002", "DHL")
    assert world.state().attention is Reason.CARRIER_UNMAPPED


def cancelled(world: World, record_id: str) -> None:
    """IFS takes no change of it any more."""
    world.ifs.edit(record_id, is_cancelled=True)
    world.ifs.always = Permanent(Reason.REFUSED_BY_IFS, "Shipment.CANCELEDNOUPD", scope=Scope.RECORD)


def test_what_stands_on_a_cancelled_record_is_left_there_and_nothing_waits_for_it() -> None:
    world = World(FakeIfs(shipment("19", LINES[0])))
    deliver([work(p1())], world.delivery)
    cancelled(world, "19")
    deliver([again(p1().order_key)], world.delivery)
    assert (world.ifs.attempts, world.state().waiting_for, world.state().attention) == (1, Reason.NOT_IN_IFS_YET, None)
    world.ifs.always = None
    world.ifs.put(shipment("20", LINES[0], is_delivered=True))
    deliver([again(p1().order_key)], world.delivery)
    assert (world.ifs.values("19")[TRACKING], world.ifs.values("20")[TRACKING]) == ("1Z0001", "1Z0001")
    state = world.state()
    assert (state.debts, state.waiting_for, state.attention) == ((), None, None)
    assert [record.key.id for record in state.records] == ["20"]


def test_a_label_that_is_voided_after_its_record_was_cancelled_calls_nobody() -> None:
    world = World(FakeIfs(shipment("19", LINES[0])))
    deliver([work(p1())], world.delivery)
    cancelled(world, "19")
    deliver([work(voided(p1()))], world.delivery)
    assert (world.ifs.attempts, world.state().waiting_for, world.state().attention) == (1, None, None)


def test_a_write_that_was_under_way_when_its_record_was_cancelled_is_brought_to_an_end() -> None:
    world = World(FakeIfs(shipment("19", LINES[0])))
    world.ifs.write_faults = [(OutcomeUnknown(Reason.IFS_UNAVAILABLE, "lost"), True)]
    world.ifs.read_faults = [Retryable(Reason.IFS_UNAVAILABLE, "503")]
    deliver([work(p1())], world.delivery)
    assert world.memories.of("19").intent is not None
    cancelled(world, "19")
    deliver([again(p1().order_key)], world.delivery)
    assert world.state().waiting_for is Reason.OUTCOME_UNKNOWN  # somebody may still be writing
    world.at += LEASE
    deliver([again(p1().order_key)], world.delivery)
    assert (world.audit.said(), world.memories.of("19").intent) == (["written"], None)
    assert (world.state().debts, world.state().waiting_for) == ((), Reason.NOT_IN_IFS_YET)


def test_a_value_that_ifs_does_not_let_go_is_asked_for_again_by_a_person_alone() -> None:
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    deliver([work(p1())], world.delivery)
    world.ifs.always = Permanent(Reason.REFUSED_BY_IFS, "Shipment.INVOICEDNOUPD", scope=Scope.RECORD)
    deliver([work(voided(p1()))], world.delivery)
    attempts = world.ifs.attempts
    for _ in range(3):
        deliver([again(p1().order_key)], world.delivery)
    assert (world.ifs.attempts, world.state().attention) == (attempts, Reason.REFUSED_BY_IFS)
    world.ifs.always = None
    deliver([again(p1().order_key, "replay")], world.delivery)
    assert (world.ifs.values()[TRACKING], world.ifs.values()[CARRIER]) == (None, None)


def test_an_order_whose_line_moves_takes_its_number_along_and_the_other_order_gets_the_record() -> None:
    world = World(FakeIfs(shipment("19", LINES[0])))
    deliver([work(p1())], world.delivery)
    world.ifs.put(shipment("19", LINES[1], **kept(world, "19")))
    world.ifs.put(shipment("20", LINES[0]))
    deliver([work(p2())], world.delivery)
    deliver([again(p1().order_key)], world.delivery)
    drained(world)
    assert (world.ifs.values("19")[TRACKING], world.ifs.values("20")[TRACKING]) == ("1Z0002", "1Z0001")


def test_a_void_while_the_site_is_hidden_is_carried_out_when_it_is_back() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(p1())], world.delivery)
    world.ifs.hidden = {world.ifs.key("42")}
    deliver([work(voided(p1()))], world.delivery)
    assert world.state().next_attempt_at is not None
    world.ifs.hidden = set()
    deliver([again(p1().order_key)], world.delivery)
    assert world.ifs.values()[TRACKING] is None


def test_parked_as_shared_a_voided_label_leaves_or_calls_for_attention() -> None:
    world = World(FakeIfs(shipment("19", LINES[0])))
    deliver([work(p1())], world.delivery)
    world.ifs.put(shipment("19", *LINES, **kept(world, "19")))
    deliver([again(p1().order_key)], world.delivery)
    assert world.state().attention is Reason.SHARED_TARGET
    deliver([work(voided(p1()))], world.delivery)
    assert world.ifs.values("19")[TRACKING] is None or world.state().attention is not None


def test_a_reference_corrected_and_corrected_back_leaves_the_number_on_the_first_order() -> None:
    world = World(FakeIfs(shipment("19", LINES[0]), shipment("20", ("P2002", "BOLT", 2))))
    deliver([work(p1())], world.delivery)
    for minutes, left, entered in ((10, "P1001", "P2002"), (20, "P2002", "P1001")):
        deliver([withdrawn(p1(reference=left), minutes), moved(p1(reference=entered), minutes)], world.delivery)
    assert (world.ifs.values("19")[TRACKING], world.ifs.values("20")[TRACKING]) == ("1Z0001", None)


def test_an_older_placing_does_not_bring_back_what_was_withdrawn() -> None:
    world = World(FakeIfs(shipment("19", LINES[0])))
    deliver([withdrawn(p1(), 10)], world.delivery)
    deliver([work(p1())], world.delivery)
    assert world.ifs.writes == []
    assert world.state().shipments[p1().key].reason is Reason.WITHDRAWN


def test_a_reference_emptied_and_filled_again_leaves_the_number_standing() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(p1())], world.delivery)
    deliver([withdrawn(p1(), 10)], world.delivery)
    deliver([moved(p1(), 20)], world.delivery)
    assert world.ifs.values()[TRACKING] == "1Z0001"


def withdrawn(told: Shipment, minutes: int) -> DeliverOrder:
    at = told.read_at + timedelta(minutes=minutes)
    return work(told.model_copy(update={"read_at": at}), withdrawn_at=at)


def moved(told: Shipment, minutes: int) -> DeliverOrder:
    at = told.read_at + timedelta(minutes=minutes)
    return work(told.model_copy(update={"read_at": at}), moved_at=at)


def test_a_forwarder_that_a_colleague_corrected_is_kept_when_a_second_order_joins() -> None:
    world = World(FakeIfs(shipment("42", *LINES)), joining())
    corrected_by_a_colleague(world)
    deliver([work(p2())], world.delivery)
    assert (world.ifs.values()[TRACKING], world.ifs.values()[CARRIER]) == ("1Z0001, 1Z0002", "DHL")
    assert world.on("42", "P2002").fields["carrier"].outcome is Outcome.KEPT


def test_a_colleagues_value_that_equals_what_ifs_refused_from_us_stays_his() -> None:
    world = World(FakeIfs(a_candidate()))
    world.ifs.refuses = {CARRIER: refusal(Reason.UNKNOWN_IN_IFS)}
    deliver([work(p1())], world.delivery)
    world.ifs.refuses = {}
    world.ifs.edit(carrier="UPS")
    deliver([again(p1().order_key)], world.delivery)
    deliver([work(voided(p1()))], world.delivery)
    assert world.ifs.values()[CARRIER] == "UPS"
    assert not any(entry.claims("ForwardAgentId", "UPS") for entry in world.audit.entries)


def refusal(reason: Reason) -> Permanent:
    return Permanent(reason, "refused", scope=Scope.RECORD, code="ORA-20111")


def test_an_ifs_shipment_deleted_and_made_anew_gets_everything_and_nothing_waits_for_the_old_one() -> None:
    world = World(FakeIfs(shipment("19", LINES[0], is_delivered=True)))
    deliver([work(p1())], world.delivery)
    del world.ifs.candidates[world.ifs.key("19")]
    world.ifs.put(shipment("21", LINES[0], is_delivered=True))
    deliver([again(p1().order_key)], world.delivery)
    assert (world.ifs.values("21")[TRACKING], world.ifs.values("21")[CARRIER]) == ("1Z0001", "UPS")
    assert (world.state().waiting_for, world.state().next_attempt_at) == (None, None)


def test_a_person_may_type_our_own_number_and_keep_it_through_a_void() -> None:
    world = World(FakeIfs(a_candidate(a_record(tracking="1Z0001"))))
    deliver([work(p1())], world.delivery)
    assert world.on().fields["tracking"].outcome is Outcome.UNCHANGED
    deliver([work(voided(p1()))], world.delivery)
    assert world.ifs.values()[TRACKING] == "1Z0001"
    assert world.state().attention is Reason.VOIDED


def test_a_second_parcel_is_appended_to_what_a_person_typed_and_taking_it_back_leaves_his() -> None:
    world = World(FakeIfs(a_candidate(a_record(tracking="1Z0001"))))
    deliver([work(p1()), work(p1(2))], world.delivery)
    assert world.ifs.values()[TRACKING] == "1Z0001, 1Z0002"
    deliver([work(voided(p1())), work(voided(p1(2)))], world.delivery)
    assert world.ifs.values()[TRACKING] == "1Z0001"


# --- several orders on one record


@pytest.mark.parametrize("at_once", [True, False], ids=["one batch", "one after the other"])
def test_two_orders_that_name_one_shipment_are_joined_or_parked_for_both(*, at_once: bool) -> None:
    named = a_candidate(a_record("19"), *LINES).model_copy(update={"named_by": (p1().key, p2().key)})
    for connection, tracking in ((joining(), "1Z0001, 1Z0002"), (with_target(), None)):
        world = World(FakeIfs(named), connection)
        for batch in [[work(p1()), work(p2())]] if at_once else [[work(p1())], [work(p2())]]:
            deliver(batch, world.delivery)
        drained(world)
        assert world.ifs.values("19")[TRACKING] == tracking
        if tracking is None:
            reasons = {world.state(reference).attention for reference in ("P1001", "P2002")}
            assert reasons == {Reason.SHARED_TARGET}


def test_an_order_that_finds_another_ones_number_parks_both_and_says_so_to_both() -> None:
    own = a_candidate(a_record("19"), LINES[0]).model_copy(update={"named_by": (p2().key,)})
    world = World(FakeIfs(own))
    deliver([work(p1())], world.delivery)
    assert world.ifs.values("19")[TRACKING] == "1Z0001"
    deliver([work(p2())], world.delivery)
    drained(world)
    assert {world.state(reference).attention for reference in ("P1001", "P2002")} == {Reason.SHARED_TARGET}
    deliver([work(voided(p2()))], world.delivery)
    drained(world)
    assert world.state("P1001").attention is None


def corrected_away(world: World) -> None:
    """The first order's label belongs to another order as of now."""
    at = p1().read_at + timedelta(minutes=5)
    deliver([work(p1().read_again(at), withdrawn_at=at)], world.delivery)


def test_an_order_that_leaves_a_shared_record_on_which_nothing_was_written_calls_nobody_any_more() -> None:
    world = World(FakeIfs(shipment("19", *LINES)))
    deliver([work(p1()), work(p2())], world.delivery)
    assert world.state("P1001").attention is Reason.SHARED_TARGET
    corrected_away(world)
    state = world.state("P1001")
    assert (state.attention, state.debts, state.records) == (None, (), ())
    assert world.state("P2002").attention is Reason.SHARED_TARGET


def test_an_order_that_left_a_shared_record_hears_when_its_number_has_gone() -> None:
    world = World(FakeIfs(shipment("19", LINES[0])))
    deliver([work(p1())], world.delivery)
    world.ifs.put(shipment("19", *LINES, **kept(world, "19")))
    deliver([work(p2())], world.delivery)
    drained(world)
    corrected_away(world)
    drained(world)
    assert (world.ifs.values("19")[TRACKING], world.state("P1001").attention) == ("1Z0001", Reason.SHARED_TARGET)
    world.ifs.put(shipment("19", LINES[1], **kept(world, "19")))
    deliver([again(p2().order_key)], world.delivery)
    drained(world)
    assert (world.ifs.values("19")[TRACKING], world.state("P1001").attention) == ("1Z0002", None)
    assert (world.state("P1001").debts, world.memories.of("19").left) == ((), ())


def test_an_order_hears_of_a_change_though_the_run_that_made_it_died() -> None:
    world = World(
        FakeIfs(shipment("19", *LINES)), joining(carrier={"policy": "if_empty_or_ours", "attribute": "ForwardAgentId"})
    )
    deliver([work(p1())], world.delivery)
    world.ifs.edit("19", carrier="DHL")
    deliver([work(p2())], world.delivery)
    world.queue.sent.clear()  # the run died before it could tell anybody
    world.orders.states.pop(p2().order_key)
    deliver([work(p2())], world.delivery)
    assert [message.order.reference for message in world.queue.sent] == ["P1001"]
    drained(world)
    assert world.on("19", "P1001").fields["carrier"].outcome is Outcome.KEPT


@pytest.mark.parametrize("kind", ["release", "replay"])
def test_nothing_new_costs_neither_a_write_nor_a_save_of_the_record(kind: str) -> None:
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    deliver([work(p1())], world.delivery)
    writes, saves = len(world.ifs.writes), world.memories.saves
    deliver([DeliverOrder(order=p1().order_key, cause=a_cause(kind))], world.delivery)
    assert (len(world.ifs.writes), world.memories.saves) == (writes, saves)


def test_after_a_restore_what_was_written_since_is_still_ours() -> None:
    world = World(FakeIfs(a_candidate(a_record(is_delivered=True))))
    deliver([work(p1())], world.delivery)
    backup, orders = dict(world.memories.items), dict(world.orders.states)
    deliver([work(p1(2))], world.delivery)
    world.memories.items, world.orders.states = backup, orders
    later = [work(p1(2)), work(p1(3))]
    deliver(later, world.delivery)
    assert world.ifs.values()[TRACKING] == "1Z0001, 1Z0002, 1Z0003"
