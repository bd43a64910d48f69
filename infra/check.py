"""The fit check's Lambda, invoked by hand only."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from functions.settings import CheckSettings
from infra.connection_resources import Links, ifs_secrets, shipment_queues, shipstation_secrets
from infra.functions import Functions
from infra.grants import allow_calls, allow_reading, allow_sending
from infra.ledger import Ledger

TIMEOUT = Duration.minutes(10)


class Check(Construct):
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
        settings = CheckSettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            shipments=shipment_queues(per_connection),
            shipstation_secrets=shipstation_secrets(per_connection),
            ifs_secrets=ifs_secrets(per_connection),
        )
        self.function = functions.make(
            "Check",
            settings=settings,
            timeout=TIMEOUT,
            memory_mb=1024,  # metadata documents of several megabytes
            description="Manual: do both systems fit the connection file",
            is_repeated=False,  # whoever asked asks again
        )
        allow_calls(self.function, ledger.ledger, "GetItem", "PutItem")
        ledger.let_append(self.function)
        allow_calls(self.function, ledger.audit, "Query")
        for resources in per_connection.values():
            allow_reading(self.function, resources.ifs)
            allow_sending(self.function, resources.shipments)
            allow_reading(self.function, resources.shipstation)
        CfnOutput(Stack.of(self), "CheckFunction", value=self.function.function_name)
