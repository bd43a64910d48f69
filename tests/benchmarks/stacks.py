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

from tests.benchmarks.bill import MONTH_DAYS
from tests.equipment.local_aws.server import ROOT
from tests.equipment.local_aws.synth import synthesise

EXAMPLE = ROOT / "infra/connections/example.toml"
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

    def __init__(self, template: dict[str, Any]) -> None:
        self.connections: Sequence[str] = template["Outputs"]["ConnectionNames"]["Value"].split(",")
        self._resources: dict[str, dict[str, Any]] = template["Resources"]

    @cached_property
    def memory_mb(self) -> dict[str, int]:
        return {_handler(each): each["MemorySize"] for _, each in self._of_type("AWS::Lambda::Function")}

    @cached_property
    def lambdas(self) -> dict[str, str]:
        """Whose cost the message of a day tells, with their memory in MB."""
        functions = (each for _, each in self._of_type("AWS::Lambda::Function"))
        (digest,) = (each for each in functions if _handler(each) == "digest")
        parts = digest["Environment"]["Variables"]["LAMBDAS"]["Fn::Join"][1]
        found: dict[str, str] = json.loads("".join(part if isinstance(part, str) else part["Ref"] for part in parts))
        return found

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
    """As a deployment divides so many connections where nothing stands yet."""
    return [Stack(template) for template in _templates(count)]


@cache
def _templates(count: int) -> list[dict[str, Any]]:
    context = {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "architecture": "x86_64"}
    with TemporaryDirectory() as folder:
        files = Path(folder) / "connections"
        files.mkdir()
        for number in range(count):
            (files / f"c{number:02}.toml").write_bytes(EXAMPLE.read_bytes())
        context |= {"connections": str(files), "standing": "{}"}
        assembly = synthesise(context, Path(folder) / "cdk.out")
        return [json.loads(path.read_text()) for path in sorted(assembly.glob("*.template.json"))]


def _handler(function: dict[str, Any]) -> str:
    return str(function["Handler"].split(".")[-2])


def _every(expression: str) -> timedelta:
    match = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression)
    assert match, f"no rate: {expression}"
    return timedelta(**{f"{match[2]}s": int(match[1])})


def _pollers(mapping: dict[str, Any]) -> int:
    return POLLERS if "ScalingConfig" in mapping else POLLERS_AT_REST
