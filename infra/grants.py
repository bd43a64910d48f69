"""The one place that grants: the calls that a function makes on one resource, and nothing that comes with them by
habit. What a service does with the key in a function's name comes with the call that needs it, through that service
alone: a function that asks the key itself is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

READ = ("kms:Decrypt",)
WRITE = ("kms:Decrypt", "kms:GenerateDataKey")
INTERFACES = (
    "CreateNetworkInterface",
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "DeleteNetworkInterface",
    "AssignPrivateIpAddresses",
    "UnassignPrivateIpAddresses",
)


def allow_variables(function: lambda_.Function, key: kms.IKey) -> None:
    """Lambda decrypts a function's variables as the function's role, at every start. Whether that is told as
    `kms:ViaService` is not documented; what the variables are encrypted with is seen in CloudTrail: the ARN of their
    function, and nothing else of ours is encrypted with one.
    https://docs.aws.amazon.com/lambda/latest/dg/security-encryption-at-rest.html
    """
    any_function = Stack.of(function).format_arn(
        service="lambda", resource="function", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    condition = {"StringLike": {"kms:EncryptionContext:aws:lambda:FunctionArn": any_function}}
    _allow(function, key.key_arn, *READ, conditions=condition)


def allow_logging(function: lambda_.Function, group: logs.LogGroup) -> None:
    """Into its own group. AWS's managed policy for Lambdas would let it write into every one of the account.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    """
    _allow(function, group.log_group_arn, "logs:CreateLogStream", "logs:PutLogEvents")


def allow_interfaces(function: lambda_.Function) -> None:
    """What Lambda needs as the function's role to put it into a VPC, and the function itself may not do. Most of these
    calls know no resource. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    stack = Stack.of(function)
    functions = stack.format_arn(
        service="lambda", resource="function", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    actions = [f"ec2:{action}" for action in INTERFACES]
    _allow(function, "*", *actions)
    function.add_to_role_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=actions,
            resources=["*"],
            conditions={"ArnLike": {"lambda:SourceFunctionArn": functions}},
        )
    )


def allow_sending(function: lambda_.Function, queue: sqs.Queue) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"""
    _allow(function, queue.queue_arn, "sqs:SendMessage")
    _allow_key(function, queue.encryption_master_key, "sqs", *WRITE)


def allow_receiving(function: lambda_.Function, queue: sqs.Queue) -> None:
    """What Lambda's pollers need, which ask SQS as the function's role.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    _allow(function, queue.queue_arn, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    _allow_key(function, queue.encryption_master_key, "sqs", *READ)


def allow_reading(function: lambda_.Function, secret: secretsmanager.Secret) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html"""
    _allow(function, secret.secret_arn, "secretsmanager:GetSecretValue")
    _allow_key(function, secret.encryption_key, "secretsmanager", *READ)


def allow_publishing(function: lambda_.Function, topic: sns.Topic) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
    _allow(function, topic.topic_arn, "sns:Publish", "sns:GetTopicAttributes")
    _allow_key(function, topic.master_key, "sns", *WRITE)


def allow_metrics(function: lambda_.Function) -> None:
    """To read what CloudWatch counted, the whole account's: the call knows no resource and no condition of ours.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
    """
    _allow(function, "*", "cloudwatch:GetMetricData")


def allow_calls(function: lambda_.Function, table: dynamodb.Table, *actions: str, index: str | None = None) -> None:
    """Exactly these DynamoDB actions, on the table or on one of its indexes.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    arn = f"{table.table_arn}/index/{index}" if index else table.table_arn
    _allow(function, arn, *(f"dynamodb:{action}" for action in actions))
    _allow_key(function, table.encryption_key, "dynamodb", *READ)


def allow_keys(function: lambda_.Function, table: dynamodb.Table, keys: str, *actions: str) -> None:
    """Exactly these DynamoDB actions on the items whose partition key is like `keys`.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [keys]}}
    _allow(function, table.table_arn, *(f"dynamodb:{action}" for action in actions), conditions=condition)
    _allow_key(function, table.encryption_key, "dynamodb", *READ)


def allow_documents(function: lambda_.Function, bucket: s3.Bucket) -> None:
    """To keep documents and to read them, under the bucket's key.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    _allow(function, bucket.arn_for_objects("*"), "s3:PutObject", "s3:GetObject")
    _allow_key(function, bucket.encryption_key, "s3", *WRITE)


def _allow_key(function: lambda_.Function, key: kms.IKey | None, service: str, *actions: str) -> None:
    """As the service asks for the function: the way in which AWS's own keys of these five services let theirs in.
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    assert key is not None, "everything of ours is encrypted with the stack's key"
    via = f"{service}.{Stack.of(function).region}.amazonaws.com"
    _allow(function, key.key_arn, *actions, conditions={"StringEquals": {"kms:ViaService": via}})


def _allow(function: lambda_.Function, arn: str, *actions: str, conditions: Mapping[str, object] | None = None) -> None:
    function.add_to_role_policy(iam.PolicyStatement(actions=[*actions], resources=[arn], conditions=conditions))
