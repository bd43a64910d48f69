"""The key that encrypts all that is stored is disabled for hours: nothing can be read, written, sent or opened."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from functions.ledger.orders import OrderStore
from functions.ledger.parked import ParkingStore
from functions.model.outcomes import Outcome
from tests.equipment.quiet_connection import quiet_world, run, schedule
from tests.equipment.webhooks_desk import ACME
from tests.equipment.world import LEDGER, Site, Trouble, World


class Shop:
    """Orders by number, each with its IFS shipment."""

    def __init__(self, world: World, site: Site) -> None:
        self.world, self.site = world, site
        self.labels: dict[int, int] = {}
        self.records: dict[int, int] = {}

    def sell(self, number: int) -> None:
        self.records[number] = self.site.tenant.add_shipment([(f"P{number}", "BOLT", 1)])
        order = self.site.account.add_order(f"P{number}", items=[{"sku": "BOLT", "quantity": 1}])
        self.labels[number] = self.site.account.ship(order)

    def void(self, number: int) -> None:
        self.site.account.void(self.labels[number])

    def shown(self) -> set[int]:
        """Those of which IFS shows a number."""
        return {number for number, record in self.records.items() if self.site.tenant.shipment(record)["ProNo"]}


def sent(world: World, since: datetime, name: str) -> set[float]:
    """The values of a metric, as the lines of the log say them."""
    found = (
        json.loads(line) for line in world.logs.getvalue().splitlines() if f'"{name}"' in line and '"_aws"' in line
    )
    return {each[name][0] for each in found if each["_aws"]["Timestamp"] >= since.timestamp()}


def test_a_disabled_key_loses_nothing_doubles_nothing_and_parks_nobody() -> None:
    world, site = quiet_world()
    shop = Shop(world, site)
    for number in range(10):
        shop.sell(number)
    schedule(world, world.now() + timedelta(hours=12), "poll", "release")
    run(world, world.now() + timedelta(seconds=50))  # some are on their way
    began = world.now()
    world.trouble = Trouble(until=began + timedelta(hours=4), throttle=1.0, secrets=1.0, surprise=0.0)
    for number in range(10, 20):
        world.clockwork.after(number * 600, lambda number=number: shop.sell(number))  # type: ignore[misc] # the loop's
    for number in (1, 11, 12):
        world.clockwork.after(13_000 + number, lambda number=number: shop.void(number))  # type: ignore[misc] # as above
    run(world, began + timedelta(hours=3, minutes=59))
    done = shop.shown()
    assert world.met["ledger throttled"]
    run(world, began + timedelta(hours=9))
    assert done <= shop.shown() | {1}
    assert shop.shown() == {*range(20)} - {1, 11, 12}
    assert ParkingStore(world.tables[LEDGER]).list(ACME) == []
    states = OrderStore(world.tables[LEDGER]).scan(ACME)
    assert Outcome.PARKED not in {each.outcome for state in states for each in state.shipments.values()}
    numbers = [(write.key, str(write.changes)) for write in site.tenant.writes if write.by == "api"]
    assert len(numbers) == len(set(numbers))
    assert sent(world, began, "PollSucceeded") == {0.0, 1.0}
