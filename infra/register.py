"""Webhooks that the connector subscribes itself: one function, an hourly schedule for each connection whose file says
so. Only in stacks with such a connection.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, CustomResource, Duration, Stack
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from functions.model.shipment import ConnectionName
from functions.settings import RegisterSettings
from infra.connection_resources import Links, shipstation_secrets, webhook_secrets
from infra.functions import Functions
from infra.grants import allow_calls, allow_keys, allow_reading
from infra.ledger import Ledger
from infra.schedules import every

TIMEOUT = Duration.minutes(5)  # a new token for all events, in the last place of the line


def registering(links: Links) -> Links:
    """Those whose webhooks are the connector's own."""
    return {name: link for name, link in links.items() if link.connection.shipstation.webhooks == "registered"}


class Register(Construct):
    """`per_connection` are those that it subscribes for, at least one; `leaving` is what removes the webhooks of each.
    Their schedules depend on it: they are deleted before it is, and no run subscribes anew what it has removed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        api_url: str,
        per_connection: Links,
        leaving: Mapping[ConnectionName, CustomResource],
    ) -> None:
        super().__init__(scope, construct_id)
        settings = RegisterSettings(
            ledger_table=ledger.ledger.table_name,
            api_url=api_url,
            webhook_secrets=webhook_secrets(per_connection),
            shipstation_secrets=shipstation_secrets(per_connection),
        )
        self.function = functions.make(
            "Register",
            settings=settings,
            timeout=TIMEOUT,
            description="Keeps ShipStation's webhooks subscribed",
            is_repeated=False,  # the next hour comes anyway
        )
        allow_calls(self.function, ledger.ledger, "GetItem")
        for keys in ("budget#*", "webhooks#*"):
            allow_keys(self.function, ledger.ledger, keys, "PutItem")
        for name, link in per_connection.items():
            allow_reading(self.function, link.shipstation)
            allow_reading(self.function, link.webhook)
            self._every(name).node.add_dependency(leaving[name])
        CfnOutput(Stack.of(self), "RegisterFunction", value=self.function.function_name)

    def _every(self, name: ConnectionName) -> scheduler.CfnSchedule:
        return every(
            self,
            Duration.hours(1),
            self.function,
            {"connection": name, "is_scheduled": True},
            of=name,
            description=f"Keeps the webhooks of {name} subscribed",
        )
