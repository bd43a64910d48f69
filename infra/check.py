"""The fit check's Lambda, invoked by hand only."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from functions.model.shipment import ConnectionName
from functions.settings import CheckSettings
from infra.functions import Functions
from infra.ledger import Ledger
from infra.link import Link

TIMEOUT = Duration.minutes(10)


class Check(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        links: Mapping[ConnectionName, Link],
    ) -> None:
        super().__init__(scope, construct_id)
        settings = CheckSettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            shipstation_secrets={name: link.shipstation.secret_arn for name, link in links.items()},
            ifs_secrets={name: link.ifs.secret_arn for name, link in links.items()},
        )
        self.function = functions.make(
            "Check",
            settings=settings,
            timeout=TIMEOUT,
            memory_mb=1024,  # metadata documents of several megabytes
            description="Manual: do both systems fit the connection file",
        )
        ledger.allow(self.function, ledger.ledger, "GetItem", "PutItem")
        ledger.allow(self.function, ledger.audit, "GetItem", "PutItem", "Query")
        for link in links.values():
            link.ifs.grant_read(self.function)
            link.shipstation.grant_read(self.function)
        CfnOutput(Stack.of(self), "CheckFunction", value=self.function.function_name)
