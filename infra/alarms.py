"""What wakes a person, and what that person should do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.model.shipment import ConnectionName
from infra.connection_resources import ConnectionResources
from infra.queues import DeadLetterQueues

NAMESPACE = "IfsShipStation"
LATE = Duration.minutes(15)
OVERDUE = Duration.hours(1)
# SQS leaves a message out of this metric once it was received three times, here after twelve minutes:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
STUCK = Duration.minutes(10)

# What the Lambdas count about a connection: who counts it, for how many minutes, and what to do.
WATCHED = (
    (
        "poll",
        "ShipStationRefused",
        2,
        (
            "ShipStation refuses the key; one probe a minute is sent, IFS deliveries go on. Put a new key into the "
            "connection's ShipStation secret; the reading goes on by itself."
        ),
    ),
    (
        "release",
        "IfsCircuitOpen",
        5,
        (
            "IFS serves nobody: it is down or refuses the credentials. Read the reason in Release's log; shipments "
            "wait in the ledger and drain by themselves."
        ),
    ),
    (
        "consume",
        "TargetChanged",
        1,
        (
            "what IFS publishes of the target no longer fits the connection file; writing is paused. Invoke the "
            "check function, correct the file or the projection; writing goes on within 15 minutes."
        ),
    ),
    (
        "dead_letters",
        "DeadLettersParked",
        1,
        (
            "a shipment died in the queue again and again, or a message could not be read, and was parked. Invoke Poll "
            "with status: true to see which, correct the cause, then replay the order or send the message again "
            "(docs/operations.md, Dead-letter queues)."
        ),
    ),
    (
        "poll",
        "Gaps",
        1,
        (
            "ShipStation cannot show a row; it was stepped over and parked. Look the shipment up in ShipStation by "
            "the instants in the ledger (docs/operations.md, What is read from ShipStation)."
        ),
    ),
)


class Alarms(Construct):
    """One topic; subscribe whoever is on duty."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        per_connection: Mapping[ConnectionName, ConnectionResources],
        functions: Iterable[lambda_.Function],
        dead: DeadLetterQueues,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        CfnOutput(Stack.of(self), "AlarmTopic", value=self._topic.topic_arn)
        for function in functions:
            self._errors(function)
        self._dead("NotificationsDead", dead.notifications)
        self._dead("ShipmentsDead", dead.shipments)
        for resources in per_connection.values():
            self._age(resources)
            self._overdue(resources)
            self._heartbeat(resources)
            self._watched(resources)

    def _errors(self, function: lambda_.Function) -> None:
        self._alarm(
            f"{function.node.id}Errors",
            function.metric_errors(period=Duration.minutes(5)),
            threshold=1,
            periods=2,
            description=f"{function.node.id} ends in errors. Read its log group: the last line names the reason code.",
        )

    def _dead(self, name: str, queue: sqs.Queue) -> None:
        """By age: letters are taken at once and hidden while they are worked on, so that their number says nothing."""
        self._alarm(
            name,
            queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(1)),
            threshold=STUCK.to_seconds(),
            periods=1,
            description="Dead letters stay where they are. Correct the cause that the log of "
            "DeadLetters names, or enable its event source; they then come back by themselves "
            "(docs/operations.md, Dead-letter queues). Nothing is lost.",
        )

    def _age(self, resources: ConnectionResources) -> None:
        connection = resources.connection.name
        self._alarm(
            f"{connection}-ShipmentsLate",
            resources.shipments.metric_approximate_age_of_oldest_message(period=Duration.minutes(5)),
            threshold=LATE.to_seconds(),
            periods=2,
            description=f"{connection}: shipments wait for IFS. Look for the reason in Consume's log; raise "
            "ifs.requests_per_second or ifs.concurrency if IFS allows it.",
        )

    def _overdue(self, resources: ConnectionResources) -> None:
        """Whatever keeps orders from their turn shows here, also what nobody thought of."""
        connection = resources.connection.name
        metric = cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name="OldestDue",
            dimensions_map={"service": "release", "connection": connection},
            statistic="Maximum",
            period=Duration.minutes(5),
        )
        self._alarm(
            f"{connection}-OrdersOverdue",
            metric,
            threshold=OVERDUE.to_seconds(),
            periods=3,
            description=f"{connection}: orders that are due get no turn. While IFS is out that is expected; "
            "else look into Release's log for orders that were passed over, and raise ifs.requests_per_second if IFS "
            "allows it.",
        )

    def _heartbeat(self, resources: ConnectionResources) -> None:
        """A switched-off connection polls nothing on purpose."""
        connection = resources.connection.name
        if resources.connection.mode == "off":
            return
        period = Duration.minutes(max(10, 2 * resources.connection.poll_minutes))
        metric = cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name="PollSucceeded",
            dimensions_map={"service": "poll", "connection": connection},
            statistic="Sum",
            period=period,
        )
        self._alarm(
            f"{connection}-PollSilent",
            metric,
            threshold=1,
            periods=1,
            below=True,
            description=f"{connection}: ShipStation was not read. Check the key (it expires), ShipStation's "
            "status, and that the schedule rule is enabled; the cursor stands still, nothing is lost.",
        )

    def _watched(self, resources: ConnectionResources) -> None:
        name = resources.connection.name
        for service, metric, periods, text in WATCHED:
            counted = cloudwatch.Metric(
                namespace=NAMESPACE,
                metric_name=metric,
                dimensions_map={"service": service, "connection": name},
                statistic="Sum",
                period=Duration.minutes(1),
            )
            self._alarm(f"{name}-{metric}", counted, threshold=1, periods=periods, description=f"{name}: {text}")

    def _alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        periods: int,
        description: str,
        below: bool = False,
    ) -> None:
        above, under = (
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        )
        silence = cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=under if below else above,
            treat_missing_data=silence.BREACHING if below else silence.NOT_BREACHING,
            alarm_description=description,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))
