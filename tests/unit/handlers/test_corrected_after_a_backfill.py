"""An order number that is corrected after a backfill has let a label in that is older than go-live."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.equipment.quiet_connection import START, asked, quiet_world, run, schedule

HOUR = timedelta(hours=1)


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_the_label_is_delivered_under_the_new_number_as_it_was_under_the_old_one(api: str) -> None:
    world, site = quiet_world(api=api)
    records = [site.tenant.add_shipment([(number, "BOLT", 1)]) for number in ("P1", "P2")]
    order = site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    label = site.account.ship(order, at=START - 3 * HOUR, is_silent=True)
    window = {"from": (START - 4 * HOUR).isoformat(), "to": (START - 2 * HOUR).isoformat()}
    who = {"by": "kim", "note": "before we went live", "dry_run": False}
    asked(world, {"connection": "acme", "backfill": {**window, **who}})
    schedule(world, START + timedelta(days=1), "poll", "release")
    number = site.account.shipments.current[label].tracking_number
    for corrected, expected in (("P1", [number, None]), ("P2", [None, number]), ("P1", [number, None])):
        site.account.edit_order(order, {"orderNumber": corrected})
        run(world, world.now() + HOUR)
        assert [site.tenant.shipment(record)["ProNo"] for record in records] == expected
