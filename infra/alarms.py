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
from infra.link import Link

NAMESPACE = "IfsShipStation"
LATE = Duration.minutes(15)

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
            "check function, mend the file or the projection; writing goes on within 15 minutes."
        ),
    ),
    (
        "poll",
        "Holes",
        1,
        (
            "ShipStation cannot show a row; it was stepped over and parked. Look the shipment up in ShipStation by "
            "the instants in the ledger (docs/operations.md, Streams)."
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
        links: Mapping[ConnectionName, Link],
        functions: Iterable[lambda_.Function],
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        CfnOutput(Stack.of(self), "AlarmTopic", value=self._topic.topic_arn)
        for function in functions:
            self._errors(function)
        for link in links.values():
            self._dead(link, "NotificationsDead", link.notifications_dead)
            self._dead(link, "ShipmentsDead", link.shipments_dead)
            self._age(link)
            self._heartbeat(link)
            self._told(link)

    def _errors(self, function: lambda_.Function) -> None:
        self._alarm(
            f"{function.node.id}Errors",
            function.metric_errors(period=Duration.minutes(5)),
            threshold=1,
            periods=2,
            description=f"{function.node.id} ends in errors. Read its log group: the last line names the reason code.",
        )

    def _dead(self, link: Link, name: str, queue: sqs.Queue) -> None:
        self._alarm(
            f"{link.connection.name}-{name}",
            queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1), statistic="Maximum"),
            threshold=1,
            periods=1,
            description=f"{link.connection.name}: a message could not be handled five times. Mend the cause in the "
            "consumer's log, then redrive the queue (docs/operations.md, Dead-letter queues). Nothing is lost.",
        )

    def _age(self, link: Link) -> None:
        self._alarm(
            f"{link.connection.name}-ShipmentsLate",
            link.shipments.metric_approximate_age_of_oldest_message(period=Duration.minutes(5)),
            threshold=LATE.to_seconds(),
            periods=2,
            description=f"{link.connection.name}: shipments wait for IFS. Look for the reason in Consume's log; raise "
            "ifs.requests_per_second or ifs.concurrency if IFS allows it.",
        )

    def _heartbeat(self, link: Link) -> None:
        """A switched-off connection polls nothing on purpose."""
        if link.connection.mode == "off":
            return
        period = Duration.minutes(max(10, 2 * link.connection.poll_minutes))
        metric = cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name="PollSucceeded",
            dimensions_map={"service": "poll", "connection": link.connection.name},
            statistic="Sum",
            period=period,
        )
        self._alarm(
            f"{link.connection.name}-PollSilent",
            metric,
            threshold=1,
            periods=1,
            below=True,
            description=f"{link.connection.name}: ShipStation was not read. Check the key (it expires), ShipStation's "
            "status, and that the schedule rule is enabled; the cursor stands still, nothing is lost.",
        )

    def _told(self, link: Link) -> None:
        name = link.connection.name
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
