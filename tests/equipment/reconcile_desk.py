"""A person, or the schedule, at the reconcile of a quiet world."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from tests.equipment.quiet_connection import START, run, schedule
from tests.equipment.world import Site, World

WHO = {"by": "kim", "note": "looks closely"}
AFTERNOON = {"from": (START - timedelta(hours=1)).isoformat(), "until": (START + timedelta(hours=3)).isoformat()}
MINUTES = 16  # longer than any run


def ask(world: World, minutes: float = MINUTES, **event: Any) -> dict[str, Any]:
    answers: list[Any] = []
    world.functions["reconcile"].invoke(
        {"connection": "acme", **event}, lambda value, fault: answers.append(fault or value)
    )
    run(world, world.now() + timedelta(minutes=minutes))
    assert isinstance(answers[0], dict), answers[0]
    return answers[0]


def compare(world: World, **event: Any) -> dict[str, Any]:
    return ask(world, **{**AFTERNOON, **WHO, **event})


def report(world: World, answer: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(world.reports.documents[answer["report"]])
    return found


def differences(world: World, answer: dict[str, Any], status: str | None = None) -> set[tuple[str, str, str]]:
    """Order, field and status; of one status, where one is named."""
    return {
        (each["order"], each["field"], each["status"])
        for each in report(world, answer)["differences"]
        if status in {None, each["status"]} and (status is not None or each["status"] != "explained")
    }


def sell(site: Site, *references: str, at: datetime = START - timedelta(minutes=30), **label: Any) -> list[int]:
    """Orders of one parcel each, delivered in IFS; the ids of their IFS shipments."""
    numbers = []
    for reference in references:
        numbers.append(site.tenant.add_shipment([(reference, "BOLT", 1)]))
        site.tenant.deliver(numbers[-1], at=START - timedelta(days=3))
        order = site.account.add_order(reference, items=[{"sku": "BOLT", "quantity": 1}])
        site.account.ship(order, at=at, is_silent=True, **label)
    return numbers


def deliver(world: World, hours: float = 1.0) -> None:
    until = world.now() + timedelta(hours=hours)
    schedule(world, until, "poll", "release")
    run(world, until + timedelta(minutes=5))
