"""One order that no ledger item can hold: it ends alone, and its neighbours are written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.equipment.world import Site
from tests.simulation.expectations import Plot
from tests.simulation.week import Week

PARCELS, ITEMS = 24, 500


def large(week: Week, site: Site, at: datetime) -> None:
    number = week.number()
    skus = [f"PART-{turn:03d}-OF-A-LONG-LIST" for turn in range(ITEMS)]
    shipment = site.tenant.add_shipment([(number, "BOLT", 1)])
    order = week.order(site, at, number, dict.fromkeys(skus, PARCELS))
    parcel: dict[str, Any] = {"quantities": dict.fromkeys(skus, 1), "carrier_code": "ups", "service_code": "ups_ground"}
    bought: list[int] = []

    for turn in range(PARCELS):
        week.at(at + timedelta(seconds=3 * turn), lambda: bought.append(site.account.ship(order(), **parcel)))
    week.too_large.append((site, bought, shipment))
    for _ in range(2):
        other = week.number()
        beside = week.shipment(site, "beside a large order", [(other, "BOLT", 1)], by=None)
        week.label(site, at + timedelta(seconds=2), week.order(site, at, other, {"BOLT": 1}), beside)
        week.deliver(beside, at + week.later(30, 300))


LARGE_ORDERS = {"order too large for the ledger": Plot(large, every=4)}
