from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from functions.flows.operations.replay import Replay, Selection, draw_up
from functions.flows.to_ifs.deliver import deliver
from functions.flows.to_ifs.shared_records import LEASE
from functions.model.messages import Work
from functions.model.outcomes import Outcome, Reason
from functions.model.records import Candidate, FieldName, Sought
from functions.model.shipment import ConnectionName, OrderKey, Shipment
from functions.model.state import OrderState
from tests.equipment.builders import NOON, a_candidate, a_connection, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, FakeOrders, World

KEY = "shipment_header/42"
FIRST = a_shipment(1, reference="P1")
SECOND = a_shipment(2, reference="P2", carrier_code="fedex")


class Pair(FakeIfs):
    """One record that carries a line of each order."""

    def __init__(self) -> None:
        super().__init__(a_candidate(a_record(KEY), ("P1", "BOLT", 1), ("P2", "BOLT", 1)))


def a_world(shared: str = "join") -> World:
    targets = [{"profile": "shipment_header", "shared": shared}]
    ifs = {**a_connection().ifs.model_dump(), "targets": targets}
    return World(_Own(), a_connection(ifs=ifs))


class _Own(Pair):
    """Each order finds the record as its own."""

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        found = super().find(sought)
        return {
            order: [candidate.model_copy(update={"orders": (order.reference,)}) for candidate in own]
            for order, own in found.items()
        }


def tracking(world: World) -> str | None:
    return world.ifs.record(KEY).values[FieldName.TRACKING]


def settle(world: World, *shipments: Shipment) -> None:
    for shipment in shipments:
        deliver([work(shipment)], world.delivery)


def test_a_record_that_two_orders_share_is_parked_unless_the_file_joins_them() -> None:
    world = a_world("park")
    settle(world, FIRST)
    assert (world.state().attention, world.ifs.writes) == (Reason.SHARED_TARGET, [])


def test_both_orders_parcels_stand_on_the_record_they_share() -> None:
    world = a_world()
    settle(world, FIRST, SECOND)
    assert tracking(world) == "1Z0001, 1Z0002"
    assert world.ifs.record(KEY).values[FieldName.CARRIER] == "UPS"


def test_one_orders_void_leaves_the_others_parcel() -> None:
    world = a_world()
    settle(world, FIRST, SECOND, voided(FIRST))
    assert tracking(world) == "1Z0002"
    settle(world, voided(SECOND))
    assert tracking(world) is None


def test_done_again_there_is_nothing_to_write() -> None:
    world = a_world()
    settle(world, FIRST, SECOND)
    writes = len(world.ifs.writes)
    for order in (FIRST.order_key, SECOND.order_key):
        deliver([again(order)], world.delivery)
    assert len(world.ifs.writes) == writes


def test_a_persons_value_is_kept_whichever_order_comes() -> None:
    world = a_world()
    settle(world, FIRST)
    world.ifs.edit(KEY, tracking="TYPED")
    settle(world, SECOND)
    assert tracking(world) == "TYPED"


def test_while_another_order_is_written_this_one_waits_and_touches_nothing() -> None:
    world = a_world()
    held = world.shared.load(FIRST.connection, KEY).model_copy(update={"held_until": world.at + LEASE})
    world.shared.save(held)
    settle(world, SECOND)
    state = world.orders.states[SECOND.order_key]
    assert (state.shipments[SECOND.key].outcome, state.waiting_for) == (Outcome.RETRY, Reason.RECORD_SHARED)
    assert world.ifs.writes == []
    world.at += LEASE + timedelta(seconds=1)
    deliver([again(SECOND.order_key)], world.delivery)
    assert tracking(world) == "1Z0002"


def test_a_dry_run_shows_what_all_orders_of_the_record_want() -> None:
    world = a_world()
    settle(world, FIRST, SECOND)
    world.ifs.edit(KEY, tracking=None)
    replay = Replay(
        connection=world.connection,
        ifs=world.opened,
        orders=Ledger(world.orders),
        plans=world.plans,
        queue=Nowhere(),
        shared=world.shared.load,
        now=lambda: world.at,
    )
    plan = draw_up(replay, Selection(orders=("P1",)), plan_id="p", by="kim", note="cleared by mistake")
    (change,) = plan.orders[0].changes
    assert change.changes["tracking"].after == "1Z0001, 1Z0002"


class Ledger(FakeOrders):
    def __init__(self, orders: FakeOrders) -> None:
        super().__init__()
        self.states = orders.states

    def scan(self, connection: ConnectionName) -> Iterator[OrderState]:
        return (state for state in self.states.values() if state.key.connection == connection)


class Nowhere:
    def send(self, work: Iterable[Work]) -> None:
        raise AssertionError("a dry run sends nothing")


def test_a_holder_that_died_forgets_nothing_of_the_others() -> None:
    """Its own shipments stand in the item before it writes."""
    world = a_world()
    held = world.shared.load(FIRST.connection, KEY)
    contributions = {FIRST.order_key.digest: (FIRST,)}
    world.shared.save(held.model_copy(update={"contributions": contributions, "held_until": NOON}))
    settle(world, SECOND)
    assert tracking(world) == "1Z0001, 1Z0002"
