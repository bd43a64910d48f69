from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from functions.errors import Permanent
from functions.ledger.budget import BudgetStore
from functions.ledger.items import NEWEST
from functions.ledger.jobs import JobStore
from functions.ledger.positions import PositionStore
from functions.model.budget import BudgetState
from functions.model.cursors import Cursor, Gap, ReadingPosition, Span, Stream
from functions.model.jobs import Job
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from tests.equipment.builders import NOON
from tests.equipment.memory_aws.table import MemoryTable

ACME = ConnectionName("acme")
LEASE = timedelta(minutes=5)


LABELS = Stream.LABELS_CREATED
DAY = Span(start=NOON - timedelta(days=1), end=NOON)


def take(store: PositionStore, holder: str, now: datetime = NOON) -> ReadingPosition | None:
    return store.acquire(ACME, holder, now=now, until=now + LEASE)


def taken(store: PositionStore, holder: str, now: datetime = NOON) -> ReadingPosition:
    position = take(store, holder, now)
    assert position is not None
    return position


def at(position: ReadingPosition, minutes: int) -> ReadingPosition:
    instant = NOON + timedelta(minutes=minutes)
    cursor = Cursor(head=instant, settled=instant - timedelta(minutes=1))
    return position.model_copy(update={"cursors": {Stream.LABELS_CREATED: cursor}})


def test_nobody_else_reads_while_the_lease_is_held() -> None:
    store = PositionStore(MemoryTable())
    assert taken(store, "a").holder == "a"
    assert take(store, "b", NOON + LEASE - timedelta(microseconds=1)) is None
    assert store.acquire(ConnectionName("other"), "b", now=NOON, until=NOON + LEASE) is not None


@pytest.mark.parametrize(("ahead", "is_held"), [(timedelta(minutes=1), True), (timedelta(days=365), False)], ids=str)
def test_who_died_with_a_clock_that_was_ahead_holds_nothing_for_so_long(ahead: timedelta, *, is_held: bool) -> None:
    table = MemoryTable()
    positions, jobs = PositionStore(table), JobStore(table)
    open_job = Job(job_id="j", connection=ACME, kind="backlog", lane="poll", window=DAY, unread={}, created_at=NOON)
    taken(positions, "dead", NOON + ahead)
    held = jobs.acquire(jobs.open(open_job), "dead", now=NOON + ahead, until=NOON + ahead + LEASE)
    assert held is not None
    assert (take(positions, "next") is None) is is_held
    assert (jobs.acquire(held, "next", now=NOON, until=NOON + LEASE) is None) is is_held


def test_the_next_holder_goes_on_where_the_last_one_stopped() -> None:
    store = PositionStore(MemoryTable())
    first = at(taken(store, "a"), 3)
    assert store.save(first)
    second = taken(store, "b", NOON + LEASE)
    assert (second.cursors, second.fence) == (first.cursors, first.fence + 1)


def test_an_older_holder_can_store_nothing() -> None:
    store = PositionStore(MemoryTable())
    older = taken(store, "a")
    newer = at(taken(store, "b", NOON + LEASE), 9)
    assert store.save(newer)
    assert not store.save(at(older, 3))
    assert taken(store, "c", NOON + 2 * LEASE).cursors == newer.cursors


def test_a_holder_saves_as_often_as_it_likes_and_lets_go() -> None:
    store = PositionStore(MemoryTable())
    held = taken(store, "a")
    assert [store.save(at(held, minutes)) for minutes in (1, 2)] == [True, True]
    assert store.save(at(held, 3).model_copy(update={"held_until": None}))
    assert taken(store, "b").cursors == at(held, 3).cursors


@pytest.mark.parametrize("lapsed", [False, True], ids=["the first lease ever", "a lapsed lease"])
def test_of_two_that_reach_for_the_lease_at_once_one_gets_it(*, lapsed: bool) -> None:
    rivals: list[Callable[[], ReadingPosition | None]] = []
    got: list[ReadingPosition | None] = []

    def step(call: str) -> None:
        if call == "put" and rivals:
            got.append(rivals.pop()())

    table = MemoryTable(step)
    store = PositionStore(table)
    now = NOON
    if lapsed:
        taken(store, "before")
        now += LEASE
    rivals.append(lambda: take(PositionStore(table), "b", now))
    assert take(store, "a", now) is None
    assert [position.holder for position in got if position] == ["b"]


