"""The product's own comparison of both systems, once everything is over: what it cannot explain is a violation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from typing import Any

from tests.equipment.world import World

WHO = {"by": "oracle", "note": "the end of the week"}
RUNS = 12  # of fifteen minutes each; a large week is read in pieces
BETWEEN = timedelta(minutes=20)


def disagreements(world: World, start: datetime) -> Iterator[str]:
    """Reads the whole week, in a world in which nothing happens any more."""
    for name in world.sites:
        yield from (f"{name}: reconcile: {told}" for told in _reconciled(world, name, start))


def _reconciled(world: World, name: str, start: datetime) -> Iterator[str]:
    window = {"from": start.isoformat(), "until": world.now().isoformat()}
    told = _compared(world, {"connection": name, **window, **WHO})
    if told.get("state") != "done":
        yield f"did not end: {told}"
        return
    if not told["shipments"]:
        yield "compared nothing"
    report = json.loads(world.reports.documents[told["report"]])
    yield from (str(each) for each in report["differences"] if each["status"] != "explained")
    yield from _passed_over(world, name, report, start)


def _compared(world: World, request: dict[str, Any]) -> dict[str, Any]:
    """The last answer. A comparison of the schedule that is under way comes first."""
    told: dict[str, Any] = {}
    own = None
    for _ in range(RUNS):
        is_under_way = "error" in told or told.get("state") == "under way"
        told = _ask(world, {"connection": request["connection"], "is_scheduled": True} if is_under_way else request)
        own = own or (None if is_under_way else told.get("run_id"))
        if told.get("state") == "done" and told["run_id"] == own:
            break
    return told


def _passed_over(world: World, name: str, report: dict[str, Any], start: datetime) -> Iterator[str]:
    """What it never looked at, it finds nothing wrong with: every live label is in its report, equal or not."""
    account = world.sites[name].account
    texts = [world.reports.documents[part["name"]] for part in report["parts"]]
    compared = {key for text in texts for each in json.loads(text) for key in each["shipments"]}
    for label in account.shipments.current.values():
        is_shown = label.shipment_id not in account.broken_rows and label.voided_at is None and not label.is_gone
        if is_shown and label.created >= start and f"L{label.shipment_id}" not in compared:
            yield f"label {label.shipment_id} was not compared"


def _ask(world: World, event: dict[str, Any]) -> dict[str, Any]:
    answers: list[Any] = []
    world.functions["reconcile"].invoke(event, lambda value, fault: answers.append(fault or value))
    with redirect_stdout(world.logs):
        world.clockwork.run(world.now() + BETWEEN)
    answer: dict[str, Any] = answers[0] if isinstance(answers[0], dict) else {"error": repr(answers[0])}
    return answer
