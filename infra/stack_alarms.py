"""Alarms that all connections share: they cost as much for twenty as for one. Inspect says whose it is."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.bell import NAMESPACE, Bell, silence_is_zero
from infra.webhook import WebhookApi

WHOSE = 'Invoke Inspect with {"show": "status"} to see whose it is'
COUNTED = (
    (
        "consume",
        "OrdersParked",
        Duration.minutes(5),
        (
            f"An order asks for a person. {WHOSE}, and its attention list for the reason and what to do "
            "(docs/operations.md#what-waits-and-why)."
        ),
    ),
    (
        "release",
        "AttentionOverdue",
        Duration.hours(2),
        (
            f"A person was asked for more than a day ago, and nobody came. {WHOSE}; see to the orders on its attention "
            "list, or dismiss them with a note (docs/operations.md#what-waits-and-why)."
        ),
    ),
    (
        "release",
        "PauseForgotten",
        Duration.minutes(10),
        (
            f"A pause without an end is older than a day. {WHOSE}; resume it, or pause again with an end "
            "(docs/operations.md#pause-and-resume)."
        ),
    ),
)


def of_the_stack(bell: Bell, *, webhook: WebhookApi) -> None:
    for service, metric, period, description in COUNTED:
        counted = silence_is_zero(_counted(service, metric, period))
        bell.alarm(metric, counted, threshold=1, description=description)
    bell.alarm(
        "WebhookFails",
        _of_api(webhook, "5xx"),
        threshold=5,
        periods=2,
        description="ShipStation's webhooks are answered with 5xx. Read Webhook's log; the poll reads what they "
        "announced, up to poll_minutes later (docs/operations.md#what-a-webhook-is-answered).",
    )
    bell.alarm(
        "WebhookThrottled",
        webhook.function.metric_throttles(period=Duration.minutes(5)),
        threshold=5,
        periods=2,
        description="Lambda has no place left for webhooks: the account's concurrency is used up. The poll reads what "
        "they announced; ask AWS for more concurrency (docs/operations.md#what-a-webhook-is-answered).",
    )


def _counted(service: str, metric: str, period: Duration) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE, metric_name=metric, dimensions_map={"service": service}, statistic="Sum", period=period
    )


def _of_api(webhook: WebhookApi, metric: str) -> cloudwatch.Metric:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html"""
    return cloudwatch.Metric(
        namespace="AWS/ApiGateway",
        metric_name=metric,
        dimensions_map={"ApiId": webhook.api_id},
        statistic="Sum",
        period=Duration.minutes(5),
    )
