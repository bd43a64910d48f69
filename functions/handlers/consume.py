"""shipments.fifo → IFS. A failed message comes back after its visibility timeout; an IFS refusal is an outcome."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

from functions.errors import ConnectorError
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.flows.to_ifs.deliver import Delivery, Settled, deliver
from functions.flows.to_ifs.schema_drift import Watch
from functions.flows.to_ifs.shared_records import Sharing
from functions.ledger.audit import AuditLog
from functions.ledger.orders import OrderStore
from functions.ledger.plans import PlanStore
from functions.ledger.shared import SharedStore
from functions.ledger.tenants import TenantStore
from functions.model.messages import Work
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.settings import ConsumeSettings
from functions.wiring import batch
from functions.wiring.aws import AwsRuntime
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import count, logger
from functions.wiring.vendors import IfsRoom

TIME_FOR_ONE_ORDER_MS = 30_000  # a read, a conflict or two, and the records around them


def build(runtime: Runtime, settings: ConsumeSettings) -> Handler:
    orders = OrderStore(runtime.table(settings.ledger_table))
    plans = PlanStore(runtime.table(settings.ledger_table))
    audit = AuditLog(runtime.table(settings.audit_table), new_id=runtime.new_id)

    tenants = TenantStore(runtime.table(settings.ledger_table))
    shared = SharedStore(runtime.table(settings.ledger_table))
    vendor = IfsRoom(runtime, settings.ifs_secrets)
    watch = Watch(tenants, vendor.inspect, runtime.now)

    def pause(attempt: int) -> None:
        runtime.sleep(min(2.0, 0.1 * 2**attempt) * (0.5 + runtime.jitter() / 2))

    def delivery(name: ConnectionName, context: Context) -> Delivery:
        def has_time() -> bool:
            return context.get_remaining_time_in_millis() > TIME_FOR_ONE_ORDER_MS

        return Delivery(
            connection=runtime.connections[name],
            ifs=vendor.open,
            unfit=watch.refusal,
            breaker=Breaker(tenants, name, runtime.now),
            sharing=Sharing(shared, runtime.now),
            orders=orders,
            plans=plans,
            audit=audit,
            now=runtime.now,
            pause=pause,
            has_time=has_time,
        )

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        messages, failed = batch.read(event["Records"], Work)
        for name in {work.order.connection for work in messages.values()}:
            own = {message_id: work for message_id, work in messages.items() if work.order.connection == name}
            failed += _delivered(own, partial(delivery, name, context))
        return batch.failures(failed)

    return handle


def _delivered(messages: dict[str, Work], delivery: Callable[[], Delivery]) -> list[str]:
    """The message ids that have to come back."""
    try:
        settled = deliver(list(messages.values()), delivery())
    except ConnectorError as fault:
        logger.error("batch_failed", reason=fault.reason, detail=str(fault), messages=len(messages))
        return list(messages)
    _report(settled)
    unsaved = {each.state.key for each in settled if not each.saved}
    return [message_id for message_id, work in messages.items() if work.order in unsaved]


def _report(settled: Iterable[Settled]) -> None:
    for each in settled:
        outcomes = sorted({str(s.outcome) for s in each.state.shipments.values()})
        logger.info(
            "order_settled",
            connection=each.state.key.connection,
            order=each.state.key.digest[:16],
            outcomes=outcomes,
            waiting_for=each.state.waiting_for,
            choices=sorted({choice for s in each.state.shipments.values() for choice in s.choices}),
            attention=each.state.attention,
            cause=each.cause.kind,
            correlation_id=each.cause.correlation_id,
            saved=each.saved,
        )
        count(each.state.key.connection, TargetChanged=int(each.state.waiting_for is Reason.TARGET_CHANGED))
        count(each.state.key.connection, **{f"Shipments{outcome.title().replace('_', '')}": 1 for outcome in outcomes})


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ConsumeSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
