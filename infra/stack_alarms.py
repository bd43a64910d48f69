"""Alarms that all connections share: they cost as much for twenty as for one. Inspect says whose it is."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

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
        "reconcile",
        "NotCompared",
        Duration.hours(2),
        (
            "A day was not compared half a day after its turn. Digest's message names the connection; read the reason "
            "in Reconcile's log, correct it, and compare the day by hand (docs/operations.md#reconcile)."
        ),
    ),
    (
        "digest",
        "KeysExpire",
        Duration.hours(1),
        (
            "A key of ShipStation or the secret of an IFS client ends in 30, 14, 7 days or 1, or has ended; from 1 day "
            f"on it rings once a day. {WHOSE}; exchange it, and store its new day (docs/operations.md#rotation)."
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


FIVE_MINUTES = Duration.minutes(5)


@dataclass(frozen=True)
class Rhythm:
    """Of a function that runs seldom: in how long one that fails every time fails, and after how long without any run
    its schedule is disabled, or no run finds a place; None where a heartbeat of its own says so, or no schedule calls.
    """

    errors: Duration = FIVE_MINUTES
    silence: Duration | None = None


SELDOM = {
    "Release": Rhythm(silence=Duration.minutes(15)),
    "Replay": Rhythm(errors=Duration.minutes(15), silence=Duration.minutes(15)),
    "Reconcile": Rhythm(errors=Duration.hours(1), silence=Duration.minutes(30)),
    "Digest": Rhythm(errors=Duration.hours(1), silence=Duration.hours(3)),
    "Register": Rhythm(errors=Duration.hours(1), silence=Duration.hours(3)),
    "Align": Rhythm(errors=Duration.hours(1)),
    "Push": Rhythm(errors=Duration.hours(1)),  # its messages are of one group, hidden for half an hour
}
SILENT = {
    "Release": "what waits is not looked at again, and its other alarms are silent",
    "Replay": "plans do not go on",
    "Reconcile": "the systems are not compared",
    "Digest": "no message of the day is sent",
    "Register": "webhooks that are lost are not subscribed again",
}


def of_a_function(bell: Bell, function: lambda_.Function, every_minutes: int) -> None:
    """`every_minutes` is how seldom a connection file lets it run, 0 where none says so."""
    name = function.node.id
    rhythm = SELDOM.get(name, Rhythm())
    minutes = max(rhythm.errors.to_minutes(), every_minutes)
    # A run that comes a little late leaves a period out.
    least, periods = (
        (None, 2) if rhythm.errors is FIVE_MINUTES and every_minutes < FIVE_MINUTES.to_minutes() else (2, 3)
    )
    bell.alarm(
        f"{name}Errors",
        function.metric_errors(period=Duration.minutes(minutes)),
        threshold=1,
        least=least,
        periods=periods,
        description=f"{name} ends in errors. Read its log group: the last line names the reason code.",
    )
    if rhythm.silence is not None:
        bell.alarm(
            f"{name}Silent",
            silence_is_zero(function.metric_invocations(period=rhythm.silence)),
            threshold=1,
            below=True,
            description=f"{name} does not run: {SILENT[name]}. Enable its schedules in EventBridge Scheduler, and see "
            "whether the account's Lambda concurrency is used up (docs/operations.md#what-does-not-run).",
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


def of_the_registration(bell: Bell) -> None:
    """Counted with each hourly run while it is so."""
    bell.alarm(
        "WebhooksMissing",
        silence_is_zero(_counted("register", "WebhooksMissing", Duration.hours(2))),
        threshold=1,
        description="Webhooks are missing, and the hourly run did not repair it for three hours; the poll finds "
        f"everything, minutes later. {WHOSE}, and its reading for the reason "
        "(docs/operations.md#webhooks-that-the-connector-subscribes).",
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
