"""What the synthesised stacks cost by standing there, and what calls their Lambdas when."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from functions.settings import ENVIRONMENT_LIMIT_BYTES
from tests.benchmarks.bill import MONTH_DAYS
from tests.equipment.local_aws.server import ROOT
from tests.equipment.local_aws.synth import SynthError, synthesise

EXAMPLE = ROOT / "infra/connections/example.toml"
TOO_LARGE = f"AWS allows {ENVIRONMENT_LIMIT_BYTES}"
# Lambda waits for messages with five pollers, twenty seconds each; without a maximum of concurrency it goes down to two
# where little comes. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
POLLERS, POLLERS_AT_REST, WAITS_AN_HOUR = 5, 2, 180


@dataclass(frozen=True)
class Tick:
    function: str
    event: dict[str, Any]
    every: timedelta
    is_scheduler: bool


class Stack:
    """One synthesised template."""

    def __init__(self, connections: Sequence[str]) -> None:
        self.connections = connections
        self._resources: dict[str, dict[str, Any]] = _template(tuple(connections))["Resources"]

    @cached_property
    def memory_mb(self) -> dict[str, int]:
        return {_handler(each): each["MemorySize"] for _, each in self._of_type("AWS::Lambda::Function")}

    @property
    def ticks(self) -> list[Tick]:
        rules = [(each, each["Targets"], False) for _, each in self._of_type("AWS::Events::Rule")]
        rules += [(each, [each["Target"]], True) for _, each in self._of_type("AWS::Scheduler::Schedule")]
        return [
            Tick(self._called(target["Arn"]), json.loads(target["Input"]), _every(rule["ScheduleExpression"]), is_new)
            for rule, targets, is_new in rules
            for target in targets
        ]

    @property
    def month(self) -> dict[str, float]:
        """Keys, secrets, alarms, and the waiting for messages that do not come."""
        counted = Counter[str]()
        counted["kms.key_months"] = len(list(self._of_type("AWS::KMS::Key")))
        counted["secrets.months"] = len(list(self._of_type("AWS::SecretsManager::Secret")))
        for _, alarm in self._of_type("AWS::CloudWatch::Alarm"):
            counted["cloudwatch.alarm_metrics"] += max(
                1, sum("MetricStat" in each for each in alarm.get("Metrics", ()))
            )
        for _, mapping in self._of_type("AWS::Lambda::EventSourceMapping"):
            counted[self._waiting(mapping)] += _pollers(mapping) * WAITS_AN_HOUR * 24 * MONTH_DAYS
        return dict(counted)

    def _waiting(self, mapping: dict[str, Any]) -> str:
        queue = self._resources[mapping["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]
        return "sqs.fifo_requests (empty)" if queue.get("FifoQueue") else "sqs.requests (empty)"

    def _called(self, arn: dict[str, list[str]]) -> str:
        return _handler(self._resources[arn["Fn::GetAtt"][0]]["Properties"])

    def _of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((name, each["Properties"]) for name, each in self._resources.items() if each["Type"] == kind)


def stacks_of(count: int) -> list[Stack]:
    """As few stacks as hold so many connections, evenly filled."""
    names = [f"c{number:02}" for number in range(count)]
    for number in range(1, count + 1):
        try:
            return [Stack(names[start::number]) for start in range(number)]
        except SynthError as error:
            if TOO_LARGE not in str(error):
                raise
    raise AssertionError("a stack holds no connection")


@cache
def _template(connections: tuple[str, ...]) -> dict[str, Any]:
    context = {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "architecture": "x86_64"}
    with TemporaryDirectory() as folder:
        files = Path(folder) / "connections"
        files.mkdir()
        for name in connections:
            (files / f"{name}.toml").write_bytes(EXAMPLE.read_bytes())
        assembly = synthesise({**context, "connections": str(files)}, Path(folder) / "cdk.out")
        found: dict[str, Any] = json.loads((assembly / "ifs-shipstation.template.json").read_text())
        return found


def _handler(function: dict[str, Any]) -> str:
    return str(function["Handler"].split(".")[-2])


def _every(expression: str) -> timedelta:
    match = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    assert match, f"no rate: {expression}"
    return timedelta(**{f"{match[2]}s": int(match[1])})


def _pollers(mapping: dict[str, Any]) -> int:
    return POLLERS if "ScalingConfig" in mapping else POLLERS_AT_REST
