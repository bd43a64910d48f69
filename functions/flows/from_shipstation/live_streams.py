"""One walk over one live stream: every page is handed over, then the cursor moves; a long backlog is set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from functions.errors import ConnectorError
from functions.flows.from_shipstation.crosscheck import CrossCheck
from functions.flows.from_shipstation.held_position import HeldPosition
from functions.flows.from_shipstation.intake import Intake
from functions.flows.from_shipstation.pace import seconds_to_wait
from functions.flows.from_shipstation.sweep import Track
from functions.model.audit import Cause
from functions.model.cursors import Cursor, Gap, Reading, Span, Stream
from functions.model.jobs import Job, JobKind, Lane
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName

FUTURE = timedelta(minutes=10)  # a stamp further ahead than this does not drag the cursor along
POINTER_PAGES = 8  # one webhook announces as many orders as were imported: more is read with the stream
BACKLOG_PAGES = 8  # more than these are read beside the live streams
DENSE = timedelta(seconds=3)  # from the last instant that is proven, more than the second that holds so many rows
# Faults that another stream need not share.
OF_ONE_STREAM = {Reason.SHIPSTATION_UNAVAILABLE, Reason.SHIPSTATION_REQUEST}
KNOWN_BEFORE = timedelta(days=7)
GAPS_KEPT = timedelta(days=31)  # by then the sweep has been there, on day 30, for the last time


class Source(Protocol):
    """ShipStation, read through the request budget. Raises Retryable or Permanent."""

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
        """Every row of the stream from `start` to `end` (inclusive; None: to the newest), page by page, ascending; of
        the second at `start` from this page on.
        """

    def follow(self, pointer: Pointer, lane: Lane) -> Iterator[Reading]:
        """The rows one webhook points at; `reached` is None throughout."""

    def shipments_of(self, order_id: int, lane: Lane) -> Iterator[Reading]:
        """Every label and fulfilment of one ShipStation order. A fault of `Scope.RECORD` is this order's own."""

    def probe(self, stream: Stream, lane: Lane) -> None:
        """One request: whether ShipStation shows this list at all. Raises Retryable or Permanent."""

    def check_budget(self) -> None:
        """Raises Retryable(budget_exhausted) while the next request is more than a few seconds away."""


class Jobs(Protocol):
    def open(self, job: Job) -> Job:
        """Stores a new job; where one of this id exists, that one."""

    def all(self, connection: ConnectionName) -> Iterable[Job]:
        """Those that ended too, for some weeks."""


@dataclass
class Report:
    """What a run did. `held`: another run holds the lease and finds the webhooks noted. `refused`: ShipStation refuses
    the key, nothing was asked or the one probe failed. `silent`: the same of a ShipStation that answers nothing.
    `gaps` are those that no run has met before. `goes_on_in`: seconds after which another run goes on where this one
    would have had to wait.
    """

    held: bool = False
    refused: bool = False
    silent: bool = False
    pages: int = 0
    rows: int = 0
    new_shipments: int = 0
    unreadable: int = 0
    gaps: int = 0
    backlogs: int = 0
    complete: bool = True
    goes_on_in: float | None = None


@dataclass
class _Pass:
    """One pass over a window from `start` on, and up to where what was taken of it proves that nothing was left out;
    None while nothing was taken.
    """

    start: datetime
    avoid: Sequence[Gap] = ()
    reached: datetime | None = None

    def took(self, reading: Reading) -> None:
        self.reached = max(self.start, reading.reached or self.start)


def _read_or_else(read: Callable[[], bool], go_round: Callable[[], None]) -> None:
    """`go_round` where `read` was put off, or has to wait: another run begins where this one did."""
    try:
        is_read = read()
    except ConnectorError as fault:
        if seconds_to_wait(fault) is not None:
            go_round()
        raise
    if not is_read:
        go_round()


def _is_dense(reading: Reading) -> bool:
    """Within one second no cursor can move, and a run that cannot move it would read the same pages again."""
    return reading.is_sorted and reading.page > BACKLOG_PAGES


