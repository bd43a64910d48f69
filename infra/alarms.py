"""What wakes a person, and what that person should do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.model.shipment import ConnectionName
from infra.alarm_topic import alarm_topic
from infra.bell import NAMESPACE, Bell, counted, silence_is_zero
from infra.connection_resources import ConnectionResources
from infra.queues import DeadLetterQueues
from infra.register import registering
from infra.stack_alarms import of_a_function, of_the_registration, of_the_stack
from infra.webhook import WebhookApi

LATE = Duration.minutes(15)
OVERDUE = Duration.hours(1)
STUCK_MINUTES = 15

# What the Lambdas count about a connection: who counts it, in how many of how many minutes, and what to do. What is
# counted once a tick leaves a minute out where one tick comes late, so that it is never asked for in every minute.
WATCHED = (
    (
        "poll",
        "ShipStationRefused",
        (2, 5),
        (
            "ShipStation refuses the key; one probe a minute is sent, IFS deliveries go on. Put a new key into the "
            "connection's ShipStation secret; the reading goes on by itself (docs/operations.md#a-refused-key)."
        ),
    ),
    (
        "release",
        "IfsCircuitOpen",
        (5, 7),
        (
            "IFS serves nobody: it is down, refuses the credentials, or its secret is not filled. Read the reason in "
            "Release's log; shipments wait in the ledger and drain by themselves "
            "(docs/operations.md#when-ifs-is-out)."
        ),
    ),
    (
        "dead_letters",
        "DeadLettersParked",
        (1, 1),
        (
            "a shipment died in the queue again and again, or a message could not be read, and was parked. Invoke Poll "
            "with status: true to see which, correct the cause, then replay the order or send the message again "
            "(docs/operations.md#dead-letter-queues)."
        ),
    ),
    (
        "poll",
        "Gaps",
        (1, 1),
        (
            "ShipStation cannot show a row; it was stepped over and parked. Look the shipment up in ShipStation by "
            "the instants in the ledger (docs/operations.md#what-is-read-from-shipstation)."
        ),
    ),
)

COME_BACK = (
    "Dead letters stay where they are. Correct the cause that the log of DeadLetters names, or enable its event "
    "source; they then come back by themselves (docs/operations.md#dead-letter-queues). Nothing is lost."
)


class Alarms(Construct):
    """All of them tell the topic when they ring, and when it is over."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        per_connection: Mapping[ConnectionName, ConnectionResources],
        functions: Iterable[lambda_.Function],
        webhook: WebhookApi,
        dead: DeadLetterQueues,
        dead_orders: sqs.Queue | None,
        key: kms.IKey,
        subscribers: Iterable[sns.ITopicSubscription],
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = alarm_topic(self, key=key, told=subscribers)
        self._bell = Bell(self, self.topic)
        slowest = _slowest(per_connection)
        for function in functions:
            self.watch(function, slowest.get(function.node.id, 0))
        self._dead("NotificationsDead", dead.notifications, COME_BACK)
        self._dead("ShipmentsDead", dead.shipments, COME_BACK)
        if dead_orders is not None:
            self._dead("OrdersDead", dead_orders, COME_BACK)
        of_the_stack(self._bell, webhook=webhook)
        if registering(per_connection):
            of_the_registration(self._bell)
        for resources in per_connection.values():
            self._age(resources)
            self._overdue(resources)
            self._heartbeat(resources)
            self._target_changed(resources)
            self._watched(resources)
            self._orders(resources)
            self._align(resources)
            self._disagreeing(resources)

    def watch(self, function: lambda_.Function, every_minutes: int = 0) -> None:
        of_a_function(self._bell, function, every_minutes)

    def _dead(self, name: str, queue: sqs.Queue, description: str) -> None:
        """By number, those that are worked on as well: SQS tells the age of none that was received three times.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
        """
        minute = Duration.minutes(1)
        letters = cloudwatch.MathExpression(
            expression="visible + hidden",
            using_metrics={
                "visible": queue.metric_approximate_number_of_messages_visible(period=minute, statistic="Maximum"),
                "hidden": queue.metric_approximate_number_of_messages_not_visible(period=minute, statistic="Maximum"),
            },
            period=minute,
            label="letters",
        )
        self._bell.alarm(name, letters, threshold=1, periods=STUCK_MINUTES, description=description)

    def _age(self, resources: ConnectionResources) -> None:
        connection, called = resources.connection.name, resources.connection.called
        self._bell.alarm(
            f"{connection}-ShipmentsLate",
            resources.shipments.metric_approximate_age_of_oldest_message(period=Duration.minutes(5)),
            threshold=LATE.to_seconds(),
            periods=2,
            description=f"{called}: shipments wait for IFS. Look for the reason in Consume's log; raise "
            "ifs.requests_per_second or ifs.concurrency if IFS allows it.",
        )

    def _overdue(self, resources: ConnectionResources) -> None:
        """Whatever keeps orders from their turn shows here, also what nobody thought of."""
        connection, called = resources.connection.name, resources.connection.called
        metric = cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name="OldestDue",
            dimensions_map={"service": "release", "connection": connection},
            statistic="Maximum",
            period=Duration.minutes(5),
        )
        self._bell.alarm(
            f"{connection}-OrdersOverdue",
            metric,
            threshold=OVERDUE.to_seconds(),
            periods=3,
            description=f"{called}: orders that are due get no turn. While IFS is out that is expected; "
            "else look into Release's log for orders that were passed over, and raise ifs.requests_per_second if IFS "
            "allows it (docs/operations.md#release).",
        )

    def _heartbeat(self, resources: ConnectionResources) -> None:
        """A switched-off connection polls nothing on purpose."""
        connection, called = resources.connection.name, resources.connection.called
        if resources.connection.mode == "off":
            return
        period = Duration.minutes(max(10, 2 * resources.connection.poll_minutes))
        self._bell.alarm(
            f"{connection}-PollSilent",
            silence_is_zero(counted("poll", "PollSucceeded", connection, period)),
            threshold=1,
            below=True,
            description=f"{called}: ShipStation was not read. Check that the connection's ShipStation secret is "
            "filled and the key valid (it expires), ShipStation's status, and that its schedule is enabled; the "
            "cursor stands still, nothing is lost (docs/operations.md#when-shipstation-is-out).",
        )

    def _target_changed(self, resources: ConnectionResources) -> None:
        """Counted whenever an order meets it, and orders come up again after `longest_seconds` at the latest."""
        connection, called = resources.connection.name, resources.connection.called
        minutes = -(-resources.connection.patience.longest_seconds // 60) + LATE.to_minutes()
        self._bell.alarm(
            f"{connection}-TargetChanged",
            silence_is_zero(counted("consume", "TargetChanged", connection, Duration.minutes(minutes))),
            threshold=1,
            description=f"{called}: what IFS publishes of the target no longer fits the connection file; writing "
            "is paused. Invoke the check function, correct the file or the projection; writing goes on within 15 "
            "minutes (docs/operations.md#when-ifs-changes).",
        )

    def _watched(self, resources: ConnectionResources) -> None:
        name, called = resources.connection.name, resources.connection.called
        for service, metric, (least, periods), text in WATCHED:
            self._bell.alarm(
                f"{name}-{metric}",
                counted(service, metric, name, Duration.minutes(1)),
                threshold=1,
                least=least,
                periods=periods,
                description=f"{called}: {text}",
            )

    def _orders(self, resources: ConnectionResources) -> None:
        connection, called = resources.connection.name, resources.connection.called
        orders = resources.connection.orders
        if orders is None or "off" in {orders.mode, resources.connection.mode}:
            return
        period = Duration.minutes(max(10, 2 * orders.poll_minutes))
        self._bell.alarm(
            f"{connection}-PullSilent",
            silence_is_zero(counted("pull", "PullSucceeded", connection, period)),
            threshold=1,
            below=True,
            description=f"{called}: what IFS wants packed was not read. Read the reason in Pull's log; "
            "the next look does it all (docs/operations.md#orders-into-shipstation).",
        )
        self._bell.alarm(
            f"{connection}-PushAttention",
            counted("push", "PushAttention", connection, Duration.minutes(1)),
            threshold=1,
            description=f"{called}: an order for ShipStation asks for a person. Push's log names the IFS shipment "
            "or order, the reason and the field (docs/operations.md#orders-into-shipstation).",
        )

    def _align(self, resources: ConnectionResources) -> None:
        connection, called = resources.connection.name, resources.connection.called
        profiles = [each for each in resources.connection.align if each.mode != "off"]
        if not profiles or resources.connection.mode == "off":
            return
        period = Duration.minutes(2 * max(each.every_minutes for each in profiles))
        page = "(docs/operations.md#reference-data)."
        self._bell.alarm(
            f"{connection}-AlignSilent",
            silence_is_zero(counted("align", "AlignSucceeded", connection, period)),
            threshold=1,
            below=True,
            description=f"{called}: reference data was not aligned. Read the reason in Align's log; the next look "
            f"does it all {page}",
        )
        self._bell.alarm(
            f"{connection}-AlignAttention",
            silence_is_zero(counted("align", "AlignAttention", connection, period)),
            threshold=1,
            description=f"{called}: reference data asks for a person. Invoke Align for its proposal, which names "
            f"the record, the reason and the field; the alarm ends with the cause {page}",
        )

    def _disagreeing(self, resources: ConnectionResources) -> None:
        """Counted once a day, and zero where all is well."""
        connection, called = resources.connection.name, resources.connection.called
        if resources.connection.mode == "off":
            return
        self._bell.alarm(
            f"{connection}-SystemsDisagree",
            silence_is_zero(counted("reconcile", "ReconcileUnexplained", connection, Duration.days(1))),
            threshold=1,
            description=f"{called}: the systems disagree. ShipStation says what IFS does not hold, or the other "
            "way round, and the ledger gives no reason. Invoke Reconcile with status: true for the summary and the "
            "report's name; repair: true makes a plan for Replay (docs/operations.md#reconcile).",
        )


def _slowest(per_connection: Mapping[ConnectionName, ConnectionResources]) -> Mapping[str, int]:
    """Of each function whose schedules a file names: the minutes between its runs where it runs most seldom."""
    connections = [each.connection for each in per_connection.values()]
    looks = [profile.every_minutes for each in connections for profile in each.align]
    pulls = [each.orders.poll_minutes for each in connections if each.orders is not None]
    return {"Align": max(looks, default=0), "Pull": max(pulls, default=0)}
