"""Every hour: how many hear the alarms; the message of the day before, once its morning has come, and the alarm of keys
that end; the ledger remembers that it was sent. A run that fails is repeated by the next one, and may tell twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import boto3
from botocore.config import Config

from functions.connections.connection import Connection
from functions.flows.operations.digest import Compared, DigestSources, day_due, digest
from functions.flows.operations.key_alarm import key_alarms
from functions.ledger.costs import CloudWatch, Term, terms
from functions.ledger.desks import DeskStore
from functions.ledger.digests import DigestStore, Sent
from functions.ledger.key_expiries import KeyExpiryStore
from functions.ledger.orders import OrderStore
from functions.ledger.positions import PositionStore
from functions.ledger.reconciles import ReconcileStore
from functions.ledger.registrations import RegistrationStore
from functions.ledger.tenants import TenantStore
from functions.ledger.topics import SnsTopic
from functions.model.cursors import Span
from functions.model.shipment import ConnectionName
from functions.model.tenant import Fitness
from functions.settings import DigestSettings
from functions.wiring.aws import SDK, AwsRuntime
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import logger, of_the_stack

Tell = Callable[[str, str], None]  # subject, text
Usd = Callable[[Sequence[Term], Span], float | None]  # None: not known
Listeners = Callable[[], int | None]  # likewise

# Of a CloudWatch that does not answer: no message is late for it.
BRIEF = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})


def build(runtime: Runtime, settings: DigestSettings, tell: Tell, usd: Usd, listeners: Listeners) -> Handler:
    ledger = runtime.table(settings.ledger_table)
    store, orders, desks = DigestStore(ledger), OrderStore(ledger), DeskStore(ledger)
    tenants, compared = TenantStore(ledger), partial(_comparison, ReconcileStore(ledger))

    def fitness(connection: Connection) -> Fitness | None:
        return tenants.fitness(connection.name, connection.delivery_place)

    reading, registration = PositionStore(ledger).peek, RegistrationStore(ledger).load
    keys = KeyExpiryStore(ledger).load
    cost = partial(usd, terms(settings.lambdas, settings.ledger_table, settings.audit_table))
    sources = DigestSources(
        orders, orders, desks.load, compared, reading, tenants.circuit, fitness, registration, keys, cost
    )

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        del event
        connections = [runtime.connections[name] for name in sorted(runtime.connections)]
        day, last, heard_by = day_due(connections, runtime.now()), store.last(), listeners()
        if last is not None and day <= last.day:
            if heard_by != last.listeners:
                store.save(last.heard_by(heard_by))
            return {"sent": False}
        found = digest(connections, sources, day, runtime.now())
        before = last.rung if last else {}
        rung = key_alarms(connections, keys, before, runtime.now())
        tell(found.subject, found.text)
        of_the_stack(KeysExpire=sum(before.get(key) != alarm for key, alarm in rung.items()))
        store.save(Sent(day=day, rung=rung, listeners=heard_by))
        logger.info("digest_sent", day=str(day), asks=found.asks, correlation_id=context.aws_request_id)
        return {"sent": True}

    return handle


def _comparison(store: ReconcileStore, name: ConnectionName, window: Span) -> Compared | None:
    run = store.of_window(name, window)
    if run is None:
        return None
    found = run.totals
    return Compared(
        shipments=found.shipments,
        equal=found.count("equal"),
        explained=found.count("explained"),
        unexplained=found.unexplained,
    )


@cache
def _wired() -> Handler:
    settings = DigestSettings.from_env(os.environ)
    topic = SnsTopic(boto3.client("sns", config=SDK), settings.topic)
    usd = CloudWatch(boto3.client("cloudwatch", config=BRIEF)).usd
    return build(AwsRuntime(), settings, topic.tell, usd, topic.listeners)


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
