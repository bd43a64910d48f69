"""The two tables: what we remember, and what we did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from functions.ledger.items import PARTITION, SORT
from functions.ledger.table import DUE_INDEX, DUE_PARTITION, DUE_PROJECTED, DUE_SORT, EXPIRES
from infra.grants import allow_calls

APPENDS = ("PutItem", "PartiQLInsert")
CHANGES = ("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete")


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
        self._append, self._appending = _append_only(self.audit), list[str]()
        CfnOutput(Stack.of(self), "LedgerTable", value=self.ledger.table_name)
        CfnOutput(Stack.of(self), "AuditTable", value=self.audit.table_name)

    def let_append(self, function: lambda_.Function) -> None:
        """To put entries into the audit: nobody else may, whatever other policies allow. A put that finds one there
        reads it: it may be its own, whose answer was lost.
        """
        assert function.role is not None
        allow_calls(function, self.audit, "GetItem", "PutItem")
        self._appending.append(function.role.role_arn)
        self._append.add_condition("ArnNotEquals", {"aws:PrincipalArn": [*self._appending]})

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


def _append_only(audit: dynamodb.Table) -> iam.PolicyStatement:
    """Nobody of the account changes or deletes an entry; it expires. Answers the statement that says who may put one.
    `*` is the table that the policy hangs on: its name is not known before it is made.
    """
    append = iam.PolicyStatement(
        effect=iam.Effect.DENY, principals=[iam.AnyPrincipal()], actions=[*_dynamodb(APPENDS)], resources=["*"]
    )
    change = iam.PolicyStatement(
        effect=iam.Effect.DENY, principals=[iam.AnyPrincipal()], actions=[*_dynamodb(CHANGES)], resources=["*"]
    )
    for statement in (append, change):
        audit.add_to_resource_policy(statement)
    return append


def _dynamodb(actions: Iterable[str]) -> Iterator[str]:
    return (f"dynamodb:{action}" for action in actions)


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
