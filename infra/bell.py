"""Makes alarms alike: what is missing, when they ring, and whom they tell."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from functions.model.shipment import ConnectionName

NAMESPACE = "IfsShipStation"


class Bell:
    """Every alarm tells the topic when it rings, and when it is over."""

    def __init__(self, scope: Construct, topic: sns.ITopic) -> None:
        self._scope, self._topic = scope, topic

    def alarm(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        *,
        threshold: float,
        description: str,
        periods: int = 1,
        least: int | None = None,
        below: bool = False,
    ) -> None:
        """Rings when `least` of the last `periods` are beyond the threshold; without it, when all of them are."""
        above, under = (
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        )
        silence = cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            self._scope,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            datapoints_to_alarm=least,
            comparison_operator=under if below else above,
            treat_missing_data=silence.BREACHING if below else silence.NOT_BREACHING,
            alarm_description=description,
        )
        tell = actions.SnsAction(self._topic)
        alarm.add_alarm_action(tell)
        alarm.add_ok_action(tell)


def counted(service: str, metric: str, connection: ConnectionName, period: Duration) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric,
        dimensions_map={"service": service, "connection": connection},
        statistic="Sum",
        period=period,
    )


def silence_is_zero(metric: cloudwatch.Metric) -> cloudwatch.MathExpression:
    """For long periods. Where the last period is missing CloudWatch goes back to earlier ones, whatever an alarm says
    of missing data, and an alarm over two days keeps its state for a week.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    return cloudwatch.MathExpression(
        expression="FILL(counted, 0)", using_metrics={"counted": metric}, period=metric.period, label=metric.metric_name
    )
