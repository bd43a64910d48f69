"""Manual invoke that changes what happens: pause, resume, release, dismiss, place, map, adopt. Bad input is answered,
never raised.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from functions.errors import ConnectorError
from functions.flows.operations.control import change
from functions.flows.operations.control_tools import ControlTools, RefusedError
from functions.ledger.audit import AuditLog
from functions.ledger.desks import DeskStore
from functions.ledger.orders import OrderStore, shards
from functions.ledger.parked import ParkingStore
from functions.ledger.pushes import PushStore
from functions.ledger.queues import FifoOrderQueue
from functions.ledger.records import RecordStore
from functions.model.answer import out_of_reach, refused
from functions.model.control import AnyChange, Changed, ControlRequest
from functions.model.shipment import ConnectionName
from functions.settings import ControlSettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.requests import parsed
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import logger

WHO = {"connection": "name", "by": "who asks", "note": "why"}
TABLES = "carriers, services or warehouses"
ALLOWED: Mapping[str, Mapping[str, Any]] = {
    "pause": {"do": "pause", "scope": "connection, store or site", "of": "which", "until": "instant", **WHO},
    "resume": {"do": "resume", "scope": "connection, store or site", "of": "which", **WHO},
    "release": {"do": "release", "…": "orders with company, or reasons with store, or everything: true", **WHO},
    "dismiss": {"do": "dismiss", "…": "orders with company, or subjects", **WHO},
    "place": {
        "do": "place",
        "order": "number",
        "shipment": "L123",
        "record": "one of its choices",
        "…": "company, profile",
        **WHO,
    },
    "map": {"do": "map", "table": TABLES, "code": "ShipStation's", "value": "IFS's", **WHO},
    "unmap": {"do": "unmap", "table": TABLES, "code": "ShipStation's", **WHO},
    "adopt": {"do": "adopt", "order": "number", "fields": ["tracking"], "…": "company", **WHO},
}


Changing = Callable[[dict[str, Any], Context], Changed | dict[str, Any]]


def build(runtime: Runtime, settings: ControlSettings) -> Handler:
    carry_out = changing(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        done = carry_out(event, context)
        return done if isinstance(done, dict) else done.model_dump(mode="json")

    return handle


def changing(runtime: Runtime, settings: ControlSettings) -> Changing:
    """What was done for a request, or as a dictionary what is wrong with it. The page shows the same."""
    ledger = runtime.table(settings.ledger_table)
    orders, memories, desks, parking = OrderStore(ledger), RecordStore(ledger), DeskStore(ledger), ParkingStore(ledger)
    pushed = PushStore(ledger)
    audit = AuditLog(runtime.table(settings.audit_table), new_id=runtime.new_id)

    def tools(name: ConnectionName, request_id: str) -> ControlTools:
        queue = FifoOrderQueue(runtime.queue(settings.shipments[name]))
        recalled = shards(name, ("attention", "due", "watch", "dismissed", "kept"))
        connection = runtime.connections[name]
        return ControlTools(
            connection, orders, memories, desks, parking, pushed, audit, queue, recalled, runtime.now(), request_id
        )

    def carry_out(event: dict[str, Any], context: Context) -> Changed | dict[str, Any]:
        request = parsed(event, ControlRequest, runtime.connections, lambda asked: asked.root.connection)
        if isinstance(request, str):
            return refused(request, ALLOWED)
        asked: AnyChange = request.root
        try:
            done = change(tools(asked.connection, context.aws_request_id), asked)
        except RefusedError as refusal:
            return refused(str(refusal), ALLOWED[asked.do])
        except ConnectorError as fault:
            return out_of_reach(fault.reason)
        logger.info("changed", connection=asked.connection, done=done.done, concerned=done.concerned)
        return done

    return carry_out


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ControlSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
