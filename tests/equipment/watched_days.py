"""A deployed connection as its schedules run it, and all that CloudWatch is told of it, by the Lambdas and by AWS: the
template says what runs how often, and which alarm watches what.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import Any

from functions.connections.connection import Connection
from functions.errors import Retryable
from functions.handlers import digest, register
from functions.model.outcomes import Reason
from functions.settings import DigestSettings, RegisterSettings
from functions.wiring import telemetry
from tests.equipment.cloudwatch import HOUR, MINUTE, Alarm, Sample
from tests.equipment.lambdas import Function, Quota
from tests.equipment.memory_aws.queue import MemoryQueue
from tests.equipment.push_people import RECEIVER
from tests.equipment.quiet_connection import SEED, run
from tests.equipment.world import AUDIT, LEDGER, Site, World

NAME = "acme"
START = datetime.fromisoformat("2026-06-01T00:00:00+00:00")  # a Monday
FILE = """
mode = "write"
go_live_at = 2026-05-31T00:00:00Z

[shipstation]
base_url = "https://ss.example.com"
webhooks = "registered"
shipment_id = { source = "custom_field_2" }

[ifs]
base_url = "https://ifs.example.com"
token_url = "https://ifs.example.com/auth/realms/acme1/protocol/openid-connect/token"
company = "10"
requests_per_second = 50
time_zone = "UTC"

[[ifs.targets]]
profile = "shipment_header"
find = ["shipment_id", "order_number"]

[carriers]
stamps_com = "USPS"

[orders]
mode = "write"
store_id = 100001
shipment_id_in = "custom_field_2"
sites = ["PUSH"]

