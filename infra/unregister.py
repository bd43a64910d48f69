"""Removes a connection's webhooks with the connection or the stack: a function for each, so that one which leaves the
stack keeps its rights, its secret and its file until CloudFormation has called it.
"""

from __future__ import annotations

from aws_cdk import CustomResource, Duration
from constructs import Construct

from functions.model.shipment import ConnectionName
from functions.model.webhook_address import WebhookAddress
from functions.settings import UnregisterSettings
from infra.connection_resources import ConnectionResources, Links, shipstation_secrets
from infra.functions import Functions
from infra.grants import allow_keys, allow_reading
from infra.ledger import Ledger

TIMEOUT = Duration.minutes(3)
PATIENCE = Duration.minutes(15)  # CloudFormation's: three runs, with Lambda's pauses between them
KIND = "Custom::ShipStationWebhooks"


class Unregister(Construct):
    """`per_connection` are those whose webhooks the connector subscribes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        api_url: str,
        per_connection: Links,
    ) -> None:
        super().__init__(scope, construct_id)
        self._functions, self._ledger, self._api_url = functions, ledger, api_url
        self.leaving = {name: self._attach(name, link) for name, link in per_connection.items()}

    def _attach(self, name: ConnectionName, link: ConnectionResources) -> CustomResource:
        ledger = self._ledger.ledger
        function = self._functions.make(
            "Unregister",
            of=name,
            settings=UnregisterSettings(
                ledger_table=ledger.table_name, shipstation_secrets=shipstation_secrets({name: link})
            ),
            timeout=TIMEOUT,
            is_in_network=False,  # a network that is gone first must not keep the answer from CloudFormation
            description=f"Removes the webhooks of {name} when it leaves the stack",
        )
        allow_keys(function, ledger, "budget#*", "GetItem", "PutItem")
        allow_keys(function, ledger, f"webhooks#{name}", "GetItem")
        allow_reading(function, link.shipstation)
        return CustomResource(
            self,
            f"Webhooks-{name}",
            resource_type=KIND,
            service_token=function.function_arn,
            service_timeout=PATIENCE,
            properties={"Connection": name, "Address": WebhookAddress.of(self._api_url, name).prefix},
        )
