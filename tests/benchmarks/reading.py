"""What reading ShipStation costs and whether it misses anything: drift, clock changes, bursts, backlogs, memory."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from math import ceil
from multiprocessing import get_context
from random import Random
from typing import Any

from functions.ledger.facts import FactStore
from functions.model.cursors import Stream
from functions.model.shipment import ConnectionName
from functions.wiring.shipstation_account import shipstation_source
from tests.benchmarks.row import Row
from tests.equipment.http import Request, Response, json_response
from tests.equipment.lambdas import Environment
from tests.equipment.pages import shrink_pages
from tests.equipment.quiet_connection import SEED, START, a_connection, first_queued, quiet_world, run, schedule
from tests.equipment.world import CANARY, LEDGER, SimulatedRuntime, Site, World

ACME = ConnectionName("acme")


@dataclass(frozen=True)
class Api:
    """How an API names what is counted here. `limit` is in requests a minute, `goal` the latest p99 of a burst."""

    name: str
    limit: int
    page: int
    orders: tuple[str, str, str]
    ends: str
    suffix: str = ""
    goal: int = 30
    event: str = "SHIP_NOTIFY"


V1 = Api("v1", 40, 500, ("/orders", "orderId", "modifyDate"), "createDateEnd")
V2 = Api(
    "v2", 200, 100, ("/v2/shipments", "shipment_id", "modified_at"), "created_at_end", "_v2", 20, "label_created_v2"
)

# --- drift

ORDERS = 10_000
EDITS_PER_SECOND = (0.5, 2.0, 10.0)


def drift(api: Api = V1) -> Iterable[Row]:
    """Orders that are edited while they are read, until every edit is older than the margin."""
    name = f"drift{api.suffix}"
    for rate in EDITS_PER_SECOND:
        lost, ratio = _drifting(rate, api)
        yield Row(name, lost, f"lost updates at {rate:g} edits/s", 0, 0, SEED)
        yield Row(name, round(ratio, 3), f"of an ideal reader's requests at {rate:g} edits/s", 1.4, 1, SEED)


def _drifting(rate: float, api: Api) -> tuple[int, float]:
    world, site = quiet_world(order_reference={"source": "custom_field_1"}, api=api.name)
    random = Random(SEED)
    ids = [
        site.account.add_order(f"A{n}", items=[], at=START - timedelta(minutes=59) + timedelta(seconds=n * 0.35))
        for n in range(ORDERS)
    ]
    truth = dict.fromkeys(ids, "")

    def edit(number: int) -> None:
        order = random.choice(ids)
        truth[order] = f"E{number}"
        site.account.edit_order(order, {"advancedOptions": {"customField1": truth[order]}})

    edited_until = START + timedelta(minutes=5)
    for number in range(int(rate * 300)):
        world.clockwork.at(START + timedelta(seconds=number / rate), lambda number=number: edit(number))  # type: ignore[misc] # a default argument binds the number
    ledger = _Served(site, api)
    schedule(world, edited_until + timedelta(hours=2), "poll")
    run(world, edited_until + timedelta(hours=3))
    known = FactStore(world.tables[LEDGER], world.now).load(ACME, ids)
    lost = sum((known[order].reference or "" if order in known else None) != text for order, text in truth.items())
    return lost, ledger.requests / ledger.ideal


class _Served:
    """Counts what a list served. An ideal reader asks once a look, once more for every further page, and never reads
    a row twice in one look; it makes the same settle passes.
    """

    def __init__(self, site: Site, api: Api) -> None:
        self._application, self._page = site.account.application, api.page
        self._path, self._number, self._key = api.orders
        self._now = site.account.now
        self.requests = 0
        self.rows: list[tuple[datetime, int]] = []
        self._looks: dict[str, set[tuple[Any, Any]]] = {}
        site.account.application = self._serve

    def _serve(self, request: Request) -> Response:
        answer = self._application(request)
        if request.path == self._path and answer.status == 200:  # OK
            (collection,) = (value for value in json.loads(answer.body).values() if isinstance(value, list))
            self.requests += 1
            self.rows.append((self._now(), len(collection)))
            served = self._looks.setdefault(self._look(request), set())
            served |= {(row.get(self._number), row.get(self._key)) for row in collection if row}
        return answer

    def _look(self, request: Request) -> str:
        """Requests that follow each other within half a minute are one look."""
        if not self.rows[:-1] or (self._now() - self.rows[-2][0]) > timedelta(seconds=30):
            self._current = f"look {len(self._looks)}"
        return self._current

    @property
    def ideal(self) -> int:
        return sum(max(1, ceil(len(rows) / self._page)) for rows in self._looks.values())


# --- the nights when the clock changes

NIGHTS = {
    "November": (datetime(2026, 11, 1, 4, tzinfo=UTC), (8, 10)),
    "March": (datetime(2026, 3, 8, 4, tzinfo=UTC), (10, 10)),
}
ORDINARY = datetime(2026, 6, 7, 4, tzinfo=UTC)
NIGHT_HOURS = 12


def dst() -> Iterable[Row]:
    """An edit every ten seconds through the night; rows read outside the repeated hour, against an ordinary night."""
    for name, (start, repeated) in NIGHTS.items():
        lost, rows = _night(start)
        _, usual = _night(ORDINARY)
        ratio = _outside(rows, start, repeated) / _outside(usual, ORDINARY, repeated)
        yield Row("dst", lost, f"lost edits, {name} night", 0, 0, SEED)
        yield Row("dst", round(ratio, 3), f"of the rows of an ordinary night, {name}", 1.1, 1, SEED)


def _night(start: datetime) -> tuple[int, list[tuple[datetime, int]]]:
    world, site = quiet_world(start, order_reference={"source": "custom_field_1"})
    orders = [site.account.add_order(f"A{n}", items=[], at=start - timedelta(minutes=30)) for n in range(300)]
    truth = dict.fromkeys(orders, "")
    for number in range(NIGHT_HOURS * 360):
        world.clockwork.at(
            start + timedelta(seconds=10 * number),
            lambda number=number: _edit(site, truth, orders, number),  # type: ignore[misc] # a default argument binds the number
        )
    served = _Served(site, V1)
    end = start + timedelta(hours=NIGHT_HOURS + 2)
    schedule(world, end, "poll")
    run(world, end)
    known = FactStore(world.tables[LEDGER], world.now).load(ACME, orders)
    lost = sum((known[order].reference or "" if order in known else None) != text for order, text in truth.items())
    return lost, served.rows


def _edit(site: Site, truth: dict[int, str], orders: list[int], number: int) -> None:
    order = orders[number % len(orders)]
    truth[order] = f"E{number}"
    site.account.edit_order(order, {"advancedOptions": {"customField1": truth[order]}})


def _outside(rows: list[tuple[datetime, int]], start: datetime, repeated: tuple[int, int]) -> int:
    day = start.replace(hour=0)
    low, high = (day + timedelta(hours=hour) for hour in repeated)
    end = start + timedelta(hours=NIGHT_HOURS)
    return sum(count for at, count in rows if start + timedelta(hours=1) <= at < end and not low <= at < high)


# --- a burst of labels

BURST_LABELS, BURST_WEBHOOKS, BURST_MINUTES = 5000, 550, 10
MOST_REQUESTS = {"v1": 60, "v2": 150}  # V2's pages hold a fifth of V1's


def burst(api: Api = V1) -> Iterable[Row]:
    """From the first label until the last one stands in the queue."""
    world, site = quiet_world(api=api.name)
    site.account.subscribe(f"https://hooks.example.com/webhooks/acme/{CANARY}3acme", api.event)
    lines = [{"sku": "BOLT", "quantity": 1}]
    imported = [START - timedelta(seconds=0.5 * n) for n in range(BURST_LABELS)]
    orders = [site.account.add_order(f"P{n}", items=lines, at=at) for n, at in enumerate(imported)]
    site.shipments.on_send = lambda: None  # nobody takes it out again
    enqueued = first_queued(site.shipments, world)
    received = first_queued(site.notifications, world)
    begin = START + timedelta(hours=3)  # by then every order is older than all margins
    batches = [orders[n::BURST_WEBHOOKS] for n in range(BURST_WEBHOOKS)]
    labels: list[tuple[datetime, list[int]]] = []

    def buy(batch: list[int]) -> None:
        labels.append((world.now(), site.account.ship_batch([{"order_id": order} for order in batch])))

    for number, batch in enumerate(batches):
        at = begin + timedelta(minutes=BURST_MINUTES) * number / BURST_WEBHOOKS
        world.clockwork.at(at, lambda batch=batch: buy(batch))  # type: ignore[misc] # a default argument binds the batch
    schedule(world, begin + timedelta(minutes=30), "poll")
    run(world, begin)
    before = site.account.counts["total"]
    over = begin + timedelta(minutes=BURST_MINUTES, seconds=45)
    run(world, over)
    waits = sorted(
        max((enqueued[number] - at).total_seconds() for number in numbers)
        for at, numbers in labels
        if all(number in enqueued for number in numbers)
    )
    missing = BURST_WEBHOOKS - len(waits)
    assert not missing, f"{missing} batches were not queued in time"
    assert received, "no webhook was received"
    requests = site.account.counts["total"] - before
    unit, goal = f"requests for {BURST_LABELS} labels, {BURST_WEBHOOKS} webhooks", MOST_REQUESTS[api.name]
    yield Row(f"burst_requests{api.suffix}", requests, unit, goal, 10, SEED)
    p99 = round(waits[int(len(waits) * 0.99)], 1)
    yield Row(f"burst_p99{api.suffix}", p99, "s from webhook to queue, p99", api.goal, 0, SEED)


# --- a long backlog

PAGES, PAGE_ROWS = 2000, 20
NEW_ROWS = PAGE_ROWS - 2  # the last two of a page are shown by the next one again, whose real size is 500
LATENCIES = (0.4, 1.0, 3.0)
MODES = ("fixed", "sliding")


def drain(api: Api = V1) -> Iterable[Row]:
    """Full pages of a backlog, and looks at what is new meanwhile, read a minute against the vendor's limit."""
    name = f"drain{api.suffix}"
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        measured = list(pool.map(_drained, *zip(*product(LATENCIES, MODES, [api]), strict=True)))
    for (latency, mode), (share, _) in zip(product(LATENCIES, MODES), measured, strict=True):
        yield Row(name, round(share, 3), f"of {api.limit}/min, {latency:g} s, {mode} window", 0.95, 1, SEED, ">=")
    yield Row(f"drain_429{api.suffix}", sum(refused for _, refused in measured), "requests refused", 0, 0, SEED)


