"""Brings back what is due, every minute."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from functions.ledger.table import DUE_INDEX
from functions.model.shipment import ConnectionName
from functions.settings import ReleaseSettings
from infra.connection_resources import ConnectionResources
from infra.functions import Functions
from infra.grants import allow_calls, allow_reading, allow_sending
from infra.ledger import Ledger

TIMEOUT = Duration.seconds(50)  # ends before the next one begins


class Release(Construct):
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
        settings = ReleaseSettings(
            ledger_table=ledger.ledger.table_name,
            shipments={name: resources.shipments.queue_url for name, resources in per_connection.items()},
            ifs_secrets={name: resources.ifs.secret_arn for name, resources in per_connection.items()},
        )
        self.function = functions.make(
            "Release",
            settings=settings,
            timeout=TIMEOUT,
            description="Queues orders that are due again",
            is_repeated=False,  # the next minute comes anyway
        )
        allow_calls(self.function, ledger.ledger, "GetItem", "PutItem")
        allow_calls(self.function, ledger.ledger, "Query", index=DUE_INDEX)
        for name, resources in per_connection.items():
            allow_reading(self.function, resources.ifs)
            allow_sending(self.function, resources.shipments)
            events.Rule(
                self,
                f"Every-{name}",
                description=f"Releases what is due for {name}",
                schedule=events.Schedule.rate(Duration.minutes(1)),
                targets=[
                    targets.LambdaFunction(
                        self.function,
                        event=events.RuleTargetInput.from_object({"connection": name}),
                        retry_attempts=0,  # EventBridge's own, beside Lambda's
                    )
                ],
            )
