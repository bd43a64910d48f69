"""One simulated week from one integer, and many of them side by side."""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.equipment.pages import shrink_pages
from tests.equipment.push_books import Books
from tests.equipment.world import CANARY, Site, Trouble, World
from tests.simulation import judge_alignment, tenant_troubles
from tests.simulation.aligned_week import AlignedWeek
from tests.simulation.connection_files import (
    DROPPED_ATTRIBUTE,
    LIMIT,
    PULL_MINUTES,
    ConnectionFiles,
    Raw,
    first_edit,
    first_file,
    second_edit,
    selling,
    with_orders,
)
from tests.simulation.corrected_references import CORRECTED_REFERENCES
from tests.simulation.delivery_stories import delivery_stories
from tests.simulation.desk_stories import DESK_STORIES
from tests.simulation.either_api import beginning, furnish_v2, is_selling, move, pushing, telling, ways
from tests.simulation.file_edits import FILE_EDITS
from tests.simulation.hidden_records import HIDDEN_RECORDS
from tests.simulation.ifs_stories import IFS_STORIES
from tests.simulation.judge_audit import IntentWatch
from tests.simulation.judge_reconcile import disagreements
from tests.simulation.judge_sales import Ordered, source_of
from tests.simulation.large_orders import LARGE_ORDERS
from tests.simulation.moved_lines import MOVED_LINES
from tests.simulation.operator_stories import OPERATOR_STORIES, WHO, ask, plan
from tests.simulation.oracle import violations
from tests.simulation.plans_taken_back import PLANS_TAKEN_BACK
from tests.simulation.plans_written_over import PLANS_WRITTEN_OVER
from tests.simulation.pushed_stories import pushed_stories
from tests.simulation.reading_stories import READING_STORIES, furnish, habits
from tests.simulation.refusals import REFUSALS
from tests.simulation.shared_stories import SHARED_RECORDS
from tests.simulation.sold_stories import sold_stories
from tests.simulation.store_overrides import STORE_OVERRIDES
from tests.simulation.webhook_stories import webhook_stories
from tests.simulation.week import Week
from tests.simulation.workload import STORIES

WEEK = timedelta(days=7)
CALM = timedelta(days=1)  # after the last trouble
CLEAR = timedelta(hours=4)  # without a fault of the network: the longest wait between two looks is three hours
PAGE_SIZE = 7
FIRST_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
# The weeks with the two clock changes come first, so that a few seeds already cover them.
WEEKS = (42, 8, *(number for number in range(52) if number not in {42, 8}))
LIST_TAGS = ("true", "stale", "true", "none")  # what rows of lists carry, from tenant to tenant
ALL_STORIES = (
    STORIES,
    IFS_STORIES,
    MOVED_LINES,
    CORRECTED_REFERENCES,
    SHARED_RECORDS,
    FILE_EDITS,
    HIDDEN_RECORDS,
    REFUSALS,
    OPERATOR_STORIES,
    DESK_STORIES,
    PLANS_TAKEN_BACK,
    STORE_OVERRIDES,
    LARGE_ORDERS,
    READING_STORIES,
    PLANS_WRITTEN_OVER,
)


@dataclass
class Result:
    seed: int
    start: datetime
    violations: list[str]
    coverage: Counter[str]
    faults: Counter[str]
    faults_by: Counter[tuple[str, str]]
    figures: Counter[str]
    digest: str
    planned: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    days: float = 0.0


