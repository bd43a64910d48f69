"""One log line per outcome and one metric per count, without payloads, names or addresses."""

from __future__ import annotations

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

logger = Logger(utc=True)


def seconds(connection: str, **metrics: float) -> None:
    """How long something takes or has waited, by connection; sent also when it is nothing."""
    for name, value in metrics.items():
        with single_metric(name=name, unit=MetricUnit.Seconds, value=value) as metric:
            metric.add_dimension(name="connection", value=connection)


def count(connection: str, **metrics: int) -> None:
    """Counts as CloudWatch metrics by connection; zeros are left out."""
    for name, value in metrics.items():
        if value:
            with single_metric(name=name, unit=MetricUnit.Count, value=value) as metric:
                metric.add_dimension(name="connection", value=connection)
