from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.errors import Permanent, Retryable
from functions.flows.from_shipstation.crosscheck import ASKED_AT_ONCE
from functions.flows.from_shipstation.intake import Intake
from functions.flows.from_shipstation.past_windows import (
    CHECKS_APART,
    FEWEST_AT_ONCE,
    MOST_IN_VAIN,
    TRIED_APART,
    JobResources,
    _Slice,
    _Slices,
    next_job,
    work_on,
)
from functions.flows.operations.backfill import progress
from functions.ledger.jobs import JobStore
from functions.model.cursors import Gap, Reading, Span, Stream
from functions.model.facts import OrderReading
from functions.model.jobs import Job, Lane
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from tests.equipment.builders import NOON, a_connection, a_shipment
from tests.equipment.clockwork import Clockwork
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.reading_fakes import ACME, FakeLedger, an_order
from tests.equipment.reading_fakes import page as read

LABELS = Stream.LABELS_CREATED
PAGE = 10
ROWS = 600  # one a minute
WINDOW = Span(start=NOON, end=NOON + timedelta(minutes=ROWS - 1))

LATER_HALF = Span(start=WINDOW.start + (WINDOW.end - WINDOW.start) / 2, end=WINDOW.end)


def a_job(**overrides: Any) -> Job:
    values = {
        "job_id": "j1",
        "connection": ACME,
        "kind": "backlog",
        "lane": "poll",
        "window": WINDOW,
        "unread": {LABELS: (WINDOW,)},
        "created_at": NOON,
    }
    return Job.model_validate({**values, **overrides})