def simulate(seed: int, *, days: float = 7.0) -> Result:
    """Troubled for `days`, then a calm day. The same seed gives the same run, to the last write."""
    began = time.perf_counter()
    os.environ |= {"POWERTOOLS_METRICS_NAMESPACE": "simulation", "POWERTOOLS_SERVICE_NAME": "simulation"}
    start = start_of(seed)
    world, files = World(seed, start), ConnectionFiles()
    shrink_pages(PAGE_SIZE)
    trouble_ends = start + timedelta(days=days)
    _populate(world, files, start, trouble_ends)
    intents = IntentWatch(world)
    week = Week(world, start + timedelta(hours=3), trouble_ends)
    switches = world.sites[pushing(seed)].account.switches
    switches.are_results_reversed, switches.locked = seed % 2 == 0, ("refused", "whole request", "silent")[seed % 3]
    week.books[pushing(seed)] = _books(world.sites[pushing(seed)], seed)
    _edit_files(world, files, week)
    move(world, files, week)
    tenant_troubles.trouble(week, seed)
    told = sold_stories if is_selling(seed) else pushed_stories
    special = (told(pushing(seed)), delivery_stories(telling(seed)), webhook_stories(telling(seed)))
    for stories in (*ALL_STORIES, *special):
        week.plan(stories)
    _switch_to_write(world, files, start + timedelta(days=days) / 3)
    _replay(world, "gamma", start + timedelta(days=days) / 3 + timedelta(hours=1))
    for name in world.sites:  # what was under way in shadow when the first plan was made
        _replay(world, name, trouble_ends + timedelta(hours=6))
    _darken(world, start, days)
    _expire_key(world, start, days)
    end = trouble_ends + CALM
    world.clockwork.at(end - CLEAR, lambda: setattr(world.weather, "rate", 0.0))
    for name in world.sites:
        world.schedule("poll", name, every=timedelta(minutes=1), until=end)
        world.schedule("release", name, every=timedelta(minutes=1), until=end)
        world.schedule("replay", name, every=timedelta(minutes=1), until=end)
    world.schedule("pull", pushing(seed), every=timedelta(minutes=PULL_MINUTES), until=end)
    with redirect_stdout(world.logs):  # where Powertools prints its metrics
        world.clockwork.run(end)
    found = violations(world, week, intents)
    digest = world.digest()
    found += disagreements(world, start)
    aligned = AlignedWeek(seed, start, days)
    aligned.play()
    found += judge_alignment.violations(aligned)
    return Result(
        seed=seed,
        start=start,
        violations=found,
        coverage=_coverage(world, week, aligned),
        planned=Counter(each.name for each in week.tellings),
        faults=world.met,
        faults_by=world.met_by,
        figures=_figures(world, week),
        digest=digest,
        seconds=time.perf_counter() - began,
        days=days + CALM / timedelta(days=1),
    )


def start_of(seed: int) -> datetime:
    return FIRST_MONDAY + WEEKS[seed % len(WEEKS)] * WEEK


def _populate(world: World, files: ConnectionFiles, start: datetime, trouble_ends: datetime) -> None:
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
    for raw in _first_files(start):
        name = raw["name"]
        into_shipstation = selling if is_selling(world.seed) else with_orders
        made = into_shipstation(raw) if name == pushing(world.seed) else raw
        site = world.add_site(files.add(beginning(made, world.seed)))
        _furnish(world, site)
        for code in made.get("orders", {}).get("warehouses", ()):  # numbered from 4711 on, as the files name them
            site.account.add_warehouse(code, street1="1 Dock Road", city="Chicago", country="US")
        if "v2" in ways(world.seed).get(name, ()):
            furnish_v2(site)
    world.wire()


def _books(site: Site, seed: int) -> Books:
    return Books(site.account, source_of, Ordered(site)) if is_selling(seed) else Books(site.account)


def _first_files(start: datetime) -> tuple[Raw, ...]:
    parked: dict[str, Any] = {"source": "order_number", "shared": "park"}
    joined: dict[str, Any] = {"source": "custom_field_1", "shared": "join"}
    return (
        first_file("acme", start, mode="write", **parked, accepts_warnings=True),
        first_file("beta", start, mode="write", **joined, accepts_warnings=True),
        first_file("gamma", start, mode="shadow", **parked, accepts_warnings=False),
    )


def _furnish(world: World, site: Site) -> None:
    """Both vendors' habits, as far as they differ from tenant to tenant and from account to account."""
    random, name, switches = world.random, site.connection.name, site.tenant.switches
    switches.versions = "second"
    switches.language = random.choice(("en", "de"))
    switches.is_linking = name == "beta"
    switches.largest_page = 3 if name == "beta" else random.choice((3, 10_000))
    switches.list_tags = LIST_TAGS[(world.seed + len(world.sites)) % len(LIST_TAGS)]
    switches.are_rows_unique = name != "acme"
    switches.row_identity = ("ShipstationId", "OrderNo") if name == "beta" else ("ShipstationId",)
    switches.conflict = random.choice(("412", "ora20114"))
    switches.is_return_minimal = random.random() < 0.3
    switches.warns_on = {"ShipViaCode"}
    switches.silently_ignored = {DROPPED_ATTRIBUTE}
    site.account.switches.pages_is_zero = random.random() < 0.5
    site.account.switches.null_every = random.choice((0, 7))
    furnish(site, world.seed)
    site.account.limiter.limit = LIMIT
    site.account.limiter.mode = random.choice(("fixed", "sliding"))
    for event in ("SHIP_NOTIFY", "ORDER_NOTIFY"):
        site.account.subscribe(f"https://hooks.example.com/webhooks/{name}/{CANARY}3{name}", event)


