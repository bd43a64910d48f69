"""Reference data kept alike in both systems: one function, a schedule for each `[[align]]` of each connection. Only in
stacks with a connection that asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from functions.connections.align import AnyAlign
from functions.model.shipment import ConnectionName
from functions.settings import AlignSettings
from infra.connection_resources import ConnectionResources
from infra.functions import Functions
from infra.grants import allow_calls, allow_reading
from infra.ledger import Ledger

TIMEOUT = Duration.minutes(5)


class AlignFlow(Construct):
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
        aligning = {name: each for name, each in per_connection.items() if each.connection.align}
        settings = AlignSettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            shipstation_secrets={name: each.shipstation.secret_arn for name, each in aligning.items()},
            ifs_secrets={name: each.ifs.secret_arn for name, each in aligning.items()},
        )
        self.function = functions.make(
            "Align",
            settings=settings,
            timeout=TIMEOUT,
            description="Keeps reference data alike in both systems",
            is_repeated=False,  # the next look comes anyway
        )
        allow_calls(self.function, ledger.ledger, "GetItem", "PutItem", "Query")
        allow_calls(self.function, ledger.audit, "PutItem")
        for name, each in aligning.items():
            allow_reading(self.function, each.shipstation)
            allow_reading(self.function, each.ifs)
            for profile in each.connection.align:
                self._every(name, profile)
        CfnOutput(Stack.of(self), "AlignFunction", value=self.function.function_name)

    def _every(self, name: ConnectionName, profile: AnyAlign) -> None:
        event = {"connection": name, "profile": profile.profile, "is_scheduled": True}
        events.Rule(
            self,
            f"Every-{name}-{profile.profile}",
            description=f"Aligns the {profile.profile} of {name}",
            schedule=events.Schedule.rate(Duration.minutes(profile.every_minutes)),
            targets=[
                targets.LambdaFunction(
                    self.function,
                    event=events.RuleTargetInput.from_object(event),
                    retry_attempts=0,  # EventBridge's own, beside Lambda's
                )
            ],
        )
