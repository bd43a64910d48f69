"""Every minute: what waits or is to be repeated goes back onto shipments.fifo, and what waits for its delivery is asked
for. A missed run only delays.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from functions.connections.connection import Connection
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.flows.to_ifs.recall import Recalling
from functions.flows.to_ifs.release import Release, Released, orders_a_minute
from functions.flows.to_ifs.watch import Watch, Watched
from functions.ledger.desks import DeskStore
from functions.ledger.key_expiries import KeyExpiryStore
from functions.ledger.orders import OrderStore
from functions.ledger.parked import ParkingStore
from functions.ledger.queues import FifoOrderQueue
from functions.ledger.tenants import TenantStore
from functions.model.desk import Desk
from functions.model.shipment import ConnectionName
from functions.model.tenant import Circuit
from functions.settings import ReleaseSettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.ifs_tenant import IfsConnections
from functions.wiring.key_expiries import KeyExpiries
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import count, logger, of_the_stack, seconds

TIME_FOR_A_PORTION_MS = 20_000
LEAST_SHARE = 4  # of what is released in a minute: a backlog must not keep every delivery waiting
NOBODY_CAME = timedelta(hours=24)  # since a person was asked
HOURLY = 17  # minute; no other schedule's
LATE_SECONDS = 300  # what is due waits for a turn or two of this Lambda; only more than that is a metric


def build(runtime: Runtime, settings: ReleaseSettings) -> Handler:
    ledger, ifs = runtime.table(settings.ledger_table), IfsConnections(runtime, settings.ifs_secrets)
    orders, tenants, parking, desks = OrderStore(ledger), TenantStore(ledger), ParkingStore(ledger), DeskStore(ledger)
    expiries = KeyExpiries(runtime.secrets, KeyExpiryStore(ledger), runtime.now)

    @cache
    def queue(name: ConnectionName) -> FifoOrderQueue:
        return FifoOrderQueue(runtime.queue(settings.shipments[name]))

    def watch(connection: Connection, circuit: Circuit, limit: int, released: int, context: Context) -> Watched:
        breaker, has_time = partial(Breaker, tenants, connection.name, runtime.now), partial(_has_time, context)
        flow = Watch(connection, orders, tenants, breaker, ifs.open, queue(connection.name), has_time)
        if not circuit.is_open:
            most = max(limit // LEAST_SHARE, limit - released)
            return flow.run(runtime.now(), context.aws_request_id, most=most)
        if not released:
            flow.probe(runtime.now(), context.aws_request_id)
        return Watched()

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        connection = runtime.connections[ConnectionName(event["connection"])]
        circuit = tenants.circuit(connection.name)
        flow = Release(connection, orders, queue(connection.name), parking)
        released = flow.run(circuit, runtime.now(), context.aws_request_id)
        circuit = circuit if released.orders else _closed_where_idle(circuit, flow, tenants, runtime.now())
        limit = orders_a_minute(connection, circuit, runtime.now())
        desk = desks.load(connection.name)
        recalling = Recalling(orders, desks, queue(connection.name), runtime.now(), context.aws_request_id)
        recalled = _recalled(recalling, circuit, desk, limit - released.orders)
        watched = watch(connection, circuit, limit, released.orders + recalled, context)
        _tell(connection.name, released, watched, recalled=recalled, circuit=circuit, context=context)
        count(connection.name, IfsCircuitOpen=int(circuit.is_open))
        of_the_stack(PauseForgotten=sum(pause.is_forgotten(runtime.now()) for pause in desk.pauses))
        if runtime.now().minute == HOURLY:
            expiries.note(connection.name, "ifs", settings.ifs_secrets[connection.name], ifs.known_by(connection.name))
            of_the_stack(AttentionOverdue=orders.overdue(connection.name, runtime.now() - NOBODY_CAME))
        return {"released": released.orders + recalled + watched.orders}

    return handle


def _closed_where_idle(circuit: Circuit, flow: Release, tenants: TenantStore, now: datetime) -> Circuit:
    """Only a write could tell that writes are served. Where nobody has one to send, nothing is held back either."""
    if not circuit.is_open_for_writes_alone or not flow.nobody_waits(now):
        return circuit
    closed = circuit.untried()
    return closed if tenants.save_circuit(closed) else circuit


def _recalled(recalling: Recalling, circuit: Circuit, desk: Desk, limit: int) -> int:
    """Also while IFS serves nobody, one as a probe: where all that waits has rested, nothing else is due. Every other
    minute: what only waits for its delivery may be the one that tells.
    """
    if circuit.is_open and recalling.now.minute % 2:
        return 0
    return replace(recalling, is_probe=circuit.is_open).run(desk, limit)


def _tell(
    name: ConnectionName, released: Released, watched: Watched, *, recalled: int, circuit: Circuit, context: Context
) -> None:
    logger.info(
        "released",
        connection=name,
        orders=released.orders,
        recalled=recalled,
        passed_over=released.passed_over,
        oldest_due_seconds=int(released.oldest_due_seconds),
        records_watched=watched.records,
        orders_moved=watched.orders,
        circuit=circuit.reason if circuit.is_open else None,
        correlation_id=context.aws_request_id,
    )
    if released.oldest_due_seconds > LATE_SECONDS:
        seconds(name, OldestDue=released.oldest_due_seconds)


def _has_time(context: Context) -> bool:
    return context.get_remaining_time_in_millis() > TIME_FOR_A_PORTION_MS


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ReleaseSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
