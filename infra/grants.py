"""The one place that grants: the calls that a function makes on one resource, and nothing that comes with them by
habit. That every function may decrypt with the stack's key, `Functions` grants.
"""

from __future__ import annotations

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs


def allow_sending(function: lambda_.Function, queue: sqs.Queue) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"""
    _allow(function, queue.queue_arn, "sqs:SendMessage")
    assert queue.encryption_master_key is not None
    _allow(function, queue.encryption_master_key.key_arn, "kms:GenerateDataKey")


def allow_receiving(function: lambda_.Function, queue: sqs.Queue) -> None:
    """What Lambda's pollers need. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    _allow(function, queue.queue_arn, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def allow_reading(function: lambda_.Function, secret: secretsmanager.Secret) -> None:
    _allow(function, secret.secret_arn, "secretsmanager:GetSecretValue")


def allow_publishing(function: lambda_.Function, topic: sns.Topic) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
    _allow(function, topic.topic_arn, "sns:Publish")
    assert topic.master_key is not None
    _allow(function, topic.master_key.key_arn, "kms:GenerateDataKey")


def allow_calls(function: lambda_.Function, table: dynamodb.Table, *actions: str, index: str | None = None) -> None:
    """Exactly these DynamoDB actions, on the table or on one of its indexes."""
    arn = f"{table.table_arn}/index/{index}" if index else table.table_arn
    _allow(function, arn, *(f"dynamodb:{action}" for action in actions))


def allow_keys(function: lambda_.Function, table: dynamodb.Table, keys: str, *actions: str) -> None:
    """Exactly these DynamoDB actions on the items whose partition key is like `keys`.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    function.add_to_role_policy(
        iam.PolicyStatement(
            actions=[f"dynamodb:{action}" for action in actions],
            resources=[table.table_arn],
            conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [keys]}},
        )
    )


def allow_documents(function: lambda_.Function, bucket: s3.Bucket) -> None:
    """To keep documents and to read them, under the bucket's key.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    _allow(function, bucket.arn_for_objects("*"), "s3:PutObject", "s3:GetObject")
    assert bucket.encryption_key is not None
    _allow(function, bucket.encryption_key.key_arn, "kms:GenerateDataKey")


def _allow(function: lambda_.Function, arn: str, *actions: str) -> None:
    function.add_to_role_policy(iam.PolicyStatement(actions=[*actions], resources=[arn]))
