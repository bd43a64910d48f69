"""What people do when something went wrong: a ledger is restored, letters are sent again, a key is exchanged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import count

from tests.benchmarks.row import Row
from tests.equipment.lost_day import LostDay, live
from tests.equipment.memory_aws.queue import Message
from tests.equipment.quiet_connection import SEED, START, first_queued, quiet_world, run, schedule
from tests.equipment.world import CANARY, Site, World

ITEM = [{"sku": "BOLT", "quantity": 1}]


def restore() -> Iterable[Row]:
    """A ledger that is put back by a day, against a twin of which none was."""
    day, twin = LostDay(), LostDay()
    doubled = live(day, "put back") - live(twin, "nothing")
    differing = sum(day.shown()[each] != value for each, value in twin.shown().items())
    yield Row("restore", doubled, "writes more than without a ledger put back by a day", 0, 0, SEED)
    yield Row("restore_lost", differing, "orders that end otherwise", 0, 0, SEED)


SHIPPED, TIMES = 500, 2


def redrive() -> Iterable[Row]:
    """All that a day's queues ever held stands in the dead-letter queues, and is sent again, twice."""
    world, site = quiet_world()
    for number in range(SHIPPED):
        site.tenant.deliver(site.tenant.add_shipment([(f"P{number}", "BOLT", 1)]))
        site.account.ship(site.account.add_order(f"P{number}", items=ITEM), is_silent=True)
    schedule(world, START + timedelta(hours=12), "poll", "release")
    run(world, START + timedelta(hours=3))
    held, before = list(site.shipments.bodies), _writes(site)
    assert before >= SHIPPED, f"{before} writes of {SHIPPED} shipments"
    asked = site.tenant.counts["total"]
    for _ in range(TIMES):
        _bury(site, held)
        run(world, world.now() + timedelta(hours=4))
    yield Row("redrive", _writes(site) - before, f"writes after {TIMES * len(held)} letters sent again", 0, 0, SEED)
    yield Row("redrive_requests", site.tenant.counts["total"] - asked, "IFS requests for them", 1300, 0, SEED)


def _bury(site: Site, bodies: Iterable[str]) -> None:
    """Each as SQS moves it: with its group and where it came from."""
    dead, numbers = site.dead[1], count()
    for body in bodies:
        name = f"redriven-{next(numbers)}"
        dead.store(Message(name, body, name, source_arn=site.shipments.arn))


def _writes(site: Site) -> int:
    return sum(write.by == "api" for write in site.tenant.writes)


EVENTS_PER_SECOND, EVENT_SECONDS = 100, 60


def rotation() -> Iterable[Row]:
    """The first key ends in the middle of a rush; the next one stands beside it in the secret."""
    world, site = quiet_world()
    site.account.subscribe(f"https://hooks.example.com/webhooks/acme/{CANARY}3acme", "SHIP_NOTIFY")
    site.shipments.on_send = lambda: None  # nobody takes it out again
    enqueued = first_queued(site.shipments, world)
    ((key, secret),) = site.account.keys.items()
    fresh = {f"{CANARY}Fresh": f"{CANARY}FreshSecret"}
    begin, bought = START + timedelta(hours=3), list[int]()
    orders = [
        site.account.add_order(f"P{number}", items=ITEM, at=START)
        for number in range(EVENTS_PER_SECOND * EVENT_SECONDS)
    ]
    for number, order in enumerate(orders):
        at = begin + timedelta(seconds=number / EVENTS_PER_SECOND)
        world.clockwork.at(at, lambda order=order: bought.append(site.account.ship(order)))  # type: ignore[misc] # a default argument binds the order
    ((next_key, next_secret),) = fresh.items()
    pairs = {"api_key": key, "api_secret": secret, "next_api_key": next_key, "next_api_secret": next_secret}
    world.clockwork.at(begin - timedelta(hours=1), lambda: world.secrets.put("ss-acme", pairs))
    world.clockwork.at(begin - timedelta(hours=1), lambda: site.account.keys.update(fresh))
    world.clockwork.at(begin + timedelta(seconds=EVENT_SECONDS / 2), lambda: site.account.keys.pop(key))
    end = begin + timedelta(minutes=20)
    schedule(world, end, "poll")
    run(world, end)
    rate = f"in a rush of {EVENTS_PER_SECOND} webhooks/s in which the key ended"
    yield Row("rotation", sum(label not in enqueued for label in bought), f"labels not queued {rate}", 0, 0, SEED)
    late = max((enqueued[label] for label in bought if label in enqueued), default=end) - begin
    yield Row("rotation_seconds", round(late.total_seconds()), f"s until all are queued {rate}", 120, 80, SEED)
    yield Row("rotation_faults", _faults(world), "runs that failed", 0, 0, SEED)


def _faults(world: World) -> int:
    return sum(len(function.faults) for function in world.functions.values())
