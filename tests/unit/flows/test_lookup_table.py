"""Orders whose search fails or for which no time is left, each with what hinders it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from functions.errors import Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.model.outcomes import Reason
from functions.model.records import Candidate, FieldName, Sought
from functions.model.shipment import OrderKey
from tests.equipment.builders import a_candidate, a_connection, a_record, a_shipment, again, work
from tests.equipment.delivery_fakes import FakeIfs, World

WRITTEN = Reason.NOT_DELIVERED_YET  # but for the date
NUMBERS = (1, 2, 3)
SLOW = Retryable(Reason.IFS_UNAVAILABLE, "504", scope=Scope.UNCLEAR, status=504)


class Ending(FakeIfs):
    """The time of the run is over after so many searches."""

    world: World
    searches_left = 99

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        self.searches_left -= 1
        self.world.time_left = self.searches_left > 0
        return super().find(sought)


def three_orders() -> tuple[World, Ending]:
    ifs = Ending(*(a_candidate(a_record(str(n)), (f"P{n}", "BOLT", 2)) for n in NUMBERS))
    ifs.world = World(ifs)
    return ifs.world, ifs


def waits(world: World) -> dict[str, Reason | None]:
    return {key.reference: state.waiting_for for key, state in world.orders.states.items()}


@pytest.mark.parametrize(
    ("fails", "left", "searches", "expected"),
    [
        pytest.param("P9", 99, 1, [WRITTEN, WRITTEN, WRITTEN], id="all at once"),
        pytest.param("P2", 99, 4, [WRITTEN, Reason.IFS_UNAVAILABLE, WRITTEN], id="one by one"),
        pytest.param("P1", 2, 2, [Reason.IFS_UNAVAILABLE, *[Reason.OUT_OF_TIME] * 2], id="time for one"),
        pytest.param("P1", 1, 1, [Reason.OUT_OF_TIME] * 3, id="time for none"),
    ],
)
def test_where_all_together_fail_each_is_asked_for_alone_while_there_is_time(
    fails: str, left: int, searches: int, expected: list[Reason | None]
) -> None:
    world, ifs = three_orders()
    ifs.fails_for, ifs.searches_left = {fails: SLOW}, left
    deliver([work(a_shipment(n, reference=f"P{n}")) for n in NUMBERS], world.delivery)
    assert (ifs.searches, waits(world)) == (searches, dict(zip(("P1", "P2", "P3"), expected, strict=True)))


def test_the_circuit_hears_which_order_failed_alone() -> None:
    world, ifs = three_orders()
    world.connection = a_connection(mode="shadow")  # what is written speaks for the tenant
    ifs.fails_for = {"P3": SLOW}
    deliver([work(a_shipment(n, reference=f"P{n}")) for n in NUMBERS], world.delivery)
    strikes = world.circuits.circuit(world.connection.name).strikes["search"]
    assert (strikes.count, strikes.subject) == (1, a_shipment(reference="P3").order_key.digest)


def test_a_record_that_no_time_is_left_to_read_anew_hinders_its_order() -> None:
    world, ifs = three_orders()
    deliver([work(a_shipment(reference="P1"))], world.delivery)
    ifs.searches_left = 1
    deliver([work(a_shipment(4, reference="P1"))], world.delivery)
    assert (world.state().waiting_for, ifs.rereads) == (Reason.OUT_OF_TIME, 0)
    ifs.searches_left, world.time_left = 99, True
    world.at += timedelta(minutes=5)
    deliver([again(a_shipment(reference="P1").order_key)], world.delivery)
    assert ifs.values("1")[FieldName.TRACKING] == "1Z0001, 1Z0004"