def test_a_noted_webhook_only_moves_forwards_and_leaves_the_position_alone() -> None:
    store = PositionStore(MemoryTable())
    assert store.last_webhook_at(ACME) == {}
    held = taken(store, "a")
    noted = []
    for seconds in (5, 3, 5, 7):
        store.note_webhook(ACME, LABELS, NOON + timedelta(seconds=seconds))
        noted.append(store.last_webhook_at(ACME)[LABELS])
    assert noted == [NOON + timedelta(seconds=seconds) for seconds in (5, 5, 5, 7)]
    assert store.save(at(held, 1))
    store.note_webhook(ACME, Stream.FULFILMENTS, NOON)
    assert store.last_webhook_at(ACME) == {LABELS: NOON + timedelta(seconds=7), Stream.FULFILMENTS: NOON}
    assert store.last_webhook_at(ConnectionName("other")) == {}
    assert store.peek(ACME).cursors == at(held, 1).cursors


def test_a_webhook_that_a_clock_ahead_has_noted_hides_no_later_one() -> None:
    store = PositionStore(MemoryTable())
    store.note_webhook(ACME, LABELS, NOON + timedelta(days=1))
    store.note_webhook(ACME, LABELS, NOON)
    assert store.last_webhook_at(ACME) == {LABELS: NOON}


def test_a_position_saved_by_a_newer_version_is_refused() -> None:
    table = MemoryTable()
    store = PositionStore(table)
    taken(store, "a")
    (item,) = table.scan(prefix="reader#")
    table.put({**item, "schema_version": NEWEST + 1})
    with pytest.raises(Permanent) as caught:
        take(store, "b", NOON + LEASE)
    assert caught.value.reason is Reason.LEDGER_VERSION


def test_a_stream_that_only_a_newer_version_reads_stops_no_other() -> None:
    table = MemoryTable()
    store = PositionStore(table)
    gap = Gap(stream=LABELS, after=NOON)
    held = taken(store, "a").model_copy(
        update={"gaps": (gap,), "streams_left": (LABELS,), "read_at": {LABELS: NOON}, "last_answered": {LABELS: NOON}}
    )
    assert store.save(held)
    (item,) = table.scan(prefix="reader#")
    at = NOON.isoformat()
    newer = {
        "gaps": [*item["gaps"], {"stream": "returns", "after": at}],
        "streams_left": ["returns", *item["streams_left"]],
        "read_at": {**item["read_at"], "returns": at},
        "last_answered": {**item["last_answered"], "returns": at},
        "cursors": {"returns": {"settled": at, "head": at}},
    }
    table.put({**item, **newer})
    assert store.peek(ACME) == held.model_copy(update={"cursors": store.peek(ACME).cursors})
    assert "returns" in store.peek(ACME).cursors, "what it needs again is kept"


def test_the_budget_moves_on_only_from_what_was_seen() -> None:
    store = BudgetStore(MemoryTable())
    first, second, third = (BudgetState(theoretical_arrival_ms=number) for number in (1000, 2500, 4000))
    assert store.load("key") is None
    assert store.store("key", first, None)
    assert not store.store("key", second, None)
    seen = store.load("key")
    assert store.store("key", second, seen)
    assert not store.store("key", third, seen)
    after = store.load("key")
    assert after is not None
    assert (after.theoretical_arrival_ms, after.revision) == (2500, 1)


def test_each_api_key_has_its_own_budget() -> None:
    store = BudgetStore(MemoryTable())
    assert store.store("one", BudgetState(theoretical_arrival_ms=1), None)
    assert store.load("two") is None


@pytest.mark.parametrize(
    "spoilt",
    [{"sk": "ring#returns"}, {"last_webhook_at": "soon"}, {"schema_version": NEWEST + 1}],
    ids=["a stream nobody knows", "no instant", "newer version"],
)
def test_a_webhook_whose_note_cannot_be_read_keeps_no_other_from_being_answered(spoilt: dict[str, object]) -> None:
    table = MemoryTable()
    store = PositionStore(table)
    for stream in (Stream.ORDERS, LABELS):
        store.note_webhook(ACME, stream, NOON)
    noted = table.get("reader#acme", "ring#orders") or {}
    table.put({**noted, **spoilt})
    assert store.last_webhook_at(ACME)[LABELS] == NOON
