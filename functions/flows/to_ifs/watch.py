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
from functions.errors import ConnectorError, Scope
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.flows.to_ifs.release import OrderQueue
from functions.model.audit import Cause
from functions.model.clocks import newest
from functions.model.messages import DeliverOrder
from functions.model.records import Place, Record, RecordKey
from functions.model.shipment import ConnectionName
from functions.model.watch import Rhythm, Waiting

# In paces: the file's `patience.first_seconds`, a minute unless it says otherwise.
FIRST = 10.0
GROWTH = 1.125
LONGEST = 180.0
# Between portions: a tenant that delivers nothing at this hour is asked less often.
SPACING, QUIET_SPACING = 10.0, 60.0
WHOLE_LOOK = 360.0  # lines may have moved, and patience ends
VANISHED = 2  # orders whose records are gone at once are no coincidence
PORTION = 50  # orders: one or two requests


def _ages() -> Iterator[float]:
    age = FIRST
    while age * (GROWTH - 1) < LONGEST:
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


class Search(Protocol):
    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]:
        """Fresh readings, batched; records that no longer exist are left out. Raises Retryable or Permanent."""


@dataclass(frozen=True)
class Watched:
    """How many records were asked for, and how many orders are looked at for it."""

    records: int = 0
    orders: int = 0

    def and_more(self, records: int, orders: int) -> Watched:
        return Watched(self.records + records, self.orders + orders)


@dataclass(frozen=True)
class _Answer:
    """What IFS showed, what it does not have, and of which records it showed nothing because it failed."""

    found: Mapping[RecordKey, Record]
    missing: frozenset[RecordKey] = frozenset()
    failed: frozenset[RecordKey] = frozenset()

    @property
    def delivered(self) -> int:
        return sum(record.is_delivered for record in self.found.values())

    @property
    def is_known(self) -> bool:
        """Whether it says anything; a record at a place that nobody asks is known to be gone."""
        return bool(self.found or self.missing or not self.failed)

    def with_more(self, more: _Answer) -> _Answer:
        return _Answer({**self.found, **more.found}, self.missing | more.missing, self.failed | more.failed)