@dataclass(frozen=True)
class Walker:
    """`cause` is whose rows these are; `has_time` says whether another page may be read, `is_wanted` whether a webhook
    waits, which goes before what was read once already.
    """

    intake: Intake
    source: Source
    jobs: Jobs
    position: HeldPosition
    cause: Cause
    report: Report
    has_time: Callable[[], bool]
    is_wanted: Callable[[], bool]

    def follow(self, stream: Stream, pointer: Pointer) -> bool:
        """False when it is more than one webhook may take: the rest is in the stream, to be looked at."""
        for pages, reading in enumerate(self.source.follow(pointer, "webhook"), start=1):
            is_seen_to = self._crosscheck.absorb(reading.orders, self.cause, "webhook")
            self._take(stream, reading, self.cause)
            if not is_seen_to or (not reading.complete and (pages >= POINTER_PAGES or not self.has_time())):
                self.report.complete = False
                return False
        return True

    def walk(self, stream: Stream, lane: Lane) -> None:
        """What is new first; then, once per margin and never while a webhook waits, what may have come late."""
        cursor = self._cursor(stream)
        # Nothing lies between the two marks: one look is both.
        if cursor.head == cursor.settled and stream is not Stream.ORDERS:
            self._look(stream, lane, cursor.head, settles=True)
            return
        self._look(stream, lane, cursor.head, settles=False)
        if cursor.settled_at is None:  # the shipments of orders read for the first time are still to be read
            self.position.move(stream, self._cursor(stream).settled_once(self._now()))
        elif lane != "webhook" and self._is_settling_due(stream, self._cursor(stream)) and self.has_time():
            self._look(stream, lane, cursor.settled, until=cursor.head, settles=True)

    def _look(
        self, stream: Stream, lane: Lane, start: datetime, *, settles: bool, until: datetime | None = None
    ) -> None:
        # What is read again, up to `until`, may hold rows that came late between the neighbours of a gap.
        each, before = _Pass(start, () if until else self.position.value.gaps), self._cursor(stream)
        _read_or_else(
            lambda: self._read(stream, lane, each, settles=settles, until=until),
            lambda: self._go_round(stream, each, before, settles=settles),
        )

    def _read(self, stream: Stream, lane: Lane, each: _Pass, *, settles: bool, until: datetime | None) -> bool:
        """False where it is put off."""
        readings = self.source.walk(stream, each.start, lane, end=until, avoid=each.avoid)
        for pages, reading in enumerate(readings, start=1):
            if not self._accept(stream, reading, lane, settles=settles):
                self.report.complete = False
                return True  # what was asked of its orders is known from now on
            # Only now: every row of the page is queued or recorded.
            self.position.move(stream, self._advanced(stream, reading, until, settles=settles))
            each.took(reading)
            if reading.complete or not self.position.keep():
                return True
            if reading.reached and _is_dense(reading):
                self._leave(stream, reading.reached, reading.page, until, settles=settles)
                return True
            if self._is_put_off(until):
                self.report.complete = False
                return False
            if until is None and not self._goes_on(stream, each.start, reading, pages, lane):
                return True
        return True

    def _go_round(self, stream: Stream, each: _Pass, before: Cursor, *, settles: bool) -> None:
        """A run that came no further is followed by others that come no further: only a job can go on within a second.
        Not within the margin, where rows may still appear: the job reads them once.
        """
        if each.reached is None or self._cursor(stream) != before:
            return
        if self._is_past_margin(stream, each.reached):
            self._step_over(stream, each.reached, 1, settles=settles)

    def _leave(self, stream: Stream, reached: datetime, page: int, until: datetime | None, *, settles: bool) -> None:
        """To a job; within the margin nothing is settled by it, and a settle pass comes again once that has passed."""
        is_past_margin = self._is_past_margin(stream, reached)
        if until is None or is_past_margin:
            self._step_over(stream, reached, page, settles=settles and is_past_margin)
        else:
            self.position.move(stream, self._cursor(stream).settled_once(self._now()))

    def _is_past_margin(self, stream: Stream, reached: datetime) -> bool:
        return reached + DENSE <= self._now() - self._margin(stream)

    def _is_put_off(self, until: datetime | None) -> bool:
        """What is read a second time, up to `until`, is put off for a webhook too."""
        return not self.has_time() or (until is not None and self.is_wanted())

    def _goes_on(self, stream: Stream, start: datetime, reading: Reading, pages: int, lane: Lane) -> bool:
        """False where the rest became a job. Who would have to wait for the budget ends here, where what was read
        stands in the cursor.
        """
        reached = reading.reached or start
        if self._is_backlog(stream, start, reached, pages) or self._is_unsorted(stream, reading, reached):
            self._set_aside(stream, start, reached, lane)
            return False
        if reading.page == 1:
            self.source.check_budget()
        return True

    def sweep(self, track: Track, span: Span) -> None:
        each = _Pass(span.start)
        _read_or_else(lambda: self._swept(track, span, each), lambda: self._sweep_behind(track, span, each))

    def _swept(self, track: Track, span: Span, each: _Pass) -> bool:
        """False where it is put off."""
        reached = span.start
        # What a sweep finds was missed by the looks: the audit tells the two apart.
        cause = Cause(kind="sweep", correlation_id=self.cause.correlation_id)
        for reading in self.source.walk(track.stream, span.start, "sweep", end=span.end):
            self._take(track.stream, reading, cause)
            reached = span.end if reading.complete else min(max(reached, reading.reached or reached), span.end)
            self.position.move(track.name, Cursor(head=reached, settled=reached))
            each.took(reading)
            if reading.complete or not self.position.keep():
                return True
            if not self.has_time() or self.is_wanted():
                return False
            if reading.page == 1:
                self.source.check_budget()
        return True

    def _sweep_behind(self, track: Track, span: Span, each: _Pass) -> None:
        if each.reached != span.start:
            return
        end = min(self._as_job("backlog", track.stream, span.start, 1), span.end)
        self.position.move(track.name, Cursor(head=end, settled=end))

    @property
    def _crosscheck(self) -> CrossCheck:
        return CrossCheck(self.source, self.intake, self.has_time)

    def _accept(self, stream: Stream, reading: Reading, lane: Lane, *, settles: bool) -> bool:
        """False when the page has to be read again: some of its orders could not be seen to. Those that a shipment
        needed come first, so that it is known where it goes.
        """
        is_seen_to = self._crosscheck.absorb(reading.orders, self.cause, lane)
        self._take(stream, reading, self.cause)
        if not is_seen_to or not settles or stream is not Stream.ORDERS:
            return is_seen_to
        # Younger orders may still get shipments that no look has come to.
        older_than = self.intake.now() - self._margin(stream)
        patient = CrossCheck(self.source, self.intake, lambda: self.has_time() and not self.is_wanted())
        return patient.verify(reading.orders, older_than, self.cause, "sweep")

    def _take(self, stream: Stream, reading: Reading, cause: Cause) -> None:
        self.report.new_shipments += self.intake.take(stream, reading, cause)
        self.report.pages += 1
        self.report.rows += len(reading.shipments) + len(reading.orders)
        self.report.unreadable += len(reading.unreadable) + len(reading.withheld)
        if reading.gaps:
            # One at the end of the list is met by every look, until a row comes after it.
            self.report.gaps += sum(self.position.value.is_new(gap) for gap in reading.gaps)
            self.position.note(self.position.value.with_gaps(reading.gaps, self._now() - GAPS_KEPT))
        # A row was shown: the key is taken, and ShipStation answers.
        if self.position.value.next_probe_at is not None:
            self.position.note(self.position.value.accepted())

    def _is_backlog(self, stream: Stream, start: datetime, reached: datetime, pages: int) -> bool:
        """Judged by how much time the pages so far covered; a second that is still being read has covered none."""
        rest, covered = self._now() - self._margin(stream) - reached, reached - start
        is_slow = rest > covered / pages * BACKLOG_PAGES
        return stream is not Stream.LABELS_VOIDED and covered > timedelta(0) and is_slow

    def _is_unsorted(self, stream: Stream, reading: Reading, reached: datetime) -> bool:
        """No cursor can move where rows stand in no order; a job goes on by the numbers of their pages."""
        is_long = stream is not Stream.LABELS_VOIDED and reading.page > BACKLOG_PAGES
        return is_long and not reading.is_sorted and self._is_past_margin(stream, reached)

    def _set_aside(self, stream: Stream, start: datetime, reached: datetime, lane: Lane) -> None:
        """The long rest becomes a job of its own before the cursor steps over it; what is new is read at once."""
        # The margin stays with the stream: its rows may still appear, and a job reads each window once.
        window = Span(start=reached, end=self._now() - self._margin(stream))
        end = self.jobs.open(self._job("backlog", "poll", stream, window)).window.end
        cursor = self._cursor(stream)
        # What was read before, and is not settled, is read again all the same: no settle pass comes to it any more.
        if stream is Stream.ORDERS:
            self.jobs.open(self._job("crosscheck", "sweep", stream, Span(start=cursor.settled, end=end)))
        elif cursor.settled < start:
            self.jobs.open(self._job("backlog", "sweep", stream, Span(start=cursor.settled, end=start)))
        self.report.backlogs += 1
        head, settled = max(cursor.head, end), max(cursor.settled, end)
        self.position.move(stream, Cursor(head=head, settled=settled, settled_at=self._now()))
        if self.position.keep():
            self.walk(stream, lane)

    def _step_over(self, stream: Stream, reached: datetime, page: int, *, settles: bool) -> None:
        """A second that one run cannot read: it holds too many rows, as an import's, or some that cannot be shown."""
        is_check = settles and stream is Stream.ORDERS
        end = self._as_job("crosscheck" if is_check else "backlog", stream, reached, page)
        cursor = self._cursor(stream)
        settled = max(cursor.settled, end) if settles else cursor.settled
        self.report.complete = False
        self.position.move(stream, Cursor(head=max(cursor.head, end), settled=settled, settled_at=cursor.settled_at))

    def _as_job(self, kind: JobKind, stream: Stream, reached: datetime, page: int) -> datetime:
        """A second from this page on; the instant behind it. One that has ended reads nothing any more."""
        self.report.backlogs += 1
        # Voids stand in the order of their making: no part of their window was read before all of it was.
        whole = self._now() - self._margin(stream) if stream is Stream.LABELS_VOIDED else reached
        end = max(whole, reached + DENSE)
        job = self._job(kind, "poll", stream, Span(start=reached, end=end, page=page))
        opened = self.jobs.open(job)
        if opened.ended_at is not None:
            opened = self.jobs.open(job.another())
        return opened.window.end

    def _job(self, kind: JobKind, lane: Lane, stream: Stream, window: Span) -> Job:
        return Job(
            # The same rest found by two runs is one job.
            job_id=f"{kind}-{stream}-{window.start:%Y%m%dT%H%M%S}",
            connection=self.intake.connection.name,
            kind=kind,
            lane=lane,
            window=window,
            unread={stream: (window,)},
            created_at=self._now(),
        )

    def _cursor(self, stream: Stream) -> Cursor:
        """Orders are known from some days before go-live on: they may be combined or shipped after it."""
        beginning = self.intake.connection.go_live_at - (KNOWN_BEFORE if stream is Stream.ORDERS else timedelta(0))
        return self.position.value.cursors.get(stream, Cursor(head=beginning, settled=beginning))

    def _is_settling_due(self, stream: Stream, cursor: Cursor) -> bool:
        """An end that is still to come was dated by a clock that has been set right since."""
        last = cursor.settled_at or cursor.settled
        return last > self._now() or self._now() - last >= self._margin(stream)

    def _margin(self, stream: Stream) -> timedelta:
        side = self.intake.connection.shipstation
        return timedelta(minutes=side.check_minutes if stream is Stream.ORDERS else side.settle_minutes)

    def _advanced(self, stream: Stream, reading: Reading, until: datetime | None, *, settles: bool) -> Cursor:
        """Forwards only. A look that began at `settled` has seen everything up to where it came that is older than the
        margin: the newest row is as old at least as it is now.
        """
        cursor = self._cursor(stream)
        # One row from a wrong clock must not carry the cursor past all rows to come, nor keep it ahead of them.
        reached = reading.reached or cursor.head
        reached = reached if reached <= self._now() + FUTURE else self._now()
        if not settles:
            return cursor.reaching(reached)
        seen = until if until and reading.complete else reached
        is_proven = reading.reached is not None or reading.complete
        head = max(cursor.head, reached)
        settled = max(cursor.settled, min(seen, head - self._margin(stream))) if is_proven else cursor.settled
        settled_at = self._now() if reading.complete else cursor.settled_at
        return Cursor(head=head, settled=settled, settled_at=settled_at)

    def _now(self) -> datetime:
        return self.intake.now()
