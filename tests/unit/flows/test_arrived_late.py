"""A write whose answer was lost and that was given up arrives while the next one is under way: it is ours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE
from functions.model.records import FieldName
from functions.model.shipment import Shipment
from tests.equipment.builders import a_candidate, a_connection, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World

LOCKED = Retryable(Reason.RECORD_LOCKED, "ORA-20113", scope=Scope.RECORD, status=500, code="ORA-20113")
REFUSED = Permanent(Reason.REFUSED_BY_IFS, "ORA-20110", scope=Scope.RECORD, status=400, code="ORA-20110")


def given_up() -> World:
    """Nobody knows whether the first write arrives; a colleague saved the record since."""
    world = World(FakeIfs(a_candidate(a_record(carrier="DHL"))))
    world.ifs.write_faults.append((OutcomeUnknown(Reason.IFS_UNAVAILABLE, "504"), False))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.edit(site="S1")
    world.at += LEASE
    return world


def arrives(world: World) -> None:
    world.ifs.edit(tracking="1Z0001", carrier="UPS")


def taken_back(world: World) -> dict[FieldName, str]:
    world.at += timedelta(hours=1)
    deliver([work(voided(a_shipment()))], world.delivery)
    return {name: value for name, value in world.ifs.values().items() if value is not None}


@pytest.mark.parametrize("refusal", [None, LOCKED, REFUSED], ids=["a conflict", "locked", "refused"])
def test_whatever_the_next_write_is_answered(refusal: ConnectorError | None) -> None:
    world = given_up()
    world.ifs.before_write.append(lambda: arrives(world))
    if refusal is not None:
        world.ifs.write_faults.append((refusal, False))
    deliver([again(a_shipment().order_key)], world.delivery)
    world.at += timedelta(hours=1)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.on().fields["tracking"].outcome is Outcome.WRITTEN
    assert taken_back(world) == {FieldName.CARRIER: "DHL"}


@pytest.mark.parametrize("is_early", [True, False], ids=["within a lease", "later"])
def test_what_was_not_there_a_lease_later_has_not_arrived(*, is_early: bool) -> None:
    """Who types the same afterwards is a colleague."""
    world = given_up()
    for wait in (timedelta(), timedelta() if is_early else LEASE):
        world.at += wait
        world.ifs.write_faults.append((LOCKED, False))
        deliver([again(a_shipment().order_key)], world.delivery)
    arrives(world)
    theirs = {FieldName.TRACKING: "1Z0001", FieldName.CARRIER: "UPS"}
    assert taken_back(world) == ({FieldName.CARRIER: "DHL"} if is_early else theirs)


def test_whatever_shadow_mode_showed_meanwhile() -> None:
    world = given_up()
    world.connection = a_connection(mode="shadow")
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.audit.said() == ["outcome_unknown", "would_write"]
    arrives(world)
    world.connection = a_connection()
    assert taken_back(world) == {FieldName.CARRIER: "DHL"}


def test_a_value_that_stood_when_another_was_refused_is_ours_by_the_entry_before() -> None:
    """Also where the memory of it is lost."""
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.refuses[FieldName.CARRIER] = REFUSED
    relabelled = a_shipment(2, carrier_code="fedex")
    deliver([work(voided(a_shipment())), work(relabelled)], world.delivery)
    world.memories.items.clear()
    world.ifs.refuses.clear()
    world.at += timedelta(hours=1)
    deliver([again(relabelled.order_key, "replay")], world.delivery)
    assert world.ifs.values()[FieldName.CARRIER] == "FEDEX"
    deliver([work(voided(relabelled))], world.delivery)
    assert world.ifs.values()[FieldName.CARRIER] is None


def unheard(world: World, *shipments: Shipment, commits: bool) -> None:
    """The write for these has no answer, and IFS does not show the record when the run after its lease looks."""
    world.at += timedelta(hours=1)
    world.ifs.write_faults.append((OutcomeUnknown(Reason.IFS_UNAVAILABLE, "504"), commits))
    world.ifs.read_faults.append(Retryable(Reason.IFS_UNAVAILABLE, "503"))
    deliver([work(shipment) for shipment in shipments], world.delivery)
    world.at += LEASE
    world.ifs.hidden.add(world.ifs.key("42"))
    deliver([again(a_shipment().order_key)], world.delivery)
    assert world.audit.said()[-1] == "outcome_unknown"
    world.ifs.hidden.clear()


def test_what_was_written_into_a_field_that_was_seen_empty_is_ours_once_the_record_is_shown_again() -> None:
    world = World(FakeIfs(a_candidate()))
    for message in (work(a_shipment()), work(voided(a_shipment())), again(a_shipment().order_key)):
        deliver([message], world.delivery)
    unheard(world, a_shipment(2), commits=True)
    assert world.ifs.values()[FieldName.TRACKING] == "1Z0002"
    world.at += timedelta(hours=1)
    deliver([work(voided(a_shipment(2)))], world.delivery)
    assert {value for value in world.ifs.values().values() if value is not None} == set()


def test_what_was_written_over_a_persons_value_is_ours_once_the_record_is_shown_again() -> None:
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    world.ifs.edit(carrier="DHL")
    deliver([again(a_shipment().order_key, "replay")], world.delivery)
    assert world.on().fields["carrier"].outcome is Outcome.KEPT
    relabelled = a_shipment(2, carrier_code="fedex")
    unheard(world, voided(a_shipment()), relabelled, commits=True)
    assert world.ifs.values()[FieldName.CARRIER] == "FEDEX"
    world.at += timedelta(hours=1)
    deliver([work(voided(relabelled))], world.delivery)
    assert world.ifs.values()[FieldName.CARRIER] == "DHL"


def test_ours_that_was_to_be_cleared_is_not_gone_because_the_record_is_hidden() -> None:
    """Its line was taken off it."""
    world = World(FakeIfs(a_candidate()))
    deliver([work(a_shipment())], world.delivery)
    stands: dict[str, Any] = {str(name): value for name, value in world.ifs.values().items()}
    world.ifs.put(a_candidate(a_record(etag=world.ifs.record().etag, **stands), ("P2002", "NUT", 1)))
    unheard(world, voided(a_shipment()), commits=False)
    world.at += timedelta(hours=1)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert {value for value in world.ifs.values().values() if value is not None} == set()
