"""Writes IFS: one consumer function, one event source and one ceiling of concurrency per connection."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from functions.settings import ConsumeSettings
from infra.connection_resources import Links, ifs_secrets, shipment_queues
from infra.functions import Functions, feed
from infra.grants import allow_calls, allow_reading, allow_sending
from infra.ledger import Ledger

TIMEOUT = Duration.seconds(150)
BATCH = 10


class Consume(Construct):
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
        settings = ConsumeSettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            shipments=shipment_queues(per_connection),
            ifs_secrets=ifs_secrets(per_connection),
        )
        self.function = functions.make(
            "Consume",
            settings=settings,
            timeout=TIMEOUT,
            memory_mb=384,  # once a day a metadata document: 7 MB take 110 MB
            description="Makes IFS agree with ShipStation",
        )
        allow_calls(self.function, ledger.ledger, "GetItem", "PutItem")
        ledger.let_append(self.function)
        allow_calls(self.function, ledger.audit, "Query")
        for resources in per_connection.values():
            allow_reading(self.function, resources.ifs)
            allow_sending(self.function, resources.shipments)
            feed(self.function, resources.shipments, batch=BATCH, concurrency=resources.connection.ifs.concurrency)
        CfnOutput(Stack.of(self), "ConsumeFunction", value=self.function.function_name)
