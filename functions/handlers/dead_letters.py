"""Dead-letter queues → the queues they came from, a few times, then the parked list. A fault leaves a letter there.
What was to become orders of ShipStation is dropped: the next look into IFS says it again.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import Any

from functions.errors import ConnectorError
from functions.flows.from_shipstation.dead_notifications import look_again
from functions.flows.to_ifs.dead_letters import DeadLetters
from functions.ledger.parked import ParkingStore
from functions.ledger.queues import FifoOrderQueue, NotificationQueues
from functions.ledger.returns import ReturnStore
from functions.model.messages import DeliverOrder, Notification
from functions.model.outbound import PushOrders
from functions.model.shipment import ConnectionName
from functions.settings import DeadLettersSettings
from functions.wiring import batch
from functions.wiring.aws import AwsRuntime
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import count, logger

SOURCE = "DeadLetterQueueSourceArn"  # of a record, https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html


def build(runtime: Runtime, settings: DeadLettersSettings) -> Handler:
    desk = _Desk(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        notifications: dict[ConnectionName, dict[str, Notification]] = defaultdict(dict)
        failed: list[str] = []
        for record in event["Records"]:
            message_id, body = record["messageId"], record["body"]
            work, notification = batch.parsed(body, DeliverOrder), batch.parsed(body, Notification)
            pushed = batch.parsed(body, PushOrders)
            if work is not None and work.order.connection in settings.shipments:
                failed += _unhandled([message_id], partial(desk.shipment, message_id, work))
            elif notification is not None and notification.connection in settings.notifications:
                notifications[notification.connection][message_id] = notification
            elif pushed is not None and pushed.connection in settings.orders:
                desk.orders(message_id, pushed)
            else:
                failed += _unhandled([message_id], partial(desk.unreadable, message_id, record))
        for name, dead in notifications.items():
            failed += _unhandled(dead, partial(desk.notifications, name, dead, context.aws_request_id))
        return batch.failures(failed)

    return handle


class _Desk:
    def __init__(self, runtime: Runtime, settings: DeadLettersSettings) -> None:
        self._runtime, self._settings = runtime, settings
        ledger = runtime.table(settings.ledger_table)
        self._parking, self._returns = ParkingStore(ledger), ReturnStore(ledger)
        self._letters = cache(self._of)

    def shipment(self, message_id: str, work: DeliverOrder) -> None:
        name = work.order.connection
        is_back = self._letters(name).bring_back(message_id, work)
        _report(name, [message_id], "returned" if is_back else "parked", order=work.order.digest[:16])

    def orders(self, message_id: str, dead: PushOrders) -> None:
        """Only the keys are kept, for it holds names and addresses: the next look into IFS says again what it said."""
        _report(dead.connection, [message_id], "parked", orders=[each.key.part for each in dead.outbound])

    def unreadable(self, message_id: str, record: Mapping[str, Any]) -> None:
        name = self._died_in(record.get("attributes", {}).get(SOURCE, ""))
        if name is None:
            raise _UnknownOrigin(message_id)
        self._letters(name).put_aside(name, message_id, record["body"])
        _report(name, [message_id], "parked")

    def notifications(self, name: ConnectionName, dead: Mapping[str, Notification], correlation_id: str) -> None:
        note = look_again(name, dead.values(), now=self._runtime.now(), correlation_id=correlation_id)
        if note is not None:
            NotificationQueues({name: self._runtime.queue(self._settings.notifications[name])}).send(note)
        _report(name, dead, "returned" if note else "left to the schedule")

    def _of(self, name: ConnectionName) -> DeadLetters:
        queue = FifoOrderQueue(self._runtime.queue(self._settings.shipments[name]))
        return DeadLetters(self._returns, queue, self._parking, self._runtime.now)

    def _died_in(self, source_arn: str) -> ConnectionName | None:
        """A queue's ARN and its address end in the same name."""
        queue = source_arn.rpartition(":")[2]
        settings = self._settings
        addresses = (*settings.shipments.items(), *settings.notifications.items(), *settings.orders.items())
        return next((ConnectionName(name) for name, url in addresses if url.rpartition("/")[2] == queue), None)


class _UnknownOrigin(Exception):
    """A letter that nobody can read was put here by hand: it stays, and its age raises the alarm."""


def _unhandled(message_ids: Iterable[str], step: Callable[[], None]) -> list[str]:
    """The letters that stay where they are."""
    try:
        step()
    except (ConnectorError, _UnknownOrigin) as fault:
        logger.error("dead_letter_stays", message_ids=list(message_ids), fault=type(fault).__name__, detail=str(fault))
        return list(message_ids)
    return []


def _report(name: ConnectionName, message_ids: Iterable[str], fate: str, **facts: Any) -> None:
    for message_id in message_ids:
        logger.warning("dead_letter", connection=name, message_id=message_id, fate=fate, **facts)
        count(name, DeadLettersParked=int(fate == "parked"))


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), DeadLettersSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
