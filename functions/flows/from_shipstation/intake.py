"""What is done with a page from ShipStation: what is news goes to the queue, what nobody can read is parked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.connections.connection import Connection
from functions.model.audit import Cause
from functions.model.cursors import Hole, Reading, Stream
from functions.model.facts import OrderFacts
from functions.model.messages import Admission, Work
from functions.model.outcomes import Reason
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName, OrderKey, Shipment


class Marks(Protocol):
    def news(
        self, shipments: Sequence[Shipment], fingerprint: Callable[[Shipment], str], *, lifts: bool = False
    ) -> list[Shipment]:
        """Those whose reading is not recorded yet, whatever its outcome; `fingerprint` names where one is delivered.
        `lifts`: what was skipped is to be judged anew.
        """

    def holds(self, orders: Mapping[int, OrderKey]) -> set[int]:
        """The ShipStation order ids of which the ledger holds a shipment under the given key."""


class Facts(Protocol):
    def load(self, connection: ConnectionName, order_ids: Collection[int]) -> dict[int, OrderFacts]: ...

    def save(self, facts: OrderFacts) -> None:
        """An older reading never replaces a newer one."""


class WorkQueue(Protocol):
    def send(self, work: Iterable[Work]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""


class ParkingLot(Protocol):
    def park(self, parked: Parked) -> None:
        """Kept once per subject."""


@dataclass(frozen=True)
class Intake:
    """`now` is a UTC clock."""

    connection: Connection
    marks: Marks
    facts: Facts
    queue: WorkQueue
    parking: ParkingLot
    now: Callable[[], datetime]

    def take(self, stream: Stream, reading: Reading, cause: Cause, admission: Admission | None = None) -> int:
        """How many shipments were news. Everything is sent or recorded when this returns."""
        news = self.marks.news(reading.shipments, self._fingerprint, lifts=admission == "named")
        self.queue.send(Work(order=s.order_key, cause=cause, shipment=s, admission=admission) for s in news)
        for number in reading.unreadable:
            self.park(f"{stream} {number or 'without an id'}", Reason.UNREADABLE_ROW)
        for hole in reading.holes:
            self.park(_subject(hole), Reason.POISON_ROW, _place(hole))
        return len(news)

    def park(self, subject: str, reason: Reason, detail: str = "") -> None:
        name = self.connection.name
        self.parking.park(Parked(connection=name, subject=subject, reason=reason, detail=detail, at=self.now()))

    def _fingerprint(self, shipment: Shipment) -> str:
        return self.connection.at_store(shipment.store_id).fingerprint


def _subject(hole: Hole) -> str:
    return f"{hole.stream} after {hole.after:%Y-%m-%dT%H:%M:%SZ}"


def _place(hole: Hole) -> str:
    until = f"{hole.before:%Y-%m-%dT%H:%M:%SZ}" if hole.before else "the end"
    return f"one row between {hole.after:%Y-%m-%dT%H:%M:%SZ} and {until}"
