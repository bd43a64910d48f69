"""Orders that were combined, read so, and taken apart again: each label reaches the IFS record of its own order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.equipment.quiet_connection import START, quiet_world, run, schedule
from tests.equipment.world import CANARY, Site, World

REFERENCES = ("P1", "P2")
EVENTS = ("SHIP_NOTIFY", "ORDER_NOTIFY", "label_created_v2", "shipment_created_v2")


class Apart:
    """Two orders, each delivered in IFS, that were read while they were one in ShipStation."""

    def __init__(self, api: str) -> None:
        self.world: World
        self.site: Site
        self.world, self.site = quiet_world(api=api)
        for event in EVENTS:
            self.site.account.subscribe(f"https://hooks.example.com/webhooks/acme/{CANARY}3acme", event)
        schedule(self.world, START + timedelta(days=2), "poll", "release")
        self.records = [self.site.tenant.add_shipment([(text, f"BOLT {text}", 1)]) for text in REFERENCES]
        for record in self.records:
            self.site.tenant.deliver(record)
        self.survivor, self.other = (
            self.site.account.add_order(text, items=[{"sku": f"BOLT {text}", "quantity": 1}]) for text in REFERENCES
        )
        self.go_on(minutes=5)
        self.site.account.combine_orders(self.survivor, [self.other])
        self.go_on(minutes=20)

    def go_on(self, **time: float) -> None:
        run(self.world, self.world.now() + timedelta(**time))

    def shipped_apart(self) -> list[str | None]:
        """The numbers of two labels, bought one after the other."""
        self.site.account.uncombine_orders(self.survivor)
        labels = []
        for order in (self.survivor, self.other):
            self.go_on(minutes=15)
            labels.append(self.site.account.ship(order))
        self.go_on(days=1)
        return [self.site.account.shipments.current[label].tracking_number for label in labels]

    def written(self) -> list[str | None]:
        return [self.site.tenant.shipment(record)["ProNo"] for record in self.records]


APIS = [pytest.param("v1", marks=pytest.mark.nightly), "v2"]


@pytest.mark.parametrize("api", APIS)
def test_each_label_reaches_its_own_order(api: str) -> None:
    apart = Apart(api)
    assert apart.shipped_apart() == apart.written()


@pytest.mark.parametrize("api", APIS)
def test_a_label_of_both_that_was_voided_leaves_nothing(api: str) -> None:
    apart = Apart(api)
    label = apart.site.account.ship(apart.survivor)
    apart.go_on(minutes=20)
    number = apart.site.account.shipments.current[label].tracking_number
    # V2 does not say which orders were combined.
    assert apart.written() == [number, number if api == "v1" else None]
    apart.site.account.void(label)
    apart.go_on(minutes=20)
    assert apart.shipped_apart() == apart.written()
