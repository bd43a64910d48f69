"""A write over a colleague's value that comes to nothing: that it was a colleague's is remembered all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.errors import ConnectorError, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.model.outcomes import Reason
from functions.model.records import FieldName
from functions.model.shipment import Shipment
from tests.equipment.builders import a_candidate, a_record, a_shipment, again, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World

FIRST, RELABELLED = a_shipment(), a_shipment(2, carrier_code="fedex")
REFUSED = Permanent(Reason.REFUSED_BY_IFS, "ORA-20110", scope=Scope.RECORD, status=400, code="ORA-20110")
LOCKED = Retryable(Reason.RECORD_LOCKED, "ORA-20113", scope=Scope.RECORD, status=500, code="ORA-20113")


def relabelled_over(typed: str, fault: ConnectorError | None) -> World:
    """Ours, then a colleague's, then a label of another carrier that IFS does not take; it drops it without a fault."""
    world = World(FakeIfs(a_candidate(a_record(carrier="USPS"))))
    deliver([work(FIRST)], world.delivery)
    world.ifs.edit(carrier=typed)
    if fault is None:
        world.ifs.dropped.add(FieldName.CARRIER)
    else:
        world.ifs.refuses[FieldName.CARRIER] = fault
    settle(world, voided(FIRST), RELABELLED)
    world.ifs.refuses.clear()
    world.ifs.dropped.clear()
    return world


def settle(world: World, *shipments: Shipment) -> None:
    world.at += timedelta(hours=1)
    deliver([work(shipment) for shipment in shipments], world.delivery)


@pytest.mark.parametrize("fault", [REFUSED, LOCKED, None], ids=["refused", "locked", "dropped"])
def test_ours_that_a_colleague_types_again_is_his(fault: ConnectorError | None) -> None:
    world = relabelled_over("DHL", fault)
    world.ifs.edit(carrier="UPS")
    settle(world, voided(RELABELLED))
    assert world.ifs.values()[FieldName.CARRIER] == "UPS"


@pytest.mark.parametrize("fault", [REFUSED, LOCKED, None], ids=["refused", "locked", "dropped"])
def test_his_returns_once_ours_is_written_over_it_and_taken_back(fault: ConnectorError | None) -> None:
    world = relabelled_over("DHL", fault)
    deliver([again(FIRST.order_key, "replay")], world.delivery)
    assert world.ifs.values()[FieldName.CARRIER] == "FEDEX"
    settle(world, voided(RELABELLED))
    assert world.ifs.values()[FieldName.CARRIER] == "DHL"