[[align]]
profile = "warehouses"
mode = "write"
"""
JITTER_SECONDS = 5.0  # of a schedule
RATE = re.compile(r"rate\((\d+) (minute|hour)s?\)")
VISIBLE, HIDDEN = "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"
AGE, SERVER_ERROR = "ApproximateAgeOfOldestMessage", 500
Template = Mapping[str, Any]


class Station:
    """`broken` are functions whose every run ends in an error, `stopped` those that no schedule calls; `quota` are the
    places that the account has for all.
    """

    def __init__(self, template: Template) -> None:
        os.environ |= {"POWERTOOLS_METRICS_NAMESPACE": "alarms", "POWERTOOLS_SERVICE_NAME": "alarms"}
        self._resources: Mapping[str, Any] = template["Resources"]
        self.world = World(SEED, START)
        file = {"name": NAME, **tomllib.loads(FILE)}
        self.site: Site = self.world.add_site(Connection.model_validate(file))
        self.world.wire()
        self._also()
        self.quota = Quota(1000)
        self.world.share(self.quota)
        self.samples: list[Sample] = []
        self.broken: set[str] = set()
        self.stopped: set[str] = set()
        self._numbers = itertools.count(1)
        self._first_seen: dict[str, datetime] = {}
        self._random = Random(SEED)
        for function in self.world.functions.values():
            self._watch(function)
        for schedule in self._of_type("AWS::Scheduler::Schedule"):
            self._schedule(schedule)
        self._sample_queues()

    def _also(self) -> None:
        told: list[str] = []
        settings = DigestSettings(ledger_table=LEDGER, audit_table=AUDIT, topic="alarms", lambdas={})
        self.world.also(
            "digest",
            lambda r, s: digest.build(r, s, lambda _, text: told.append(text), lambda _terms, _day: 0.0, lambda: 1),
            settings,
        )
        secrets = {"webhook_secrets": {NAME: f"hook-{NAME}"}, "shipstation_secrets": {NAME: f"ss-{NAME}"}}
        register_settings = RegisterSettings(ledger_table=LEDGER, api_url="https://hooks.example.com", **secrets)
        self.world.also("register", register.build, register_settings)

    # --- what CloudWatch is told

    @contextmanager
    def telling(self) -> Iterator[None]:
        """While it runs: what the Lambdas send is kept instead of printed."""
        before = telemetry._send  # noqa: SLF001 # where every metric goes out
        telemetry._send = self._send  # type: ignore[assignment] # noqa: SLF001 # a method in its place
        try:
            yield
        finally:
            telemetry._send = before  # noqa: SLF001 # as above

    def _send(self, _unit: object, connection: str, metrics: Mapping[str, float]) -> None:
        task = self.world.clockwork.current
        assert task is not None, "a Lambda sends it"
        service = next(name for name, each in self.world.functions.items() if task.root in each.running)
        self.samples += [Sample(self.world.now(), name, connection, value, service) for name, value in metrics.items()]

    def _of_aws(self, metric: str, source: str, value: float = 1) -> None:
        self.samples.append(Sample(self.world.now(), metric, "", value, source))

    def _watch(self, function: Function) -> None:
        """What Lambda and API Gateway count of its runs. One without a place is none.
        https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
        """
        invoke = function.invoke

        def watched(event: Mapping[str, Any], on_end: Callable[..., None] = lambda _value, _fault: None) -> None:
            has_place = self.quota.taken < self.quota.places
            self._of_aws("Invocations" if has_place else "Throttles", function.name)

            def ended(value: Any, fault: BaseException | None) -> None:
                if has_place:
                    self._of_aws("Errors", function.name, fault is not None)  # of one that ends well a zero
                if function.name == "webhook" and (fault or value["statusCode"] >= SERVER_ERROR):
                    self._of_aws("5xx", function.name)
                on_end(value, fault)

            if function.name in self.broken:
                self.world.clockwork.after(1, lambda: ended(None, RuntimeError("a defect")))
            else:
                invoke(event, ended)

        function.invoke = watched  # type: ignore[method-assign] # seen by whoever calls it

    def _sample_queues(self) -> None:
        """SQS counts each minute. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/"""
        self.world.clockwork.after(MINUTE.total_seconds(), self._sample_queues)
        now, shipments = self.world.now(), self.site.shipments
        seen = {key: self._first_seen.get(key, now) for key in shipments.messages}
        self._first_seen = seen
        self._of_aws(AGE, shipments.name, max(((now - at).total_seconds() for at in seen.values()), default=0))
        for queue in self._dead():
            hidden = sum(m.hidden_until is not None and m.hidden_until > now for m in queue.messages.values())
            self._of_aws(HIDDEN, queue.name, hidden)
            self._of_aws(VISIBLE, queue.name, len(queue.messages) - hidden)

    def _dead(self) -> list[MemoryQueue]:
        return [*self.site.dead, self.site.dead_orders]

    # --- what runs

    def _schedule(self, schedule: Mapping[str, Any]) -> None:
        """At a rate, a little late each time; one that fails is not tried again, because the next one comes."""
        found = RATE.fullmatch(schedule["ScheduleExpression"])
        assert found is not None
        every = int(found[1]) * (MINUTE if found[2] == "minute" else HOUR)
        function = self._handler(schedule["Target"]["Arn"]["Fn::GetAtt"][0])
        event = json.loads(schedule["Target"].get("Input", "{}"))

        def tick() -> None:
            self.world.clockwork.after(every.total_seconds(), tick)
            if function not in self.stopped:
                late = self._random.uniform(0, JITTER_SECONDS)
                self.world.clockwork.after(late, lambda: self.world.functions[function].invoke(event))

        self.world.clockwork.after(self._random.uniform(0, MINUTE.total_seconds()), tick)

    def go_on(self, duration: timedelta) -> None:
        with self.telling():
            run(self.world, self.world.now() + duration)

    # --- what people and vendors do

    def number(self, letter: str) -> str:
        """Of an order that nobody has seen before."""
        return f"{letter}{next(self._numbers)}"

    def ship(self, number: str, *, carrier: str = "stamps_com", minutes: float = 5) -> int:
        """Packed in IFS, labelled in ShipStation, delivered in IFS an hour later: the number of the IFS record."""
        shipment = self.site.tenant.add_shipment([(number, "BOLT", 1)])
        order = self.site.account.add_order(number, items=[{"sku": "BOLT", "quantity": 1}])
        self.site.account.ship(order, carrier_code=carrier, at=self.world.now() - timedelta(minutes=minutes))
        self.world.clockwork.after(HOUR.total_seconds(), lambda: self.site.tenant.deliver(shipment))
        return shipment

    def order(self, number: str) -> int:
        """For ShipStation."""
        return self.site.tenant.add_shipment([(number, "BOLT", 1)], **{**RECEIVER, "Contract": "PUSH"})

    def ask(self, function: str, **event: Any) -> None:
        self.world.functions[function].invoke({"connection": NAME, "by": "kim", "note": "why", **event})

    def refuse_to_send(self) -> None:
        def refuse(step: str) -> None:
            if step == "queue send":
                raise Retryable(Reason.QUEUE_UNAVAILABLE, "SQS: ServiceUnavailable")

        self.world.on_step = refuse

    # --- which alarm sees what

    def alarms(self) -> dict[str, dict[str, Any]]:
        """By the name that a person reads."""
        kept = {n: r["Properties"] for n, r in self._resources.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
        return {re.sub(r"^Alarms|[0-9A-F]{8}$", "", name): properties for name, properties in kept.items()}

    def seen_by(self, alarm: Alarm) -> list[Sample]:
        sources, connection = self._sources(alarm), alarm.dimensions.get("connection", "")
        return [
            sample
            for sample in self.samples
            if sample.metric in alarm.metrics and sample.source in sources and sample.connection == connection
        ]

    def _sources(self, alarm: Alarm) -> set[str]:
        dimensions: Mapping[str, Any] = alarm.dimensions
        if "service" in dimensions:
            return {dimensions["service"]}
        if "FunctionName" in dimensions:
            return {self._handler(dimensions["FunctionName"]["Ref"])}
        if "ApiId" in dimensions:
            return {"webhook"}
        queue = dimensions["QueueName"]["Fn::GetAtt"][0]
        words = {"DeadNotifications": "dead-n-", "DeadShipments": "dead-s-", "OrdersFlowDead": "dead-o-", "Link": "s-"}
        return {f"{start}{NAME}" for word, start in words.items() if queue.startswith(word)}

    def _handler(self, function: str) -> str:
        return str(self._resources[function]["Properties"]["Handler"]).split(".")[-2]

    def _of_type(self, kind: str) -> list[Mapping[str, Any]]:
        return [each["Properties"] for each in self._resources.values() if each["Type"] == kind]


def rang(station: Station, spare: int) -> dict[str, list[datetime]]:
    """The evaluations in alarm of every alarm that was, once each schedule has run for the first time."""
    begin, end, found = START + 10 * MINUTE, station.world.now(), dict[str, list[datetime]]()
    for name, properties in station.alarms().items():
        alarm = Alarm(properties, spare)
        found[name] = [at for at, rings in alarm.rings(station.seen_by(alarm), begin, end) if rings]
    return {name: at for name, at in found.items() if at}
