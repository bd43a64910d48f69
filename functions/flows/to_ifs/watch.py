"""Asks for the records that only wait for their delivery, many at once; an order is looked at when one has moved.

    age of the waiting   10 min ──── each look an eighth later than the last ──── a day ──── every three hours
    the tenant           asked every ten minutes, every hour where hardly a delivery was ever found at that time

What has not moved writes nothing: who is due follows from when the waiting began and when the tenant was asked last.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Retryable, Scope
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.model.audit import Cause
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Reason
from functions.model.records import Place, Record, RecordKey
from functions.model.shipment import ConnectionName
from functions.model.watch import Rhythm, Waiting

FIRST = timedelta(minutes=10)
GROWTH = 1.125
LONGEST = timedelta(hours=3)
SPACING = timedelta(minutes=10)
QUIET_SPACING = timedelta(hours=1)
WHOLE_LOOK = timedelta(hours=6)  # lines may have moved, and patience ends
VANISHED = 2  # records that are gone at once are no coincidence


def _ages() -> Iterator[float]:
    age = FIRST.total_seconds()
    while age * (GROWTH - 1) < LONGEST.total_seconds():
        yield age
        age *= GROWTH


AGES = tuple(_ages())


class WaitingOrders(Protocol):
    def waiting(self, connection: ConnectionName) -> Iterable[Waiting]:
        """Orders that only wait for a delivery, the longest first. Eventually consistent."""


class Rhythms(Protocol):
    def rhythm(self, connection: ConnectionName) -> Rhythm: ...

    def save_rhythm(self, rhythm: Rhythm) -> bool:
        """False when another run was faster."""


class OrderQueue(Protocol):
    def send(self, orders: Iterable[DeliverOrder]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""


class Search(Protocol):
    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]:
        """Fresh readings, batched; records that no longer exist are left out. Raises Retryable or Permanent."""


@dataclass(frozen=True)
class Watched:
    """How many records were asked for, and how many orders are looked at for it."""

    records: int = 0
    orders: int = 0


@dataclass(frozen=True)
class _Answer:
    """What IFS showed, and of which records it showed nothing because it failed."""

    found: Mapping[RecordKey, Record]
    failed: frozenset[RecordKey] = frozenset()

    @property
    def delivered(self) -> int:
        return sum(record.is_delivered for record in self.found.values())

    def with_more(self, more: _Answer) -> _Answer:
        return _Answer({**self.found, **more.found}, self.failed | more.failed)


@dataclass(frozen=True)
class Watch:
    """`breaker` and `ifs` are asked for only where there is something to ask IFS for."""

    connection: Connection
    orders: WaitingOrders
    rhythms: Rhythms
    breaker: Callable[[], Breaker]
    ifs: Callable[[Connection], Search]
    queue: OrderQueue

    def run(self, now: datetime, correlation_id: str, *, is_probe: bool = False) -> Watched:
        """A probe asks for one record, whenever it was asked for last: it tells whether IFS serves again."""
        rhythm = self.rhythms.rhythm(self.connection.name)
        if is_probe:
            self._probe()
            return Watched()
        due = self._due(rhythm, now)
        breaker = self.breaker() if due else None
        if breaker is None or breaker.refusal() is not None:
            return Watched()
        keys = list(dict.fromkeys(key for each in due for key in each.records))
        answer = self._asked(keys, breaker)
        moved = [each for each in due if self._has_moved(each, answer, rhythm.looked_at, now)]
        self._send(moved, now, correlation_id)
        self.rhythms.save_rhythm(rhythm.looked(now, answer.delivered))
        return Watched(len(keys), len(moved))

    def _due(self, rhythm: Rhythm, now: datetime) -> list[Waiting]:
        """Whose turn it is, where it is the tenant's turn."""
        last, spacing = rhythm.looked_at, QUIET_SPACING if rhythm.is_quiet(now) else SPACING
        if last is not None and now - last < spacing:
            return []
        return [each for each in self.orders.waiting(self.connection.name) if is_due(each.since, last, now)]

    def _probe(self) -> None:
        waiting = next(iter(self.orders.waiting(self.connection.name)), None)
        breaker = self.breaker()
        if waiting is not None and breaker.refusal(is_probe=True) is None:
            self._asked(waiting.records[:1], breaker)

    def _send(self, moved: Iterable[Waiting], now: datetime, correlation_id: str) -> None:
        cause = Cause(kind="release", correlation_id=correlation_id)
        attempt = f"watch{int(now.timestamp() * 1000)}"
        self.queue.send(DeliverOrder(order=each.order, cause=cause, attempt=attempt) for each in moved)

    def _has_moved(self, each: Waiting, answer: _Answer, last: datetime | None, now: datetime) -> bool:
        """Delivered, cancelled, gone, or to be looked at as a whole. What could not be read waits for the next look,
        unless it alone could not.
        """
        records = [answer.found.get(key) for key in each.records if key not in answer.failed]
        is_alone = bool(answer.found) and len(records) < len(each.records)
        has_changed = any(record is None or record.is_delivered or record.is_cancelled for record in records)
        return has_changed or is_alone or _is_whole(each.since, last, now)

    def _asked(self, keys: Sequence[RecordKey], breaker: Breaker) -> _Answer:
        """A record at a place that the file names no more is not asked for, and not shown."""
        answer = _Answer({})
        for place, own in _by_place(keys).items():
            view = self.connection.delivering_at(place)
            if view is not None:
                answer = answer.with_more(_heard(self._read(view, own, breaker), own, breaker))
        return answer

    def _read(self, view: Connection, keys: Sequence[RecordKey], breaker: Breaker) -> _Answer:
        """What fails for all may fail for one: halved, until that is known. Where two in a row fail, IFS does."""
        try:
            return _Answer(self.ifs(view).read(keys))
        except ConnectorError as fault:
            if len(keys) == 1 or fault.scope is not Scope.UNCLEAR:
                breaker.failed(fault, "search", f"{keys[0]}")
                return _Answer({}, frozenset(keys))
        middle = len(keys) // 2
        first = self._read(view, keys[:middle], breaker)
        if len(first.failed) == middle >= VANISHED:
            return _Answer({}, frozenset(keys))
        return first.with_more(self._read(view, keys[middle:], breaker))


