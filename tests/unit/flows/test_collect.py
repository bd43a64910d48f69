from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import pytest

from functions.errors import Retryable
from functions.flows.collect import Collection, Lane, Report, collect
from functions.model.cursors import Reader, Reading, Stream
from functions.model.messages import Notification, Pointer, Work
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName, Shipment, ShipmentKey
from tests.unit.builders import NOON, a_connection, a_shipment

ACME = ConnectionName("acme")
DOWN = Retryable(Reason.SHIPSTATION_UNAVAILABLE, "503")


class Source:
    """Pages to serve per stream, then nothing; a fault stands for a page that failed."""

    def __init__(self, **pages: list[Reading | Exception]) -> None:
        self.pages = {Stream(name): list(readings) for name, readings in pages.items()}
        self.walks: list[tuple[Stream, datetime, Lane]] = []
        self.followed: list[Pointer] = []
        self.during: list[Callable[[], None]] = []

    def walk(self, stream: Stream, start: datetime, lane: Lane) -> Iterator[Reading]:
        self.walks.append((stream, start, lane))
        if self.during:
            self.during.pop(0)()
        for page in self.pages.pop(stream, []):
            if isinstance(page, Exception):
                raise page
            yield page

    def follow(self, pointer: Pointer, lane: Lane) -> Iterator[Reading]:
        self.followed.append(pointer)
        yield page(a_shipment(70 + len(self.followed)), reached=None)


class Readers:
    def __init__(self) -> None:
        self.reader = Reader(connection=ACME)
        self.rang: datetime | None = None
        self.busy = False

    def acquire(self, connection: ConnectionName, holder: str, *, now: datetime, until: datetime) -> Reader | None:
        if self.busy:
            return None
        self.reader = self.reader.model_copy(update={"fence": self.reader.fence + 1, "holder": holder})
        return self.reader

    def save(self, reader: Reader) -> bool:
        if reader.fence != self.reader.fence:
            return False
        self.reader = reader
        return True

    def ring(self, connection: ConnectionName, at: datetime) -> None:
        self.rang = at

    def rang_at(self, connection: ConnectionName) -> datetime | None:
        return self.rang


class Sink:
    def __init__(self) -> None:
        self.work: list[Work] = []
        self.known: set[ShipmentKey] = set()
        self.fault: Retryable | None = None

    def recorded(self, shipments: Sequence[Shipment], fingerprint: str) -> set[ShipmentKey]:
        return self.known

    def send(self, work: Iterable[Work]) -> None:
        if self.fault:
            raise self.fault
        self.work += work


class Setting:
    def __init__(self, source: Source) -> None:
        self.at = NOON + timedelta(hours=2)
        self.source, self.readers, self.sink = source, Readers(), Sink()

    def run(self, *rings: Notification) -> Report:
        parts = (a_connection(), self.source, self.readers, self.sink, self.sink, lambda: self.at, "me")
        return collect(Collection(*parts), rings, "c-1")

    def sent(self) -> list[int]:
        return [work.shipment.shipment_id for work in self.sink.work if work.shipment]


def page(*shipments: Shipment, reached: datetime | None, complete: bool = True) -> Reading:
    return Reading(shipments=shipments, reached=reached, complete=complete)


def ring(number: int = 1, kind: str = "shipments_batch") -> Notification:
    pointer = Pointer.model_validate({"kind": kind, "id": str(number)})
    return Notification(connection=ACME, event="SHIP_NOTIFY", pointer=pointer, received_at=NOON, correlation_id="c-1")


def test_a_first_run_starts_at_go_live_and_moves_the_cursor_last() -> None:
    setting = Setting(Source(labels_created=[page(a_shipment(1), reached=NOON)]))
    setting.run()
    assert {start for _, start, _ in setting.source.walks} == {a_connection().go_live_at}
    assert setting.sent() == [1]
    assert setting.readers.reader.cursors[Stream.LABELS_CREATED].head == NOON


def test_what_is_recorded_already_is_dropped() -> None:
    setting = Setting(Source(labels_created=[page(a_shipment(1), a_shipment(2), reached=NOON)]))
    setting.sink.known = {a_shipment(1).key}
    assert setting.run().news == 1
    assert setting.sent() == [2]


