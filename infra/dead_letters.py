"""Empties the dead-letter queues: what died of a passing fault comes back, the rest is parked."""

from __future__ import annotations

from aws_cdk import Duration
from constructs import Construct

from functions.settings import DeadLettersSettings
from infra.connection_resources import Links, notification_queues, shipment_queues
from infra.functions import Functions, feed
from infra.grants import allow_calls, allow_sending
from infra.ledger import Ledger
from infra.push import PushFlow
from infra.queues import DeadLetterQueues

TIMEOUT = Duration.seconds(60)
BATCH = 10


class DeadLetters(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        queues: DeadLetterQueues,
        orders: PushFlow | None,
        per_connection: Links,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = DeadLettersSettings(
            ledger_table=ledger.ledger.table_name,
            notifications=notification_queues(per_connection),
            shipments=shipment_queues(per_connection),
            orders={**orders.queue_urls} if orders else {},
        )
        self.function = functions.make(
            "DeadLetters", settings=settings, timeout=TIMEOUT, description="Brings dead letters back or parks them"
        )
        allow_calls(self.function, ledger.ledger, "GetItem", "PutItem")
        for resources in per_connection.values():
            allow_sending(self.function, resources.notifications)
            allow_sending(self.function, resources.shipments)
        for dead in (queues.notifications, queues.shipments, *([orders.dead] if orders else [])):
            feed(self.function, dead, batch=BATCH, concurrency=2)  # the least that AWS allows