def _drained(latency: float, mode: str, api: Api) -> tuple[float, int]:
    shrink_pages(PAGE_ROWS)
    world, site = quiet_world(api=api.name)
    site.connection = a_connection(START - timedelta(days=30), api=api.name)
    site.account.limiter.mode = site.account.v2_limiter.mode = mode
    there = latency / 4
    world.weather.there = there * 0.8, there * 1.2
    world.weather.back = (latency - there) * 0.8, (latency - there) * 1.2
    first, apart = START - timedelta(days=29), timedelta(days=28) / (PAGES * NEW_ROWS)
    for number in range(PAGES * NEW_ROWS):
        site.account.ship(None, at=first + apart * number, is_silent=True)
    site.shipments.on_send = lambda: None
    seen = first_queued(site.shipments, world)
    schedule(world, START + timedelta(hours=4), "poll")
    _until(world, lambda: len(seen) >= PAGES * NEW_ROWS)
    began, done = site.account.requests[0].at, max(seen.values())  # not the minute until the schedule ticks
    minutes = (done - began).total_seconds() / 60
    live = sum(api.ends not in dict(request.query) for request in site.account.requests if request.at <= done)
    return (PAGES + live) / minutes / api.limit, site.account.counts["429"]


def _until(world: World, is_done: Callable[[], bool]) -> None:
    end = START
    while not is_done():
        end += timedelta(seconds=10)
        assert end < START + timedelta(hours=4), "the backlog was not read"
        run(world, end)


