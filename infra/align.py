"""Reference data kept alike in both systems: one function, a schedule for each `[[align]]` of each connection. Only in
stacks with a connection that asks for it.
"""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
from constructs import Construct

from functions.connections.align import AnyAlign
from functions.model.shipment import ConnectionName
from functions.settings import AlignSettings
from infra.connection_resources import Links, ifs_secrets, shipstation_secrets
from infra.functions import Functions
from infra.grants import allow_calls, allow_reading
from infra.ledger import Ledger
from infra.schedules import every

TIMEOUT = Duration.minutes(5)


class AlignFlow(Construct):
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
        aligning = {name: each for name, each in per_connection.items() if each.connection.align}
        settings = AlignSettings(
            ledger_table=ledger.ledger.table_name,
            audit_table=ledger.audit.table_name,
            shipstation_secrets=shipstation_secrets(aligning),
            ifs_secrets=ifs_secrets(aligning),
        )
        self.function = functions.make(
            "Align",
            settings=settings,
            timeout=TIMEOUT,
            description="Keeps reference data alike in both systems",
            is_repeated=False,  # the next look comes anyway
        )
        allow_calls(self.function, ledger.ledger, "GetItem", "PutItem", "Query")
        ledger.let_append(self.function)
        for name, each in aligning.items():
            allow_reading(self.function, each.shipstation)
            allow_reading(self.function, each.ifs)
            for profile in each.connection.align:
                self._every(name, profile)
        CfnOutput(Stack.of(self), "AlignFunction", value=self.function.function_name)

    def _every(self, name: ConnectionName, profile: AnyAlign) -> None:
        event = {"connection": name, "profile": profile.profile, "is_scheduled": True}
        every(
            self,
            Duration.minutes(profile.every_minutes),
            self.function,
            event,
            of=f"{name}-{profile.profile}",
            description=f"Aligns the {profile.profile} of {name}",
        )
