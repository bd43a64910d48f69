"""Counts what a bill counts while a simulated stack runs: runs, units, requests, log bytes, metrics."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from functions.ledger.queues import Entry
from functions.wiring.runtime import Context, Handler
from tests.benchmarks.bill import GB, table
from tests.equipment.clockwork import Task
from tests.equipment.lambdas import Environment, Function
from tests.equipment.memory_aws.queue import MemoryQueue
from tests.equipment.world import AUDIT, LEDGER, World

HOUR = timedelta(hours=1)
TABLE_KEY_KEPT = timedelta(minutes=5)  # DynamoDB's, for one caller
QUEUE_KEY_KEPT = HOUR  # as infra sets it
RECEIVED_AT_ONCE = 10  # SQS hands out no more in one answer
SENT_UNIT_BYTES = 64 * 1024
EVENT_BYTES = 26  # CloudWatch adds them to each logged event
RUN_BYTES = 290 + 3 * EVENT_BYTES  # START, END and REPORT, written by Lambda
ACCESS_BYTES = 160 + EVENT_BYTES  # a line of the access log
SERVICES = {LEDGER: "dynamodb", AUDIT: "dynamodb", "queue": "sqs", "secrets": "secrets", "http": "http"}


@dataclass
class Run:
    function: str
    memory_mb: int
    begun: datetime
    calls: Counter[str] = field(default_factory=Counter)

    def seconds(self, ended: datetime) -> float:
        """What the clock saw, and what durations.toml says of the rest. Less memory is less of a processor."""
        durations = table("durations")
        share: float = min(1.0, self.memory_mb / durations["full_processor_mb"])
        calls = {"run": 1, **self.calls}
        waited: float = sum(durations["answer_milliseconds"].get(name, 0) * number for name, number in calls.items())
        worked: float = sum(durations["processor_milliseconds"][name] * number for name, number in calls.items())
        return (ended - self.begun).total_seconds() + (waited + worked / share) / 1000


class Meter:
    """`memory_mb` by Lambda. Put onto a world before anything runs in it; read with `usage`."""

    def __init__(self, world: World, memory_mb: Mapping[str, int]) -> None:
        self._world, self._memory_mb = world, memory_mb
        self._counted = Counter[str]()
        self._running: dict[Task, Run] = {}
        self._used: dict[int, datetime] = {}
        self._keys: dict[tuple[str, ...], datetime] = {}
        self._metrics: set[tuple[str, ...]] = set()
        world.on_step = self._step
        for function in world.functions.values():
            function.build = self._metered(function)
        for site in world.sites.values():
            for queue in (site.notifications, site.shipments):
                self._watch(queue)
        self._every_hour()

    def usage(self) -> dict[str, float]:
        """Since the beginning."""
        self._read_logs()
        tables = self._world.tables.values()
        written = Counter[str]()
        for each in tables:
            written.update({f"dynamodb.write_units ({kind})": units for kind, units in each.write_units.items()})
            written.update({f"dynamodb.write_units (index, {kind})": units for kind, units in each.index_units.items()})
        kept = {
            "dynamodb.write_units (refused)": sum(each.refused_units for each in tables),
            "dynamodb.read_units": sum(each.read_units for each in tables),
            "dynamodb.stored_gb_months": sum(each.stored_bytes for each in tables) / GB,
        }
        return {**self._counted, **written, **kept}

    def scheduled(self, *, is_scheduler: bool) -> None:
        self._count("scheduler.schedules" if is_scheduler else "scheduler.rules")

    def metrics_asked(self, number: int) -> None:
        """Of CloudWatch, in one call."""
        self._count("cloudwatch.asked_metrics", number)

    def _metered(self, function: Function) -> Callable[[Environment], Handler]:
        build = function.build

        def make(environment: Environment) -> Handler:
            handler = build(environment)

            def run(event: dict[str, Any], context: Context) -> Any:
                task = self._world.clockwork.current
                assert task is not None, "a handler runs as a task"
                self._begin(task, function.name, event, environment)
                try:
                    return handler(event, context)
                finally:
                    self._end(task, environment)

            return run

        return make

    def _begin(self, task: Task, function: str, event: Mapping[str, Any], environment: Environment) -> None:
        now = self._world.now()
        self._running[task] = Run(function, self._memory_mb[function], now)
        for record in event.get("Records", ())[::RECEIVED_AT_ONCE]:
            self._count(_requests(record["eventSourceARN"]), 2)  # received and deleted
            self._key(QUEUE_KEY_KEPT, function, record["eventSourceARN"], "received")
        if function == "webhook":
            self._count("http_api.requests")
            self._count("cloudwatch.logged_gb", ACCESS_BYTES / GB)
        if now - self._used.get(id(environment), datetime.min.replace(tzinfo=now.tzinfo)) > _kept():
            self._gb_seconds(function, table("durations")["init_seconds"])
            self._count("kms.requests")  # the environment's variables

    def _end(self, task: Task, environment: Environment) -> None:
        run, now = self._running.pop(task), self._world.now()
        self._used[id(environment)] = now
        self._gb_seconds(run.function, run.seconds(now))
        self._count(f"lambda.requests ({run.function})")
        self._count("cloudwatch.logged_gb", RUN_BYTES / GB)

    def _gb_seconds(self, function: str, seconds: float) -> None:
        memory = self._memory_mb[function]
        self._count(f"lambda.gb_seconds ({function}, {memory} MB)", seconds * memory / 1024)

    def _step(self, name: str) -> None:
        """A call to the outside, told before and after it."""
        part, task = name.partition(" ")[0], self._world.clockwork.current
        run = self._running.get(task.root) if task else None
        if run is None or name.endswith("done") or part not in SERVICES:
            return
        run.calls[SERVICES[part]] += 1
        if part == "secrets":
            self._count("secrets.calls")
            self._count("kms.requests")
        if part in (LEDGER, AUDIT):
            self._key(TABLE_KEY_KEPT, run.function, part)

    def _key(self, kept: timedelta, *user: str) -> None:
        """AWS keeps what the key opened for a while."""
        now = self._world.now()
        if user not in self._keys or now - self._keys[user] >= kept:
            self._keys[user] = now
            self._count("kms.requests")

    def _watch(self, queue: MemoryQueue) -> None:
        send = queue.send_batch

        def counted(entries: Sequence[Entry]) -> list[int]:
            size = sum(len(entry.body.encode()) for entry in entries)
            self._count(_requests(queue.arn), ceil(size / SENT_UNIT_BYTES))
            self._key(QUEUE_KEY_KEPT, queue.arn, "sent")
            return send(entries)

        queue.send_batch = counted  # type: ignore[method-assign] # the handlers hold the queue itself

    def _every_hour(self) -> None:
        self._read_logs()
        self._world.clockwork.after(HOUR.total_seconds(), self._every_hour)

    def _read_logs(self) -> None:
        """A metric is billed for each hour in which it was sent."""
        lines = self._world.logs.getvalue().splitlines()
        self._world.logs.seek(0)
        self._world.logs.truncate()
        self._count("cloudwatch.logged_gb", sum(len(line.encode()) + EVENT_BYTES for line in lines) / GB)
        hour = f"{self._world.now() - timedelta(seconds=1):%m-%d %H}"
        found = {(hour, *sent) for line in lines if '"_aws"' in line for sent in _metrics(line)}
        self._count("cloudwatch.metric_hours", len(found - self._metrics))
        self._metrics |= found

    def _count(self, kind: str, amount: float = 1) -> None:
        self._counted[kind] += amount  # type: ignore[assignment] # gigabytes are no whole numbers


def _kept() -> timedelta:
    return timedelta(seconds=table("durations")["kept_seconds"])


def _requests(queue: str) -> str:
    return "sqs.fifo_requests" if queue.rpartition(":")[2].removeprefix("dead-").startswith("s-") else "sqs.requests"


def _metrics(line: str) -> list[tuple[str, str]]:
    """Name and dimensions."""
    sent = json.loads(line)
    directives = sent["_aws"]["CloudWatchMetrics"]
    return [
        (metric["Name"], ",".join(f"{name}={sent[name]}" for name in dimensions))
        for directive in directives
        for metric in directive["Metrics"]
        for dimensions in directive["Dimensions"]
    ]
