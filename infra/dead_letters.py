"""Empties the dead-letter queues: what died of a passing fault comes back, the rest is parked."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from functions.model.shipment import ConnectionName
from functions.settings import DeadLettersSettings
from infra.connection_resources import ConnectionResources
from infra.functions import Functions
from infra.ledger import Ledger
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
        per_connection: Mapping[ConnectionName, ConnectionResources],
    ) -> None:
        super().__init__(scope, construct_id)
        settings = DeadLettersSettings(
            ledger_table=ledger.ledger.table_name,
            notifications={name: resources.notifications.queue_url for name, resources in per_connection.items()},
            shipments={name: resources.shipments.queue_url for name, resources in per_connection.items()},
        )
        self.function = functions.make(
            "DeadLetters", settings=settings, timeout=TIMEOUT, description="Brings dead letters back or parks them"
        )
        ledger.allow(self.function, ledger.ledger, "GetItem", "PutItem")
        for resources in per_connection.values():
            resources.notifications.grant_send_messages(self.function)
            resources.shipments.grant_send_messages(self.function)
        for dead in (queues.notifications, queues.shipments):
            self.function.add_event_source(
                sources.SqsEventSource(
                    dead,
                    batch_size=BATCH,
                    report_batch_item_failures=True,
                    max_concurrency=2,  # the least that AWS allows
                )
            )
