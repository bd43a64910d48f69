"""What a bad week costs: how soon all is caught up after two days without a vendor, what a flood of webhooks asks."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from tests.benchmarks.row import Row
from tests.equipment.quiet_connection import SEED, START, first_queued, quiet_world, run, schedule
from tests.equipment.world import CANARY, Site, World

OUTAGE = timedelta(hours=48)
LABELS = 40_000  # bought meanwhile
FRESH_EVERY, FRESH_MINUTES = 10, 15  # labels that are bought once it is over
ITEM = [{"sku": "BOLT", "quantity": 1}]


def outage() -> Iterable[Row]:
    """Labels of two days in which ShipStation answered nobody, and those that follow with their webhooks."""
    world, site = quiet_world()
    site.account.subscribe(f"https://hooks.example.com/webhooks/acme/{CANARY}3acme", "SHIP_NOTIFY")
    site.shipments.on_send = lambda: None  # nobody takes it out again
    enqueued = first_queued(site.shipments, world)
    begin, over = START + timedelta(hours=3), START + timedelta(hours=3) + OUTAGE
    world.weather.dark = {"shipstation": (begin, over)}
    labels: list[int] = []
    world.clockwork.at(over - timedelta(seconds=1), lambda: labels.extend(_bought(site, begin)))
    fresh = _fresh(world, site, over + timedelta(seconds=30))
    schedule(world, over + timedelta(hours=1), "poll")
    run(world, over)
    before = site.account.counts["total"]
    run(world, over + timedelta(hours=1))
    late = [(enqueued[label] - over).total_seconds() if label in enqueued else float("inf") for label in labels]
    yield Row("outage_lost", sum(label not in enqueued for label in [*labels, *fresh]), "labels not queued", 0, 0, SEED)
    yield Row("outage", round(max(late) / 60, 1), f"min until {LABELS} labels are queued", 3, 2.5, SEED)
    waits = sorted((enqueued[label] - at).total_seconds() for label, at in fresh.items() if label in enqueued)
    p99 = round(waits[int(len(waits) * 0.99)], 1)
    yield Row("outage_p99", p99, "s from a new label to the queue meanwhile, p99", 30, 0, SEED)
    yield Row("outage_requests", site.account.counts["total"] - before, "requests in the hour after", 400, 80, SEED)


def _bought(site: Site, begin: datetime) -> list[int]:
    """Evenly over the outage, of orders that were imported an hour before each. Nobody saw them until it is over."""
    apart = OUTAGE / LABELS
    made: list[int] = []
    for number in range(LABELS):
        at = begin + apart * number
        order = site.account.add_order(f"P{number}", items=ITEM, at=at - timedelta(hours=1))
        made.append(site.account.ship(order, at=at, is_silent=True))
    return made


def _fresh(world: World, site: Site, begin: datetime) -> dict[int, datetime]:
    """Labels by their id, with the instant at which each was bought."""
    made: dict[int, datetime] = {}

    def buy(order: int) -> None:
        made[site.account.ship(order)] = world.now()

    for number in range(FRESH_MINUTES * 60 // FRESH_EVERY):
        at = begin + timedelta(seconds=FRESH_EVERY * number)
        order = site.account.add_order(f"N{number}", items=ITEM, at=begin - timedelta(hours=2))
        world.clockwork.at(at, lambda order=order: buy(order))  # type: ignore[misc] # a default argument binds the order
    return made


IFS_ORDERS = 4000  # whose records and writes are simulated too
IFS_RATE = 5  # requests a second, as a file has it that says nothing


def outage_ifs() -> Iterable[Row]:
    """Labels of two days in which IFS answered nobody: all wait, and are written once it is back."""
    world, site = quiet_world(ifs={"requests_per_second": IFS_RATE})
    begin, over = START + timedelta(hours=3), START + timedelta(hours=3) + OUTAGE
    world.weather.dark = {"ifs": (begin, over)}
    apart = (OUTAGE - timedelta(hours=1)) / IFS_ORDERS
    for number in range(IFS_ORDERS):
        site.tenant.deliver(site.tenant.add_shipment([(f"P{number}", "BOLT", 1)]))
        order = site.account.add_order(f"P{number}", items=ITEM, at=START)
        world.clockwork.at(begin + apart * number, lambda order=order: site.account.ship(order, is_silent=True))  # type: ignore[misc] # a default argument binds the order
    schedule(world, over + timedelta(hours=6), "poll", "release")
    run(world, begin)
    before = world.met["ifs dropped"]
    run(world, over)
    asked = (world.met["ifs dropped"] - before) * 60 / OUTAGE.total_seconds()
    yield Row("outage_ifs_requests", round(asked, 2), "IFS requests a minute during 48 h without IFS", 2, 1, SEED)
    run(world, over + timedelta(hours=6))
    ours = [write for write in site.tenant.writes if write.by == "api"]
    numbers = Counter(write.key for write in ours if "ProNo" in write.changes)
    astray = IFS_ORDERS - len(numbers) + sum(times - 1 for times in numbers.values())
    yield Row("outage_ifs_lost", astray, "tracking numbers not written, or twice", 0, 0, SEED)
    took = (max((write.at for write in ours), default=over) - over).total_seconds() / 60
    yield Row(
        "outage_ifs",
        round(took, 1),
        f"min until {IFS_ORDERS} orders are written at {IFS_RATE} requests/s",
        120,
        31,
        SEED,
    )


# --- a flood of webhooks

STEADY, SURGE = 10, 1000  # webhooks a second
FLOOD_SECONDS = 3600
SURGING = range(1800, 1860)  # seconds; an hour of it would take a quarter of an hour and ask for as much


def flood() -> Iterable[Row]:
    """Somebody who knows the token announces batches that nobody bought, each another one."""
    world, site = quiet_world()
    begin, numbers = START + timedelta(hours=3), itertools.count()

    def ring(second: int) -> None:
        for number in itertools.islice(numbers, SURGE if second in SURGING else STEADY):
            world.functions["webhook"].invoke(_announcing(number))

    for second in range(FLOOD_SECONDS):
        world.clockwork.at(begin + timedelta(seconds=second), lambda second=second: ring(second))  # type: ignore[misc] # a default argument binds the second
    over = begin + timedelta(seconds=FLOOD_SECONDS)
    schedule(world, over + timedelta(hours=2), "poll")
    run(world, begin)
    before, runs = site.account.counts["total"], world.functions["poll"].runs
    run(world, over)
    asked = (site.account.counts["total"] - before) * 60 / FLOOD_SECONDS
    what = f"in an hour of {STEADY} webhooks/s, a minute of it {SURGE}/s"
    yield Row("flood", round(asked, 2), f"ShipStation requests a minute {what}", 4, 1, SEED)
    yield Row("flood_runs", world.functions["poll"].runs - runs, f"runs of poll {what}", 10_000, 0, SEED)
    failed = len(world.functions["webhook"].faults) + len(world.functions["poll"].faults)
    yield Row("flood_faults", failed, "runs that failed", 0, 0, SEED)


def _announcing(number: int) -> dict[str, Any]:
    url = f"https://ssapi.shipstation.com/shipments?batchId={number}&includeShipmentItems=False"
    return {
        "pathParameters": {"connection": "acme", "token": f"{CANARY}3acme"},
        "headers": {},
        "body": json.dumps({"resource_url": url, "resource_type": "SHIP_NOTIFY"}),
        "isBase64Encoded": False,
    }
