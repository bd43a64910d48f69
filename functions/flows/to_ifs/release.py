"""Brings back what is due: orders that wait, and attempts to repeat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Permanent
from functions.model.audit import Cause
from functions.model.messages import DeliverOrder
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.tenant import Circuit

# Long enough for the queue and a consumer to come round; after it the order is due again if nothing was recorded.
CLAIM = timedelta(minutes=15)
EVER = timedelta(days=366)  # no next attempt is further away
SHARE_FOR_NEW = 0.5  # of the tenant's IFS rate is left to shipments that are new
PERIOD_SECONDS = 60
REQUESTS_AN_ORDER = 2.3  # a share of three searches, and a PATCH each for the values and for the date
PASSED_OVER = 50  # orders that cannot be claimed keep no other from being released


class DueOrders(Protocol):
    def due(self, connection: ConnectionName, *, now: datetime, limit: int) -> list[tuple[OrderKey, datetime]]:
        """Orders whose next attempt is due with the instant they are due at, oldest first."""

    def claim(self, order: OrderKey, due_at: datetime, until: datetime) -> bool:
        """Move the next attempt from `due_at` to `until`; False when another run was faster or the order moved on."""


class OrderQueue(Protocol):
    def send(self, orders: Iterable[DeliverOrder]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""


class ParkingLot(Protocol):
    def park(self, parked: Parked) -> None:
        """Kept once per subject."""


def orders_a_minute(connection: Connection, circuit: Circuit, now: datetime) -> int:
    """What IFS takes beside new shipments; while the circuit is open, one as a probe; before an instant that IFS named,
    none.
    """
    if circuit.seconds_held(now):
        return 0
    requests = connection.ifs.requests_per_second * PERIOD_SECONDS * (1 - SHARE_FOR_NEW)
    return 1 if circuit.is_open else max(1, int(requests / REQUESTS_AN_ORDER))


@dataclass(frozen=True)
class Released:
    """`oldest_due_seconds`: how long the order has been due that waited longest; 0 where none was."""

    orders: int
    passed_over: int
    oldest_due_seconds: float


@dataclass(frozen=True)
class Release:
    connection: Connection
    due_orders: DueOrders
    queue: OrderQueue
    parking: ParkingLot

    def run(self, circuit: Circuit, now: datetime, correlation_id: str) -> Released:
        """At most what IFS takes in one period beside new shipments; while the circuit is open, one as a probe; before
        an instant that IFS named, none. An order that cannot be read is parked and passed over.
        """
        limit = orders_a_minute(self.connection, circuit, now)
        due = self.due_orders.due(self.connection.name, now=now, limit=limit + PASSED_OVER)
        cause = Cause(kind="release", correlation_id=correlation_id)
        claimed: list[DeliverOrder] = []
        passed_over = 0
        for order, due_at in due:
            if len(claimed) >= limit:
                break
            try:
                if self.due_orders.claim(order, due_at, now + CLAIM):
                    attempt = str(int(due_at.timestamp() * 1000))
                    claimed.append(DeliverOrder(order=order, cause=cause, attempt=attempt, is_probe=circuit.is_open))
            except ConnectorError as fault:
                passed_over += 1
                self._park(order, fault, now)
        self.queue.send(claimed)
        oldest = (now - due[0][1]).total_seconds() if due else 0.0
        return Released(len(claimed), passed_over, oldest)

    def nobody_waits(self, now: datetime) -> bool:
        """Nor will anybody: no order has a next attempt."""
        return not self.due_orders.due(self.connection.name, now=now + EVER, limit=1)

    def _park(self, order: OrderKey, fault: ConnectorError, now: datetime) -> None:
        """A passing fault of the ledger is no reason to call anybody: the order stays due."""
        if isinstance(fault, Permanent):
            subject = f"order {order.digest[:16]}"
            self.parking.park(
                Parked(
                    connection=order.connection, subject=subject, reason=fault.reason, detail=order.reference, at=now
                )
            )
