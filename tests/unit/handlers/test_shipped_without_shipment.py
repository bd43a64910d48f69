"""An order that is shipped, and of which there is neither a label nor a fulfilment."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.ledger.parked import ParkingStore
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from tests.equipment.quiet_connection import START, quiet_world, run, schedule


@pytest.mark.parametrize("api", [pytest.param("v1", marks=pytest.mark.nightly), "v2"])
def test_what_a_marketplace_shipped_asks_nobody(api: str) -> None:
    world, site = quiet_world(api=api)
    order = site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    schedule(world, START + timedelta(days=2), "poll")
    site.account.fulfill_externally(order)
    run(world, START + timedelta(days=2))
    parked = ParkingStore(world.tables["ledger"]).list(ConnectionName("acme"))
    told = [] if api == "v1" else [(f"order {order}", Reason.SHIPPED_WITHOUT_SHIPMENT)]  # V2 does not say who shipped
    assert [(each.subject, each.reason) for each in parked] == told
