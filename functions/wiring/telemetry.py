"""One log line per outcome, and a metric for each alarm, without payloads, names or addresses. What no alarm watches is
no metric, but for what a day's comparison found: the log lines say it, and a metric costs as much in an hour in which
it is sent once as in a full one.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from functions.log_lines import logger

__all__ = ["count", "heartbeat", "logger", "of_the_stack", "seconds"]


def seconds(connection: str, **metrics: float) -> None:
    """How long something has waited, by connection; nothing is sent of what has not."""
    _send(MetricUnit.Seconds, connection, {name: value for name, value in metrics.items() if value})


def count(connection: str, **metrics: int) -> None:
    """Counts as CloudWatch metrics by connection; zeros are left out."""
    _send(MetricUnit.Count, connection, {name: value for name, value in metrics.items() if value})


def heartbeat(connection: str, **metrics: float) -> None:
    """Zeros are sent: a metric that only stops keeps its alarm as it was."""
    _send(MetricUnit.Count, connection, metrics)


def of_the_stack(**metrics: int) -> None:
    """Counts for alarms that all connections share, which cost as much for twenty as for one; `inspect` says whose it
    is. Zeros are left out.
    """
    _send(MetricUnit.Count, "", {name: value for name, value in metrics.items() if value})


def _send(unit: MetricUnit, connection: str, metrics: Mapping[str, float]) -> None:
    for name, value in metrics.items():
        # An output that takes nothing (closed, it raises ValueError) must not end what is being done: the alarms of
        # silence ring for what is not sent.
        with suppress(OSError, ValueError), single_metric(name=name, unit=unit, value=value) as metric:
            if connection:
                metric.add_dimension(name="connection", value=connection)
