"""A pilot writes one named order, also in shadow mode; should its run die, a consumer finishes what it began."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.connections.connection import Connection
from functions.connections.stores import Mode
from functions.flows.preflight.pilot import Pilot
from functions.flows.to_ifs.deliver import deliver
from functions.model.fit import Finding
from functions.model.outcomes import SENTENCES, Outcome, Reason
from functions.model.record_memory import LEASE
from functions.model.records import FieldName
from functions.model.sample import Sample
from tests.equipment.builders import a_candidate, a_cause, a_connection, a_shipment, again, work
from tests.equipment.delivery_fakes import FakeIfs, World

SHIPMENT = a_shipment()


def undated(mode: Mode) -> Connection:
    """One write is all that a record needs."""
    target = {"profile": "shipment_header", "ship_date": {"policy": "never"}}
    return a_connection(mode=mode, ifs={**a_connection().ifs.model_dump(), "targets": [target]})


def a_world(mode: Mode = "shadow") -> World:
    return World(FakeIfs(a_candidate()), undated(mode))


def pilot(world: World) -> list[Finding]:
    cause = a_cause("pilot", by="kim", note="first write")
    return Pilot(world.delivery).run("P1001", Sample(shipments=(SHIPMENT,)), cause)


def died() -> None:
    raise RuntimeError("killed")


def a_pilot_that_dies(world: World) -> None:
    world.audit.before_put.append(died)
    with pytest.raises(RuntimeError, match="killed"):
        pilot(world)


@pytest.mark.parametrize("mode", ["shadow", "write"])
def test_a_pilot_writes_and_reads_back(mode: Mode) -> None:
    world = a_world(mode)
    assert {finding.severity for finding in pilot(world)} == {"fits"}
    assert world.ifs.values()[FieldName.TRACKING] == "1Z0001"
    deliver(world.queue.take(), world.delivery)
    assert (len(world.ifs.writes), world.state().shipments[SHIPMENT.key].outcome) == (1, Outcome.WRITTEN)


@pytest.mark.parametrize("mode", ["shadow", "write"])
def test_what_a_pilot_began_that_died_is_finished_by_a_consumer(mode: Mode) -> None:
    world = a_world(mode)
    a_pilot_that_dies(world)
    deliver(world.queue.take(), world.delivery)
    state = world.state()
    assert (state.waiting_for, state.next_attempt_at) == (Reason.OUTCOME_UNKNOWN, world.at + LEASE)
    world.at += LEASE
    deliver([again(SHIPMENT.order_key)], world.delivery)
    assert (world.memories.of().intent, world.audit.said(), len(world.ifs.writes)) == (None, ["written"], 1)
    assert (world.state().next_attempt_at, world.state().shipments[SHIPMENT.key].outcome) == (None, Outcome.WRITTEN)


def test_what_a_pilot_began_that_died_is_finished_where_ifs_shows_its_record_no_more() -> None:
    world = a_world()
    deliver([work(SHIPMENT)], world.delivery)
    a_pilot_that_dies(world)
    world.ifs.hidden = set(world.ifs.candidates)
    world.at += LEASE
    deliver([again(SHIPMENT.order_key)], world.delivery)
    assert world.memories.of().intent is None
    assert world.audit.said()[-1] == "outcome_unknown"


def test_in_shadow_mode_an_order_adds_nothing_to_a_record_whose_write_it_finishes() -> None:
    world = a_world("write")
    world.audit.before_put.append(died)
    deliver([work(SHIPMENT)], world.delivery)
    world.connection = undated("shadow")
    world.at += LEASE
    deliver([work(a_shipment(2))], world.delivery)
    memory = world.memories.of()
    assert (memory.intent, [shipment.shipment for shipment in memory.shipments]) == (None, [SHIPMENT.key])
    assert world.state().shipments[a_shipment(2).key].outcome is Outcome.WOULD_WRITE


def test_a_pilot_is_refused_while_somebody_may_still_be_writing() -> None:
    world = a_world()
    a_pilot_that_dies(world)
    world.queue.take()
    world.at += timedelta(minutes=1)
    (finding,) = pilot(world)
    assert (finding.sentence, world.queue.sent) == (SENTENCES[Reason.OUTCOME_UNKNOWN], [])
