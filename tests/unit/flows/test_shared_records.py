"""Records that several orders stand on: written for all of them together, or parked for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from functions.flows.to_ifs.deliver import deliver
from functions.ledger.queues import FifoOrderQueue
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE
from functions.model.records import Candidate, FieldName, Line, Sought
from functions.model.selection import Selection
from functions.model.shipment import Item, OrderKey, Shipment
from tests.equipment.builders import a_candidate, a_connection, a_key, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.equipment.memory_aws.queue import MemoryQueue
from tests.equipment.plans import a_replay, draw_up

KEY = "42"
FIRST = a_shipment(1, reference="P1")
SECOND = a_shipment(2, reference="P2", carrier_code="fedex")
NUT = (Item(sku="NUT", quantity=5),)


class Own(FakeIfs):
    """Each order finds a record as its own."""

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        found = super().find(sought)
        return {
            order: [candidate.model_copy(update={"orders": (order.reference,)}) for candidate in own]
            for order, own in found.items()
        }


def both() -> Candidate:
    return a_candidate(a_record(KEY), ("P1", "BOLT", 2), ("P2", "BOLT", 2))


def a_world(shared: str = "join", *candidates: Candidate, **fields: Any) -> World:
    targets = [{"profile": "shipment_header", "shared": shared, **fields}]
    ifs = {**a_connection().ifs.model_dump(), "targets": targets}
    return World(Own(*(candidates or [both()])), a_connection(ifs=ifs))


def a_stated_world(shared: str) -> World:
    """Both ShipStation orders name the IFS shipment, which carries lines of one IFS order."""
    named = Candidate(
        record=a_record(KEY),
        lines=(Line(order_reference="S9", part="BOLT", quantity=4),),
        named_by=(FIRST.key, SECOND.key),
    )
    return a_world(shared, named)


def tracking(world: World, record: str = KEY) -> str | None:
    return world.ifs.values(record)[FieldName.TRACKING]


def settle(world: World, *shipments: Shipment) -> None:
    for shipment in shipments:
        deliver([work(shipment)], world.delivery)


def heard(world: World) -> list[str]:
    """The orders whose look was queued, which is then taken."""
    told = world.queue.take()
    for message in told:
        deliver([message], world.delivery)
    return [message.order.reference for message in told]


def ended(world: World, shipment: Shipment) -> tuple[Outcome, Reason | None]:
    known = world.state(shipment.reference).shipments[shipment.key]
    return known.outcome, known.reason


# --- parked


def test_a_record_that_two_orders_share_is_parked_for_both_unless_the_file_joins_them() -> None:
    world = a_world("park")
    settle(world, FIRST, SECOND)
    assert world.ifs.writes == []
    for shipment in (FIRST, SECOND):
        assert ended(world, shipment) == (Outcome.PARKED, Reason.SHARED_TARGET)
        state = world.state(shipment.reference)
        assert (state.attention, state.next_attempt_at) == (Reason.SHARED_TARGET, None)
        assert state.shipments[shipment.key].choices == (KEY,)


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
def test_two_shipstation_orders_that_name_one_ifs_shipment_are_parked_for_both(*, together: bool) -> None:
    world = a_stated_world("park")
    batches = [[FIRST, SECOND]] if together else [[FIRST], [SECOND]]
    for batch in batches:
        deliver([work(shipment) for shipment in batch], world.delivery)
    heard(world)
    assert {ended(world, shipment) for shipment in (FIRST, SECOND)} == {(Outcome.PARKED, Reason.SHARED_TARGET)}
    assert tracking(world) == (None if together else "1Z0001")


def test_two_shipstation_orders_that_name_one_ifs_shipment_are_joined_where_the_file_says_so() -> None:
    world = a_stated_world("join")
    settle(world, FIRST, SECOND)
    assert tracking(world) == "1Z0001, 1Z0002"


def test_what_is_parked_as_shared_leaves_or_keeps_calling_once_our_label_is_voided() -> None:
    """A line of another order was added after we wrote."""
    world = a_world("park", a_candidate(a_record(KEY), ("P1", "BOLT", 2)))
    settle(world, FIRST)
    world.ifs.put(both().model_copy(update={"record": world.ifs.record(KEY)}))
    settle(world, voided(FIRST))
    assert tracking(world) is None or world.state("P1").attention is Reason.SHARED_TARGET


def test_the_order_that_stays_is_written_once_the_other_has_left() -> None:
    world = a_stated_world("park")
    settle(world, FIRST, SECOND)
    heard(world)
    settle(world, voided(FIRST))
    assert heard(world) == ["P2"]
    assert tracking(world) == "1Z0002"
    assert ended(world, SECOND)[0] is Outcome.WRITTEN


# --- joined


def test_both_orders_parcels_stand_on_the_record_they_share() -> None:
    world = a_world()
    settle(world, FIRST, SECOND)
    assert tracking(world) == "1Z0001, 1Z0002"
    assert world.ifs.values(KEY)[FieldName.CARRIER] == "UPS"


def test_orders_of_one_batch_are_written_together_in_one_write() -> None:
    world = a_world()
    deliver([work(FIRST), work(SECOND)], world.delivery)
    assert world.ifs.writes == [(KEY, {FieldName.TRACKING: "1Z0001, 1Z0002", FieldName.CARRIER: "UPS"})]
    (entry,) = world.audit.entries
    assert (set(entry.orders), set(entry.shipments)) == ({"P1", "P2"}, {FIRST.key, SECOND.key})
    assert world.queue.sent == []


def test_one_orders_void_leaves_the_others_parcel() -> None:
    world = a_world()
    settle(world, FIRST, SECOND, voided(FIRST))
    assert tracking(world) == "1Z0002"
    settle(world, voided(SECOND))
    assert tracking(world) is None


def test_done_again_there_is_nothing_to_write_and_nobody_to_tell() -> None:
    world = a_world()
    settle(world, FIRST, SECOND)
    heard(world)
    writes, saves = len(world.ifs.writes), world.memories.saves
    for order in (FIRST.order_key, SECOND.order_key):
        deliver([again(order)], world.delivery)
    assert (len(world.ifs.writes), world.memories.saves, world.queue.sent) == (writes, saves, [])


def test_a_persons_value_is_kept_whichever_order_comes() -> None:
    world = a_world()
    settle(world, FIRST)
    world.ifs.edit(KEY, tracking="TYPED")
    settle(world, SECOND)
    assert tracking(world) == "TYPED"


def test_a_forwarder_that_a_colleague_corrected_is_kept_when_another_order_joins() -> None:
    world = a_world()
    settle(world, FIRST)
    world.ifs.edit(KEY, carrier="DHL")
    settle(world, SECOND)
    assert world.ifs.values(KEY)[FieldName.CARRIER] == "DHL"
    assert world.on(KEY, "P2").fields["carrier"].outcome is Outcome.KEPT
    assert tracking(world) == "1Z0001, 1Z0002"


def test_another_order_is_told_when_its_outcome_on_the_record_changes_and_only_then() -> None:
    world = a_world(tracking={"max_length": 10})
    settle(world, FIRST)
    assert world.queue.sent == []
    settle(world, SECOND)
    (message,) = world.queue.sent
    assert message.record == world.ifs.key(KEY)
    assert (message.order, message.cause.kind) == (FIRST.order_key, "neighbour")
    heard(world)
    for reference in ("P1", "P2"):
        assert world.state(reference).attention is Reason.TRACKING_DID_NOT_FIT
    assert world.queue.sent == []


def test_a_look_for_another_order_is_deduplicated_by_what_it_is_about() -> None:
    world = a_world(tracking={"max_length": 10})
    settle(world, FIRST, SECOND)
    (first,) = world.queue.take()
    settle(world, voided(SECOND))
    (second,) = world.queue.take()
    assert first.deduplication_id != second.deduplication_id


def test_a_look_for_another_order_is_queued_whatever_the_records_id_holds() -> None:
    """An order number, or a row's key, may hold what SQS takes in no deduplication id."""
    shared = a_candidate(a_record("Größe 1" * 20), ("P1", "BOLT", 2), ("P2", "BOLT", 2))
    world = a_world("join", shared, tracking={"max_length": 10})
    queue = MemoryQueue(lambda: world.at, fifo=True)
    world.queue = FifoOrderQueue(queue)  # type: ignore[assignment] # the queue itself
    settle(world, SECOND, FIRST)
    (told,) = queue.bodies
    assert DeliverOrder.model_validate_json(told).order == SECOND.order_key