def _edit_files(world: World, files: ConnectionFiles, week: Week) -> None:
    """Each customer edits the file twice in mid-week."""
    for name in world.sites:
        first, second = week.edited_at[name] = week.share(0.5), week.share(0.7)
        world.clockwork.at(first, lambda name=name: files.deploy(world, name, first_edit))  # type: ignore[misc] # a default argument binds the name
        world.clockwork.at(second, lambda name=name: files.deploy(world, name, second_edit))  # type: ignore[misc] # as above


def _switch_to_write(world: World, files: ConnectionFiles, at: datetime) -> None:
    """The customer looked at some days of shadow and deploys `write`."""
    world.sites["gamma"].shadow_until = at

    def write(raw: Raw) -> None:
        raw["mode"] = "write"
        if "orders" in raw:
            raw["orders"]["mode"] = "write"

    world.clockwork.at(at, lambda: files.deploy(world, "gamma", write))


def _replay(world: World, name: str, at: datetime) -> None:
    """What was only proposed in shadow is written; what the plan shows as hindered is asked for again."""

    def carry_out(shown: dict[str, Any]) -> None:
        world.met["replayed orders"] += shown["would_change"]
        ask(world, "replay", {"plan_id": shown["plan_id"], "apply": True, **WHO}, lambda _: None)
        if any(difference["outcome"] == "retry" for difference in shown["differences"]):
            _replay(world, name, world.now() + timedelta(hours=2))

    event = {"connection": name, "select": {"outcome": "would_write"}, **WHO}
    world.clockwork.at(at, lambda: plan(world, event, carry_out))


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


def _coverage(world: World, week: Week, aligned: AlignedWeek) -> Counter[str]:
    """How often each story and each habit of a vendor was met."""
    met = week.coverage()
    met.update({f"aligned: {name}": times for name, times in aligned.met.items()})
    for night, name in (
        (datetime(2026, 3, 8, 10, tzinfo=UTC), "March night"),
        (datetime(2026, 11, 1, 9, tzinfo=UTC), "November night"),
    ):
        met[name] += int(week.start <= night <= week.end)
    met["ShipStation outage"] += int(_is_dark(world, "shipstation"))
    met["IFS outage"] += int(_is_dark(world, "ifs"))
    met["message handed out twice"] += world.met["message handed out twice"]
    met["shadow, then write"] += int(world.met["replayed orders"] > 0)
    for site in world.sites.values():
        switches, writes = site.tenant.switches, [write for write in site.tenant.writes if write.by == "api"]
        met.update(habits(site))
        met["answers without a body"] += int(switches.is_return_minimal and bool(writes))
        met["pages cut without a link"] += int(switches.largest_page == 3 and not switches.is_linking)  # as furnished
        met["lists without tags"] += int(switches.list_tags == "none" and bool(writes))
        met["lists with other tags"] += int(switches.list_tags == "stale" and bool(writes))
    return met


def _is_dark(world: World, vendor: str) -> bool:
    return vendor in (world.weather.dark or {}) and world.met[f"{vendor} dropped"] > 0


def _figures(world: World, week: Week) -> Counter[str]:
    figures = Counter[str](steps=world.clockwork.steps)
    figures["two writes of a field in one second"] = week.same_second
    for site in world.sites.values():
        figures["labels"] += len(site.account.shipments.current)
        figures["ShipStation requests"] += site.account.counts["total"]
        figures["IFS requests"] += site.tenant.counts["total"]
        figures["IFS writes"] += sum(write.by == "api" for write in site.tenant.writes)
        figures["412"] += site.tenant.counts["412"]
    for kind, units in world.tables["ledger"].write_units.items():
        figures[f"write units {kind}"] += units
    return figures
