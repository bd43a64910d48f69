from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Permanent, Retryable, Scope
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.flows.to_ifs.watch import AGES, Watch, Watched, is_due
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Reason
from functions.model.records import Place, Record, RecordKey
from functions.model.shipment import ConnectionName
from functions.model.tenant import Circuit
from functions.model.watch import HOURS, KNOWN, Rhythm, Waiting
from tests.equipment.builders import NOON, a_connection, a_key, a_record, a_shipment
from tests.equipment.delivery_fakes import FakeCircuits

ACME = ConnectionName("acme")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SLOW = Retryable(Reason.IFS_UNAVAILABLE, "GET ShipmentSet: 504", scope=Scope.UNCLEAR)
AWAY = a_key("9", Place("ifs.example.com/ShipmentHandling/OtherSet"))
DOWN = Retryable(Reason.IFS_UNAVAILABLE, "GET ShipmentSet: 503", scope=Scope.TENANT)


class Desk:
    """The rooms that the watch works with. `faults` come one by one, `breaks` with every list that holds the record."""

    def __init__(self, *records: Record, since: datetime = NOON - 11 * MINUTE) -> None:
        self.records = {record.key: record for record in records}
        self.orders = [
            Waiting(order=a_shipment(reference=f"P{key.id}").order_key, since=since, records=(key,))
            for key in self.records
        ]
        self.known = Rhythm(connection=ACME)
        self.circuits = FakeCircuits()
        self.reads: list[list[str]] = []
        self.faults: list[ConnectorError] = []
        self.breaks: set[RecordKey] = set()
        self.has_time = True
        self.sent: list[DeliverOrder] = []
        self.asked = 0
        self.connection = a_connection()

    def waiting(self, connection: ConnectionName) -> Iterable[Waiting]:
        self.asked += 1
        return sorted(self.orders, key=lambda each: each.since)

    def rhythm(self, connection: ConnectionName) -> Rhythm:
        return self.known

    def save_rhythm(self, rhythm: Rhythm) -> bool:
        self.known = rhythm.stored()
        return True

    def send(self, orders: Iterable[DeliverOrder]) -> None:
        self.sent += orders

    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]:
        self.reads.append([key.id for key in keys])
        if self.faults:
            raise self.faults.pop(0)
        if self.breaks.intersection(keys):
            raise SLOW
        return {key: self.records[key] for key in keys if key in self.records}

    def run(self, now: datetime = NOON, most: int = 65) -> Watched:
        return self.watch(now).run(now, "c-1", most=most)

    def minutes(self, count: int) -> None:
        """As the handler calls it: while the circuit is open, a probe a minute."""
        for now in (NOON + number * MINUTE for number in range(count)):
            if self.circuit.is_open:
                self.watch(now).probe(now, "c-1")
            else:
                self.run(now)

    def watch(self, now: datetime) -> Watch:
        def opened(_: Connection) -> Desk:
            return self

        def breaker() -> Breaker:
            return Breaker(self.circuits, ACME, lambda: now)

        return Watch(self.connection, self, self, breaker, opened, self, lambda: self.has_time)

    @property
    def looked_at(self) -> list[str]:
        return [message.order.reference for message in self.sent]

    @property
    def circuit(self) -> Circuit:
        return self.circuits.circuit(ACME)


def undelivered(*ids: str) -> list[Record]:
    return [a_record(each) for each in ids]


def test_many_records_are_asked_for_at_once_and_only_orders_of_those_that_moved_are_looked_at() -> None:
    desk = Desk(*undelivered("1", "2"), a_record("3", is_delivered=True), a_record("4", is_cancelled=True))
    assert desk.run() == Watched(records=4, orders=2)
    assert ([sorted(keys) for keys in desk.reads], sorted(desk.looked_at)) == ([["1", "2", "3", "4"]], ["P3", "P4"])
    assert {(message.cause.kind, message.record) for message in desk.sent} == {("release", None)}
    assert (desk.known.looked_at, sum(desk.known.deliveries)) == (NOON, 1)


def test_a_record_that_is_gone_is_looked_at_and_of_a_tenant_that_shows_none_two() -> None:
    desk = Desk(*undelivered("1", "2"))
    del desk.records[a_key("2")]
    desk.run()
    assert desk.looked_at == ["P2"]
    hidden = Desk(*undelivered(*"12345"))
    hidden.records.clear()
    hidden.run()
    assert (len(hidden.looked_at), hidden.circuit.strikes) == (2, {}), "a delivery knows who hides them"


def test_an_order_with_several_records_is_looked_at_when_one_has_moved() -> None:
    desk = Desk(*undelivered("1"), a_record("2", is_delivered=True))
    first, second = desk.orders
    desk.orders = [Waiting(order=first.order, since=first.since, records=(*first.records, *second.records))]
    desk.run()
    assert desk.looked_at == ["P1"]


