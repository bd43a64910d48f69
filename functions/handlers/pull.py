"""Schedule, or a person → orders.fifo: what IFS wants packed and ShipStation does not know yet, or knows otherwise. A
fault leaves nothing behind; the next look does it all. A person has what ShipStation refused tried again.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Literal

from pydantic import ValidationError

from functions.errors import ConnectorError
from functions.flows.from_ifs.pull import Pull, pull
from functions.model.audit import Cause
from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName
from functions.model.signed import Name, Note
from functions.settings import PullSettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.ifs_tenant import leave_alone
from functions.wiring.pauses import is_paused
from functions.wiring.push_parts import pull_parts, with_warehouses
from functions.wiring.requests import as_kept, explained, names, unknown_connection
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import heartbeat, logger

ALLOWED = {"again": {"connection": "name", "again": True, "by": "who asks", "note": "why"}}
RESTS = "a person paused it; resume it first"


class Again(Frozen):
    connection: ConnectionName
    again: Literal[True]
    by: Name
    note: Note


def build(runtime: Runtime, settings: PullSettings) -> Handler:
    @cache
    def parts(name: ConnectionName) -> Pull:
        connection = runtime.connections[name]
        assert connection.orders is not None, "only connections with orders have a schedule"
        return pull_parts(runtime, settings, connection, connection.orders)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        event = as_kept(event, runtime.connections)
        try:
            cause = _cause(event, context)
        except ValidationError as error:
            return {"error": explained(error, Again), "allowed": ALLOWED}
        if event["connection"] not in runtime.connections:
            return {"error": unknown_connection(names(runtime.connections), event["connection"]), "allowed": ALLOWED}
        connection = runtime.connections[ConnectionName(event["connection"])]
        orders = connection.orders
        if orders is None or "off" in {orders.mode, connection.mode}:
            return {"sent": 0}
        told: dict[str, Any] = {"connection": connection.name, "correlation_id": context.aws_request_id}
        ledger = runtime.table(settings.ledger_table)
        try:
            if is_paused(ledger, connection, runtime.now(), orders.store_id):
                heartbeat(connection.name, PullSucceeded=True)
                return {"sent": 0, "next": RESTS}
            leave_alone(ledger, connection.name, runtime.now())
            known = with_warehouses(runtime, settings, connection, orders)
            report = pull(parts(connection.name), connection, known, runtime.now(), cause)
        except ConnectorError as fault:
            logger.warning("pull_failed", reason=fault.reason, detail=str(fault), **told)
            heartbeat(connection.name, PullSucceeded=False)
            return {"sent": 0}
        logger.info("pull_ended", read=report.read, sent=report.sent, unseen=report.unseen, **told)
        heartbeat(connection.name, PullSucceeded=True)
        return {"sent": report.sent}

    return handle


def _cause(event: dict[str, Any], context: Context) -> Cause:
    """Raises ValidationError for what a person asked for wrongly; a schedule names the connection alone."""
    if event.keys() == {"connection"} and isinstance(event["connection"], str):
        return Cause(kind="poll", correlation_id=context.aws_request_id)
    request = Again.model_validate(event)
    return Cause(kind="replay", correlation_id=context.aws_request_id, by=request.by, note=request.note)


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), PullSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
