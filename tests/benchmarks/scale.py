"""How long the shipping code itself takes for a year of shipments, both vendors and AWS simulated around it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta

from tests.benchmarks.row import Row
from tests.equipment.quiet_connection import SEED, quiet_world, run, schedule
from tests.equipment.world import Site, World

YEAR, DAY = 730_000, 2000  # shipments
CORES = 2
FAULTS = 0.01  # of all requests


def year() -> Iterable[Row]:
    """A day of two thousand, each from its label to its ship date, with a fault in every hundredth request. Days are
    alike and share nothing, so that cores share a year's days.
    """
    world, site = quiet_world()
    world.weather.rate = FAULTS
    _sell(world, site)
    end = world.now() + timedelta(hours=26)
    schedule(world, end, "poll", "release")
    began = time.process_time()
    run(world, end + timedelta(hours=2))
    took = time.process_time() - began
    written = sum(write.by == "api" for write in site.tenant.writes)
    assert written >= DAY, f"{written} of {DAY} were written"
    yield Row(
        "year", round(took * YEAR / DAY / CORES), f"s for {YEAR} shipments on {CORES} cores, from a day", 300, 0, SEED
    )
    yield Row("year_milliseconds", round(took * 1000 / DAY, 1), "ms of a processor for a shipment", 0.8, 0, SEED)


def _sell(world: World, site: Site) -> None:
    """Labels all day long, of orders that IFS has delivered."""
    for number in range(DAY):
        reference, at = f"P{number:05}", world.now() + timedelta(hours=3) + timedelta(hours=20) * number / DAY
        site.tenant.deliver(site.tenant.add_shipment([(reference, "BOLT", 1)]))
        order = site.account.add_order(reference, items=[{"sku": "BOLT", "quantity": 1}])
        world.clockwork.at(at, lambda order=order: site.account.ship(order, is_silent=True))  # type: ignore[misc] # a default argument binds the order
