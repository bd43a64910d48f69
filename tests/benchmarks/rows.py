"""One function a benchmark. Each answers rows: a value with its goal beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import (
    alarming,
    aligning,
    answering,
    crashing,
    dry_runs,
    money,
    pushing,
    reading,
    reconciling,
    recovery,
    repairs,
    scale,
    starting,
    units,
    upgrading,
    writing,
)
from tests.benchmarks.row import Row
from tests.equipment.quiet_connection import SEED, quiet_world, run, schedule
from tests.equipment.world import LEDGER, Site, World

WEEKS = 52
DAY = 2000  # shipments


def sim_year() -> Iterable[Row]:
    """Violations in a simulated year: 52 weeks, each with its own troubles. Prints each with its seed and digest."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / "weeks.json"
        command = [sys.executable, "-m", "tests.simulation", str(WEEKS), "--weeks-only", "--json", str(out)]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        weeks = json.loads(out.read_text(encoding="utf-8"))
    for week in weeks:
        for text in week["violations"]:
            print(f"seed {week['seed']}, digest {week['digest']}: {text}")
    found = sum(len(week["violations"]) for week in weeks)
    yield Row("sim_year", found, f"violations in {WEEKS} weeks", 0, 0, WEEKS)


def noop_calls() -> Iterable[Row]:
    """A poll that reads an already delivered day again."""
    world, site = quiet_world()
    _ship(world, site, DAY)
    _settle(world, hours=12)
    assert sum(write.by == "api" for write in site.tenant.writes) == DAY, "the day is not delivered"
    requests, stored = site.tenant.counts["total"], _units(world)
    _forget_cursors(world)
    _settle(world, hours=1)
    yield Row("noop_calls", site.tenant.counts["total"] - requests, f"IFS calls for {DAY} known shipments", 0, 0, SEED)
    yield Row("noop_units", _units(world) - stored, f"units for {DAY} known shipments", 0, 0, SEED)


ROWS: dict[str, Callable[[], Iterable[Row]]] = {
    "sim_year": sim_year,
    "write_units": units.write_units,
    "noop_calls": noop_calls,
    "usd_idle_month": money.usd_idle_month,
    "usd_per_million": money.life,
    "init": starting.init,
    "webhook_p99": answering.webhook_p99,
    "bundle_mb": starting.bundle_mb,
    "drift": reading.drift,
    "dst": reading.dst,
    "burst": reading.burst,
    "drain": reading.drain,
    "drift_v2": partial(reading.drift, reading.V2),
    "burst_v2": partial(reading.burst, reading.V2),
    "drain_v2": partial(reading.drain, reading.V2),
    "poll_memory": reading.poll_memory,
    "ifs_requests": writing.ifs_requests,
    "lost_updates": writing.lost_updates,
    "push_lost": pushing.push_lost,
    "push_plan_equal": pushing.push_plan_equal,
    "push_orders_lost": pushing.push_orders_lost,
    "push_requests": pushing.push_requests,
    "push_requests_v2": pushing.push_requests_v2,
    "align_requests": aligning.align_requests,
    "push_order_requests": pushing.push_order_requests,
    "dry_run_equal": dry_runs.dry_run_equal,
    "core_rate": writing.core_rate,
    "reconcile": reconciling.reconcile,
    "crash_points": crashing.crash_points,
    "outage": recovery.outage,
    "outage_ifs": recovery.outage_ifs,
    "flood": recovery.flood,
    "restore": repairs.restore,
    "redrive": repairs.redrive,
    "rotation": repairs.rotation,
    "upgrade": upgrading.upgrade,
    "year": scale.year,
    "alarms": alarming.alarms,
}
# Rows that are measured together with another one.
WITH = {
    "alarms_false": "alarms",
    "alarms_quiet": "alarms",
    "noop_units": "noop_calls",
    "write_units_life": "usd_per_million",
    "ifs_requests_life": "usd_per_million",
    "init_webhook": "init",
    "init_consume": "init",
    "webhook_errors": "webhook_p99",
    "burst_requests": "burst",
    "burst_p99": "burst",
    "drain_429": "drain",
    "burst_requests_v2": "burst_v2",
    "burst_p99_v2": "burst_v2",
    "drain_429_v2": "drain_v2",
    "outage_lost": "outage",
    "outage_p99": "outage",
    "outage_requests": "outage",
    "outage_ifs_lost": "outage_ifs",
    "outage_ifs_requests": "outage_ifs",
    "flood_runs": "flood",
    "flood_faults": "flood",
    "restore_lost": "restore",
    "redrive_requests": "redrive",
    "rotation_seconds": "rotation",
    "rotation_faults": "rotation",
    "upgrade_lost": "upgrade",
    "upgrade_doubled": "upgrade",
    "year_milliseconds": "year",
    "core_memory": "core_rate",
    "reconcile_false": "reconcile",
    "reconcile_requests": "reconcile",
    "reconcile_requests_ifs": "reconcile",
    "push_requests_ifs": "push_requests",
    "push_requests_v2_ifs": "push_requests_v2",
    "align_requests_ifs": "align_requests",
    "push_order_requests_ifs": "push_order_requests",
}


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
    schedule(world, until, "poll", "release")
    run(world, until + timedelta(minutes=30))


def _forget_cursors(world: World) -> None:
    """As if the connector had to read everything since go-live once more."""
    table = world.tables[LEDGER]
    position = table.get("reader#acme", "position")
    assert position is not None
    table.put({**position, "cursors": {}})


def _units(world: World) -> int:
    return sum(table.write_units.get(kind, 0) for table in world.tables.values() for kind in units.COUNTED)
