"""A write whose answer was lost and that was given up arrives while the next one is under way: it is ours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE
from functions.model.records import FieldName
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
