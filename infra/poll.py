"""Reads ShipStation: by schedule, and whenever a webhook comes."""

from __future__ import annotations

from typing import cast

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.settings import PollSettings
from infra.connection_resources import (
    ConnectionResources,
    Links,
    notification_queues,
    shipment_queues,
    shipstation_secrets,
)
from infra.functions import Functions, feed
from infra.grants import allow_calls, allow_reading, allow_sending
from infra.ledger import Ledger
from infra.schedules import every

TIMEOUT = Duration.minutes(5)  # a look ends after two minutes; what is left goes into a job
BATCHING = Duration.seconds(1)  # webhooks of one action; the run itself paces the looks
TICK = Duration.minutes(1)  # the run decides what is due: a look, a job to go on with, a probe of a refused key
BATCH = 100


class Poll(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        per_connection: Links,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = PollSettings(
            ledger_table=ledger.ledger.table_name,
            notifications=notification_queues(per_connection),
            shipments=shipment_queues(per_connection),
            shipstation_secrets=shipstation_secrets(per_connection),
        )
        self.function = functions.make(
            "Poll",
            settings=settings,
            timeout=TIMEOUT,
            description="Reads ShipStation, queues new shipments",
            is_repeated=False,  # the next tick comes anyway
        )
        # A run that ends with work left sends itself a message: without this Lambda takes it for a runaway loop.
        cast("lambda_.CfnFunction", self.function.node.default_child).recursive_loop = "Allow"
        allow_calls(self.function, ledger.ledger, "GetItem", "BatchGetItem", "PutItem", "Query")
        for resources in per_connection.values():
            self._attach(resources)
        CfnOutput(Stack.of(self), "PollFunction", value=self.function.function_name)

    def _attach(self, resources: ConnectionResources) -> None:
        allow_sending(self.function, resources.shipments)
        allow_sending(self.function, resources.notifications)
        allow_reading(self.function, resources.shipstation)
        feed(self.function, resources.notifications, batch=BATCH, concurrency=2, window=BATCHING)
        every(
            self,
            TICK,
            self.function,
            {"connection": resources.connection.name},
            of=resources.connection.name,
            description=f"Reads ShipStation for {resources.connection.name}",
        )
