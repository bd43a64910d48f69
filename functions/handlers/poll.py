"""Schedule and notifications → shipments.fifo. A fault leaves the cursor where it was; the next run goes on there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from functions.errors import ConnectorError
from functions.flows.collect import Collection, Report, collect
from functions.handlers import batch
from functions.handlers.aws import AwsRuntime
from functions.handlers.runtime import Context, Handler, Runtime
from functions.handlers.telemetry import count, logger
from functions.handlers.vendors import shipstation_source
from functions.ledger.budget import BudgetStore
from functions.ledger.orders import OrderStore
from functions.ledger.queues import FifoWorkQueue
from functions.ledger.readers import ReaderStore
from functions.model.messages import Notification
from functions.model.shipment import ConnectionName
from functions.settings import PollSettings


def build(runtime: Runtime, settings: PollSettings) -> Handler:
    table = runtime.table(settings.ledger_table)
    budget = BudgetStore(table)

    @cache
    def collection(name: ConnectionName) -> Collection:
        connection = runtime.connections[name]
        return Collection(
            connection=connection,
            source=shipstation_source(runtime, connection, settings.shipstation_secrets[name], budget),
            readers=ReaderStore(table),
            marks=OrderStore(table),
            queue=FifoWorkQueue(runtime.queue(settings.shipments[name])),
            now=runtime.now,
            holder=runtime.new_id(),
        )

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        rings, unreadable = batch.read(event.get("Records", ()), Notification)
        names = {ring.connection for ring in rings.values()} or {ConnectionName(event.get("connection", ""))}
        for name in sorted(names & set(runtime.connections)):
            if runtime.connections[name].mode != "off":
                _collect(collection(name), _of(name, rings.values()), context.aws_request_id)
        return batch.failures(unreadable)

    return handle


def _of(name: ConnectionName, rings: Iterable[Notification]) -> list[Notification]:
    return [ring for ring in rings if ring.connection == name]


def _collect(collection: Collection, rings: Sequence[Notification], correlation_id: str) -> None:
    """A webhook whose answer failed is not repeated: the schedule looks at the same window within minutes."""
    name = collection.connection.name
    try:
        report = collect(collection, rings, correlation_id)
    except ConnectorError as fault:
        logger.warning(
            "poll_failed", connection=name, reason=fault.reason, detail=str(fault), correlation_id=correlation_id
        )
        count(name, PollFailed=1)
    else:
        _report(name, report, len(rings), correlation_id)


def _report(name: ConnectionName, report: Report, rings: int, correlation_id: str) -> None:
    logger.info(
        "poll_ended",
        connection=name,
        held=report.held,
        rings=rings,
        rows=report.rows,
        news=report.news,
        unreadable=report.unreadable,
        complete=report.complete,
        correlation_id=correlation_id,
    )
    count(
        name, PollSucceeded=int(not report.held), Rows=report.rows, News=report.news, Unreadable=len(report.unreadable)
    )


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), PollSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
