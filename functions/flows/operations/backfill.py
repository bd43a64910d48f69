"""Windows of the past that an operator names: what reading them would cost, starting them, and how they stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Protocol

from functions.flows.from_shipstation.past_windows import LEASE
from functions.model.clocks import is_held
from functions.model.cursors import Span, Stream
from functions.model.frozen import Frozen
from functions.model.jobs import Job, JobStatus, Lane, Progress
from functions.model.messages import Admission
from functions.model.shipment import ConnectionName

PAGE_ROWS = 500  # ShipStation's largest page


class Claims(Protocol):
    def claimed(self, stream: Stream, window: Span, lane: Lane) -> int:
        """How many rows ShipStation says the window holds. Raises Retryable or Permanent."""


class Estimate(Frozen):
    """`minutes` at the connection's request rate with nothing else to do."""

    records: dict[Stream, int]
    pages: int
    minutes: float


def estimate(window: Span, streams: Sequence[Stream], claims: Claims, requests_per_minute: int) -> Estimate:
    """Costs one request a stream."""
    records = {stream: claims.claimed(stream, window, "backfill") for stream in streams}
    pages = sum(max(1, ceil(rows / PAGE_ROWS)) for rows in records.values())
    return Estimate(records=records, pages=pages, minutes=round(pages / requests_per_minute, 1))


def a_job(
    job_id: str,
    connection: ConnectionName,
    window: Span,
    cost: Estimate,
    *,
    admission: Admission,
    by: str,
    note: str,
    now: datetime,
) -> Job:
    """The backfill of every stream that was estimated, in the lowest lane."""
    return Job(
        job_id=job_id,
        connection=connection,
        kind="backfill",
        lane="backfill",
        window=window,
        unread=dict.fromkeys(cost.records, (window,)),
        admission=admission,
        by=by,
        note=note,
        created_at=now,
        expected_rows=sum(cost.records.values()),
    )


def progress(job: Job, requests_per_minute: int, now: datetime) -> Progress:
    """Measured in time read, because ShipStation's count of rows is no more than a claim. Nobody knows how many orders
    a crosscheck will have to ask for.
    """
    is_asking = job.kind == "crosscheck"
    left = sum((_length(span) for spans in job.unread.values() for span in spans), start=0.0)
    whole = _length(job.window) * max(1, len(job.unread))
    percent = 100.0 if job.ended_at and not job.is_cancelled else round(100 * (1 - left / whole), 1) if whole else 0.0
    return Progress(
        job_id=job.job_id,
        kind=job.kind,
        state=_state(job, now),
        window=job.window,
        by=job.by,
        note=job.note,
        pages=job.pages,
        rows=job.rows,
        new_shipments=job.new_shipments,
        percent=min(max(percent, 0.0), 100.0),
        minutes_left=None if job.ended_at or is_asking else round(_pages_left(job, percent) / requests_per_minute, 1),
    )


def _state(job: Job, now: datetime) -> JobStatus:
    if job.ended_at is not None:
        return "cancelled" if job.is_cancelled else "given_up" if job.given_up else "done"
    return "running" if is_held(job.held_until, now, now + LEASE) else "waiting"


def _pages_left(job: Job, percent: float) -> float:
    """From the pages that the part read so far took; before there is any, from what ShipStation claims."""
    if job.pages and percent:
        return job.pages * (100 - percent) / percent
    return max(1.0, job.expected_rows / PAGE_ROWS)


def _length(span: Span) -> float:
    return max(0.0, (span.end - span.start).total_seconds())