def test_where_nothing_waits_ifs_is_not_asked_and_nothing_is_saved() -> None:
    desk = Desk()
    assert (desk.run(), desk.reads, desk.known.revision) == (Watched(), [], 0)


def test_a_tenant_is_asked_every_ten_minutes_and_every_hour_when_it_hardly_ever_delivers() -> None:
    desk = Desk(*undelivered("1"), since=NOON - HOUR)
    desk.known = desk.known.looked(NOON - 9 * MINUTE)
    assert (desk.run(), desk.asked) == (Watched(), 0)
    desk.run(NOON + 2 * MINUTE)
    assert len(desk.reads) == 1
    for now, is_asked in ((NOON + 32 * MINUTE, False), (NOON + 70 * MINUTE, True)):
        desk.known = Rhythm(connection=ACME, looked_at=NOON + 2 * MINUTE, deliveries=(KNOWN, *[0] * (HOURS - 1)))
        desk.reads.clear()
        desk.run(now)
        assert bool(desk.reads) is is_asked


def test_a_file_with_another_patience_asks_as_much_more_often() -> None:
    desk = Desk(a_record("1", is_delivered=True), since=NOON - timedelta(seconds=21))
    desk.run()
    assert desk.looked_at == []
    desk.connection = a_connection(patience={"first_seconds": 2})
    desk.run()
    assert desk.looked_at == ["P1"]


def test_an_hour_of_the_week_is_quiet_once_enough_is_known_of_it() -> None:
    monday = datetime.fromisoformat("2026-03-02T09:30:00Z")
    rhythm = Rhythm(connection=ACME)
    assert not rhythm.is_quiet(monday)
    for _ in range(KNOWN):
        rhythm = rhythm.finding(1, monday)
    assert [rhythm.is_quiet(monday + hours * HOUR) for hours in (-2, -1, 0, 1, 2)] == [True, False, False, False, True]
    for _ in range(3000):
        rhythm = rhythm.finding(1, monday + 12 * HOUR)
    assert rhythm.is_quiet(monday), "what was long ago fades"


@pytest.mark.parametrize("hours", [0, 1, 5, 30, 200])
def test_looks_grow_apart_and_none_is_missed_or_made_twice(hours: int) -> None:
    """However often the tenant is asked, each look of an order falls into exactly one interval."""
    since = NOON - hours * HOUR
    instants = {minute: NOON + minute * MINUTE for minute in range(24 * 60)}
    looks = [minute for minute, at in instants.items() if is_due(since, at - MINUTE, at, MINUTE)]
    pauses = [later - earlier for earlier, later in pairwise(looks)]
    assert all(pause <= max(2, 0.13 * (hours * 60 + at)) for pause, at in zip(pauses, looks[1:], strict=True))
    assert max(pauses) <= 181
    assert len(looks) == sum(0 <= age - hours * 60 < 24 * 60 - 1 for age in AGES) + _long(hours)


def _long(hours: int) -> int:
    """Multiples of three hours beyond the first day."""
    return sum(hours <= 3 * n < hours + 24 and 180 * n > AGES[-1] for n in range(1, 200))


def test_after_six_hours_an_order_is_looked_at_whatever_its_record_shows() -> None:
    desk = Desk(*undelivered("1"), since=NOON - 6 * HOUR)
    desk.known = desk.known.looked(NOON - HOUR)
    desk.run()
    assert desk.looked_at == ["P1"]
    desk.run(NOON + HOUR)
    assert (len(desk.reads), desk.looked_at) == (2, ["P1"])


@pytest.mark.parametrize("bad", [("13",), ("1", "2"), ("39", "40"), ("5", "6", "7", "30")])
def test_records_that_ifs_cannot_show_keep_no_other_from_being_seen(bad: Sequence[str]) -> None:
    desk = Desk(*(a_record(f"{n}", is_delivered=True) for n in range(1, 41)))
    desk.breaks = {a_key(each) for each in bad}
    desk.minutes(180)
    assert set(desk.looked_at) >= {f"P{n}" for n in range(1, 41)} - {f"P{each}" for each in bad}
    assert not desk.circuit.is_open


@pytest.mark.parametrize("fault", [SLOW, DOWN, Permanent(Reason.IFS_PERMISSION, "GET ShipmentSet: 403")])
def test_a_tenant_that_fails_is_told_to_the_circuit_and_its_look_does_not_count(fault: ConnectorError) -> None:
    desk = Desk(*undelivered(*map(str, range(40))))
    desk.faults = [fault] * 50
    desk.run()
    assert (desk.looked_at, desk.known, len(desk.reads) <= 13) == ([], Rhythm(connection=ACME), True)
    assert bool(desk.circuit.strikes) is not isinstance(fault, Permanent)
    desk.faults.clear()
    desk.minutes(3)
    assert desk.known.looked_at is not None


