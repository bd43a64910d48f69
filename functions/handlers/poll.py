"""Schedule and notifications → shipments.fifo. A fault leaves the cursor where it was; the next run goes on there.

A person may invoke it too: look now, backfill a window, see how reading stands, cancel (module `backfill`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Literal

from functions.connections.connection import ON_ITS_WAY
from functions.errors import ConnectorError
from functions.flows.from_shipstation.collect import collect
from functions.flows.from_shipstation.labels_on_the_way import look_at_labels
from functions.flows.from_shipstation.live_streams import Report
from functions.flows.from_shipstation.pace import is_due, seconds_to_wait
from functions.flows.from_shipstation.past_windows import next_job, work_on
from functions.handlers import backfill
from functions.model.behind import behind
from functions.model.jobs import Job
from functions.model.messages import Notification, Pointer
from functions.model.shipment import ConnectionName
from functions.settings import PollSettings
from functions.shipstation.reading.normalise import name_orders
from functions.wiring import batch
from functions.wiring.aws import AwsRuntime
from functions.wiring.poll_parts import GO_ON, PollParts
from functions.wiring.requests import as_kept
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import count, heartbeat, logger

TIME_TO_END = timedelta(seconds=50)  # the requests under way, a time-out at worst, and the last save


def build(runtime: Runtime, settings: PollSettings) -> Handler:
    @cache
    def parts(name: ConnectionName) -> PollParts:
        return PollParts(runtime, settings, runtime.connections[name])

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        event = as_kept(event, runtime.connections)
        asks = _who_asks(event)
        if asks == "person":
            return backfill.answer(event, runtime, parts)
        notifications, unreadable = batch.read(event.get("Records", ()), Notification)
        names = {n.connection for n in notifications.values()} or {ConnectionName(event.get("connection", ""))}
        for name in sorted(names & set(runtime.connections)):
            if runtime.connections[name].mode != "off":
                _read(parts(name), _of(name, notifications.values()), context, is_now=asks == "now")
        is_no_schedule = asks == "schedule" and event["connection"] not in runtime.connections
        if asks == "now" or is_no_schedule:
            return backfill.answer({"connection": event["connection"], "status": True}, runtime, parts)
        return batch.failures(unreadable)

    return handle


def _who_asks(event: Mapping[str, Any]) -> Literal["queue", "schedule", "now", "person"]:
    """A schedule names the connection and nothing else; whatever says more is a person's request."""
    if set(event) == {"Records"}:
        return "queue"
    is_named = isinstance(event.get("connection"), str)
    if is_named and set(event) == {"connection"}:
        return "schedule"
    return "now" if is_named and event.get("now") is True and set(event) == {"connection", "now"} else "person"


def _of(name: ConnectionName, notifications: Iterable[Notification]) -> list[Notification]:
    return [notification for notification in notifications if notification.connection == name]


def _read(parts: PollParts, notifications: Sequence[Notification], context: Context, *, is_now: bool) -> None:
    """Webhooks are answered by a run of their own; a tick looks at what is due, then works on a job, whatever became of
    the streams. `is_now`: a person does not wait for that. Who would have to wait for the budget sends for another run.
    """
    labels, others = _divided(notifications)
    if labels and parts.connection.writes(*ON_ITS_WAY):
        _told(lambda: _look_at_labels(parts, labels, context), parts, context)
    if labels and not others:
        return
    api = parts.connection.shipstation.api
    webhooks = [n.pointer_through(api) for n in others if n.pointer != GO_ON]

    def look() -> float | None:
        pointers = webhooks if webhooks or is_now else _due(parts)
        if pointers is None:
            return None
        parts.require_credentials()
        report = collect(parts.collection, pointers, context.aws_request_id)
        _report(parts, report, len(webhooks), context.aws_request_id)
        return report.goes_on_in

    _told(lambda: _beating(look, parts.connection.name), parts, context)
    if not webhooks:
        _told(lambda: _work(parts, context), parts, context)


def _divided(notifications: Iterable[Notification]) -> tuple[list[Notification], list[Notification]]:
    """Those that point at a label on its way, and the others."""
    labels: list[Notification] = []
    others: list[Notification] = []
    for notification in notifications:
        (labels if notification.pointer.kind == "label" else others).append(notification)
    return labels, others


