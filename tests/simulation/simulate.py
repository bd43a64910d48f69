"""One simulated week from one integer, and many of them side by side."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from functions.connections.connection import Connection
from functions.shipstation.v1 import keyset_walk, source
from tests.equipment.world import CANARY, Trouble, World
from tests.simulation.ifs_stories import IFS_STORIES, SITE, TARGETS, UNKNOWN
from tests.simulation.oracle import violations
from tests.simulation.workload import EXCLUDED, IN_SHADOW, STORIES, Week

WEEK = timedelta(days=7)
CALM = timedelta(days=1)  # after the last fault: the longest wait between two looks is three hours
TIMES = 2  # of each story
PAGE_SIZE = 7
LIMIT = 12  # requests a minute: a small account's few labels press against it as a large one's against 40
FIRST_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
# The weeks with the two clock changes come first, so that a few seeds already cover them.
WEEKS = (42, 8, *(number for number in range(52) if number not in {42, 8}))
CARRIERS = {"stamps_com": "USPS", "USPS": "USPS", "ups": "UPS", "fedex": "FEDEX"}


@dataclass
class Result:
    seed: int
    start: datetime
    violations: list[str]
    coverage: Counter[str]
    faults: Counter[str]
    figures: Counter[str]
    digest: str
    seconds: float = 0.0
    days: float = 0.0


def simulate(seed: int, *, days: float = 7.0) -> Result:
    """Troubled for `days`, then a calm day. The same seed gives the same run, to the last write."""
    began = time.perf_counter()
    os.environ |= {"POWERTOOLS_METRICS_NAMESPACE": "simulation", "POWERTOOLS_SERVICE_NAME": "simulation"}
    start = FIRST_MONDAY + WEEKS[seed % len(WEEKS)] * WEEK
    world = World(seed, start)
    _shrink_pages()
    trouble_ends = start + timedelta(days=days)
    _populate(world, start, trouble_ends)
    week = Week(world, start + timedelta(hours=3), trouble_ends)
    week.plan(STORIES, TIMES)
    week.plan(IFS_STORIES, TIMES)
    _switch_to_write(world, start + timedelta(days=days) / 3, trouble_ends + timedelta(hours=6))
    _darken(world, start, days)
    _expire_key(world, start, days)
    end = trouble_ends + CALM
    for name in world.sites:
        world.schedule("poll", name, every=timedelta(minutes=1), until=end)
        world.schedule("release", name, every=timedelta(minutes=1), until=end)
    with redirect_stdout(world.logs):  # where Powertools prints its metrics
        world.clockwork.run(end)
    _cover(world, week)
    return Result(
        seed=seed,
        start=start,
        violations=violations(world, week),
        coverage=week.coverage,
        faults=world.met,
        figures=_figures(world),
        digest=world.digest(),
        seconds=time.perf_counter() - began,
        days=days + CALM / timedelta(days=1),
    )


def _shrink_pages() -> None:
    """Pages of seven rows, so that a week of a few dozen labels has many."""
    keyset_walk.PAGE_SIZE = PAGE_SIZE
    for name in ("LABELS", "ORDERS", "FULFILMENTS"):
        listing = getattr(keyset_walk, name)
        small = replace(listing, fixed={**listing.fixed, "pageSize": str(PAGE_SIZE)})
        setattr(keyset_walk, name, small)
        setattr(source, name, small)


def _populate(world: World, start: datetime, trouble_ends: datetime) -> None:
    random = world.random
    world.trouble = Trouble(
        until=trouble_ends,
        kill=random.choice((0.0, 0.0005, 0.002)),
        throttle=random.choice((0.0, 0.002, 0.01)),
        ambiguous=random.choice((0.0, 0.001)),
        duplicate=random.choice((0.0, 0.05)),
        webhook_lost=random.choice((0.0, 0.3, 1.0)),
        webhook_twice=random.choice((0.0, 0.2)),
        schedule=random.choice((0.0, 0.05)),
    )
    world.weather.rate = random.choice((0.0, 0.01, 0.04))
    world.add_site(_connection("acme", start, mode="write", source="order_number"))
    world.add_site(_connection("beta", start, mode="write", source="custom_field_1"))
    world.add_site(_connection("gamma", start, mode="shadow", source="order_number"))
    for site in world.sites.values():
        site.tenant.switches.versions = "counter"
        site.tenant.switches.language = random.choice(("en", "de"))
        site.tenant.switches.is_linking = site.connection.name == "beta"
        site.tenant.switches.are_rows_unique = site.connection.name != "acme"
        site.tenant.switches.largest_page = 3 if site.connection.name == "beta" else 10_000
        site.tenant.switches.conflict = random.choice(("412", "ora20114"))
        site.tenant.switches.is_return_minimal = random.random() < 0.2
        site.account.switches.pages_is_zero = random.random() < 0.5
        site.account.switches.null_every = random.choice((0, 7))
        site.account.limiter.limit = LIMIT
        site.account.limiter.mode = random.choice(("fixed", "sliding"))
        for event in ("SHIP_NOTIFY", "ORDER_NOTIFY"):
            token = f"{CANARY}3{site.connection.name}"
            site.account.subscribe(f"https://hooks.example.com/webhooks/{site.connection.name}/{token}", event)
    world.wire()


def _connection(name: str, start: datetime, *, mode: str, source: str) -> Connection:
    reference = {"source": source, "pattern": r"(?P<reference>P\d+)", "ignore": ["AMZ-.*"]}
    return Connection.model_validate(
        {
            "name": name,
            "mode": mode,
            "go_live_at": start + timedelta(hours=1),
            "poll_minutes": 60,
            "patience": {"first_seconds": 300, "longest_seconds": 10800},
            "shipstation": {
                "base_url": f"https://ss-{name}.example.com",
                "order_reference": reference,
                "shipment_id": {"source": "custom_field_2"},
                "requests_per_minute": LIMIT - 2,  # one for the headers, one for clocks that differ by 20 s
            },
            "ifs": {
                "base_url": f"https://ifs-{name}.example.com",
                "token_url": f"https://ifs-{name}.example.com/auth/realms/acme1/protocol/openid-connect/token",
                "company": "10",
                "time_zone": "America/Chicago",
                "sites": [SITE],
                "targets": [{"profile": "shipment_header", "shared": "join" if name == "beta" else "park"}],
            },
            "carriers": {**CARRIERS, "asendia": UNKNOWN},
            "stores": {
                "exclude": [EXCLUDED],
                str(IN_SHADOW): {"mode": "shadow"},
                **{str(store): {"targets": targets} for store, targets in TARGETS.items()},
            },
        }
    )


def _switch_to_write(world: World, at: datetime, quiet: datetime) -> None:
    """The customer looked at some days of shadow, deploys `write`, and replays what was only proposed."""
    site = world.sites["gamma"]

    site.shadow_until = at

    def deploy() -> None:
        site.connection = site.connection.model_copy(update={"mode": "write"})
        for function in world.functions.values():
            function.redeploy()

    def replay(event: dict[str, object], then: Callable[[object], None] = lambda _: None) -> None:
        def end(value: object, fault: BaseException | None) -> None:
            if fault is not None or (isinstance(value, dict) and "error" in value):
                world.clockwork.after(600, lambda: replay(event, then))  # the operator tries again
            else:
                then(value)

        world.functions["replay"].invoke(event, end)

    def apply(value: object) -> None:
        assert isinstance(value, dict)
        world.met["replayed orders"] += value["would_change"]
        replay({"plan_id": value["plan_id"], "apply": True})

    selection = {"select": {"outcome": "would_write"}, "by": "anna", "note": "go live"}
    world.clockwork.at(at, deploy)
    world.clockwork.at(at + timedelta(hours=1), lambda: replay({"connection": "gamma", **selection}, apply))
    # Once more when everything is quiet: what was still under way in shadow when the plan was made.
    world.clockwork.at(quiet, lambda: replay({"connection": "gamma", **selection}, apply))


def _darken(world: World, start: datetime, days: float) -> None:
    """Both vendors are out for some hours of most weeks."""
    if world.random.random() < 0.8:
        dark = start + timedelta(days=days * world.random.uniform(0.1, 0.4))
        gloomy = start + timedelta(days=days * world.random.uniform(0.4, 0.8))
        world.weather.dark = {
            "shipstation": (dark, dark + timedelta(hours=world.random.uniform(1, 20))),
            "ifs": (gloomy, gloomy + timedelta(hours=world.random.uniform(1, 20))),
        }


def _expire_key(world: World, start: datetime, days: float) -> None:
    """A ShipStation key runs out, and a person replaces it hours later."""
    if world.random.random() < 0.5:
        return
    site = world.random.choice(list(world.sites.values()))
    name = site.connection.name
    expires = start + timedelta(days=days * world.random.uniform(0.1, 0.7))
    fresh = {f"{CANARY}Key2{name}": f"{CANARY}4{name}"}

    def expire() -> None:
        world.met["key expired"] += 1
        site.account.keys = fresh

    world.clockwork.at(expires, expire)
    replaced = expires + timedelta(hours=world.random.uniform(1, 10))
    world.clockwork.at(replaced, lambda: world.secrets.replace(f"ss-{name}", "api_key", "api_secret", fresh))


def _cover(world: World, week: Week) -> None:
    for night, name in (
        (datetime(2026, 3, 8, 10, tzinfo=UTC), "March night"),
        (datetime(2026, 11, 1, 9, tzinfo=UTC), "November night"),
    ):
        week.coverage[name] += int(week.start <= night <= week.end)
    dark = world.weather.dark or {}
    week.coverage["ShipStation outage"] += int("shipstation" in dark)
    week.coverage["IFS outage"] += int("ifs" in dark)
    week.coverage["shadow, then write"] += 1
    week.coverage["several connections"] += 1
    week.coverage["same order number in two stores"] += 1


def _figures(world: World) -> Counter[str]:
    figures = Counter[str](steps=world.clockwork.steps)
    for site in world.sites.values():
        figures["labels"] += len(site.account.shipments.current)
        figures["ShipStation requests"] += site.account.counts["total"]
        figures["IFS requests"] += site.tenant.counts["total"]
        figures["IFS writes"] += sum(write.by == "api" for write in site.tenant.writes)
        figures["412"] += site.tenant.counts["412"]
    for kind, units in world.tables["ledger"].write_units.items():
        figures[f"write units {kind}"] += units
    return figures
