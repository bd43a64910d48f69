"""Whether a dry run shows what an apply writes: random weeks, then a plan for everything at a quiet instant, carried
out while nothing else happens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from multiprocessing import get_context
from random import Random
from typing import Any

from functions.connections.connection import Connection
from functions.connections.stores import Mode
from functions.connections.targets import ShipmentHeader
from tests.benchmarks.row import Row
from tests.equipment.quiet_connection import START, quiet_world, run, schedule
from tests.equipment.world import Site, World

WEEKS = 50
DAY = timedelta(days=1)  # a week's length: what there is to write is made in it, not its age
STORIES = 12
POLL_MINUTES = 20
CARRIERS = ("stamps_com", "ups", "fedex", "ontrac")  # the last one is in no map
MAPPED = {"stamps_com": "USPS", "ups": "UPS", "fedex": "FEDEX"}
Change = tuple[str, str, str | None]  # record, attribute, value


def dry_run_equal() -> Iterable[Row]:
    """Every (record, field, value) that a plan shows is written in IFS, and nothing else is. Orders are delivered in
    the first third of a day and only shown in the second; the plan is drawn up at a random instant of the third, once
    the file says write.
    """
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        weeks = list(pool.map(_week, range(WEEKS)))
    for seed, (shown, written) in enumerate(weeks):
        if shown != written:
            print(f"week {seed}: not written {dict(shown - written)}, not shown {dict(written - shown)}")
    pairs = sum((shown | written).total() for shown, written in weeks)
    equal = 100 * sum((shown & written).total() for shown, written in weeks) / pairs
    unit = f"% of {pairs} pairs shown or written in {WEEKS} weeks"
    yield Row("dry_run_equal", round(equal, 2), unit, 100, 100, WEEKS, ">=")


def _week(seed: int) -> tuple[Counter[Change], Counter[Change]]:
    """What was shown, and what was written."""
    random = Random(seed)
    world, site = quiet_world()
    site.connection = _connection(site.connection, random)
    quiet = START + DAY * random.uniform(0.7, 1)
    for number in range(STORIES):
        _story(_Day(world, site, random, START, quiet - timedelta(minutes=30)), f"P{number:05}", f"P9{number:04}")
    for at, mode in ((START + DAY / 3, "shadow"), (quiet, "write")):
        world.clockwork.at(at, _switch(world, site, "shadow" if mode == "shadow" else "write"))
    schedule(world, quiet - timedelta(minutes=20), "poll", "release")
    run(world, quiet)
    plan = _asked(world, {"connection": "acme", "select": {"from": "2026-01-01T00:00:00Z"}, "by": "kim", "note": "all"})
    assert plan["not_shown"] == 0, "the answer does not show the whole plan"
    before = len(site.tenant.writes)
    if plan["would_change"]:
        _asked(world, {"plan_id": plan["plan_id"], "apply": True, "by": "kim", "note": "all"})
    run(world, world.now() + timedelta(hours=1))
    return _shown(plan), _written(site, before)


def _connection(connection: Connection, random: Random) -> Connection:
    """The customer's choices."""
    fields = {
        "tracking": {
            "on_void": random.choice(("clear", "restore", "flag")),
            "parcels": random.choice(("join", "first")),
        },
        "carrier": {
            "policy": random.choice(("always", "if_empty", "if_empty_or_ours")),
            "on_void": random.choice(("clear", "restore", "flag")),
        },
        "ship_date": {"when": random.choice(("delivered", "at_once")), "on_void": random.choice(("clear", "flag"))},
    }
    target = ShipmentHeader.model_validate({"shared": random.choice(("join", "join", "park")), **fields})
    ifs = connection.ifs.model_copy(update={"targets": (target,)})
    return connection.model_copy(update={"ifs": ifs, "carriers": MAPPED, "poll_minutes": POLL_MINUTES})