@dataclass(frozen=True)
class Watch:
    """`breaker` and `ifs` are asked for only where there is something to ask IFS for. `has_time` says whether another
    portion may be begun; what is left then is asked for by the next run.
    """

    connection: Connection
    orders: WaitingOrders
    rhythms: Rhythms
    breaker: Callable[[], Breaker]
    ifs: Callable[[Connection], Search]
    queue: OrderQueue
    has_time: Callable[[], bool]

    def run(self, now: datetime, correlation_id: str, *, most: int) -> Watched:
        """About `most` orders are looked at: what else is due beside them keeps its share of what IFS takes."""
        rhythm = self._rhythm(now)
        at = rhythm.begun_at or now
        due = self._due(rhythm, at)
        if due and (breaker := self.breaker()).refusal() is None:
            return self._look(due, rhythm, at, breaker=breaker, correlation_id=correlation_id, most=most)
        if not due and rhythm.begun_at is not None:  # who was left waits no more
            self.rhythms.save_rhythm(rhythm.looked(at))
        return Watched()

    def _look(
        self, due: Sequence[Waiting], before: Rhythm, at: datetime, *, breaker: Breaker, correlation_id: str, most: int
    ) -> Watched:
        rhythm, watched = before, Watched()
        for start in range(0, len(due), PORTION):
            portion = due[start : start + PORTION]
            answer = self._asked(portion, breaker) if watched.orders < most and self.has_time() else None
            # What was not answered is not behind us: the next run begins with this portion.
            if answer is None or not answer.is_known:
                break
            moved = _moved(portion, answer, before.looked_at, at, self._pace)
            self.queue.send(_look_at(each, at, correlation_id) for each in moved)
            watched = watched.and_more(len(_keys(portion)), len(moved))
            rhythm = rhythm.finding(answer.delivered, at).paused(at, portion[-1].place_in_line)
        else:
            rhythm = rhythm.looked(at)
        if rhythm != before:
            self.rhythms.save_rhythm(rhythm)
        return watched

    def probe(self, now: datetime, correlation_id: str) -> None:
        """Asks for one record, each minute for another one: it tells whether IFS serves again. Where it has moved, its
        order is sent: only a write tells whether writes are served.
        """
        waiting = list(self.orders.waiting(self.connection.name)) if self.connection.mode != "off" else []
        breaker = self.breaker() if waiting else None
        if breaker is not None and breaker.refusal(is_probe=True) is None:
            # One record may be the only one that fails.
            each = waiting[int(now.timestamp() // 60) % len(waiting)]
            answer = self._asked([each], breaker)
            if answer.is_known and _has_moved(each, answer):
                self.queue.send([_look_at(each, now, correlation_id, is_probe=True)])

    @property
    def _pace(self) -> timedelta:
        return timedelta(seconds=self.connection.patience.first_seconds)

    def _rhythm(self, now: datetime) -> Rhythm:
        """A clock that was ahead must not keep us from looking."""
        rhythm = self.rhythms.rhythm(self.connection.name)
        latest = max(at for at in (now, rhythm.looked_at, rhythm.begun_at) if at is not None)
        return rhythm.forgotten() if latest > newest(now) else rhythm

    def _due(self, rhythm: Rhythm, now: datetime) -> list[Waiting]:
        """Whose turn it is, where it is the tenant's turn, or its last one was not finished."""
        last, spacing = rhythm.looked_at, self._pace * (QUIET_SPACING if rhythm.is_quiet(now) else SPACING)
        is_early = rhythm.begun_at is None and last is not None and now - last < spacing
        if is_early or self.connection.mode == "off":
            return []
        waiting = sorted(self.orders.waiting(self.connection.name), key=lambda each: each.place_in_line)
        return [
            each for each in waiting if each.place_in_line > rhythm.after and _has_its_turn(each, last, now, self._pace)
        ]

    def _asked(self, portion: Sequence[Waiting], breaker: Breaker) -> _Answer:
        """A record at a place that the file names no more is not asked for, and not shown."""
        answer = _Answer({})
        for place, own in _by_place(_keys(portion)).items():
            view = self.connection.delivering_at(place)
            if view is not None:
                answer = answer.with_more(self._read(view, own, breaker))
        if answer.found or answer.missing:
            breaker.served("search")
        if answer.found:
            breaker.served("seen")
        return answer

    def _read(self, view: Connection, keys: Sequence[RecordKey], breaker: Breaker) -> _Answer:
        """What fails for all may fail for one: halved, until that is known. Where the last one fails too, IFS does."""
        try:
            found = self.ifs(view).read(keys)
            return _Answer(found, missing=frozenset(keys) - found.keys())
        except ConnectorError as fault:
            if len(keys) == 1 or fault.scope is not Scope.UNCLEAR:
                breaker.failed(fault, "search", f"{keys[0]}")
                return _Answer({}, failed=frozenset(keys))
        middle = len(keys) // 2
        first, second = keys[:middle], keys[middle:]
        answer = self._read(view, first, breaker)
        if not answer.found and len(second) > 1:
            last = self._read(view, second[-1:], breaker)
            if last.failed:
                return _Answer({}, failed=frozenset(keys))
        return answer.with_more(self._read(view, second, breaker))


def _moved(
    portion: Sequence[Waiting], answer: _Answer, last: datetime | None, now: datetime, pace: timedelta
) -> list[Waiting]:
    """Where none of several orders' records is shown, two are looked at: a delivery knows whether the tenant hides
    them.
    """
    if answer.missing and not answer.found:
        return list(portion[:VANISHED])
    return [each for each in portion if _has_moved(each, answer) or _is_whole(each.since, last, now, pace)]


def _has_moved(each: Waiting, answer: _Answer) -> bool:
    """Delivered, cancelled or gone. What could not be read, though others could, is looked at alone."""
    records = (answer.found.get(key) for key in each.records)
    return any(record is None or record.is_delivered or record.is_cancelled for record in records)


def _look_at(each: Waiting, at: datetime, correlation_id: str, *, is_probe: bool = False) -> DeliverOrder:
    cause = Cause(kind="release", correlation_id=correlation_id)
    attempt = f"watch{int(at.timestamp() * 1000)}"
    return DeliverOrder(order=each.order, cause=cause, attempt=attempt, is_probe=is_probe)


def _keys(portion: Iterable[Waiting]) -> list[RecordKey]:
    return list(dict.fromkeys(key for each in portion for key in each.records))


def is_due(since: datetime, last: datetime | None, now: datetime, pace: timedelta) -> bool:
    """Whether a look at what waits since then falls between the last one of the tenant and now."""
    before, age = _ages_of(since, last, now, pace)
    position = bisect_right(AGES, before)
    if position < len(AGES):
        return AGES[position] <= age
    return age // LONGEST > before // LONGEST


def _has_its_turn(each: Waiting, last: datetime | None, now: datetime, pace: timedelta) -> bool:
    return is_due(each.since, last, now, pace) or _is_whole(each.since, last, now, pace)


def _is_whole(since: datetime, last: datetime | None, now: datetime, pace: timedelta) -> bool:
    before, age = _ages_of(since, last, now, pace)
    return age // WHOLE_LOOK > before // WHOLE_LOOK


def _ages_of(since: datetime, last: datetime | None, now: datetime, pace: timedelta) -> tuple[float, float]:
    """At the last look of the tenant and now, in paces."""
    return max(0.0, (last - since) / pace) if last is not None else 0.0, (now - since) / pace


def _by_place(keys: Iterable[RecordKey]) -> dict[Place, list[RecordKey]]:
    grouped: dict[Place, list[RecordKey]] = {}
    for key in keys:
        grouped.setdefault(key.place, []).append(key)
    return grouped
