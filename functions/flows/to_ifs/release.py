"""Brings back what is due: orders that wait, and attempts to repeat."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from functions.connections.connection import Connection
from functions.model.audit import Cause
from functions.model.messages import Work
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.tenant import Circuit

# Long enough for the queue and a consumer to come round; after it the order is due again if nothing was recorded.
CLAIM = timedelta(minutes=15)
SHARE_FOR_NEW = 0.5  # of the tenant's IFS rate is left to shipments that are news
PERIOD_SECONDS = 60
REQUESTS_AN_ORDER = 2.3  # a share of three searches, and a PATCH each for the values and for the date


class DueOrders(Protocol):
    def due(self, connection: ConnectionName, *, now: datetime, limit: int) -> list[tuple[OrderKey, datetime]]:
        """Orders whose next attempt is due with the instant they are due at, oldest first."""

    def claim(self, order: OrderKey, due_at: datetime, until: datetime) -> bool:
        """Move the next attempt from `due_at` to `until`; False when another run was faster or the order moved on."""


class WorkQueue(Protocol):
    def send(self, work: Iterable[Work]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""


def release(
    connection: Connection,
    *,
    due_orders: DueOrders,
    circuit: Circuit,
    queue: WorkQueue,
    now: datetime,
    correlation_id: str,
) -> int:
    """How many orders were sent on their way. At most what IFS takes in one period beside new shipments; while the
    circuit is open, one as a probe.
    """
    requests = connection.ifs.requests_per_second * PERIOD_SECONDS * (1 - SHARE_FOR_NEW)
    limit = 1 if circuit.is_open else max(1, int(requests / REQUESTS_AN_ORDER))
    cause = Cause(kind="release", correlation_id=correlation_id)
    claimed = [
        Work(order=order, cause=cause, attempt=str(int(due_at.timestamp() * 1000)), is_probe=circuit.is_open)
        for order, due_at in due_orders.due(connection.name, now=now, limit=limit)
        if due_orders.claim(order, due_at, now + CLAIM)
    ]
    queue.send(claimed)
    return len(claimed)
