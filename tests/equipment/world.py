"""The whole system in one process: shipping handlers, AWS in memory, both vendors, one clock, one seed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from io import StringIO
from random import Random
from typing import Any
from urllib.parse import urlsplit

import requests
from botocore.exceptions import ClientError

from functions.connections.connection import Connection
from functions.errors import Retryable
from functions.flows.from_shipstation.pace import is_due, unanswered
from functions.handlers import (
    align,
    check,
    consume,
    control,
    dead_letters,
    inspect,
    poll,
    pull,
    push,
    reconcile,
    release,
    replay,
    webhook,
)
from functions.ledger.desks import DeskStore
from functions.ledger.jobs import JobStore
from functions.ledger.positions import PositionStore
from functions.ledger.secrets import SecretStore
from functions.ledger.tenants import TenantStore
from functions.model.cursors import ReadingPosition
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.settings import (
    AlignSettings,
    CheckSettings,
    ConsumeSettings,
    ControlSettings,
    DeadLettersSettings,
    InspectSettings,
    PollSettings,
    PullSettings,
    PushSettings,
    ReconcileSettings,
    ReleaseSettings,
    ReplaySettings,
    WebhookSettings,
)
from functions.wiring.runtime import Handler, RunTime
from functions.wiring.telemetry import logger
from tests.equipment.clockwork import Clockwork, Killed, Task
from tests.equipment.ifs.tenant import Tenant
from tests.equipment.lambdas import Environment, EventSource, Function, Quota, ThrottledError
from tests.equipment.memory_aws.bucket import MemoryBucket
from tests.equipment.memory_aws.queue import MemoryQueue
from tests.equipment.memory_aws.secrets import MemorySecrets, pair
from tests.equipment.memory_aws.table import Lateness, MemoryTable
from tests.equipment.network import SimulatedAdapter, Weather
from tests.equipment.shipstation.account import Account
from tests.equipment.shipstation.signing import SigningService

KEYS_HOST = "https://api.shipengine.com"
CANARY = "CanarySecret"
LEDGER, AUDIT, REPORTS = "ledger", "audit", "reports"
IN_PATH = 3  # parts of an address before its token
QUEUE_WEIGHT = 5  # a run sends once and asks the tables often
TIMEOUTS = {
    "webhook": 15.0,
    "poll": 300.0,
    "consume": 150.0,
    "dead_letters": 60.0,
    "release": 50.0,
    "replay": 600.0,
    "inspect": 50.0,
    "control": 50.0,
    "view": 50.0,
    "act": 50.0,
    "check": 600.0,
    "pull": 300.0,
    "push": 300.0,
    "align": 300.0,
    "register": 300.0,
    "unregister": 180.0,
    "reconcile": 900.0,
    "digest": 180.0,
}
EVENT_AGE = timedelta(minutes=1)  # of a tick: tests/infra holds it against the template
CLOCKS = timedelta(minutes=1)  # an environment's clock may be ahead of the world's
VISIBILITY = {
    "notifications": timedelta(seconds=1801),
    "shipments": timedelta(seconds=900),
    "dead": timedelta(seconds=360),
    "orders": timedelta(seconds=1800),
}
LATE_SECONDS = 2.0  # of an eventually consistent read


@dataclass
class Site:
    """One connection with its two vendors and its queues."""

    connection: Connection
    account: Account
    tenant: Tenant
    notifications: MemoryQueue
    shipments: MemoryQueue
    dead: list[MemoryQueue]
    orders: MemoryQueue
    dead_orders: MemoryQueue
    shadow_until: datetime | None = None


@dataclass
class Trouble:
    """What goes wrong while `until` has not come; rates are per call. `refused`: one entry of a batch that SQS does not
    take. `surprise`: a 429 although the key had places left; `foreign_per_minute`: what another tool takes of it.
    """

    until: datetime
    kill: float = 0.0
    throttle: float = 0.0
    ambiguous: float = 0.0
    duplicate: float = 0.0
    webhook_lost: float = 0.0
    webhook_twice: float = 0.0
    schedule: float = 0.0
    refused: float = 0.01
    secrets: float = 0.05
    surprise: float = 0.003
    foreign_per_minute: int = 0


class SimulatedRuntime:
    """The handlers' runtime for one environment."""

    def __init__(self, world: World, environment: Environment, random: Random) -> None:
        self._world, self._environment, self._random = world, environment, random
        self.time = RunTime()

    @property
    def connections(self) -> dict[ConnectionName, Connection]:
        return {site.connection.name: site.connection for site in self._world.sites.values()}

    @cached_property
    def secrets(self) -> SecretStore:
        client: Any = self._world.secrets
        return SecretStore(client, self.now)

    def now(self) -> datetime:
        return self._world.clockwork.now + self._environment.skew

    def monotonic(self) -> float:
        return self._world.clockwork.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self._world.step("sleep")
        self._world.clockwork.sleep(seconds)
        self._world.step("sleep done")

    def jitter(self) -> float:
        return self._random.random()

    def new_id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def table(self, name: str) -> MemoryTable:
        return self._world.tables[name]

    def queue(self, url: str) -> MemoryQueue:
        return self._world.queues[url]

    def bucket(self, name: str) -> MemoryBucket:
        assert name == REPORTS
        return self._world.reports

    def side_by_side(self, bodies: Sequence[Callable[[], None]]) -> None:
        self._world.clockwork.side_by_side(bodies)

    def session(self, ca_bundle: str | None = None) -> requests.Session:
        session = requests.Session()
        for site in self._world.sites.values():
            vendors = {
                "shipstation": (site.connection.shipstation.base_url, site.account.application),
                "ifs": (site.connection.ifs.base_url, site.tenant.application),
            }
            for vendor, (url, application) in vendors.items():
                session.mount(url, self._world.adapter(vendor, application))
        session.mount(KEYS_HOST, self._world.adapter("signing", self._world.signing.application))
        return session


