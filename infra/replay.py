"""The operator's Lambda, invoked by hand; a plan that is under way goes on every minute."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from functions.ledger.table import DUE_INDEX
from functions.settings import ReplaySettings
from infra.connection_resources import Links, ifs_secrets, shipment_queues
from infra.functions import Functions
from infra.grants import allow_calls, allow_reading, allow_sending
from infra.ledger import Ledger
from infra.schedules import every

TIMEOUT = Duration.minutes(10)


class Replay(Construct):
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
        settings = ReplaySettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            shipments=shipment_queues(per_connection),
            ifs_secrets=ifs_secrets(per_connection),
        )
        self.function = functions.make(
            "Replay",
            settings=settings,
            timeout=TIMEOUT,
            memory_mb=512,  # may read the whole ledger
            description="Manual: dry run, then exactly that plan, or its revert",
            is_repeated=False,  # whoever asked asks again, and the next minute comes anyway
        )
        allow_calls(self.function, ledger.ledger, "GetItem", "BatchGetItem", "PutItem", "Query", "Scan")
        allow_calls(self.function, ledger.ledger, "Query", index=DUE_INDEX)
        allow_calls(self.function, ledger.audit, "GetItem", "Query")
        for name, resources in per_connection.items():
            allow_sending(self.function, resources.shipments)
            allow_reading(self.function, resources.ifs)
            every(
                self,
                Duration.minutes(1),
                self.function,
                {"connection": name, "is_scheduled": True},
                of=name,
                description=f"Goes on with the plans of {name}",
            )
        CfnOutput(Stack.of(self), "ReplayFunction", value=self.function.function_name)
