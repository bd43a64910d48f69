"""Reads a window of the past beside the live streams: several slices at once, so that the vendor's latency wastes none
of the request budget. What is left when time is up stands in the job, and the next run goes on there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from threading import Lock
from typing import Literal, Protocol

from functions.errors import ConnectorError, Permanent, Retryable
from functions.flows.from_shipstation.crosscheck import CrossCheck
from functions.flows.from_shipstation.intake import Intake
from functions.flows.from_shipstation.live_streams import OF_ONE_STREAM, Source
from functions.model.audit import Cause
from functions.model.cursors import Reading, Span, Stream
from functions.model.jobs import Job
from functions.model.outcomes import Reason

LEASE = timedelta(minutes=6)  # outlives the longest run, so that only a dead holder loses it
FEWEST_AT_ONCE, A_PAGE_SECONDS = 6, 5  # slices: 3 s of latency and what a page costs us
IDLE_SECONDS = 0.5  # until a slice without a worker looks for work again
WORTH_HALVING = 12  # pages that a slice should still hold before another worker takes its later half
SAVES_APART = timedelta(seconds=10)  # a run that dies repeats that much; a save costs a write
TRIED_APART, LONGEST_APART = timedelta(minutes=5), timedelta(minutes=30)  # a job that fails; the others go first
CHECKS_APART = timedelta(minutes=2)  # while what was queued comes to the ledger: a quarter of V1's budget at most
MOST_IN_VAIN = 48  # runs that come no further, about a day; then the window is given up


class Jobs(Protocol):
    def acquire(self, job: Job, holder: str, *, now: datetime, until: datetime) -> Job | None:
        """The job under a new fence, or None while somebody else works on it."""

    def save(self, job: Job) -> bool:
        """False when it was cancelled or a newer holder has taken over: stop, nothing was stored."""


@dataclass(frozen=True)
class JobResources:
    """What a run on a job works with. `side_by_side` runs all bodies at once and returns when the last one ended."""

    intake: Intake
    source: Source
    jobs: Jobs
    sleep: Callable[[float], None]
    side_by_side: Callable[[Sequence[Callable[[], None]]], None]
    holder: str


def next_job(jobs: Iterable[Job], now: datetime, *, are_labels_first: bool) -> Job | None:
    """A backlog, then its crosscheck, then what an operator asked for; the older before the newer. One that failed lets
    the others begin. `are_labels_first`: they need not wait for their orders.
    """

    def turn(job: Job) -> tuple[int, bool, datetime, str]:
        return KINDS.index(job.kind), are_labels_first and Stream.ORDERS in job.unread, job.created_at, job.job_id

    waiting = [job for job in jobs if job.ended_at is None and (job.not_before is None or job.not_before <= now)]
    return min(waiting, key=turn, default=None)


def work_on(job: Job, resources: JobResources, correlation_id: str, until: datetime) -> Job | None:
    """The job as it stands at `until` or when it is done, None where somebody else works on it. A stream that
    ShipStation refuses to show, or that failed in many runs, is given up and parked. Another fault raises once the
    other streams were read and what is left was saved.
    """
    now = resources.intake.now()
    taken = resources.jobs.acquire(job, resources.holder, now=now, until=now + LEASE)
    if taken is None:
        return None
    cause = Cause(kind=_CAUSES[job.kind], correlation_id=correlation_id, by=job.by, note=job.note)
    run = _Run(resources, taken, cause, until)
    try:
        for stream in _in_turn(taken):
            run.read(stream)
    finally:
        run.end()
    run.raise_fault()
    return run.job


def _in_turn(job: Job) -> list[Stream]:
    """In the order of a walk. After a run in vain another one goes first: a stream that takes all of a run and comes
    no further keeps the others waiting no longer.
    """
    left = [stream for stream in Stream if job.unread.get(stream)]
    first = job.in_vain % len(left) if left else 0
    return left[first:] + left[:first]


KINDS = ("backlog", "crosscheck", "backfill")
_CAUSES: dict[str, Literal["poll", "backfill"]] = {"backlog": "poll", "crosscheck": "poll", "backfill": "backfill"}


@dataclass
class _Slice:
    """What one worker still has to read, from page `number` of its first second on. `page` is how much time its last
    page covered.
    """

    start: datetime
    end: datetime
    page: timedelta | None = None
    number: int = 1

    @property
    def is_worth_halving(self) -> bool:
        """In a list without order the number of a page depends on where the slice ends."""
        is_long = self.page is not None and self.end - self.start > self.page * WORTH_HALVING
        return is_long and self.number == 1


@dataclass
class _Slices:
    """One stream's work, shared by the workers; nothing waits while the lock is held."""

    waiting: list[_Slice]
    active: list[_Slice] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def take(self) -> _Slice | None:
        """Waiting work, or the later half of the longest slice."""
        with self.lock:
            taken = self.waiting.pop(0) if self.waiting else self._halved()
            if taken is not None:
                self.active.append(taken)
            return taken

    def done(self, finished: _Slice) -> None:
        with self.lock:
            self.active.remove(finished)

    def put_back(self, unfinished: _Slice) -> None:
        with self.lock:
            self.active.remove(unfinished)
            self.waiting.append(unfinished)

    @property
    def is_over(self) -> bool:
        with self.lock:
            return not self.waiting and not self.active

    def unread(self) -> tuple[Span, ...]:
        with self.lock:
            left = sorted((s.start, s.end, s.number) for s in (*self.active, *self.waiting))
        return tuple(Span(start=start, end=end, page=number) for start, end, number in left)

    def _halved(self) -> _Slice | None:
        # The slice that would end last: halving another one brings the end no nearer.
        longest = max((s for s in self.active if s.is_worth_halving), key=lambda s: s.end - s.start, default=None)
        if longest is None:
            return None
        middle = longest.start + (longest.end - longest.start) / 2
        longest.end, end = middle, longest.end
        return _Slice(middle, end, longest.page)


