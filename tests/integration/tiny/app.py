"""Queues, functions, a table and a secret: the smallest stack that shows how the local AWS behaves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from aws_cdk.aws_lambda_event_sources import SqsEventSource

if TYPE_CHECKING:
    from constructs import Construct

BUNDLE = Path(__file__).parent / "bundle"


def rows(scope: Construct) -> dynamodb.Table:
    return dynamodb.Table(
        scope,
        "Rows",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
        time_to_live_attribute="gone_at",
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
    )


def function(scope: Construct, name: str, handler: str, environment: dict[str, str], seconds: int) -> lambda_.Function:
    return lambda_.Function(
        scope,
        name,
        runtime=lambda_.Runtime(f"python{scope.node.get_context('python')}"),
        code=lambda_.Code.from_asset(str(BUNDLE), exclude=["__pycache__"]),
        handler=handler,
        memory_size=256,
        timeout=cdk.Duration.seconds(seconds),
        environment=environment,
    )


def consume_from(scope: Construct, name: str, consumer: lambda_.Function, *, fifo: bool | None) -> None:
    queue = sqs.Queue(scope, name, fifo=fifo, visibility_timeout=cdk.Duration.seconds(60))
    source = SqsEventSource(queue, batch_size=5, max_concurrency=2, report_batch_item_failures=True)
    consumer.add_event_source(source)


def tiny(scope: Construct) -> None:
    table = rows(scope)
    secret = secretsmanager.Secret(scope, "Keys")
    environment = {"TABLE": table.table_name, "SECRET": secret.secret_arn}
    consumer = function(scope, "Consumer", "handlers.consume", environment, 60)
    consume_from(scope, "Queue", consumer, fifo=None)
    consume_from(scope, "Fifo", consumer, fifo=True)
    table.grant_read_write_data(consumer)
    secret.grant_read(function(scope, "Probe", "handlers.probe", environment, 60))
    echo = HttpLambdaIntegration("Echo", function(scope, "Echo", "handlers.echo", environment, 60))
    apigateway.HttpApi(scope, "Door").add_routes(path="/hooks/{token}", integration=echo)
    function(scope, "Slow", "handlers.probe", environment, 1)
    function(scope, "Broken", "handlers.no_such_handler", environment, 60)


app = cdk.App()
stack = cdk.Stack(app, "tiny")
tiny(stack)
cdk.CfnResource(stack, "Everything", type="AWS::CloudWatch::CompositeAlarm", properties={"AlarmRule": "TRUE"})
app.synth()
