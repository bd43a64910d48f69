"""Reads what ShipStation has to say and hands every row that is news to the shipments queue; moves the cursor last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal, Protocol

from functions.model.cursors import Reader, Reading, Stream
from functions.model.messages import Pointer, Work
from functions.model.shipment import ConnectionName, Shipment, ShipmentKey

Lane = Literal["webhook", "poll", "sweep", "backfill"]


class Source(Protocol):
    """ShipStation, read through the request budget. Raises Retryable or Permanent."""

    def walk(self, stream: Stream, start: datetime, lane: Lane) -> Iterator[Reading]:
        """Every row of the stream from `start` (inclusive) on, page by page, ascending."""

    def follow(self, pointer: Pointer, lane: Lane) -> Iterator[Reading]:
        """The rows one webhook points at; `reached` is None throughout."""


class Readers(Protocol):
    """The reading position and its lease."""

    def acquire(self, connection: ConnectionName, holder: str, *, now: datetime, until: datetime) -> Reader | None:
        """The position with a new fence, or None while somebody else holds the lease."""

    def save(self, reader: Reader) -> bool:
        """False when a newer holder has taken over: stop, nothing was stored."""

    def ring(self, connection: ConnectionName, at: datetime) -> None:
        """Note that a webhook came while another holder walks."""

    def rang_at(self, connection: ConnectionName) -> datetime | None: ...


class Marks(Protocol):
    def recorded(self, shipments: Sequence[Shipment], fingerprint: str) -> set[ShipmentKey]:
        """The shipments whose reading is recorded already, whatever its outcome."""


class WorkQueue(Protocol):
    def send(self, work: Iterable[Work]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""
