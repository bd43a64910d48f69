"""The poll's manual invokes: backfill a window, see how reading stands, cancel. Bad input is answered, never raised."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from functions.errors import ConnectorError
from functions.flows.operations.backfill import Estimate, a_job, estimate, progress
from functions.model.answer import Refusal, out_of_reach, refused
from functions.model.backfill import Backfill, ReadingRequest
from functions.model.cursors import Cursor, Span, Stream
from functions.model.jobs import Progress
from functions.model.outcomes import SENTENCES, Reason
from functions.model.reading_answer import BackfillShown, JobShown, ParkedSubject, ReadingShown, ReadStream
from functions.model.shipment import ConnectionName
from functions.wiring.poll_parts import PollParts
from functions.wiring.requests import parsed
from functions.wiring.runtime import Runtime
from functions.wiring.telemetry import logger

SHOWN = 50  # parked subjects in one answer
ALLOWED = {
    "estimate": {"connection": "name", "backfill": {"from": "instant", "to": "instant", "by": "who", "note": "why"}},
    "start": {"backfill": {"…": "the same and", "dry_run": False, "baseline": "true: ledger only, nothing is written"}},
    "streams": [str(stream) for stream in Stream],
    "look now": {"connection": "name", "now": True},
    "status": {"connection": "name", "status": True},
    "cancel": {"connection": "name", "cancel": "job_id"},
}


def answer(event: dict[str, Any], runtime: Runtime, parts: Callable[[ConnectionName], PollParts]) -> dict[str, Any]:
    request = parsed(event, ReadingRequest, runtime.connections, lambda asked: asked.connection)
    if isinstance(request, str):
        return refused(request, ALLOWED)
    try:
        return _served(request, parts(request.connection))
    except ConnectorError as fault:
        return out_of_reach(fault.reason)


def _served(request: ReadingRequest, parts: PollParts) -> dict[str, Any]:
    if request.backfill is not None:
        return _backfill(request.backfill, parts)
    if request.cancel is not None:
        return _cancelled(request.cancel, parts)
    return _reading_status(parts)


def _backfill(request: Backfill, parts: PollParts) -> dict[str, Any]:
    rate = parts.connection.shipstation.requests_per_minute
    window = Span(start=request.start, end=min(request.end, parts.now()))
    if window.start >= window.end:
        return refused("backfill.from: the window holds nothing yet", ALLOWED)
    cost = estimate(window, request.streams, parts.source, rate)
    if request.dry_run:
        return _told(window, cost, "the same with dry_run: false").told()
    job = a_job(
        _job_id(request, parts.connection.name),
        parts.connection.name,
        window,
        cost,
        admission="baseline" if request.baseline else "named",
        by=request.by,
        note=request.note,
        now=parts.now(),
    )
    known = parts.jobs.open(job)
    if known is not job:
        next_ = "this was asked for before, and this is its job; with another note it is read again"
        return _shown(progress(known, rate, parts.now()), next_).told()
    logger.info("backfill_started", connection=job.connection, job_id=job.job_id, baseline=request.baseline)
    return _told(window, cost, "it begins within a minute; ask with status: true", job.job_id).told()


def _job_id(request: Backfill, connection: ConnectionName) -> str:
    """The same request is the same job, however often it arrives."""
    return hashlib.sha256(f"{connection}\x1f{request.model_dump_json()}".encode()).hexdigest()[:12]


def _cancelled(job_id: str, parts: PollParts) -> dict[str, Any]:
    job = parts.jobs.cancel(parts.connection.name, job_id, parts.now())
    if job is None:
        jobs = tuple(known.job_id for known in parts.jobs.all(parts.connection.name))
        return Refusal(error="cancel: no such job", jobs=jobs).told()
    logger.info("job_cancelled", connection=job.connection, job_id=job.job_id)
    return _shown(progress(job, parts.connection.shipstation.requests_per_minute, parts.now())).told()


def _reading_status(parts: PollParts) -> dict[str, Any]:
    """How far every stream was read, what is read beside it, and what needs a person."""
    position, now, rate = parts.position(), parts.now(), parts.connection.shipstation.requests_per_minute
    parked = parts.parking.list(parts.connection.name)
    return ReadingShown(
        connection=parts.connection.called,
        mode=parts.connection.mode,
        last_poll_at=position.last_poll_at,
        refused_since=position.refused_at,
        not_configured=_unfilled(parts),
        silent_since=position.silent_at,
        streams={name: _position(cursor) for name, cursor in sorted(position.cursors.items())},
        jobs=tuple(_shown(progress(job, rate, now)) for job in parts.jobs.all(parts.connection.name)),
        parked=tuple(
            ParkedSubject(subject=p.subject, reason=p.reason, means=SENTENCES[p.reason], detail=p.detail)
            for p in parked[:SHOWN]
        ),
        parked_not_shown=max(0, len(parked) - SHOWN),
    ).told()


def _unfilled(parts: PollParts) -> str | None:
    """Which secret lacks what."""
    try:
        parts.require_credentials()
    except ConnectorError as fault:
        if fault.reason is Reason.SHIPSTATION_NOT_CONFIGURED:
            return str(fault)
    return None


def _position(cursor: Cursor) -> ReadStream:
    return ReadStream(read_up_to=cursor.head, settled_up_to=cursor.settled)


def _told(window: Span, cost: Estimate, next_: str, job_id: str | None = None) -> BackfillShown:
    return BackfillShown(window=window, **cost.model_dump(), job_id=job_id, next=next_)


def _shown(job: Progress, next_: str | None = None) -> JobShown:
    return JobShown(**job.model_dump(), next=next_)
