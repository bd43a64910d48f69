"""Rows of a tenant's own entity, over the simulated tenant: one for each shipment and order, made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.flows.to_ifs.deliver import deliver
from functions.flows.to_ifs.record_session import Records
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE, POST_AGAIN
from functions.model.shipment import Shipment
from tests.equipment.builders import a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World
from tests.equipment.ifs.rows import EACH_A_ROW
from tests.equipment.ifs.sets import TRACKINGS
from tests.equipment.tenant_fixture import Rig

ENTITY: dict[str, Any] = {
    **EACH_A_ROW,
    "tracking": {"attribute": "TrackingNo"},
    "status": {"attribute": "Status", "policy": "always"},
}
PARCEL = [a_shipment(1, reference="P1"), a_shipment(1, reference="P2")]


class Entities(World):
    """The ledger is a stand-in, IFS the simulated tenant."""

    def __init__(self, *orders: str, are_rows_unique: bool = False, fields: Mapping[str, Any] = ENTITY) -> None:
        self.rig = Rig(targets=[{**EACH_A_ROW, **fields}])
        super().__init__(FakeIfs(), self.rig.connection)
        self.rig.tenant.switches.are_rows_unique = are_rows_unique
        for order in orders:
            self.rig.tenant.add_order(order)

    def opened(self, connection: Connection) -> Records:
        self.rig.at = self.at
        return self.rig.targets

    def rows(self) -> list[tuple[str, str, str | None, str | None]]:
        return [(r["ShipstationId"], r["OrderNo"], r["TrackingNo"], r["Status"]) for r in self.rig.tenant.trackings()]

    def posts(self) -> int:
        return sum("TrackingSet" in str(request.url) for request in self.rig.wire.seen("POST"))

    def settle(self, *shipments: Shipment) -> None:
        deliver([work(shipment) for shipment in shipments], self.delivery)


def ended(world: World, shipment: Shipment) -> tuple[Outcome, Reason | None]:
    known = world.state(shipment.reference).shipments[shipment.key]
    return known.outcome, known.reason


@pytest.mark.parametrize("batches", [[PARCEL], [[s] for s in PARCEL]], ids=["in one batch", "by two consumers"])
def test_a_parcel_combined_from_two_orders_has_a_row_for_each_and_a_void_clears_both(
    batches: Sequence[Sequence[Shipment]],
) -> None:
    world = Entities("P1", "P2")
    for batch in batches:
        world.settle(*batch)
    assert world.rows() == [("L1", "P1", "1Z0001", "shipped"), ("L1", "P2", "1Z0001", "shipped")]
    for batch in batches:
        world.settle(*map(voided, batch))
    assert world.rows() == [("L1", "P1", None, "voided"), ("L1", "P2", None, "voided")]


def test_a_second_row_of_a_parcel_that_ifs_refuses_as_a_duplicate_parks_that_order_alone() -> None:
    world = Entities("P1", "P2", are_rows_unique=True)
    world.settle(*PARCEL)
    assert [ended(world, shipment) for shipment in PARCEL] == [
        (Outcome.WRITTEN, None),
        (Outcome.PARKED, Reason.ROW_EXISTS),
    ]
    assert world.rows() == [("L1", "P1", "1Z0001", "shipped")]


def test_one_message_handed_out_twice_while_it_is_worked_on_makes_one_row() -> None:
    world = Entities("P1001")
    handed_out = False

    def again_meanwhile() -> None:
        nonlocal handed_out
        if not handed_out and world.posts():
            handed_out = True
            world.settle(a_shipment())

    world.rig.wire.on_request = again_meanwhile
    world.settle(a_shipment())
    assert handed_out
    assert world.rows() == [("L1", "P1001", "1Z0001", "shipped")]


@pytest.mark.parametrize("kind", ["lost", "late"], ids=["no answer", "504 after the commit"])
def test_a_row_whose_answer_was_lost_is_found_and_not_made_twice(kind: str) -> None:
    world = Entities("P1001")
    timeout = {"error": {"code": "ODP_OPERATION_TIMEOUT", "message": "-"}}
    world.rig.tenant.add_fault(kind, method="POST", path="TrackingSet", status=504, body=timeout)
    world.settle(a_shipment())
    assert (world.rows(), world.audit.said()) == ([("L1", "P1001", "1Z0001", "shipped")], ["written"])


def test_a_row_that_never_arrived_is_looked_for_and_made_again_a_quarter_of_an_hour_later() -> None:
    world = Entities("P1001")
    world.rig.tenant.add_fault("dropped", method="POST", path="TrackingSet")
    started = world.at
    world.settle(a_shipment())
    for minutes in (1, 4, 14):
        world.at = started + timedelta(minutes=minutes)
        deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.rows(), world.posts()) == ([], 1)
    world.at = started + POST_AGAIN
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.rows(), world.posts()) == ([("L1", "P1001", "1Z0001", "shipped")], 2)


def test_a_row_that_a_clock_far_ahead_asked_for_is_made_again_a_quarter_of_an_hour_after_it_was_looked_for() -> None:
    world = Entities("P1001")
    world.rig.tenant.add_fault("dropped", method="POST", path="TrackingSet")
    found = world.at
    world.at = found + timedelta(days=1)
    deliver([work(a_shipment())], world.delivery)
    for minutes, posts in ((0, 1), (4, 1), (14, 1), (15, 2)):
        world.at = found + timedelta(minutes=minutes)
        deliver([again(a_shipment().order_key)], world.delivery)
        assert world.posts() == posts
    assert world.rows() == [("L1", "P1001", "1Z0001", "shipped")]


def test_a_row_that_arrives_late_is_ours_and_no_second_one_is_made() -> None:
    world = Entities("P1001")
    world.rig.tenant.add_fault("dropped", method="POST", path="TrackingSet")
    world.settle(a_shipment())
    world.at += LEASE
    late = {"ShipstationId": "L1", "OrderNo": "P1001", "TrackingNo": "1Z0001", "Status": "shipped"}
    world.rig.tenant.insert(TRACKINGS, late)
    deliver([again(a_shipment().order_key)], world.delivery)
    world.settle(voided(a_shipment()))
    assert world.rows() == [("L1", "P1001", None, "voided")]


def test_a_corrected_reference_voids_the_old_row_and_makes_a_new_one() -> None:
    world = Entities("P1", "P2")
    old, new = PARCEL
    world.settle(old)
    later = old.read_at + timedelta(hours=1)
    world.at += timedelta(hours=1)
    deliver([work(new.read_again(later), moved_at=later)], world.delivery)
    deliver([work(old.read_again(later), withdrawn_at=later)], world.delivery)
    assert world.rows() == [("L1", "P1", None, "voided"), ("L1", "P2", "1Z0001", "shipped")]
    assert ended(world, new) == (Outcome.WRITTEN, None)
    assert ended(world, old) == (Outcome.SKIPPED, Reason.WITHDRAWN)


def test_no_row_is_made_for_an_order_that_ifs_does_not_know_until_it_does() -> None:
    world = Entities()
    world.settle(a_shipment())
    assert (world.rows(), ended(world, a_shipment())) == ([], (Outcome.WAITING, Reason.NOT_IN_IFS_YET))
    world.rig.tenant.add_order("P1001")
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.rows() == [("L1", "P1001", "1Z0001", "shipped")]


def test_a_row_that_was_made_and_is_shown_no_more_is_not_made_again() -> None:
    world = Entities("P1001")
    world.settle(a_shipment())
    world.rig.tenant.sets[ENTITY["entity_set"]].clear()
    world.at += timedelta(hours=1)
    deliver([again(a_shipment().order_key, "replay")], world.delivery)
    assert world.rows() == []
    assert world.state().waiting_for is Reason.NOT_IN_IFS_YET


@pytest.mark.parametrize("has_died", [False, True], ids=["recorded", "found out afterwards"])
def test_a_row_that_was_emptied_and_is_hidden_is_not_made_again_for_a_label_that_is_live_again(
    *, has_died: bool
) -> None:
    world = Entities("P1001", fields={"tracking": ENTITY["tracking"]})
    if has_died:
        world.audit.before_put += [dies, dies]
    for reading in (a_shipment(), voided(a_shipment())):
        world.at += timedelta(hours=1)
        world.settle(reading)
        world.at += LEASE
        deliver([again(reading.order_key)], world.delivery)
    assert world.rows() == [("L1", "P1001", None, None)]
    rows = world.rig.tenant.sets[ENTITY["entity_set"]]
    hidden = dict(rows)
    rows.clear()
    world.at += timedelta(hours=1)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert (world.state().waiting_for, world.state().attention) == (None, None)
    world.settle(a_shipment(read_at=a_shipment().read_at + timedelta(hours=2)))
    assert (world.rows(), world.state().waiting_for) == ([], Reason.NOT_IN_IFS_YET)
    rows.update(hidden)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.rows() == [("L1", "P1001", "1Z0001", None)]


def test_a_row_that_somebody_else_made_and_that_is_hidden_is_not_made_again() -> None:
    world = Entities("P1001", fields={"tracking": ENTITY["tracking"]})
    world.rig.tenant.insert(TRACKINGS, {"ShipstationId": "L1", "OrderNo": "P1001", "TrackingNo": "1Z0001"})
    world.settle(a_shipment())
    world.rig.tenant.sets[ENTITY["entity_set"]].clear()
    world.at += timedelta(hours=1)
    deliver([again(a_shipment().order_key, "replay")], world.delivery)
    assert (world.rows(), world.state().waiting_for) == ([], Reason.NOT_IN_IFS_YET)


def dies() -> None:
    raise RuntimeError("killed")


NO = {"error": {"code": "X", "message": "x", "details": [{"code": "X", "message": "ORA-20110: Tracking.CLOSED: no"}]}}


def never_made(kind: str) -> Entities:
    world = Entities("P1", "P2")
    world.rig.tenant.add_fault(kind, method="POST", path="TrackingSet", times=-1, status=400, body=NO)
    world.settle(a_shipment(1, reference="P1"))
    world.rig.tenant.lift_faults()
    return world


@pytest.mark.parametrize("kind", ["status", "dropped"], ids=["refused", "without an answer"])
@pytest.mark.parametrize("is_withdrawn", [True, False], ids=["corrected", "voided"])
def test_a_row_that_was_never_made_is_waited_for_by_nobody_once_it_is_not_wanted(
    kind: str, *, is_withdrawn: bool
) -> None:
    world, shipment = never_made(kind), a_shipment(1, reference="P1")
    world.at += POST_AGAIN
    at = shipment.read_at + timedelta(minutes=5)
    if is_withdrawn:
        deliver([work(shipment.read_again(at), withdrawn_at=at)], world.delivery)
    else:
        world.settle(voided(shipment))
    state = world.state("P1")
    assert (world.rows(), state.next_attempt_at, state.attention, state.debts) == ([], None, None, ())


def test_two_orders_whose_rows_are_gone_are_a_tenant_that_hides_them_also_where_their_numbers_were_corrected() -> None:
    world = Entities("P1", "P2")
    world.settle(*PARCEL)
    world.rig.tenant.sets[TRACKINGS.name].clear()
    for shipment in PARCEL:
        at = shipment.read_at + timedelta(minutes=5)
        deliver([work(shipment.read_again(at), withdrawn_at=at)], world.delivery)
    deliver([again(shipment.order_key) for shipment in PARCEL], world.delivery)
    assert {world.state(order).waiting_for for order in ("P1", "P2")} == {Reason.RECORDS_VANISHED}


@pytest.mark.parametrize("mode", ["write", "shadow"])
def test_a_row_that_was_announced_and_never_begun_is_owed_to_nobody(monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    world, shipment = Entities("P1"), a_shipment(1, reference="P1")
    with monkeypatch.context() as patched:
        patched.setattr(type(world.memories), "save", lambda *_: dies())
        world.settle(shipment)
    announced = world.state("P1").debts
    world.connection = world.connection.model_copy(update={"mode": mode})
    at = shipment.read_at + timedelta(minutes=5)
    deliver([work(shipment.read_again(at), withdrawn_at=at)], world.delivery)
    assert (len(announced), world.state("P1").debts) == (1, ())