def test_a_line_that_moves_to_a_shipment_of_its_own_takes_its_number_along() -> None:
    second = SECOND.model_copy(update={"items": NUT})
    world = a_world("join", a_candidate(a_record(KEY), ("P1", "BOLT", 2), ("P2", "NUT", 5)))
    settle(world, FIRST, second)
    old = world.ifs.record(KEY)
    world.ifs.put(a_candidate(old, ("P1", "BOLT", 2)))
    world.ifs.put(a_candidate(a_record("43"), ("P2", "NUT", 5)))
    deliver([again(second.order_key)], world.delivery)
    assert (tracking(world), tracking(world, "43")) == ("1Z0001", "1Z0002")
    assert (world.state("P2").remembered, world.state("P2").past) == ((a_key("43"),), (a_key(KEY),))


def test_a_record_that_another_order_takes_over_holds_that_orders_number() -> None:
    """The first order's line moves to another shipment, and the second gets the old one."""
    world = a_world("park", a_candidate(a_record(KEY), ("P1", "BOLT", 2)))
    settle(world, FIRST)
    world.ifs.put(a_candidate(world.ifs.record(KEY), ("P2", "BOLT", 2)))
    world.ifs.put(a_candidate(a_record("43"), ("P1", "BOLT", 2)))
    settle(world, SECOND)
    heard(world)
    deliver([again(FIRST.order_key)], world.delivery)
    heard(world)
    assert (tracking(world), tracking(world, "43")) == ("1Z0002", "1Z0001")
    assert {ended(world, shipment)[0] for shipment in (FIRST, SECOND)} == {Outcome.WRITTEN}