# --- memory

FEW, MANY = 500, 50_000


def poll_memory() -> Iterable[Row]:
    """Peak of what one walk allocates, 50,000 rows against 500."""
    ratio = _peak(MANY) / _peak(FEW)
    told = f"of the peak of {FEW} rows, for {MANY}: two pages are held, not one"
    yield Row("poll_memory", round(ratio, 2), told, 2, 1, SEED)


def _peak(rows: int) -> int:
    world, site = quiet_world()
    site.account.application = _Rows(rows)
    runtime = SimulatedRuntime(world, Environment(skew=timedelta(0)), Random(SEED))
    labels = shipstation_source(runtime, site.connection, "ss-acme", world.tables[LEDGER])
    tracemalloc.start()
    read = sum(
        len(reading.shipments) for reading in labels.walk(Stream.LABELS_CREATED, START - timedelta(days=1), "poll")
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read == rows, f"{read} of {rows} rows were read"
    return peak


class _Rows:
    """A list of labels, one a second, made when they are asked for."""

    def __init__(self, count: int) -> None:
        self._first, self._count = datetime(2026, 5, 31, 12), count  # noqa: DTZ001 # ShipStation's wall clock

    def __call__(self, request: Request) -> Response:
        start = datetime.fromisoformat(request.param("createDateStart"))  # no zone: as above
        first = max(0, int((start - self._first).total_seconds()))
        rows = [self._row(number) for number in range(first, min(first + 500, self._count))]
        return json_response(200, {"shipments": rows, "total": self._count, "page": 1, "pages": 0})

    def _row(self, number: int) -> dict[str, Any]:
        created = (self._first + timedelta(seconds=number)).isoformat() + ".0000000"
        return {"shipmentId": number, "orderNumber": f"P{number}", "createDate": created, "trackingNumber": "1Z"}
