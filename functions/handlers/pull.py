"""Schedule, or a person → orders.fifo: what IFS wants packed and ShipStation does not know yet, or knows otherwise. A
fault leaves nothing behind; the next look does it all. A person has what ShipStation refused tried again, or sees what
the next look would send.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from pydantic import ValidationError

from functions.connections.connection import Connection
from functions.connections.orders import Orders
from functions.errors import ConnectorError
from functions.flows.from_ifs.pull import Pull, look, pull
from functions.flows.operations.push_preview import Sent, preview
from functions.model.answer import out_of_reach, refused
from functions.model.audit import Cause
from functions.model.pull_request import Again, DryRun
from functions.model.shipment import ConnectionName
from functions.settings import PullSettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.ifs_tenant import leave_alone
from functions.wiring.pauses import is_paused
from functions.wiring.push_parts import pull_parts, with_warehouses
from functions.wiring.requests import NO_ORDERS, as_kept, explained, names, unknown_connection
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import heartbeat, logger

ALLOWED = {
    "again": {"connection": "name", "again": True, "by": "who asks", "note": "why"},
    "dry_run": {"connection": "name", "dry_run": True},
}
RESTS = "a person paused it; resume it first"
OFF = "it is switched off"


def build(runtime: Runtime, settings: PullSettings) -> Handler:
    looks = _Looks(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        event = as_kept(event, runtime.connections)
        try:
            asked = _asked(event)
        except ValidationError as error:
            return refused(explained(error, DryRun if "dry_run" in event else Again), ALLOWED)
        if event["connection"] not in runtime.connections:
            return refused(unknown_connection(names(runtime.connections), event["connection"]), ALLOWED)
        connection = runtime.connections[ConnectionName(event["connection"])]
        if connection.orders is None:
            return refused(NO_ORDERS, ALLOWED) if asked else Sent(sent=0).told()
        return _served(looks, connection, connection.orders, asked, _cause(asked, context))

    return handle


def _served(
    looks: _Looks, connection: Connection, orders: Orders, asked: Again | DryRun | None, cause: Cause
) -> dict[str, Any]:
    """A schedule, which nobody reads, is answered none of the reasons; they stand in its log."""
    try:
        if isinstance(asked, DryRun):
            return looks.shown(connection, orders, cause)
        if connection.pulls is None:
            return Sent(sent=0, next=OFF if asked else None).told()
        return looks.sent(connection, orders, cause)
    except ConnectorError as fault:
        return out_of_reach(fault.reason) if asked else Sent(sent=0).told()


class _Looks:
    def __init__(self, runtime: Runtime, settings: PullSettings) -> None:
        self._runtime, self._settings = runtime, settings
        self._ledger = runtime.table(settings.ledger_table)
        self._parts: dict[ConnectionName, Pull] = {}

    def sent(self, connection: Connection, orders: Orders, cause: Cause) -> dict[str, Any]:
        told: dict[str, Any] = {"connection": connection.name, "correlation_id": cause.correlation_id}
        now = self._runtime.now()
        try:
            if is_paused(self._ledger, connection, now, orders.store_id):
                heartbeat(connection.name, PullSucceeded=True)
                return Sent(sent=0, next=RESTS).told()
            leave_alone(self._ledger, connection.name, now)
            report = pull(self._of(connection, orders), connection, self._known(connection, orders), now, cause)
        except ConnectorError as fault:
            logger.warning("pull_failed", reason=fault.reason, detail=str(fault), **told)
            heartbeat(connection.name, PullSucceeded=False)
            raise
        logger.info("pull_ended", read=report.read, sent=report.sent, unseen=report.unseen, **told)
        heartbeat(connection.name, PullSucceeded=True)
        return Sent(sent=report.sent).told()

    def shown(self, connection: Connection, orders: Orders, cause: Cause) -> dict[str, Any]:
        """What would be sent, in any mode."""
        now = self._runtime.now()
        leave_alone(self._ledger, connection.name, now)
        seen = look(self._of(connection, orders), connection, self._known(connection, orders), now, cause)
        return preview(seen).told()

    def _of(self, connection: Connection, orders: Orders) -> Pull:
        if connection.name not in self._parts:
            self._parts[connection.name] = pull_parts(self._runtime, self._settings, connection, orders)
        return self._parts[connection.name]

    def _known(self, connection: Connection, orders: Orders) -> Orders:
        return with_warehouses(self._runtime, self._settings, connection, orders)


def _asked(event: dict[str, Any]) -> Again | DryRun | None:
    """None of a schedule, which names the connection alone. Raises ValidationError for what a person asked wrongly."""
    if event.keys() == {"connection"} and isinstance(event["connection"], str):
        return None
    return DryRun.model_validate(event) if "dry_run" in event else Again.model_validate(event)


def _cause(asked: Again | DryRun | None, context: Context) -> Cause:
    if isinstance(asked, Again):
        return Cause(kind="replay", correlation_id=context.aws_request_id, by=asked.by, note=asked.note)
    return Cause(kind="poll", correlation_id=context.aws_request_id)


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), PullSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