class _Day:
    """What people do between `start` and `end`."""

    def __init__(self, world: World, site: Site, random: Random, start: datetime, end: datetime) -> None:
        self.world, self.site, self.random, self.start, self.end = world, site, random, start, end

    def at(self, earliest: datetime, action: Callable[[], object]) -> datetime:
        """At a random instant from then on."""
        instant = earliest + (self.end - earliest) * self.random.random()
        self.world.clockwork.at(instant, action)
        return instant

    def is_so(self, chance: float) -> bool:
        return self.random.random() < chance

    def label(self, order: int, sku: str) -> None:
        """Bought, perhaps voided later, perhaps bought again."""
        bought: list[int] = []
        carrier, other = self.random.choice(CARRIERS), self.random.choice(CARRIERS)
        desk = self.site.account

        def buy() -> None:
            bought.append(desk.ship(order, carrier_code=carrier, quantities={sku: 1}, is_silent=True))

        at = self.at(self.start, buy)
        if self.is_so(0.2):
            self.at(at, lambda: desk.void(bought[0]))
        elif self.is_so(0.2):
            self.at(at, lambda: desk.relabel(bought[0], carrier_code=other))

    def edit(self, shipment: int) -> None:
        """A colleague types into the record, or empties it."""
        attribute, value = self.random.choice(
            (
                ("ProNo", "TYPED"),
                ("ProNo", None),
                ("ForwardAgentId", "DHL"),
                ("ForwardAgentId", None),
                ("NoteText", "!"),
            )
        )
        self.at(self.start, lambda: self.site.tenant.edit(shipment, **{attribute: value}))


def _story(day: _Day, reference: str, neighbour: str) -> None:
    """An order on one record, on two, or on one together with another order."""
    kind = day.random.choice(("one", "one", "two", "shared"))
    usual = day.random.choice((None, "DHL"))
    lines = [[(reference, "BOLT", 3)]]
    lines += [[(reference, "NUT", 3)]] if kind == "two" else []
    lines[0] += [(neighbour, "BOLT", 3)] if kind == "shared" else []
    shipments = [day.site.tenant.add_shipment(carried, ForwardAgentId=usual) for carried in lines]
    orders = {reference: ["BOLT", "NUT"] if kind == "two" else ["BOLT"]}
    orders |= {neighbour: ["BOLT"]} if kind == "shared" else {}
    for name, goods in orders.items():
        order = day.site.account.add_order(name, items=[{"sku": sku, "quantity": 3} for sku in goods])
        for sku in goods * (2 if day.is_so(0.4) else 1):
            day.label(order, sku)
    for shipment in shipments:
        if day.is_so(0.6):
            day.at(day.start, lambda number=shipment: day.site.tenant.deliver(number))  # type: ignore[misc]
        if day.is_so(0.5):
            day.edit(shipment)


def _switch(world: World, site: Site, mode: Mode) -> Callable[[], None]:
    def deploy() -> None:
        site.connection = site.connection.in_mode(mode)
        for function in world.functions.values():
            function.redeploy()

    return deploy


def _asked(world: World, request: dict[str, Any]) -> dict[str, Any]:
    """What the replay function answers a person."""
    answers: list[dict[str, Any]] = []

    def end(value: Any, fault: BaseException | None) -> None:
        assert fault is None, f"replay: {fault}"
        assert "error" not in value, f"replay: {value}"
        answers.append(value)

    world.functions["replay"].invoke(request, end)
    while not answers:
        run(world, world.now() + timedelta(seconds=1))
    return answers[0]


def _shown(plan: dict[str, Any]) -> Counter[Change]:
    """Each once, however many orders a record is shown for."""
    changes: Sequence[dict[str, Any]] = [each for order in plan["differences"] for each in order.get("changes", ())]
    pairs = ((record["record"], change) for record in changes for change in record.values() if isinstance(change, dict))
    return Counter({(record, change["attribute"], change["after"]) for record, change in pairs})


def _written(site: Site, since: int) -> Counter[Change]:
    """Every value that was sent, as often as it was sent."""
    ours = (write for write in site.tenant.writes[since:] if write.by == "api")
    return Counter((str(w.key[0]), name, value) for w in ours for name, value in w.changes.items())
