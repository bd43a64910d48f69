"""What one connection owns in the stack: its queues and its secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import CfnOutput, Duration, RemovalPolicy, SecretValue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from functions.connections.connection import Connection
from functions.model.shipment import ConnectionName
from functions.wiring.credentials import PLACEHOLDER
from infra.queues import DeadLetterQueues, make_queue

TOKEN_LENGTH = 48


class ConnectionResources(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        connection: Connection,
        key: kms.IKey,
        poll_visibility: Duration,
        consume_visibility: Duration,
        dead: DeadLetterQueues,
    ) -> None:
        super().__init__(scope, construct_id)
        self.connection, self._key = connection, key
        self.notifications = make_queue(
            self, "Notifications", key=key, visibility_timeout=poll_visibility, dead=dead.notifications
        )
        self.shipments = make_queue(
            self, "Shipments", key=key, visibility_timeout=consume_visibility, dead=dead.shipments, fifo=True
        )
        self.shipstation = self._vendor_secret("ShipStation", "api_key", "api_secret")
        self.ifs = self._vendor_secret("Ifs", "client_id", "client_secret")
        self.webhook = self._webhook_secret()
        CfnOutput(self, "ShipmentsQueue", value=self.shipments.queue_url)
        CfnOutput(self, "ShipStationSecret", value=self.shipstation.secret_arn)
        CfnOutput(self, "IfsSecret", value=self.ifs.secret_arn)
        CfnOutput(self, "WebhookSecret", value=self.webhook.secret_arn)

    def _vendor_secret(self, name: str, *fields: str) -> secretsmanager.Secret:
        """Placeholders that the integrator replaces. A later deployment leaves the values alone as long as these stay
        what they are: `tests/infra/released`.
        """
        return secretsmanager.Secret(
            self,
            name,
            description=f"{self.connection.name}: {', '.join(fields)}",
            encryption_key=self._key,
            secret_object_value={field: SecretValue.unsafe_plain_text(PLACEHOLDER) for field in fields},
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _webhook_secret(self) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            "Webhook",
            description=f"{self.connection.name}: webhook tokens, current and previous",
            encryption_key=self._key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({"previous": ""}),
                generate_string_key="current",
                password_length=TOKEN_LENGTH,
                exclude_punctuation=True,
            ),
            removal_policy=RemovalPolicy.RETAIN,
        )


Links = Mapping[ConnectionName, ConnectionResources]


def notification_queues(links: Links) -> dict[str, str]:
    """Addresses by connection, as settings hold them; likewise the others."""
    return {name: link.notifications.queue_url for name, link in links.items()}


def shipment_queues(links: Links) -> dict[str, str]:
    return {name: link.shipments.queue_url for name, link in links.items()}


def shipstation_secrets(links: Links) -> dict[str, str]:
    return {name: link.shipstation.secret_arn for name, link in links.items()}


def webhook_secrets(links: Links) -> dict[str, str]:
    return {name: link.webhook.secret_arn for name, link in links.items()}


def ifs_secrets(links: Links) -> dict[str, str]:
    return {name: link.ifs.secret_arn for name, link in links.items()}
