"""What one connection owns in the stack: its queues with their dead-letter queues, and its secrets."""

from __future__ import annotations

import json

from aws_cdk import CfnOutput, Duration, RemovalPolicy, SecretValue
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.connections.connection import Connection

RETENTION = Duration.days(14)  # SQS's longest
RECEIVES = 5
PLACEHOLDER = "replace-me"
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
        dead_visibility: Duration,
    ) -> None:
        super().__init__(scope, construct_id)
        self.connection, self._key = connection, key
        self.notifications_dead = self._queue("NotificationsDead", visibility_timeout=dead_visibility)
        self.notifications = self._queue(
            "Notifications", visibility_timeout=poll_visibility, dead=self.notifications_dead
        )
        self.shipments_dead = self._queue("ShipmentsDead", visibility_timeout=dead_visibility, fifo=True)
        self.shipments = self._queue(
            "Shipments", visibility_timeout=consume_visibility, dead=self.shipments_dead, fifo=True
        )
        self.shipstation = self._vendor_secret("ShipStation", "api_key", "api_secret")
        self.ifs = self._vendor_secret("Ifs", "client_id", "client_secret")
        self.webhook = self._webhook_secret()
        CfnOutput(self, "ShipStationSecret", value=self.shipstation.secret_arn)
        CfnOutput(self, "IfsSecret", value=self.ifs.secret_arn)
        CfnOutput(self, "WebhookSecret", value=self.webhook.secret_arn)

    def _queue(
        self,
        name: str,
        *,
        visibility_timeout: Duration | None = None,
        dead: sqs.Queue | None = None,
        fifo: bool = False,
    ) -> sqs.Queue:
        # A new order never waits for another one: groups are throttled and deduplicated each for itself.
        high_throughput = {
            "fifo": True,
            "deduplication_scope": sqs.DeduplicationScope.MESSAGE_GROUP,
            "fifo_throughput_limit": sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
        }
        return sqs.Queue(
            self,
            name,
            retention_period=RETENTION,
            visibility_timeout=visibility_timeout,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=RECEIVES) if dead else None,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._key,
            data_key_reuse=Duration.hours(1),
            enforce_ssl=True,
            removal_policy=RemovalPolicy.RETAIN,
            **(high_throughput if fifo else {}),  # type: ignore[arg-type] # one dictionary, three types
        )

    def _vendor_secret(self, name: str, *fields: str) -> secretsmanager.Secret:
        """Placeholders that the integrator replaces; a later deployment leaves the values alone."""
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
