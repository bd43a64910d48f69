from __future__ import annotations

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
        self.breaks: RecordKey | None = None
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
        if self.breaks in keys:
            raise SLOW
        return {key: self.records[key] for key in keys if key in self.records}

    def run(self, now: datetime = NOON, *, is_probe: bool = False) -> Watched:
        def opened(_: Connection) -> Desk:
            return self

        def breaker() -> Breaker:
            return Breaker(self.circuits, ACME, lambda: now)

        watch = Watch(self.connection, self, self, breaker, opened, self)
        return watch.run(now, "c-1", is_probe=is_probe)

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
    assert (desk.reads, desk.looked_at) == ([["1", "2", "3", "4"]], ["P3", "P4"])
    assert {(message.cause.kind, message.record) for message in desk.sent} == {("release", None)}
    assert (desk.known.looked_at, sum(desk.known.deliveries)) == (NOON, 1)


def test_a_record_that_is_gone_is_looked_at_and_a_tenant_that_shows_none_is_not_believed() -> None:
    desk = Desk(*undelivered("1", "2"))
    del desk.records[a_key("2")]
    desk.run()
    assert desk.looked_at == ["P2"]
    hidden = Desk(*undelivered("1", "2"))
    hidden.records.clear()
    hidden.run()
    assert (hidden.looked_at, hidden.circuit.strikes["seen"].reason) == ([], Reason.RECORDS_VANISHED)


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
    desk.known = desk.known.looked(NOON - 9 * MINUTE, 0)
    assert (desk.run(), desk.asked) == (Watched(), 0)
    desk.run(NOON + 2 * MINUTE)
    assert len(desk.reads) == 1
    for now, is_asked in ((NOON + 32 * MINUTE, False), (NOON + 70 * MINUTE, True)):
        desk.known = Rhythm(connection=ACME, looked_at=NOON + 2 * MINUTE, deliveries=(KNOWN, *[0] * (HOURS - 1)))
        desk.reads.clear()
        desk.run(now)
        assert bool(desk.reads) is is_asked


def test_an_hour_of_the_week_is_quiet_once_enough_is_known_of_it() -> None:
    monday = datetime.fromisoformat("2026-03-02T09:30:00Z")
    rhythm = Rhythm(connection=ACME)
    assert not rhythm.is_quiet(monday)
    for _ in range(KNOWN):
        rhythm = rhythm.looked(monday, 1)
    assert [rhythm.is_quiet(monday + hours * HOUR) for hours in (-2, -1, 0, 1, 2)] == [True, False, False, False, True]
    for _ in range(3000):
        rhythm = rhythm.looked(monday + 12 * HOUR, 1)
    assert rhythm.is_quiet(monday), "what was long ago fades"


@pytest.mark.parametrize("hours", [0, 1, 5, 30, 200])
def test_looks_grow_apart_and_none_is_missed_or_made_twice(hours: int) -> None:
    """However often the tenant is asked, each look of an order falls into exactly one interval."""
    since = NOON - hours * HOUR
    instants = {minute: NOON + minute * MINUTE for minute in range(24 * 60)}
    looks = [minute for minute, at in instants.items() if is_due(since, at - MINUTE, at)]
    pauses = [later - earlier for earlier, later in pairwise(looks)]
    assert all(pause <= max(2, 0.13 * (hours * 60 + at)) for pause, at in zip(pauses, looks[1:], strict=True))
    assert max(pauses) <= 181
    assert len(looks) == sum(0 <= age / 60 - hours * 60 < 24 * 60 - 1 for age in AGES) + _long(hours)


def _long(hours: int) -> int:
    """Multiples of three hours beyond the first day."""
    return sum(hours <= 3 * n < hours + 24 and 3 * n * 3600 > AGES[-1] for n in range(1, 200))


def test_after_six_hours_an_order_is_looked_at_whatever_its_record_shows() -> None:
    desk = Desk(*undelivered("1"), since=NOON - 6 * HOUR)
    desk.known = desk.known.looked(NOON - HOUR, 0)
    desk.run()
    assert desk.looked_at == ["P1"]
    desk.run(NOON + HOUR)
    assert (len(desk.reads), desk.looked_at) == (2, ["P1"])


def test_one_record_that_ifs_cannot_show_keeps_no_other_from_being_seen() -> None:
    desk = Desk(*(a_record(f"{n}", is_delivered=n % 10 == 0) for n in range(1, 41)))
    desk.breaks = a_key("13")
    desk.run()
    assert sorted(desk.looked_at) == ["P10", "P13", "P20", "P30", "P40"]
    assert (len(desk.reads) <= 16, desk.circuit.is_open) == (True, False)


@pytest.mark.parametrize("fault", [SLOW, DOWN, Permanent(Reason.IFS_PERMISSION, "GET ShipmentSet: 403")])
def test_a_tenant_that_fails_is_told_to_the_circuit_and_nobody_is_looked_at(fault: ConnectorError) -> None:
    desk = Desk(*undelivered(*map(str, range(40))))
    desk.faults = [fault] * 50
    desk.run()
    assert (desk.looked_at, len(desk.reads) <= 7) == ([], True)
    assert bool(desk.circuit.strikes) is not isinstance(fault, Permanent)


def test_while_the_circuit_is_open_nothing_is_asked_but_a_probe_which_closes_it() -> None:
    desk = Desk(*undelivered("1", "2"))
    opened = desk.circuit.struck("search", Reason.IFS_UNAVAILABLE, NOON).struck("search", Reason.IFS_UNAVAILABLE, NOON)
    desk.circuits.save_circuit(opened)
    desk.run()
    assert desk.reads == []
    desk.faults = [DOWN]
    for is_open in (True, False):
        desk.run(is_probe=True)
        assert (desk.circuit.is_open, desk.looked_at) == (is_open, [])
    assert desk.reads == [["1"], ["1"]]


def test_a_record_at_a_place_that_the_file_names_no_more_is_not_asked_for_and_its_order_looked_at() -> None:
    away = a_record(a_key("9", Place("ifs.example.com/ShipmentHandling/OtherSet")))
    desk = Desk(*undelivered("1"), away)
    desk.run()
    assert (desk.reads, desk.looked_at) == ([["1"]], ["P9"])
