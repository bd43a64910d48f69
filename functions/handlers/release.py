"""Every minute: what waits or is to be repeated goes back onto shipments.fifo. A missed run only delays."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from functions.flows.to_ifs.release import release
from functions.ledger.orders import OrderStore
from functions.ledger.queues import FifoWorkQueue
from functions.ledger.tenants import TenantStore
from functions.model.shipment import ConnectionName
from functions.settings import ReleaseSettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import count, logger


def build(runtime: Runtime, settings: ReleaseSettings) -> Handler:
    orders = OrderStore(runtime.table(settings.ledger_table))
    tenants = TenantStore(runtime.table(settings.ledger_table))

    @cache
    def queue(name: ConnectionName) -> FifoWorkQueue:
        return FifoWorkQueue(runtime.queue(settings.shipments[name]))

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        connection = runtime.connections[ConnectionName(event["connection"])]
        circuit = tenants.circuit(connection.name)
        released = release(
            connection,
            due_orders=orders,
            circuit=circuit,
            queue=queue(connection.name),
            now=runtime.now(),
            correlation_id=context.aws_request_id,
        )
        logger.info(
            "released",
            connection=connection.name,
            orders=released,
            circuit=circuit.reason if circuit.is_open else None,
            correlation_id=context.aws_request_id,
        )
        count(connection.name, Released=released, IfsCircuitOpen=int(circuit.is_open))
        return {"released": released}

    return handle


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ReleaseSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
