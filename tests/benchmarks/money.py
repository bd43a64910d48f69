"""What the connector costs in AWS: a month in which nothing is shipped, and a shipment on top of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from multiprocessing import get_context
from random import Random

from functions.connections.connection import Connection
from functions.handlers import digest
from functions.ledger.costs import Term
from functions.model.cursors import Span
from functions.model.shipment import ConnectionName
from functions.settings import DigestSettings
from functions.wiring.runtime import Handler
from tests.benchmarks.bill import MONTH_DAYS, text, times, together, total, without
from tests.benchmarks.meter import Meter
from tests.benchmarks.row import Row
from tests.benchmarks.stacks import Stack, Tick, stacks_of
from tests.equipment.lambdas import Environment, Function
from tests.equipment.quiet_connection import SEED, START, a_connection, run
from tests.equipment.world import AUDIT, CANARY, LEDGER, TIMEOUTS, SimulatedRuntime, Site, World

DAY = timedelta(days=1)
FIRST_LOOKS = timedelta(hours=3)  # of a connection that is new, not counted as idle
SHIPMENTS = 500
BUSY = timedelta(hours=10)  # a working day at a warehouse
ORDERED = timedelta(hours=1)  # before its label
DELIVERED = timedelta(hours=2)  # after its label
MILLION = 1_000_000
FEW, MANY = 1, 20  # connections
WRITTEN = "dynamodb.write_units"


def usd_idle_month() -> Iterable[Row]:
    """A day of connections that ship nothing, thirty times, and what the stacks cost by standing there."""
    for count, goal, fixed in ((FEW, 4, 2.2), (MANY, 45, 25)):
        stacks = stacks_of(count)
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            month = together(*pool.map(_idle_month, stacks))
        print(text(f"idle month, {count} connections in {len(stacks)} stacks", month))
        unit = f"USD a month without a shipment, {count} connections in {len(stacks)} stacks"
        yield Row("usd_idle_month", round(total(month), 2), unit, goal, fixed, SEED)


def life() -> Iterable[Row]:
    """A day of shipments and the day after it, without what two idle days cost."""
    (stack,) = stacks_of(1)
    idle, busy = _days(stack, 0), _days(stack, SHIPMENTS)
    more = _with_storage(without(busy.usage, idle.usage))
    million = times(more, MILLION / SHIPMENTS)
    print(text(f"a million shipments, {SHIPMENTS} a day, delivered after {DELIVERED}", million))
    yield Row("usd_per_million", round(total(million), 2), "USD for a million shipments, on top of idle", 15, 5, SEED)
    units = sum(units for kind, units in more.items() if kind.startswith(WRITTEN)) / SHIPMENTS
    yield Row("write_units_life", round(units, 2), "units in a shipment's life, index and refused ones too", 8, 4, SEED)
    requests = (busy.ifs_requests - idle.ifs_requests) / SHIPMENTS
    yield Row("ifs_requests_life", round(requests, 2), "IFS requests in a shipment's life", 3, 2, SEED)


def _with_storage(usage: dict[str, float]) -> dict[str, float]:
    """What was stored stays for a month: in the tables, in their backup, in the log."""
    stored, logged = usage["dynamodb.stored_gb_months"], usage["cloudwatch.logged_gb"]
    return {**usage, "dynamodb.restorable_gb_months": stored, "cloudwatch.kept_gb_months": logged * COMPRESSED}


COMPRESSED = 0.15  # of logged text, by CloudWatch's own example: https://aws.amazon.com/cloudwatch/pricing/


def _idle_month(stack: Stack) -> dict[str, float]:
    world, meter = _metered(stack)
    run(world, START + FIRST_LOOKS)
    before = meter.usage()
    run(world, START + FIRST_LOOKS + DAY)
    day = without(meter.usage(), before)
    assert not any(function.faults for function in world.functions.values()), "an idle day without faults"
    return together(times(day, MONTH_DAYS), stack.month)


@dataclass(frozen=True)
class Days:
    usage: dict[str, float]
    ifs_requests: int


@cache
def _days(stack: Stack, shipments: int) -> Days:
    world, meter = _metered(stack)
    (site,) = world.sites.values()
    name = site.connection.name
    site.account.subscribe(f"https://hooks.example.com/webhooks/{name}/{CANARY}3{name}", "SHIP_NOTIFY")
    for number in range(shipments):
        _live(world, site, f"P{number:05}", START + 2 * ORDERED + BUSY * number / shipments)
    run(world, START + 2 * DAY)
    written = [site.tenant.shipment(key[0])["ProNo"] for key in site.tenant.sets["ShipmentSet"]]
    assert len(written) == shipments, "every order has a record in IFS"
    assert all(written), "every number is in IFS"
    return Days(meter.usage(), len(site.tenant.requests))


def _live(world: World, site: Site, reference: str, at: datetime) -> None:
    """A shipment from its order to its delivery."""
    bought, records = list[int](), list[int]()

    def order() -> None:
        records.append(site.tenant.add_shipment([(reference, "BOLT", 1)]))
        bought.append(site.account.add_order(reference, items=[{"sku": "BOLT", "quantity": 1}]))

    world.clockwork.at(at - ORDERED, order)
    world.clockwork.at(at, lambda: site.account.ship(bought[0]))
    world.clockwork.at(at + DELIVERED, lambda: site.tenant.deliver(records[0]))


def _metered(stack: Stack) -> tuple[World, Meter]:
    """Everything that the stack's schedules call, whether something is due or not."""
    os.environ |= {"POWERTOOLS_METRICS_NAMESPACE": "benchmark", "POWERTOOLS_SERVICE_NAME": "benchmark"}
    world = World(SEED, START)
    for name in stack.connections:
        world.add_site(_named(ConnectionName(name)))
    world.wire()

    def asked(number: int) -> None:
        meter.metrics_asked(number)

    world.functions["digest"] = _digest(world, stack.lambdas, asked)
    meter = Meter(world, stack.memory_mb)
    for tick in stack.ticks:
        _keep_calling(world, tick, meter)
    return world, meter


def _digest(world: World, lambdas: Mapping[str, str], asked: Callable[[int], None]) -> Function:
    """Its messages go nowhere. `asked` is told how many metrics it asks for."""
    settings = DigestSettings(ledger_table=LEDGER, audit_table=AUDIT, topic="", lambdas={**lambdas})

    def usd(terms: Sequence[Term], _window: Span) -> None:
        asked(len(terms))

    def make(environment: Environment) -> Handler:
        runtime = SimulatedRuntime(world, environment, Random(SEED))
        return digest.build(runtime, settings, lambda _subject, _text: None, usd, lambda: 1)

    return Function("digest", make, TIMEOUTS["digest"], world.clockwork, Random(SEED))


def _named(name: ConnectionName) -> Connection:
    """With vendors of its own."""
    connection = a_connection(START - timedelta(hours=1), base_url=f"https://{name}.ss.example.com")
    url = f"https://{name}.ifs.example.com"
    ifs = connection.ifs.model_copy(update={"base_url": url, "token_url": f"{url}{TOKEN_PATH}"})
    return connection.model_copy(update={"name": name, "ifs": ifs})


TOKEN_PATH = "/auth/realms/acme1/protocol/openid-connect/token"


def _keep_calling(world: World, tick: Tick, meter: Meter) -> None:
    def call() -> None:
        world.clockwork.after(tick.every.total_seconds(), call)
        meter.scheduled(is_scheduler=tick.is_scheduler)
        world.functions[tick.function].invoke(tick.event)

    world.clockwork.after(world.random.uniform(0, tick.every.total_seconds()), call)