def test_the_cursor_stands_still_while_the_queue_refuses() -> None:
    setting = Setting(Source(labels_created=[page(a_shipment(1), reached=NOON)]))
    setting.sink.fault = DOWN
    with pytest.raises(Retryable):
        setting.run()
    assert setting.readers.reader.cursors == {}
    assert setting.readers.reader.holder == ""


def test_pages_before_a_fault_count() -> None:
    first = page(a_shipment(1), reached=NOON, complete=False)
    setting = Setting(Source(labels_created=[first, DOWN]))
    with pytest.raises(Retryable):
        setting.run()
    assert setting.readers.reader.cursors[Stream.LABELS_CREATED].head == NOON


def test_the_settle_pass_begins_behind_and_comes_once_per_margin() -> None:
    setting = Setting(Source(labels_created=[page(a_shipment(1), reached=NOON)]))
    setting.run()
    starts = []
    for minutes in (1, 9, 1):
        setting.at += timedelta(minutes=minutes)
        setting.source.walks.clear()
        setting.source.pages[Stream.LABELS_CREATED] = [page(reached=None)]
        setting.run()
        starts.append(NOON - setting.source.walks[0][1])
    assert starts == [timedelta(0), timedelta(minutes=10), timedelta(0)]


def test_a_stamp_from_the_future_does_not_drag_the_cursor_along() -> None:
    setting = Setting(Source(labels_created=[page(a_shipment(1), reached=NOON + timedelta(days=400))]))
    setting.run()
    assert setting.readers.reader.cursors[Stream.LABELS_CREATED].head == setting.at + timedelta(minutes=10)


def test_the_cursor_never_moves_backwards() -> None:
    setting = Setting(Source(labels_created=[page(a_shipment(2), reached=NOON)]))
    setting.run()
    setting.source.pages[Stream.LABELS_CREATED] = [page(a_shipment(1), reached=NOON - timedelta(hours=1))]
    setting.run()
    assert setting.readers.reader.cursors[Stream.LABELS_CREATED].head == NOON


def test_two_pointers_are_followed_and_more_are_one_walk() -> None:
    setting = Setting(Source())
    setting.run(ring(1), ring(2), ring(2))
    assert (len(setting.source.followed), setting.source.walks) == (2, [])
    setting.run(ring(1), ring(2), ring(3))
    assert (len(setting.source.followed), len(setting.source.walks)) == (2, len(Stream))


def test_a_ring_without_ids_is_a_look_at_the_window() -> None:
    setting = Setting(Source())
    setting.run(ring(kind="anything"))
    assert len(setting.source.walks) == len(Stream)


def test_who_does_not_get_the_lease_leaves_a_ring() -> None:
    setting = Setting(Source())
    setting.readers.busy = True
    assert setting.run(ring()).held
    assert setting.readers.rang == setting.at


def test_a_ring_during_the_walk_makes_the_holder_look_again() -> None:
    setting = Setting(Source())

    def rings() -> None:
        setting.at += timedelta(seconds=5)
        setting.readers.ring(ACME, setting.at)

    setting.source.during.append(rings)
    setting.run()
    assert len(setting.source.walks) == 2 * len(Stream)


def test_a_holder_that_was_overtaken_stops_and_stores_nothing() -> None:
    setting = Setting(Source(labels_created=[page(a_shipment(1), reached=NOON), page(a_shipment(2), reached=NOON)]))

    def overtaken() -> None:
        setting.readers.reader = setting.readers.reader.model_copy(update={"fence": 99, "holder": "other"})

    setting.source.during.append(overtaken)
    setting.run()
    assert setting.sent() == [1]
    assert (setting.readers.reader.holder, setting.readers.reader.cursors) == ("other", {})


def test_a_run_ends_in_time_and_the_next_goes_on() -> None:
    pages: list[Reading | Exception] = [
        page(a_shipment(n), reached=NOON + timedelta(minutes=n), complete=False) for n in (1, 2)
    ]
    setting = Setting(Source(labels_created=pages))
    clock = iter([setting.at] * 4)
    start = setting.at

    def tick() -> None:
        setting.at = next(clock, start) + timedelta(minutes=3)

    setting.source.during.append(tick)
    report = setting.run()
    assert (setting.sent(), report.complete) == ([1], False)
    assert setting.readers.reader.cursors[Stream.LABELS_CREATED].head == NOON + timedelta(minutes=1)
