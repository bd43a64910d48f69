"""orders.fifo → ShipStation. What ShipStation refuses or cannot take now is an outcome. Where the ledger fails the
message is let go: it would keep the others of its group waiting, and the next look into IFS sends what is not settled.
So it is under a pause, and once the file says `off`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from typing import Any

from functions.errors import ConnectorError
from functions.flows.to_shipstation.push import Push, push
from functions.ledger.table import Table
from functions.model.outbound import PushOrders
from functions.model.outcomes import Reason
from functions.model.pushed_order import PushedOrder
from functions.model.shipment import ConnectionName
from functions.settings import PushSettings
from functions.wiring import batch
from functions.wiring.aws import AwsRuntime
from functions.wiring.pauses import is_paused
from functions.wiring.push_parts import push_parts
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import count, logger


def build(runtime: Runtime, settings: PushSettings) -> Handler:
    @cache
    def parts(name: ConnectionName) -> Push | None:
        connection = runtime.connections.get(name)
        if connection is None or connection.orders is None:
            return None
        return push_parts(runtime, settings, connection, connection.orders)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        messages, failed = batch.read(event["Records"], PushOrders)
        for message_id, message in messages.items():
            flow = parts(message.connection)
            if flow is None:
                logger.error("connection_unknown", connection=message.connection, messages=1)
                failed.append(message_id)
            else:
                _push(flow, message, runtime.table(settings.ledger_table))
        return batch.failures(failed)

    return handle


def _push(flow: Push, message: PushOrders, ledger: Table) -> None:
    try:
        is_off = flow.connection.pulls is None
        rests = is_off or is_paused(ledger, flow.connection, flow.now(), flow.orders.store_id)
        ended = [] if rests else push(flow, message)
    except ConnectorError as fault:
        logger.error(
            "push_failed",
            connection=message.connection,
            reason=fault.reason,
            detail=str(fault),
            orders=len(message.outbound),
            correlation_id=message.cause.correlation_id,
        )
    else:
        _report(ended, message)


def _report(ended: Iterable[PushedOrder], message: PushOrders) -> None:
    attention = 0
    for pushed in ended:
        is_outdated = pushed.is_outdated(message.cause.plan_id)
        attention += pushed.attention is not None and not is_outdated
        logger.info(
            "order_pushed",
            connection=message.connection,
            ifs_shipment=pushed.key.shipment_id or None,
            ifs_order=pushed.key.order_no or None,
            group=pushed.key.group or None,
            shipstation_order=pushed.order_id,
            outcome=None if is_outdated else pushed.outcome,
            reason=Reason.PLAN_OUTDATED if is_outdated else pushed.reason,
            field=pushed.field,
            attention=pushed.attention,
            plan_id=message.cause.plan_id,
            correlation_id=message.cause.correlation_id,
        )
    if attention:
        count(message.connection, PushAttention=attention)


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), PushSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
