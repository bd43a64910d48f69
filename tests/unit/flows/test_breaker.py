from __future__ import annotations

import pytest

from functions.errors import ConnectorError, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import Shipment
from tests.equipment.builders import a_candidate, a_cause, a_shipment, work
from tests.equipment.delivery_fakes import FakeIfs, World

DOWN = Retryable(Reason.IFS_UNAVAILABLE, "502")
REFUSED = Retryable(Reason.IFS_CREDENTIALS, "401", scope=Scope.TENANT)


def label(number: int) -> Shipment:
    return a_shipment(number, reference=f"P{number}")


def a_world(*faults: ConnectorError) -> World:
    world = World(FakeIfs(a_candidate()))
    world.ifs.find_faults += faults
    return world


def probe(shipment: Shipment) -> DeliverOrder:
    return DeliverOrder(order=shipment.order_key, cause=a_cause("release"), is_probe=True)


@pytest.mark.parametrize("fault", [DOWN, REFUSED], ids=["down", "key refused"])
def test_after_two_failures_in_a_row_nothing_more_is_sent_and_nothing_is_lost(fault: ConnectorError) -> None:
    world = a_world(fault, fault)
    for number in (1, 2, 3):
        deliver([work(label(number))], world.delivery)
    assert world.ifs.searches == 2
    held = world.orders.states[label(3).order_key]
    assert (held.shipments[label(3).key].outcome, held.waiting_for) == (Outcome.RETRY, fault.reason)
    assert held.next_attempt_at is not None


def test_one_failure_between_successes_opens_nothing() -> None:
    world = a_world(DOWN)
    for number in (1, 2):
        deliver([work(label(number))], world.delivery)
    world.ifs.find_faults.append(DOWN)
    for number in (3, 4):
        deliver([work(label(number))], world.delivery)
    assert world.ifs.searches == 4


def test_a_fault_of_one_record_opens_nothing() -> None:
    configured = Permanent(Reason.IFS_CONFIGURATION, "404")
    world = a_world(configured, configured)
    for number in (1, 2, 3):
        deliver([work(label(number))], world.delivery)
    assert world.ifs.searches == 3


def test_a_probe_that_is_served_closes_the_circuit() -> None:
    world = a_world(DOWN, DOWN)
    for number in (1, 2):
        deliver([work(label(number))], world.delivery)
    deliver([probe(label(1))], world.delivery)
    deliver([work(label(3))], world.delivery)
    assert world.ifs.searches == 4


def test_a_probe_that_fails_keeps_it_open_since_the_same_instant() -> None:
    world = a_world(DOWN, DOWN, DOWN)
    for number in (1, 2):
        deliver([work(label(number))], world.delivery)
    assert world.circuits.stored is not None
    opened = world.circuits.stored.opened_at
    deliver([probe(label(1))], world.delivery)
    deliver([work(label(3))], world.delivery)
    assert (world.ifs.searches, world.circuits.stored.opened_at) == (3, opened)


def test_a_tenant_that_always_answers_costs_no_write_for_it() -> None:
    world = a_world()
    for number in range(5):
        deliver([work(label(number))], world.delivery)
    assert world.circuits.saves == 0