class Slow:
    """A list of one label a minute that answers after a second. `most` is how many asked at once."""

    def __init__(self, clock: Clockwork) -> None:
        self.clock, self.asking, self.most, self.requests = clock, 0, 0, 0
        self.fault_at: int | None = None
        self.faults: dict[Stream, Exception] = {}
        self.orders: tuple[OrderReading, ...] = ()
        self.asked: list[int] = []
        self.budget_until = 0  # requests
        self.pages: list[int] = []
        self.stuck: set[Stream] = set()  # whatever is read, nothing is proven

    def walk(
        self,
        stream: Stream,
        start: datetime,
        lane: Lane,
        end: datetime | None = None,
        avoid: Sequence[Gap] = (),
        *,
        page: int = 1,
    ) -> Iterator[Reading]:
        self.pages.append(page)
        if stream in self.faults:
            raise self.faults[stream]
        if stream is Stream.ORDERS:
            self.clock.sleep(1)
            yield read(reached=NOON, orders=self.orders)
            return
        while stream in self.stuck:
            self._wait()
            yield read(a_shipment(1), reached=start, complete=False)
        number = max(0, int((start - NOON).total_seconds() // 60))
        last = min(ROWS - 1, int(((end or WINDOW.end) - NOON).total_seconds() // 60))
        while True:
            self._wait()
            numbers = range(number, min(number + PAGE, last + 1))
            reached = NOON + timedelta(minutes=numbers[-1]) if numbers else None
            full = len(numbers) == PAGE
            yield read(*(a_shipment(n) for n in numbers), reached=reached, complete=not full)
            if not full:
                return
            number = numbers[-1]

    def follow(self, pointer: Pointer, lane: Lane) -> Iterator[Reading]:
        raise NotImplementedError

    def shipments_of(self, order_id: int, lane: Lane) -> Iterator[Reading]:
        self.asked.append(order_id)
        yield read()

    def probe(self, stream: Stream, lane: Lane) -> None:
        raise NotImplementedError

    def check_budget(self) -> None:
        if self.requests >= self.budget_until > 0:
            raise Retryable(Reason.BUDGET_EXHAUSTED, "the next place is 30 s away", retry_after_seconds=30)

    def _wait(self) -> None:
        self.requests += 1
        if self.requests == self.fault_at:
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, "503")
        self.asking += 1
        self.most = max(self.most, self.asking)
        self.clock.sleep(1)
        self.asking -= 1


class Bench:
    def __init__(self) -> None:
        self.clock = Clockwork(NOON + timedelta(days=2))
        self.source, self.ledger = Slow(self.clock), FakeLedger()
        self.store = JobStore(MemoryTable())
        intake = Intake(a_connection(), self.ledger, self.ledger, self.ledger, self.ledger, lambda: self.clock.now)
        self.resources = JobResources(intake, self.source, self.store, self.clock.sleep, self.clock.side_by_side, "me")
        self.faults: list[BaseException | None] = []

    def run(self, job: Job, seconds: float = 1000) -> Job | None:
        until = self.clock.now + timedelta(seconds=seconds)
        results: list[Job | None] = []

        def end(value: Any, fault: BaseException | None) -> None:
            results.append(value)
            self.faults.append(fault)

        self.clock.start("run", lambda: work_on(job, self.resources, "c-1", until), end)
        self.clock.run(self.clock.now + timedelta(seconds=seconds + 60))
        return results[0]

    def stored(self) -> Job:
        job = self.store.get(ACME, "j1")
        assert job is not None
        return job


def test_a_window_is_read_in_slices_side_by_side_and_nothing_is_left_out() -> None:
    bench = Bench()
    job = bench.run(bench.store.open(a_job()))
    assert job is not None
    assert set(bench.ledger.sent()) == set(range(ROWS))
    assert bench.source.most == FEWEST_AT_ONCE
    assert bench.source.requests <= 1.3 * ROWS / (PAGE - 1)
    assert (bench.stored().ended_at, bench.stored().unread) == (job.ended_at, {LABELS: ()})


def test_what_time_did_not_suffice_for_is_read_by_the_next_run_and_only_that() -> None:
    bench = Bench()
    bench.store.open(a_job())
    runs = 0
    while bench.stored().ended_at is None:
        bench.run(bench.stored(), seconds=4)
        runs += 1
        assert runs < 20
    assert runs > 1
    assert set(bench.ledger.sent()) == set(range(ROWS))
    assert bench.source.requests <= 1.6 * ROWS / (PAGE - 1)


def test_a_cancelled_job_stops_and_stays_cancelled() -> None:
    bench = Bench()
    job = bench.store.open(a_job())
    bench.clock.after(1, lambda: bench.store.cancel(ACME, "j1", bench.clock.now))
    bench.run(job)
    assert bench.stored().is_cancelled
    assert set(bench.ledger.sent()) < set(range(ROWS))


def test_only_one_run_at_a_time_works_on_a_job() -> None:
    bench = Bench()
    job = bench.store.open(a_job())
    taken = bench.store.acquire(job, "other", now=bench.clock.now, until=bench.clock.now + timedelta(minutes=9))
    assert taken
    assert bench.run(bench.stored()) is None
    assert bench.source.requests == 0


def test_a_fault_is_told_after_what_is_left_was_saved() -> None:
    bench = Bench()
    bench.source.fault_at = 30
    bench.run(bench.store.open(a_job()))
    assert isinstance(bench.faults[0], Retryable)
    assert bench.stored().held_until is None
    bench.source.fault_at = None
    bench.run(bench.stored())
    assert set(bench.ledger.sent()) == set(range(ROWS))


def test_voids_are_read_by_one_worker() -> None:
    bench = Bench()
    bench.run(bench.store.open(a_job(unread={Stream.LABELS_VOIDED: (WINDOW,)})))
    assert bench.source.most == 1


def test_a_backlog_comes_before_a_backfill_and_the_older_before_the_newer() -> None:
    backfill = a_job(job_id="b", kind="backfill", lane="backfill", created_at=NOON - timedelta(days=1))
    newer = a_job(job_id="n", created_at=NOON + timedelta(hours=1))
    over = a_job(job_id="o", created_at=NOON - timedelta(days=9), ended_at=NOON)
    assert next_job([backfill, newer, over, a_job()], NOON, are_labels_first=False) == a_job()
    assert next_job([backfill, over], NOON, are_labels_first=False) == backfill
    assert next_job([over], NOON, are_labels_first=False) is None


@pytest.mark.parametrize(("are_labels_first", "first"), [(True, "labels"), (False, "orders")])
def test_labels_that_say_what_they_mean_do_not_wait_for_the_backlog_of_orders(
    first: str, *, are_labels_first: bool
) -> None:
    orders = a_job(job_id="orders", unread={Stream.ORDERS: (WINDOW,)}, created_at=NOON - timedelta(seconds=1))
    found = next_job([orders, a_job(job_id="labels")], NOON, are_labels_first=are_labels_first)
    assert found is not None
    assert found.job_id == first


@pytest.mark.parametrize(
    ("changes", "state", "percent", "minutes"),
    [
        pytest.param({"expected_rows": 1000}, "waiting", 0, 0.1, id="not begun"),
        pytest.param(
            {
                "unread": {LABELS: (Span(start=WINDOW.start + (WINDOW.end - WINDOW.start) / 2, end=WINDOW.end),)},
                "pages": 39,
            },
            "waiting",
            50,
            1.0,
            id="half",
        ),
        pytest.param({"held_until": NOON + timedelta(minutes=1)}, "running", 0, 0.0, id="at work"),
        pytest.param({"held_until": NOON + timedelta(days=1)}, "waiting", 0, 0.0, id="held by a clock far ahead"),
        pytest.param({"unread": {LABELS: ()}, "ended_at": NOON}, "done", 100, None, id="done"),
        pytest.param({"is_cancelled": True, "ended_at": NOON}, "cancelled", 0, None, id="cancelled"),
    ],
)
def test_progress_is_told_in_time_read(
    changes: dict[str, Any], state: str, percent: float, minutes: float | None
) -> None:
    told = progress(a_job(**changes), 39, NOON)
    assert (told.state, told.percent) == (state, percent)
    assert told.minutes_left == (minutes if minutes is None else pytest.approx(minutes, abs=0.05))


def test_a_run_without_budget_ends_with_what_it_read_and_the_next_goes_on_there() -> None:
    bench = Bench()
    bench.source.budget_until = 12
    bench.run(bench.store.open(a_job()))
    fault = bench.faults[0]
    assert isinstance(fault, Retryable)
    assert (fault.reason, fault.retry_after_seconds) == (Reason.BUDGET_EXHAUSTED, 30)
    halfway = bench.stored()
    assert (halfway.ended_at, halfway.not_before, halfway.held_until) == (None, None, None)
    assert 12 <= bench.source.requests < 12 + FEWEST_AT_ONCE
    bench.source.budget_until = 0
    bench.run(halfway)
    assert bench.stored().ended_at is not None
    assert set(bench.ledger.sent()) == set(range(ROWS))


# --- jobs that cannot go on

REFUSED = Permanent(Reason.SHIPSTATION_REQUEST, "GET /fulfillments: 400")


def a_backfill(**overrides: Any) -> Job:
    streams = {LABELS: (WINDOW,), Stream.FULFILMENTS: (WINDOW,)}
    return a_job(**{"kind": "backfill", "lane": "backfill", "unread": streams, **overrides})


def test_a_backfill_that_is_refused_ends_is_told_and_what_is_not_refused_was_read() -> None:
    bench = Bench()
    bench.source.faults[Stream.FULFILMENTS] = REFUSED
    job = bench.run(bench.store.open(a_backfill()))
    assert (job is not None, bench.faults) == (True, [None])
    ended = bench.stored()
    assert (ended.ended_at is not None, progress(ended, 39, NOON).state) == (True, "given_up")
    assert set(bench.ledger.sent()) == set(range(ROWS))
    (parked,) = bench.ledger.parked
    assert (parked.subject, parked.reason) == ("job j1, fulfilments", Reason.JOB_GIVEN_UP)
    assert "2026-03-05T12:00:00Z to 2026-03-05T21:59:00Z" in parked.detail
    assert "400" in parked.detail


def test_a_job_that_fails_lets_the_others_begin_and_comes_again() -> None:
    bench = Bench()
    bench.source.faults[Stream.FULFILMENTS] = Retryable(Reason.SHIPSTATION_UNAVAILABLE, "500")
    bench.run(bench.store.open(a_backfill()))
    failed, other = bench.stored(), a_job(job_id="b", kind="backfill", created_at=NOON + timedelta(days=1))
    assert isinstance(bench.faults[0], Retryable)
    again = failed.not_before
    assert again is not None
    assert next_job([failed, other], again - TRIED_APART, are_labels_first=False) == other
    assert next_job([failed, other], again, are_labels_first=False) == failed
    assert failed.unread == {LABELS: (), Stream.FULFILMENTS: (WINDOW,)}
    bench.source.faults.clear()
    bench.run(failed)
    assert bench.stored().ended_at is not None


def test_a_job_that_comes_no_further_for_a_day_is_given_up() -> None:
    bench = Bench()
    bench.source.faults[Stream.FULFILMENTS] = Retryable(Reason.SHIPSTATION_UNAVAILABLE, "500")
    bench.store.open(a_backfill(unread={Stream.FULFILMENTS: (WINDOW,)}))
    began = bench.clock.now
    while bench.stored().ended_at is None:
        bench.run(bench.stored(), seconds=60)
        bench.clock.now = bench.stored().not_before or bench.clock.now
    assert timedelta(hours=20) < bench.clock.now - began < timedelta(hours=30)
    assert [each.reason for each in bench.ledger.parked] == [Reason.JOB_GIVEN_UP]


def test_a_job_whose_runs_read_the_same_rows_again_and_again_is_given_up_too() -> None:
    bench = Bench()
    bench.source.stuck.add(LABELS)
    second = Span(start=NOON, end=NOON + timedelta(seconds=3))
    bench.store.open(a_job(unread={LABELS: (second,)}))
    began = bench.clock.now
    while bench.stored().ended_at is None:
        bench.run(bench.stored(), seconds=60)
        bench.clock.now = bench.stored().not_before or bench.clock.now
    assert timedelta(hours=20) < bench.clock.now - began < timedelta(hours=30)
    assert (bench.stored().given_up, bench.stored().in_vain) == ({LABELS: (second,)}, MOST_IN_VAIN)
    assert [each.reason for each in bench.ledger.parked] == [Reason.JOB_GIVEN_UP]


def test_a_list_that_comes_no_further_lets_the_others_be_read() -> None:
    bench = Bench()
    bench.source.stuck.add(LABELS)
    bench.store.open(a_backfill())
    for _ in range(2):
        bench.run(bench.stored(), seconds=200)
    assert bench.stored().unread == {LABELS: (WINDOW,), Stream.FULFILMENTS: ()}


def test_a_page_with_more_orders_to_ask_for_than_one_pass_leaves_time_for_what_was_queued_to_be_recorded() -> None:
    bench = Bench()
    orders = tuple(an_order(n, status="shipped", modified_at=NOON) for n in range(3 * ASKED_AT_ONCE))
    bench.source.orders = orders
    job = a_job(kind="crosscheck", lane="sweep", unread={Stream.ORDERS: (Span(start=NOON, end=NOON),)})
    began = bench.clock.now
    bench.run(bench.store.open(job), seconds=120)
    for passes in (1, 2):
        rest = bench.stored().not_before
        assert rest is not None
        assert (len(bench.source.asked), rest >= began + CHECKS_APART) == (passes * ASKED_AT_ONCE, True)
        began = bench.clock.now = max(bench.clock.now, rest)
        bench.run(bench.stored(), seconds=120)
    assert (len(bench.source.asked), bench.stored().ended_at is not None) == (len(orders), True)


def test_a_slice_goes_on_at_its_page_of_a_dense_second() -> None:
    bench = Bench()
    dense = Span(start=NOON, end=NOON + timedelta(seconds=3), page=9)
    bench.source.fault_at = 1
    bench.run(bench.store.open(a_job(unread={LABELS: (dense,)})))
    assert (bench.source.pages, bench.stored().unread) == ([9], {LABELS: (dense,)})


@pytest.mark.parametrize(("page", "is_halved"), [(1, True), (2, False)], ids=["by its rows", "by the numbers of pages"])
def test_a_slice_that_is_read_by_the_numbers_of_its_pages_is_not_halved(page: int, *, is_halved: bool) -> None:
    """Where rows stand in no order, another end gives every page other rows."""
    whole = _Slice(NOON, NOON + timedelta(days=1), page=timedelta(minutes=1), number=page)
    slices = _Slices([whole])
    assert slices.take() is whole
    assert (slices.take() is not None) is is_halved
