"""What the local AWS does with a deployment, written down while it happens: which properties of a resource it read, and
which calls a role was allowed. Runs in the child process.
"""
# ruff: noqa: SLF001 # replacing private names is what this module is for

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator
from ministack.services.cloudformation import stacks

PRIVATE_NAMES = {stacks: ("_provision_resource",), iam_evaluator: ("evaluate",)}
LOGS = Path(os.environ["SANDBOX_FUNCTION_LOGS"]).parent
PROPERTIES, CALLS = "properties.jsonl", "calls.jsonl"  # beside the other logs


class ReadProperties(dict[str, Any]):
    """Remembers which of them were asked for; whoever goes through them all takes them all."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.read.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.read.add(name)
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        self.read.add(name)
        return super().pop(name, *default)

    def __iter__(self) -> Iterator[str]:
        self.read.update(super().keys())
        return super().__iter__()

    def keys(self) -> Any:
        self.read.update(super().keys())
        return super().keys()

    def items(self) -> Any:
        self.read.update(super().keys())
        return super().items()


def install() -> None:
    _watch_properties()
    _watch_calls()


def _watch_properties() -> None:
    replaced = stacks._provision_resource

    def provision(kind: str, logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        given, watched = sorted(properties), ReadProperties(properties)
        made = replaced(kind, logical_id, watched, stack_name)
        _write(PROPERTIES, {"id": logical_id, "type": kind, "ignored": [n for n in given if n not in watched.read]})
        return made

    stacks._provision_resource = provision


def _watch_calls() -> None:
    """`evaluate` is asked for every call of a role, where policies are enforced."""
    replaced = iam_evaluator.evaluate
    known: set[tuple[str, ...]] = set()

    def evaluate(context: Any, *arguments: Any, **more: Any) -> Any:
        decided = replaced(context, *arguments, **more)
        call = (context.principal_arn, context.action, context.resource_arn)
        if decided.decision == "Allow" and call not in known:
            known.add(call)
            _write(CALLS, dict(zip(("principal", "action", "resource"), call, strict=True)))
        return decided

    iam_evaluator.evaluate = evaluate


def _write(name: str, line: dict[str, Any]) -> None:
    with (LOGS / name).open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
