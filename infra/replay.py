"""The operator's Lambda, invoked by hand only."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from functions.model.shipment import ConnectionName
from functions.settings import ReplaySettings
from infra.connection_resources import ConnectionResources
from infra.functions import Functions
from infra.ledger import Ledger

TIMEOUT = Duration.minutes(10)


class Replay(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        per_connection: Mapping[ConnectionName, ConnectionResources],
    ) -> None:
        super().__init__(scope, construct_id)
        settings = ReplaySettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            shipments={name: resources.shipments.queue_url for name, resources in per_connection.items()},
            ifs_secrets={name: resources.ifs.secret_arn for name, resources in per_connection.items()},
        )
        self.function = functions.make(
            "Replay",
            settings=settings,
            timeout=TIMEOUT,
            memory_mb=512,  # may read the whole ledger
            description="Manual: dry run, then exactly that plan",
        )
        ledger.allow(self.function, ledger.ledger, "GetItem", "PutItem", "Scan")
        ledger.allow(self.function, ledger.audit, "Query")
        for resources in per_connection.values():
            resources.shipments.grant_send_messages(self.function)
            resources.ifs.grant_read(self.function)
        CfnOutput(Stack.of(self), "ReplayFunction", value=self.function.function_name)