@dataclass
class World:
    """`met` counts every fault that was shown, `met_by` by the Lambda that met it; `unheard` is when an answer, or whom
    it was for, was lost; `on_step` is told of every call to the outside.
    """

    seed: int
    start: datetime
    random: Random = field(init=False)
    clockwork: Clockwork = field(init=False)
    sites: dict[str, Site] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    met_by: Counter[tuple[str, str]] = field(default_factory=Counter)
    unheard: list[datetime] = field(default_factory=list)
    logs: StringIO = field(default_factory=StringIO)
    on_step: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.clockwork = Clockwork(self.start)
        self.trouble = Trouble(until=self.start)
        self.weather = Weather(Random(self.random.random()))
        self.tables = {name: MemoryTable(self.step_of(name), self._lateness(name)) for name in (LEDGER, AUDIT)}
        self.reports = MemoryBucket(self.step)
        self.queues: dict[str, MemoryQueue] = {}
        self.functions: dict[str, Function] = {}
        self.secrets = self._secrets({})
        self.signing = SigningService("first")
        # What the schedule knows without asking, by connection, for as long as nothing of it is stored anew.
        self._reading: dict[str, tuple[int, ReadingPosition, bool]] = {}
        self._circuits: dict[str, tuple[int, bool]] = {}

    def now(self) -> datetime:
        return self.clockwork.now

    @property
    def is_troubled(self) -> bool:
        return self.clockwork.now < self.trouble.until

    def step(self, name: str) -> None:
        """Called around every call to the outside: the environment may die here."""
        self.on_step(name)
        task = self.clockwork.current
        if task is None:
            return
        environment = self._environment_of(task)
        if environment is None and task.parent is not None:
            raise Killed  # its environment is gone
        if environment is None:
            return
        if environment.is_dead:
            raise Killed
        if self.is_troubled and self.random.random() < self.trouble.kill:
            environment.is_dead = True
            self.meet(f"killed at {name}")
            self.unheard.append(self.now())
            raise Killed

    def _environment_of(self, task: Task) -> Environment | None:
        root = task.root
        for function in self.functions.values():  # no generator: every call to the outside comes by here, twice
            if root in function.running:
                return function.running[root]
        return None

    def step_of(self, part: str) -> Callable[[str], None]:
        """Around every call to one table or queue: throttled before it, or its answer lost after it."""

        def step(name: str) -> None:
            self.step(f"{part} {name}")
            is_over = name.endswith("done")
            rate = self.trouble.ambiguous if is_over else self.trouble.throttle
            what = f"{part} {'ambiguous' if is_over else 'throttled'}"
            if self._strikes(rate * (QUEUE_WEIGHT if part == "queue" else 1), what):
                reason = Reason.QUEUE_UNAVAILABLE if part == "queue" else Reason.LEDGER_UNAVAILABLE
                raise Retryable(reason, f"{part}: ThrottlingException")

        return step

    def _lateness(self, table: str) -> Lateness:
        return Lateness(self.now, self._fork(), LATE_SECONDS, lambda: self.met.update([f"{table} late"]))

    def _secrets(self, values: Mapping[str, dict[str, str]]) -> MemorySecrets:
        def step() -> None:
            self.step("secrets")
            if self._strikes(self.trouble.secrets, "secrets unavailable"):
                raise ClientError({"Error": {"Code": "InternalServiceError"}}, "GetSecretValue")

        return MemorySecrets(values, self.now, self._fork(), step)

    def _queue(self, name: str, visibility: timedelta, *, fifo: bool) -> tuple[MemoryQueue, MemoryQueue]:
        """A queue and its dead-letter queue."""

        def refuses() -> bool:
            return self._strikes(self.trouble.refused, "queue entry refused")

        dead = MemoryQueue(self.now, name=f"dead-{name}", fifo=fifo, visibility=VISIBILITY["dead"])
        step = self.step_of("queue")
        live = MemoryQueue(self.now, name=name, fifo=fifo, visibility=visibility, dead=dead, step=step, refuses=refuses)
        live.on_buried = lambda: self.met.update(["dead letter"])
        return live, dead

    def _strikes(self, rate: float, what: str) -> bool:
        """Whether a fault of this rate is shown now, and counts it. The hub is nobody's environment."""
        if self.clockwork.current is None or not self.is_troubled or self.random.random() >= rate:
            return False
        self.meet(what)
        return True

    def meet(self, fault: str) -> None:
        self.met[fault] += 1
        task = self.clockwork.current
        whose = (name for name, f in self.functions.items() if task is not None and f.running.get(task.root))
        self.met_by[fault, next(whose, "aws")] += 1

    def _weathered(self, fault: str) -> None:
        self.meet(fault)
        self.unheard.append(self.now())

    def adapter(self, vendor: str, application: Any) -> SimulatedAdapter:
        return SimulatedAdapter(
            vendor,
            application,
            weather=self.weather,
            now=self.now,
            sleep=self.clockwork.sleep,
            step=self.step,
            met=self._weathered,
        )

    def add_site(self, connection: Connection) -> Site:
        """Vendors, queues and secrets of one connection; call `wire` once all are there."""
        name = connection.name
        keys, clients = {f"{CANARY}Key{name}": f"{CANARY}1{name}"}, {f"client{name}": f"{CANARY}2{name}"}
        account = Account(self.now, self._fork(), keys=keys, post=self._webhook_sender(name))
        account.sign = self.signing.headers
        tenant = Tenant(self.now, self._fork(), clients=clients, time_zone=connection.ifs.time_zone)
        self._share_the_key(account)
        notifications, notifications_dead = self._queue(f"n-{name}", VISIBILITY["notifications"], fifo=False)
        shipments, shipments_dead = self._queue(f"s-{name}", VISIBILITY["shipments"], fifo=True)
        dead = [notifications_dead, shipments_dead]
        orders, dead_orders = self._queue(f"o-{name}", VISIBILITY["orders"], fifo=True)
        site = Site(connection, account, tenant, notifications, shipments, dead, orders, dead_orders)
        self.sites[name] = site
        self.queues |= {f"n-{name}": notifications, f"s-{name}": shipments, f"o-{name}": orders}
        return site

    def _share_the_key(self, account: Account) -> None:
        """Another tool uses the ShipStation key in troubled times."""
        troubled_until = self.trouble.until

        def surprises() -> bool:
            return self._strikes(self.trouble.surprise, "shipstation 429 by surprise")

        def leave() -> None:
            account.limiter.foreign_per_minute = 0

        account.limiter.surprises = surprises
        if troubled_until > self.now():
            account.limiter.foreign_per_minute = self.trouble.foreign_per_minute
            self.clockwork.at(troubled_until, leave)

    def wire(self) -> None:
        names = list(self.sites)
        self.secrets = self._secrets(
            {f"ss-{n}": pair("api_key", "api_secret", self.sites[n].account.keys) for n in names}
            | {f"ifs-{n}": pair("client_id", "client_secret", self.sites[n].tenant.clients) for n in names}
            | {f"hook-{n}": {"current": f"{CANARY}3{n}", "previous": ""} for n in names}
        )
        shipments, ifs = {n: f"s-{n}" for n in names}, {n: f"ifs-{n}" for n in names}
        tables = {"ledger_table": LEDGER, "audit_table": AUDIT}
        self._add(
            "webhook",
            webhook.build,
            WebhookSettings(
                notifications={n: f"n-{n}" for n in names},
                webhook_secrets={n: f"hook-{n}" for n in names},
                webhook_signatures={n: self.sites[n].connection.shipstation.webhook_signature for n in names},
                jwks_urls={n: " ".join(self.sites[n].connection.shipstation.jwks_urls) for n in names},
            ),
        )
        stations = {n: f"ss-{n}" for n in names}
        self._add(
            "poll",
            poll.build,
            PollSettings(
                ledger_table=LEDGER,
                notifications={n: f"n-{n}" for n in names},
                shipments=shipments,
                shipstation_secrets=stations,
            ),
        )
        self._add("consume", consume.build, ConsumeSettings(**tables, shipments=shipments, ifs_secrets=ifs))
        self._add(
            "dead_letters",
            dead_letters.build,
            DeadLettersSettings(
                ledger_table=LEDGER,
                notifications={n: f"n-{n}" for n in names},
                shipments=shipments,
                orders={n: f"o-{n}" for n in names},
            ),
        )
        releasing = ReleaseSettings(ledger_table=LEDGER, shipments=shipments, ifs_secrets=ifs)
        self._add("release", release.build, releasing)
        self._add("inspect", inspect.build, InspectSettings(**tables, shipstation_secrets=stations))
        self._add("control", control.build, ControlSettings(**tables, shipments=shipments))
        self._add("replay", replay.build, ReplaySettings(**tables, shipments=shipments, ifs_secrets=ifs))
        orders = {n: f"o-{n}" for n in names}
        pulling = PullSettings(**tables, orders=orders, ifs_secrets=ifs, shipstation_secrets=stations)
        self._add("pull", pull.build, pulling)
        self._add("push", push.build, PushSettings(**tables, orders=orders, shipstation_secrets=stations))
        aligning = AlignSettings(**tables, shipstation_secrets=stations, ifs_secrets=ifs)
        self._add("align", align.build, aligning)
        for site in self.sites.values():
            self._connect(site)
        settings = CheckSettings(**tables, shipments=shipments, shipstation_secrets=stations, ifs_secrets=ifs)
        self._add("check", check.build, settings)
        comparing = ReconcileSettings(
            ledger_table=LEDGER, reports_bucket=REPORTS, shipstation_secrets=stations, ifs_secrets=ifs
        )
        self._add("reconcile", reconcile.build, comparing)
        logger.handlers[0].setStream(self.logs)  # type: ignore[attr-defined] # Powertools logs to a stream

    def _connect(self, site: Site) -> None:
        def duplicates() -> float:
            return self.trouble.duplicate if self.is_troubled else 0.0

        common = {
            "clockwork": self.clockwork,
            "random": self._fork(),
            "duplicates": duplicates,
            "met": lambda what: self.met.update([what]),
        }
        EventSource(
            site.notifications,
            self.functions["poll"],
            batch=100,
            concurrency=2,
            window_seconds=1,
            **common,  # type: ignore[arg-type] # one dictionary, three types
        )
        EventSource(
            site.shipments,
            self.functions["consume"],
            batch=10,
            concurrency=site.connection.ifs.concurrency,
            **common,  # type: ignore[arg-type] # as above
        )
        EventSource(site.orders, self.functions["push"], batch=1, concurrency=1, **common)  # type: ignore[arg-type]
        for dead in (*site.dead, site.dead_orders):
            EventSource(dead, self.functions["dead_letters"], batch=10, concurrency=2, **common)  # type: ignore[arg-type]

    def also(self, name: str, build: Callable[[Any, Any], Handler], settings: Any) -> None:
        """One more function, which changes nothing of the others' chances."""
        self._add(name, build, settings)

    def _add(self, name: str, build: Callable[[Any, Any], Handler], settings: Any) -> None:
        def make(environment: Environment) -> Handler:
            return build(SimulatedRuntime(self, environment, self._fork()), settings)

        self.functions[name] = Function(
            name, make, TIMEOUTS[name], self.clockwork, self._fork(), skew_seconds=20.0 if self.is_troubled else 0.0
        )

    def _webhook_sender(self, connection: str) -> Callable[[str, bytes, dict[str, str]], int]:
        """Late, twice, not at all; the sender never learns."""

        def send(url: str, body: bytes, headers: dict[str, str]) -> int:
            troubled = self.is_troubled
            copies = 1 + int(troubled and self.random.random() < self.trouble.webhook_twice)
            if troubled and self.random.random() < self.trouble.webhook_lost:
                self.met["webhook lost"] += 1
                copies = 0
            self.met["webhook twice"] += int(copies > 1)
            path = urlsplit(url).path.split("/")
            event = {
                "pathParameters": {"connection": connection, "token": path[3] if len(path) > IN_PATH else ""},
                "headers": headers,
                "body": body.decode(),
                "isBase64Encoded": False,
            }
            for _copy in range(copies):
                delay = self.random.expovariate(1 / 60) if troubled else 1.0
                self.clockwork.after(delay, lambda: self.functions["webhook"].invoke(event))
            return 202

        return send

    def schedule(self, function: str, connection: str, *, every: timedelta, until: datetime) -> None:
        """Fires every period; in troubled times twice, late or not at all."""
        event = {"connection": connection, **({"is_scheduled": True} if function == "replay" else {})}

        def tick() -> None:
            if self.now() < until:
                self.clockwork.after(every.total_seconds(), tick)
            if not self._is_anything_due(function, connection):
                return  # a run that would find nothing
            for delay in self._firings():
                self.clockwork.after(delay, lambda: self._fire(function, event, self.now() + EVENT_AGE))

        self.clockwork.after(self.random.uniform(0, every.total_seconds()), tick)

    def _fire(self, function: str, event: dict[str, Any], until: datetime) -> None:
        """What finds no place is tried again until the event is too old."""

        def end(_: object, fault: BaseException | None) -> None:
            if isinstance(fault, ThrottledError) and self.now() < until:
                self.clockwork.after(10, lambda: self._fire(function, event, until))

        self.functions[function].invoke(event, end)

    def share(self, quota: Quota) -> None:
        """All functions together have these places."""
        for function in self.functions.values():
            function.quota = quota

    def _firings(self) -> list[float]:
        if not self.is_troubled or self.random.random() >= self.trouble.schedule:
            return [0.0]
        kind = self.random.choice(("twice", "late", "missed"))
        self.met[f"schedule {kind}"] += 1
        return {"twice": [0.0, 0.3], "late": [self.random.uniform(30, 240)], "missed": []}[kind]

    def _is_anything_on_the_desk(self, connection: str) -> bool:
        ledger = self.tables[LEDGER]
        if not ledger.changes(f"desk#{connection}"):
            return False
        desk = DeskStore(ledger).load(ConnectionName(connection))
        return bool(desk.recalls or desk.over(self.now()))

    def _is_circuit_open(self, connection: str) -> bool:
        changes = self.tables[LEDGER].changes(f"tenant#{connection}")
        if self._circuits.get(connection, (None, False))[0] != changes:
            self._circuits[connection] = (
                changes,
                TenantStore(self.tables[LEDGER]).circuit(ConnectionName(connection)).is_open,
            )
        return self._circuits[connection][1]

    def _is_anything_due(self, function: str, connection: str) -> bool:
        if function == "pull":
            return True
        if function == "replay":
            return self.tables[LEDGER].has_due(f"plan#{connection}", f"{self.now():%Y-%m-%dT%H:%M:%S.%fZ}")
        if function == "release":
            ledger, now = self.tables[LEDGER], f"{self.now():%Y-%m-%dT%H:%M:%S.%fZ}"
            # While the circuit is open each minute probes another record: every fifth alone would probe the same ones.
            # Also where nothing is due: it may be to be closed.
            is_watching = ledger.has_due(f"watch#{connection}", now) and self.now().minute % 5 == 0
            is_watching = is_watching or self._is_circuit_open(connection)
            return is_watching or ledger.has_due(f"due#{connection}#", now) or self._is_anything_on_the_desk(connection)
        name, ledger = ConnectionName(connection), self.tables[LEDGER]
        changes = ledger.changes(f"reader#{connection}") + ledger.changes(f"jobs#{connection}")
        if self._reading.get(connection, (None,))[0] != changes:
            is_open = any(job.ended_at is None for job in JobStore(ledger).all(name))
            positions = PositionStore(ledger)
            position = positions.peek(name)
            is_open = is_open or bool(unanswered(position, positions.last_webhook_at(name), self.now()))
            self._reading[connection] = changes, position, is_open
        _, position, is_open = self._reading[connection]
        return is_open or is_due(position, self.sites[connection].connection.poll_minutes, self.now() + CLOCKS)

    def _fork(self) -> Random:
        return Random(self.random.getrandbits(64))

    def digest(self) -> str:
        """Equal for two runs of one seed, or the simulation is not deterministic."""
        books = [
            json.dumps([[w.at.isoformat(), w.entity, str(w.key), w.by, w.changes] for w in site.tenant.writes])
            for site in self.sites.values()
        ]
        return hashlib.sha256("".join(books).encode()).hexdigest()[:16]
