"""How CloudWatch evaluates an alarm of the template, as documented:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html and alarm-evaluation.html.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from operator import ge, lt
from typing import Any

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OPERATORS: dict[str, Callable[[float, float], bool]] = {"GreaterThanOrEqualToThreshold": ge, "LessThanThreshold": lt}
STATISTICS: dict[str, Callable[[list[float]], float]] = {"Sum": sum, "Maximum": max}


@dataclass(frozen=True)
class Sample:
    """One value as a Lambda sent it, or AWS of a function or a queue: `source`, where it matters whose it is."""

    at: datetime
    metric: str
    connection: str
    value: float
    source: str = ""


class Sampled:
    """The samples of each metric in the order of their instants: a window of them is found, not sought."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._of: dict[str, tuple[list[datetime], list[float]]] = {}
        for sample in sorted(samples, key=lambda each: each.at):
            instants, values = self._of.setdefault(sample.metric, ([], []))
            instants.append(sample.at)
            values.append(sample.value)

    def within(self, metric: str, start: datetime, end: datetime, seen: datetime) -> list[float]:
        """From `start` to before `end`, and of these what is `seen` by then."""
        instants, values = self._of.get(metric, ([], []))
        return values[bisect_left(instants, start) : min(bisect_left(instants, end), bisect_right(instants, seen))]


@dataclass(frozen=True)
class Alarm:
    """`spare`: how many periods more than it evaluates CloudWatch looks at; AWS does not say. `delay`: until a sample
    is seen.
    """

    properties: dict[str, Any]
    spare: int
    delay: timedelta = MINUTE

    @cached_property
    def _stats(self) -> list[dict[str, Any]]:
        """Each metric's own part, which stands by itself or under an expression."""
        if "Metrics" not in self.properties:
            return [self.properties]
        parts = [each["MetricStat"] for each in self.properties["Metrics"] if "MetricStat" in each]
        return [{**each["Metric"], "Period": each["Period"], "Statistic": each["Stat"]} for each in parts]

    @property
    def _stat(self) -> dict[str, Any]:
        return self._stats[0]

    @property
    def metrics(self) -> set[str]:
        return {str(stat["MetricName"]) for stat in self._stats}

    @property
    def metric(self) -> str:
        return str(self._stat["MetricName"])

    @property
    def namespace(self) -> str | None:
        return self._stat.get("Namespace")

    @property
    def dimensions(self) -> dict[str, str]:
        return {each["Name"]: each["Value"] for each in self._stat.get("Dimensions", ())}

    @cached_property
    def period(self) -> timedelta:
        return timedelta(seconds=self._stat["Period"])

    @cached_property
    def fills(self) -> bool:
        """Whether its expression makes a zero of what is missing; the other one that is known adds."""
        expressions = [each["Expression"] for each in self.properties.get("Metrics", ()) if "Expression" in each]
        assert expressions in ([], ["FILL(counted, 0)"], ["visible + hidden"]), "not understood here"
        return expressions == ["FILL(counted, 0)"]

    def rings(self, samples: Sequence[Sample], begin: datetime, end: datetime) -> Iterator[tuple[datetime, bool]]:
        """Each evaluation from `begin` to `end`, and whether it is in alarm then. One of more than a day is evaluated
        at full hours.
        """
        known, periods = Sampled(samples), self.properties["EvaluationPeriods"]

        @cache  # a period that is over is asked for again and again
        def point(end: datetime, seen: datetime) -> float | None:
            return self._point(known, end, seen)

        step = HOUR if self.period * periods > DAY else MINUTE
        now = begin.replace(second=0, microsecond=0) + MINUTE
        while now <= end:
            if step is MINUTE or now.minute == 0:
                yield now, self._is_in_alarm(point, now)
            now += MINUTE

    def _is_in_alarm(self, point: Callable[[datetime, datetime], float | None], now: datetime) -> bool:
        """The last periods that have data, also from before those that are evaluated; only where these are too few
        counts what the alarm says of missing data.
        """
        periods = self.properties["EvaluationPeriods"]
        ends = [now - back * self.period for back in range(periods + self.spare)]
        points = [point(end, min(end, now - self.delay)) for end in ends]
        if self.fills and any(value is not None for value in points):
            points = [value or 0.0 for value in points]
        real = [value for value in points if value is not None][:periods]
        breaching = sum(self._is_beyond(value) for value in real)
        if self.properties["TreatMissingData"] == "breaching":
            breaching += periods - len(real)
        return breaching >= int(self.properties.get("DatapointsToAlarm", periods))

    def _point(self, samples: Sampled, end: datetime, seen: datetime) -> float | None:
        """Of the period that ends then, what is `seen` by now. A sum is missing where one of its parts is."""
        start = end - self.period
        parts = [(stat, samples.within(stat["MetricName"], start, end, seen)) for stat in self._stats]
        known = [STATISTICS[stat["Statistic"]](values) for stat, values in parts if values]
        return sum(known) if len(known) == len(parts) else None

    def _is_beyond(self, point: float) -> bool:
        return bool(OPERATORS[self.properties["ComparisonOperator"]](point, self.properties["Threshold"]))
