"""The operator's Lambda, invoked by hand only."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from functions.model.shipment import ConnectionName
from functions.settings import ReplaySettings
from infra.functions import Functions
from infra.ledger import Ledger
from infra.link import Link

TIMEOUT = Duration.minutes(10)


class Replay(Construct):
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
        settings = ReplaySettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            shipments={name: link.shipments.queue_url for name, link in links.items()},
            ifs_secrets={name: link.ifs.secret_arn for name, link in links.items()},
        )
        self.function = functions.make(
            "Replay", settings=settings, timeout=TIMEOUT, description="Manual: dry run, then exactly that plan"
        )
        ledger.allow(self.function, ledger.ledger, "GetItem", "PutItem", "Scan")
        for link in links.values():
            link.shipments.grant_send_messages(self.function)
            link.ifs.grant_read(self.function)
        CfnOutput(Stack.of(self), "ReplayFunction", value=self.function.function_name)
