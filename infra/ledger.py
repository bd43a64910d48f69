"""The two tables: what we remember, and what we did."""

from __future__ import annotations

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from constructs import Construct

from functions.ledger.items import PARTITION, SORT
from functions.ledger.table import DUE_INDEX, DUE_PARTITION, DUE_PROJECTED, DUE_SORT, EXPIRES


class Ledger(Construct):
    def __init__(self, scope: Construct, construct_id: str, *, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self.ledger = self._table("Ledger", key)
        self.ledger.add_global_secondary_index(
            index_name=DUE_INDEX,
            partition_key=_text(DUE_PARTITION),
            sort_key=_text(DUE_SORT),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            non_key_attributes=[*DUE_PROJECTED],
        )
        self.audit = self._table("Audit", key)
        CfnOutput(Stack.of(self), "LedgerTable", value=self.ledger.table_name)
        CfnOutput(Stack.of(self), "AuditTable", value=self.audit.table_name)

    def _table(self, name: str, key: kms.IKey) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            name,
            partition_key=_text(PARTITION),
            sort_key=_text(SORT),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
            time_to_live_attribute=EXPIRES,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