def is_due(since: datetime, last: datetime | None, now: datetime) -> bool:
    """Whether a look at what waits since then falls between the last one of the tenant and now."""
    age = (now - since).total_seconds()
    before = max(0.0, (last - since).total_seconds()) if last is not None else 0.0
    position = bisect_right(AGES, before)
    if position < len(AGES):
        return AGES[position] <= age
    longest = LONGEST.total_seconds()
    return age // longest > before // longest


def _is_whole(since: datetime, last: datetime | None, now: datetime) -> bool:
    before = max(timedelta(0), last - since) if last is not None else timedelta(0)
    return (now - since) // WHOLE_LOOK > before // WHOLE_LOOK


def _by_place(keys: Iterable[RecordKey]) -> dict[Place, list[RecordKey]]:
    grouped: dict[Place, list[RecordKey]] = {}
    for key in keys:
        grouped.setdefault(key.place, []).append(key)
    return grouped


def _heard(answer: _Answer, keys: Sequence[RecordKey], breaker: Breaker) -> _Answer:
    """Records that are all gone at once are hidden by the tenant."""
    if answer.found:
        breaker.served("search")
        breaker.served("seen")
    elif len(keys) >= VANISHED and not answer.failed:
        text = "no record that waits for its delivery is shown any more"
        breaker.failed(Retryable(Reason.RECORDS_VANISHED, text, scope=Scope.TENANT), "search", "")
        return _Answer({}, frozenset(keys))
    return answer