class _Run:
    def __init__(self, resources: JobResources, job: Job, cause: Cause, until: datetime) -> None:
        self._with, self.job, self._cause, self._until = resources, job, cause, until
        self._begun = job
        self._saved_at = resources.intake.now()
        self._crosscheck = CrossCheck(resources.source, resources.intake, self._has_time)
        self._slices: dict[Stream, _Slices] = {}
        self._fault: BaseException | None = None  # of the stream that is read
        self._faults: dict[Stream, ConnectorError] = {}
        self._is_fenced = self._is_resting = self._is_asking = False
        self._pages = self._rows = self._new_shipments = 0
        self._saving, self._counting = Lock(), Lock()

    def read(self, stream: Stream) -> None:
        spans = self.job.unread.get(stream, ())
        if not spans or not self._has_time():
            return
        slices = self._slices[stream] = _Slices([_Slice(span.start, span.end, number=span.page) for span in spans])
        is_slow = stream is Stream.LABELS_VOIDED or self.job.kind == "crosscheck"
        workers = 1 if is_slow else self._at_once()
        self._with.side_by_side([lambda: self._work(stream, slices)] * workers)
        fault, self._fault = self._fault, None
        # The budget, the key and the ledger concern every stream: going on with the next one would only meet them
        # again.
        if isinstance(fault, ConnectorError) and fault.reason in OF_ONE_STREAM:
            self._faults[stream] = fault
        elif fault is not None:
            raise fault

    def _at_once(self) -> int:
        """As many as keep the budget busy."""
        rate = self._with.intake.connection.shipstation.requests_per_minute / 60
        return max(FEWEST_AT_ONCE, ceil(rate * A_PAGE_SECONDS))

    def end(self) -> None:
        job = self._current()
        came_further = job.unread != self._begun.unread
        if not came_further:
            self._faults = self._in_vain(job) | self._faults
        if self._faults:
            # A window that fails for good must not cost the budget of those that do not.
            apart = min(TRIED_APART * (job.in_vain + 1), LONGEST_APART)
            job = job.failing(self._with.intake.now() + apart, came_further=came_further)
        elif self._is_resting:
            job = job.resting(self._with.intake.now() + CHECKS_APART)
        for stream, fault in self._faults.items():
            if isinstance(fault, Permanent) or job.in_vain >= MOST_IN_VAIN:
                job = self._given_up(job, stream, fault)
        self._store(job.released(self._with.intake.now()))

    def _in_vain(self, job: Job) -> dict[Stream, ConnectorError]:
        """Of a run that read and read and proved nothing."""
        if self._is_asking or job.pages == self._begun.pages:
            return {}
        fault = Retryable(Reason.SHIPSTATION_UNAVAILABLE, "a whole run came no further")
        return {stream: fault for stream in self._slices if job.unread.get(stream)}

    def raise_fault(self) -> None:
        """What was given up was told already."""
        for stream, fault in self._faults.items():
            if stream not in self.job.given_up:
                raise fault

    def _given_up(self, job: Job, stream: Stream, fault: ConnectorError) -> Job:
        detail = "; ".join(
            [
                *(f"{span.start:%Y-%m-%dT%H:%M:%SZ} to {span.end:%Y-%m-%dT%H:%M:%SZ}" for span in job.unread[stream]),
                str(fault),
            ]
        )
        self._with.intake.park(f"job {job.job_id}, {stream}", Reason.JOB_GIVEN_UP, detail)
        return job.giving_up(stream)

    def _work(self, stream: Stream, slices: _Slices) -> None:
        try:
            while self._has_time() and not slices.is_over:
                taken = slices.take()
                if taken is None:
                    self._with.sleep(IDLE_SECONDS)
                elif self._walk(stream, taken):
                    slices.done(taken)
                elif self._has_time():  # a page of which some orders are still to be asked for
                    slices.put_back(taken)
                    self._is_resting = True
        except Exception as fault:  # noqa: BLE001 # raised again where the run ends, once what is left was saved
            self._fault = self._fault or fault

    def _walk(self, stream: Stream, part: _Slice) -> bool:
        """Whether the slice was read to its end, which another worker may have moved nearer meanwhile."""
        for reading in self._with.source.walk(stream, part.start, self.job.lane, end=part.end, page=part.number):
            if not self._take(stream, reading):
                self._is_asking = True  # what was asked of its orders is known from now on
                return False
            if reading.complete:
                return True
            if reading.reached is not None and reading.reached > part.start:
                part.page, part.start = reading.reached - part.start, reading.reached
            part.number = reading.page
            if part.start >= part.end:
                return True
            if not self._has_time():
                return False
            self._with.source.check_budget()
        return True

    def _take(self, stream: Stream, reading: Reading) -> bool:
        is_absorbed = self._crosscheck.absorb(reading.orders, self._cause, self.job.lane)
        new_shipments = self._with.intake.take(stream, reading, self._cause, self.job.admission)
        if is_absorbed and self.job.kind == "crosscheck" and stream is Stream.ORDERS:
            is_absorbed = self._crosscheck.verify(reading.orders, self.job.window.end, self._cause, self.job.lane)
        with self._counting:
            self._pages, self._new_shipments = self._pages + 1, self._new_shipments + new_shipments
            self._rows += len(reading.shipments) + len(reading.orders)
        if self._with.intake.now() - self._saved_at >= SAVES_APART:
            self._save()
        return is_absorbed

    def _save(self) -> None:
        """One worker at a time; the others go on reading."""
        # A save that is under way tells of nearly the same.
        if self._saving.acquire(blocking=False):
            try:
                self._saved_at = self._with.intake.now()
                self._store(self._current())
            finally:
                self._saving.release()

    def _current(self) -> Job:
        unread = {stream: slices.unread() for stream, slices in self._slices.items()}
        with self._counting:
            pages, rows, new_shipments = self._pages, self._rows, self._new_shipments
            self._pages = self._rows = self._new_shipments = 0
        return self.job.read_on(unread, pages=pages, rows=rows, new_shipments=new_shipments)

    def _store(self, job: Job) -> None:
        """Nothing is read on once the job was cancelled or somebody else holds it."""
        self.job = job
        self._is_fenced = self._is_fenced or not self._with.jobs.save(job)

    def _has_time(self) -> bool:
        is_fit = not self._is_fenced and not self._is_resting and self._fault is None
        return is_fit and self._with.intake.now() < self._until