def _look_at_labels(parts: PollParts, notifications: Sequence[Notification], context: Context) -> None:
    parts.require_credentials()
    looked = look_at_labels(parts.collection, [n.pointer for n in notifications], context.aws_request_id)
    logger.info(
        "labels_looked_at",
        connection=parts.connection.name,
        labels=looked.labels,
        new_shipments=looked.new_shipments,
        left=len(looked.left),
        correlation_id=context.aws_request_id,
    )
    parts.put_off([n for n in notifications if n.pointer in looked.left], looked.goes_on_in)


def _due(parts: PollParts) -> Sequence[Pointer] | None:
    """What a tick answers: nothing but the streams themselves, webhooks that still wait, or None."""
    position = parts.position()
    if is_due(position, parts.connection.poll_minutes, parts.now()):
        return ()
    return [GO_ON] if parts.is_webhook_unanswered(position) else None


def _beating(look: Callable[[], float | None], connection: ConnectionName) -> float | None:
    try:
        return look()
    except ConnectorError:
        # Sent, not left out: a metric that is missing may also mean that nobody looked.
        heartbeat(connection, PollSucceeded=False)
        raise


def _told(step: Callable[[], float | None], parts: PollParts, context: Context) -> None:
    """Sends for another run where the step has to go on, before anything else is begun."""
    try:
        waits = step()
    except ConnectorError as fault:
        logger.warning(
            "poll_failed",
            connection=parts.connection.name,
            reason=fault.reason,
            detail=str(fault),
            correlation_id=context.aws_request_id,
        )
        waits = seconds_to_wait(fault)
    if waits is not None:
        parts.go_on(context.aws_request_id, waits)


def _work(parts: PollParts, context: Context) -> float | None:
    """Seconds until the next run on a job, if one is left to go on with."""
    job = _next_job(parts)
    # While ShipStation refuses or is silent, one probe a minute is all that is sent.
    if job is None or parts.position().next_probe_at is not None:
        return None
    parts.require_credentials()
    parts.source.check_budget()
    left = timedelta(milliseconds=context.get_remaining_time_in_millis()) - TIME_TO_END
    after = work_on(job, parts.job_resources, context.aws_request_id, parts.now() + left)
    if after is None:
        return None
    _report_job(after, context.aws_request_id)
    return 0 if _next_job(parts) is not None else None


def _next_job(parts: PollParts) -> Job | None:
    jobs = parts.jobs.all(parts.connection.name)
    return next_job(jobs, parts.now(), are_labels_first=name_orders(parts.connection))


def _report(parts: PollParts, report: Report, webhooks: int, correlation_id: str) -> None:
    name = parts.connection.name
    lag = behind(parts.position(), parts.jobs.all(name), parts.now())
    logger.info(
        "poll_ended",
        connection=name,
        held=report.held,
        refused=report.refused,
        silent=report.silent,
        webhooks=webhooks,
        pages=report.pages,
        rows=report.rows,
        new_shipments=report.new_shipments,
        unreadable=report.unreadable,
        gaps=report.gaps,
        backlogs=report.backlogs,
        complete=report.complete,
        goes_on_in=report.goes_on_in,
        seconds_behind={stream: int(late.total_seconds()) for stream, late in lag.items()},
        correlation_id=correlation_id,
    )
    is_read = not (report.held or report.refused or report.silent or _has_waited(report))
    heartbeat(name, PollSucceeded=is_read)
    count(name, ShipStationRefused=int(report.refused), Gaps=report.gaps)


def _has_waited(report: Report) -> bool:
    """Nothing was read because the budget, or the pace of webhooks, allowed nothing."""
    return report.goes_on_in is not None and not report.pages


def _report_job(job: Job, correlation_id: str) -> None:
    logger.info(
        "job_ended" if job.ended_at else "job_goes_on",
        connection=job.connection,
        job_id=job.job_id,
        kind=job.kind,
        pages=job.pages,
        rows=job.rows,
        given_up=[str(stream) for stream in job.given_up],
        new_shipments=job.new_shipments,
        correlation_id=correlation_id,
    )


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), PollSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
