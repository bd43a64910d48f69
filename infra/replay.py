"""The operator's Lambda, invoked by hand; a plan that is under way goes on every minute."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from functions.ledger.table import DUE_INDEX
from functions.model.shipment import ConnectionName
from functions.settings import ReplaySettings
from infra.connection_resources import ConnectionResources
from infra.functions import Functions
from infra.grants import allow_calls, allow_reading, allow_sending
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
            description="Manual: dry run, then exactly that plan, or its revert",
            is_repeated=False,  # whoever asked asks again, and the next minute comes anyway
        )
        allow_calls(self.function, ledger.ledger, "GetItem", "BatchGetItem", "PutItem", "Query", "Scan")
        allow_calls(self.function, ledger.ledger, "Query", index=DUE_INDEX)
        allow_calls(self.function, ledger.audit, "GetItem", "Query")
        for name, resources in per_connection.items():
            allow_sending(self.function, resources.shipments)
            allow_reading(self.function, resources.ifs)
            events.Rule(
                self,
                f"Every-{name}",
                description=f"Goes on with the plans of {name}",
                schedule=events.Schedule.rate(Duration.minutes(1)),
                targets=[
                    targets.LambdaFunction(
                        self.function,
                        event=events.RuleTargetInput.from_object({"connection": name, "is_scheduled": True}),
                        retry_attempts=0,  # EventBridge's own, beside Lambda's
                    )
                ],
            )
        CfnOutput(Stack.of(self), "ReplayFunction", value=self.function.function_name)