@pytest.mark.parametrize("trouble", ["gone", "cannot be shown", "at a place that the file names no more"])
def test_while_the_circuit_is_open_each_minute_another_record_is_asked_for_until_one_answer_closes_it(
    trouble: str,
) -> None:
    first = a_record(AWAY) if "place" in trouble else a_record("1")
    desk = Desk(first, *undelivered("2", "3"))
    if trouble == "gone":
        del desk.records[first.key]
    elif trouble == "cannot be shown":
        desk.breaks = {first.key}
    opened = desk.circuit.struck("search", Reason.IFS_UNAVAILABLE, NOON).struck("search", Reason.IFS_UNAVAILABLE, NOON)
    desk.circuits.save_circuit(opened)
    desk.run()
    assert desk.reads == []
    desk.minutes(3)
    assert (desk.circuit.is_open, {len(keys) for keys in desk.reads} <= {1, 2, 3}) == (False, True)


def test_a_circuit_that_writes_opened_is_probed_with_the_order_of_a_record_that_was_delivered() -> None:
    desk = Desk(*undelivered("1", "2"), a_record("3", is_delivered=True))
    for _ in range(2):
        desk.circuits.save_circuit(desk.circuit.struck("write", Reason.IFS_UNAVAILABLE, NOON))
    desk.minutes(3)
    assert [(message.order.reference, message.is_probe) for message in desk.sent] == [("P3", True)]
    assert desk.circuit.is_open


@pytest.mark.parametrize("records", [1, 2])
def test_orders_whose_records_are_gone_are_looked_at_though_nobody_else_waits(records: int) -> None:
    desk = Desk(*undelivered("1", "2"))
    first, second = desk.orders
    if records == 2:
        desk.orders = [Waiting(order=first.order, since=first.since, records=(*first.records, *second.records))]
    desk.records.clear()
    desk.minutes(15)
    assert "P1" in desk.looked_at
    assert not desk.circuit.is_open


def test_what_one_run_does_not_come_to_is_asked_for_by_the_next_ones_and_nobody_twice() -> None:
    desk = Desk(*(a_record(f"{n:03}", is_delivered=True) for n in range(300)), since=NOON - 8 * 24 * HOUR)
    desk.known = desk.known.looked(NOON - 7 * 24 * HOUR)
    assert desk.run(most=65) == Watched(records=100, orders=100)
    desk.has_time = False
    assert desk.run(NOON + MINUTE, most=65) == Watched()
    desk.has_time = True
    for number in range(2, 6):
        desk.run(NOON + number * MINUTE, most=65)
    assert sorted(desk.looked_at) == [f"P{n:03}" for n in range(300)]
    assert (desk.known.looked_at, desk.known.begun_at) == (NOON, None)


def test_a_look_that_was_not_finished_ends_when_nobody_of_its_rest_waits_any_more() -> None:
    desk = Desk(*(a_record(f"{n:03}", is_delivered=True) for n in range(150)))
    desk.run(most=1)
    assert desk.known.begun_at == NOON
    desk.orders.clear()
    desk.run(NOON + MINUTE)
    assert desk.known == desk.known.looked(NOON)


def test_a_clock_that_was_ahead_keeps_nobody_from_being_looked_at() -> None:
    desk = Desk(a_record("1", is_delivered=True))
    desk.known = desk.known.looked(NOON + 7 * 24 * HOUR)
    desk.run()
    assert (desk.looked_at, desk.known.looked_at) == (["P1"], NOON)


def test_a_connection_that_is_off_asks_for_nothing() -> None:
    desk = Desk(a_record("1", is_delivered=True))
    desk.connection = a_connection(mode="off")
    desk.minutes(15)
    assert (desk.asked, desk.reads) == (0, [])


def test_on_a_busy_day_every_order_is_looked_at_as_a_whole_every_six_hours() -> None:
    """However its own looks and those of the tenant fall."""
    desk = Desk(*undelivered(*(f"{n:02}" for n in range(60))))
    desk.orders = [
        Waiting(order=each.order, since=NOON - number * 3 * MINUTE, records=each.records)
        for number, each in enumerate(desk.orders)
    ]
    desk.minutes(24 * 60)
    assert set(Counter(desk.looked_at).values()) <= {3, 4}
    assert len(set(desk.looked_at)) == 60


def test_a_record_at_a_place_that_the_file_names_no_more_is_not_asked_for_and_its_order_looked_at() -> None:
    desk = Desk(*undelivered("1"), a_record(AWAY))
    desk.run()
    assert (desk.reads, desk.looked_at) == ([["1"]], ["P9"])