# --- whoever looks


class ByPurchaseOrder(FakeIfs):
    """The purchase order 4500-77 stands for P1 and P2."""

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        stands_for = {each.order: ("P1", "P2") if each.order == ORDERED.order_key else () for each in sought}
        return {
            order: [c.model_copy(update={"orders": orders or (order.reference,)}) for c in self.candidates.values()]
            for order, orders in stands_for.items()
        }


ORDERED = a_shipment(3, reference="4500-77")


def hear_all(world: World) -> None:
    for _ in range(10):
        if not heard(world):
            return
    raise AssertionError("they tell each other for ever")


def looks_of(world: World, *shipments: Shipment) -> None:
    """Looks that tell nothing new change nothing, whoever's they are."""
    writes, saves = len(world.ifs.writes), world.memories.saves
    for shipment in (*shipments, *reversed(shipments)):
        deliver([again(shipment.order_key)], world.delivery)
    assert (len(world.ifs.writes), world.memories.saves, world.queue.sent) == (writes, saves, [])


def test_an_order_and_the_purchase_order_that_it_is_of_agree_on_their_record() -> None:
    """The order's label is voided, and stands there all the same; only the purchase order explains both lines."""
    world = a_world("park", both())
    world.ifs = ByPurchaseOrder(both())
    settle(world, FIRST, ORDERED)
    hear_all(world)
    assert {ended(world, each) for each in (FIRST, ORDERED)} == {(Outcome.PARKED, Reason.SHARED_TARGET)}
    settle(world, voided(FIRST))
    hear_all(world)
    assert (tracking(world), ended(world, ORDERED)[0]) == ("1Z0003", Outcome.WRITTEN)
    assert (world.state("P1").attention, world.state("4500-77").attention) == (None, None)
    looks_of(world, FIRST, ORDERED)


def test_a_number_that_one_order_explains_is_explained_to_the_other() -> None:
    """A baseline's number stands there, and no second one fits."""
    stands = both().model_copy(update={"record": a_record(KEY, tracking="1Z0009")})
    world = a_world("join", stands, tracking={"max_length": 8})
    deliver([work(a_shipment(9, reference="P1"), admission="baseline")], world.delivery)
    settle(world, FIRST, SECOND)
    hear_all(world)
    fields = [world.on(KEY, reference).fields["tracking"] for reference in ("P1", "P2")]
    assert fields[0] == fields[1]
    looks_of(world, FIRST, SECOND)


# --- two consumers at once


def test_while_another_order_is_written_this_one_waits_and_touches_nothing() -> None:
    world = a_world()
    world.ifs.before_write.append(lambda: settle(world, SECOND))
    started = world.at
    settle(world, FIRST)
    state = world.state("P2")
    assert (ended(world, SECOND), state.next_attempt_at) == ((Outcome.RETRY, Reason.RECORD_SHARED), started + LEASE)
    assert state.attempts == 0
    assert tracking(world) == "1Z0001"
    world.at += LEASE
    deliver([again(SECOND.order_key)], world.delivery)
    assert tracking(world) == "1Z0001, 1Z0002"


def test_an_order_whose_reading_is_older_than_anothers_result_decides_on_what_that_one_left() -> None:
    world = a_world()
    world.memories.before_save.append(lambda: settle(world, SECOND))
    settle(world, FIRST)
    assert tracking(world) == "1Z0001, 1Z0002"
    assert world.memories.of(KEY).orders == {FIRST.order_key, SECOND.order_key}


def test_a_holder_that_died_forgets_nothing_of_the_others() -> None:
    """Its own shipments stand in the item before it writes."""
    world = a_world()
    world.ifs.before_write.append(lambda: (_ for _ in ()).throw(RuntimeError("stopped")))
    settle(world, FIRST)
    world.at += LEASE + timedelta(seconds=1)
    settle(world, SECOND)
    assert tracking(world) == "1Z0001, 1Z0002"


# --- a dry run


def test_a_dry_run_shows_what_all_orders_of_the_record_want() -> None:
    world = a_world()
    settle(world, FIRST, SECOND)
    world.ifs.edit(KEY, tracking=None)
    saves = world.memories.saves
    replay = a_replay(world)
    plan = draw_up(replay, Selection(orders=("P1",)), plan_id="p", by="kim", note="cleared by mistake")
    assert [record.changes["tracking"].after for record in plan.records] == ["1Z0001, 1Z0002"]
    assert (world.memories.saves, world.queue.sent) == (saves, [])
