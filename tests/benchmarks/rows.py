"""One function a row. Each answers a value; the goal stands beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any, Literal

from functions.connections import Connection
from tests.simulation.simulate import simulate
from tests.simulation.world import LEDGER, Site, World

SEED = 1
WEEKS = 52
DAY = 2000  # shipments
START = datetime(2026, 6, 1, 12, tzinfo=UTC)
WRITTEN_FOR_A_SHIPMENT = ("order", "audit")


@dataclass(frozen=True)
class Row:
    """`value comparison goal` has to hold; `limit` is what no connector can do better than."""

    id: str
    value: float
    unit: str
    goal: float
    limit: float
    seed: int
    comparison: Literal["<="] = "<="

    @property
    def ok(self) -> bool:
        return self.value <= self.goal

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": self.ok}


def sim_year() -> Iterable[Row]:
    """Violations in a simulated year: 52 weeks, each with its own troubles."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = sum(len(result.violations) for result in pool.map(simulate, range(WEEKS)))
    yield Row("sim_year", found, f"violations in {WEEKS} weeks", 0, 0, WEEKS)


def write_units() -> Iterable[Row]:
    """DynamoDB units stored for a new shipment whose ship date is right already: state, intent, result."""
    world, site = _quiet_world()
    _ship(world, site, 100)
    before = _units(world)
    _settle(world, hours=1)
    yield Row("write_units", (_units(world) - before) / 100, "units per new shipment", 3, 3, SEED)


def noop_calls() -> Iterable[Row]:
    """A poll that reads an already delivered day again."""
    world, site = _quiet_world()
    _ship(world, site, DAY)
    _settle(world, hours=12)
    assert sum(write.by == "api" for write in site.tenant.writes) == DAY, "the day is not delivered"
    requests, units = site.tenant.counts["total"], _units(world)
    _forget_cursors(world)
    _settle(world, hours=1)
    yield Row("noop_calls", site.tenant.counts["total"] - requests, f"IFS calls for {DAY} known shipments", 0, 0, SEED)
    yield Row("noop_units", _units(world) - units, f"units for {DAY} known shipments", 0, 0, SEED)


ROWS: dict[str, Callable[[], Iterable[Row]]] = {
    "sim_year": sim_year,
    "write_units": write_units,
    "noop_calls": noop_calls,
}


def _quiet_world() -> tuple[World, Site]:
    """One connection, nothing goes wrong."""
    os.environ |= {"POWERTOOLS_METRICS_NAMESPACE": "benchmark", "POWERTOOLS_SERVICE_NAME": "benchmark"}
    world = World(SEED, START)
    connection = Connection.model_validate(
        {
            "name": "acme",
            "mode": "write",
            "go_live_at": START - timedelta(hours=1),
            "shipstation": {"base_url": "https://ss.example.com"},
            "ifs": {
                "base_url": "https://ifs.example.com",
                "token_url": "https://ifs.example.com/auth/realms/acme1/protocol/openid-connect/token",
                "company": "10",
                "requests_per_second": 50,
            },
            "carriers": {"stamps_com": "USPS"},
        }
    )
    site = world.add_site(connection)
    world.wire()
    return world, site


def _ship(world: World, site: Site, count: int) -> None:
    """Labels of a day for shipments that IFS delivered the same day."""
    for number in range(count):
        reference = f"P{number:05}"
        shipment = site.tenant.add_shipment([(reference, "BOLT", 1)])
        site.tenant.deliver(shipment)
        order = site.account.add_order(reference, items=[{"sku": "BOLT", "quantity": 1}])
        site.account.ship(order, at=world.now() + timedelta(seconds=number), is_silent=True)


def _settle(world: World, *, hours: float) -> None:
    until = world.now() + timedelta(hours=hours)
    world.schedule("poll", "acme", every=timedelta(minutes=1), until=until)
    world.schedule("release", "acme", every=timedelta(minutes=1), until=until)
    with redirect_stdout(world.logs):
        world.clockwork.run(until + timedelta(minutes=30))


def _forget_cursors(world: World) -> None:
    """As if the connector had to read everything since go-live once more."""
    table = world.tables[LEDGER]
    position = table.get("reader#acme", "position")
    assert position is not None
    table.put({**position, "cursors": {}})


def _units(world: World) -> int:
    return sum(
        units
        for table in world.tables.values()
        for kind, units in table.write_units.items()
        if kind in WRITTEN_FOR_A_SHIPMENT
    )
