"""shipments.fifo → IFS. A failed message comes back after its visibility timeout; an IFS refusal is an outcome."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache, partial
from typing import Any

from functions.errors import ConnectorError
from functions.flows.to_ifs.deliver import DeliveredOrder, Delivery
from functions.flows.to_ifs.revert import carry_out
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Reason
from functions.model.state import OrderState
from functions.settings import ConsumeSettings
from functions.wiring import batch
from functions.wiring.aws import AwsRuntime
from functions.wiring.delivery_parts import DeliveryParts, DeliveryTables
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import count, logger, of_the_stack


def build(runtime: Runtime, settings: ConsumeSettings) -> Handler:
    parts = DeliveryParts(
        runtime,
        DeliveryTables(settings.ledger_table, settings.audit_table, settings.shipments, settings.ifs_secrets),
    )

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        messages, failed = batch.read(event["Records"], DeliverOrder)
        again = batch.repeated(event["Records"])
        messages = {key: message.repeated() if key in again else message for key, message in messages.items()}
        for name in {message.order.connection for message in messages.values()}:
            # Each connection has a queue of its own; a message that strayed is still its connection's.
            own = {key: message for key, message in messages.items() if message.order.connection == name}
            if name in runtime.connections:
                failed += _delivered(own, partial(parts.delivery, name, context))
                parts.note_client(name)
            else:
                # Its file may come back with the next deployment: the message is not dropped.
                logger.error("connection_unknown", connection=name, messages=len(own))
                failed += own
        return batch.failures(failed)

    return handle


def _delivered(messages: dict[str, DeliverOrder], delivery: Callable[[], Delivery]) -> list[str]:
    """The message ids that have to come back."""
    try:
        working = delivery()
        ended = carry_out(list(messages.values()), working)
    except ConnectorError as fault:
        logger.error("batch_failed", reason=fault.reason, detail=str(fault), messages=len(messages))
        return list(messages)
    _report(ended, working.lookup.now())
    unsaved = {order.key for order in ended if not order.saved}
    return [message_id for message_id, message in messages.items() if message.order in unsaved]


def _report(ended: Iterable[DeliveredOrder], now: datetime) -> None:
    for order in ended:
        name = order.key.connection
        told: dict[str, Any] = {"connection": name, "order": order.key.digest[:16], "cause": order.cause.kind}
        told["correlation_id"] = order.cause.correlation_id
        if order.state is None:
            logger.error("order_failed", detail=order.fault, **told)
            continue
        age = _label_age_seconds(order.state, now) if order.cause.kind in READING else None
        logger.info("order_delivered", saved=order.saved, label_age_seconds=age, **told, **_facts(order.state))
        # Counted once: what was not saved comes back and is counted then.
        if order.saved:
            count(name, TargetChanged=int(order.state.waiting_for is Reason.TARGET_CHANGED))
            of_the_stack(OrdersParked=int(order.calls))


def _label_age_seconds(state: OrderState, now: datetime) -> int | None:
    """How long after its newest label an order that was just read has reached IFS."""
    made = max((each.shipment.created_at for each in state.shipments.values()), default=None)
    return None if made is None else int((now - made).total_seconds())


def _facts(state: OrderState) -> dict[str, Any]:
    """What the ledger says of the order."""
    shipments = {key: str(each.outcome) for key, each in state.shipments.items()}
    return {
        "outcomes": sorted(set(shipments.values())),
        "shipments": shipments if len(shipments) <= SHOWN else len(shipments),
        "waiting_for": state.waiting_for,
        "choices": sorted({choice for each in state.shipments.values() for choice in each.choices}),
        "attention": state.attention,
    }


READING = ("webhook", "poll")
SHOWN = 20  # shipments of an order in one log line


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ConsumeSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
