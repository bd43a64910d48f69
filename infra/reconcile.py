"""Compares both systems day by day, and keeps what it found in a bucket."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from functions.model.shipment import ConnectionName
from functions.settings import ReconcileSettings
from infra.connection_resources import Links, ifs_secrets, shipstation_secrets
from infra.functions import Functions
from infra.grants import allow_calls, allow_documents, allow_reading
from infra.ledger import Ledger
from infra.schedules import every

TIMEOUT = Duration.minutes(15)  # a piece; what is left goes on with the next tick
TICK = Duration.minutes(5)  # the run decides what is due: the day before, in the connection's zone, or a next piece
KEPT = Duration.days(400)
OLD_VERSIONS_KEPT = Duration.days(30)


class Reconcile(Construct):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: Functions,
        ledger: Ledger,
        key: kms.IKey,
        per_connection: Links,
    ) -> None:
        super().__init__(scope, construct_id)
        self.reports = _bucket(self, key)
        settings = ReconcileSettings(
            ledger_table=ledger.ledger.table_name,
            reports_bucket=self.reports.bucket_name,
            shipstation_secrets=shipstation_secrets(per_connection),
            ifs_secrets=ifs_secrets(per_connection),
        )
        self.function = functions.make(
            "Reconcile",
            settings=settings,
            timeout=TIMEOUT,
            memory_mb=1024,  # a day of both systems
            description="Compares ShipStation with IFS; writes to neither",
            is_repeated=False,  # the next tick comes anyway
        )
        allow_calls(self.function, ledger.ledger, "GetItem", "PutItem", "Query")
        allow_documents(self.function, self.reports)
        for name, resources in per_connection.items():
            allow_reading(self.function, resources.shipstation)
            allow_reading(self.function, resources.ifs)
            self._every(name)
        CfnOutput(Stack.of(self), "ReconcileFunction", value=self.function.function_name)
        CfnOutput(Stack.of(self), "ReportsBucket", value=self.reports.bucket_name)

    def _every(self, name: ConnectionName) -> None:
        every(
            self,
            TICK,
            self.function,
            {"connection": name, "is_scheduled": True},
            of=name,
            description=f"Compares both systems of {name}, once a day",
        )


def _bucket(scope: Construct, key: kms.IKey) -> s3.Bucket:
    return s3.Bucket(
        scope,
        "Reports",
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        bucket_key_enabled=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        versioned=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=KEPT,
                noncurrent_version_expiration=OLD_VERSIONS_KEPT,
                abort_incomplete_multipart_upload_after=Duration.days(1),
            )
        ],
        removal_policy=RemovalPolicy.RETAIN,
    )
