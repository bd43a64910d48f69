"""Reads what ShipStation has to say and hands every row that is news to the shipments queue; moves the cursor last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from functions.connections import Connection
from functions.model.audit import Cause
from functions.model.cursors import Cursor, Reader, Reading, Stream
from functions.model.messages import Notification, Pointer, Work
from functions.model.shipment import ConnectionName, Shipment, ShipmentKey

Lane = Literal["webhook", "poll", "sweep", "backfill"]

RUN = timedelta(minutes=2)  # then the position is saved and the next run goes on
LEASE = RUN + timedelta(minutes=1)  # outlives any run, so that only a dead holder loses it
POINTERS_ONE_BY_ONE = 2  # more are answered by one look at the window
FUTURE = timedelta(minutes=10)  # a stamp further ahead than this does not drag the cursor along


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


@dataclass(frozen=True)
class Collection:
    """What a run works with. `now` is a UTC clock."""

    connection: Connection
    source: Source
    readers: Readers
    marks: Marks
    queue: WorkQueue
    now: Callable[[], datetime]
    holder: str


@dataclass
class Report:
    """What a run did; `held` means that another run holds the lease and was told to look again."""

    held: bool = False
    rows: int = 0
    news: int = 0
    unreadable: list[int] = field(default_factory=list)
    complete: bool = True


def collect(collection: Collection, rings: Sequence[Notification], correlation_id: str) -> Report:
    """One run: follow a few webhooks' pointers, or walk every stream. A fault raises once the position is saved."""
    started, name = collection.now(), collection.connection.name
    reader = collection.readers.acquire(name, collection.holder, now=started, until=started + LEASE)
    if reader is None:
        if rings:
            collection.readers.ring(name, started)
        return Report(held=True)
    run = _Run(collection, reader, Cause(kind="webhook" if rings else "poll", correlation_id=correlation_id), started)
    try:
        run.answer(_pointers(rings))
    finally:
        run.release()
    return run.report


def _pointers(rings: Sequence[Notification]) -> list[Pointer]:
    return list(dict.fromkeys(ring.pointer for ring in rings))


class _Run:
    def __init__(self, collection: Collection, reader: Reader, cause: Cause, started: datetime) -> None:
        self._with, self._reader, self._cause, self._started = collection, reader, cause, started
        self.report = Report()
        self._is_fenced = False

    def answer(self, pointers: Sequence[Pointer]) -> None:
        followable = all(pointer.kind != "anything" for pointer in pointers)
        if pointers and followable and len(pointers) <= POINTERS_ONE_BY_ONE:
            self._follow(pointers)
        else:
            self._walk_all("webhook" if pointers else "poll")
        looked_at = self._started
        while self._has_time() and (rang := self._with.readers.rang_at(self._with.connection.name)):
            if rang <= looked_at:
                break
            looked_at = self._with.now()
            self._walk_all("webhook")

    def release(self) -> None:
        self._save(self._reader.model_copy(update={"holder": "", "held_until": None}))

    def _follow(self, pointers: Sequence[Pointer]) -> None:
        for pointer in pointers:
            for reading in self._with.source.follow(pointer, "webhook"):
                self._hand_over(reading)

    def _walk_all(self, lane: Lane) -> None:
        for stream in Stream:
            if self._has_time():
                self._walk(stream, lane)

    def _walk(self, stream: Stream, lane: Lane) -> None:
        beginning = self._with.connection.go_live_at
        cursor = self._reader.cursors.get(stream, Cursor(head=beginning, settled=beginning))
        settles = cursor.head == cursor.settled or self._is_settling_due(cursor)
        reading = None
        for reading in self._with.source.walk(stream, cursor.settled if settles else cursor.head, lane):
            self._hand_over(reading)
            cursor = self._advanced(cursor, reading, settles=settles)
            if not self._keep(stream, cursor) or not self._has_time():
                break
        self.report.complete &= reading is None or reading.complete

    def _is_settling_due(self, cursor: Cursor) -> bool:
        return cursor.settled_at is None or self._with.now() - cursor.settled_at >= self._margin

    @property
    def _margin(self) -> timedelta:
        return timedelta(minutes=self._with.connection.shipstation.settle_minutes)

    def _advanced(self, cursor: Cursor, reading: Reading, *, settles: bool) -> Cursor:
        """Forwards only. A walk that began at `settled` has seen everything older than the margin behind it."""
        reached = min(reading.reached or cursor.head, self._with.now() + FUTURE)
        head = max(cursor.head, reached)
        settled = max(cursor.settled, reached - self._margin) if settles and reading.reached else cursor.settled
        settled_at = self._with.now() if settles and reading.complete else cursor.settled_at
        return Cursor(head=head, settled=settled, settled_at=settled_at)

    def _keep(self, stream: Stream, cursor: Cursor) -> bool:
        if cursor == self._reader.cursors.get(stream):
            return True
        return self._save(self._reader.model_copy(update={"cursors": {**self._reader.cursors, stream: cursor}}))

    def _save(self, reader: Reader) -> bool:
        """Nothing is read on once somebody else holds the lease."""
        self._reader = reader
        self._is_fenced = self._is_fenced or not self._with.readers.save(reader)
        return not self._is_fenced

    def _hand_over(self, reading: Reading) -> None:
        connection = self._with.connection
        recorded = self._with.marks.recorded(reading.shipments, connection.fingerprint)
        news = [shipment for shipment in reading.shipments if shipment.key not in recorded]
        self._with.queue.send(Work(order=s.order_key, cause=self._cause, shipment=s) for s in news)
        self.report.rows += len(reading.shipments)
        self.report.unreadable += reading.unreadable
        self.report.news += len(news)

    def _has_time(self) -> bool:
        return not self._is_fenced and self._with.now() - self._started < RUN
