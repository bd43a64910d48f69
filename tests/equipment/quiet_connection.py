"""A world in which nothing goes wrong, so that only the connector's own doing is measured."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

from functions.connections.connection import Connection
from tests.equipment.world import Site, World

SEED = 1
NOTHING: Mapping[str, Any] = MappingProxyType({})
START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def quiet_world(
    start: datetime = START,
    *,
    ifs: Mapping[str, Any] = NOTHING,
    orders: Mapping[str, Any] | None = None,
    align: Sequence[Mapping[str, Any]] = (),
    **shipstation: Any,
) -> tuple[World, Site]:
    """One connection, live for an hour; `ifs` and `shipstation` override its sides, `orders` goes to ShipStation,
    `align` is kept alike.
    """
    os.environ |= {"POWERTOOLS_METRICS_NAMESPACE": "benchmark", "POWERTOOLS_SERVICE_NAME": "benchmark"}
    world = World(SEED, start)
    site = world.add_site(a_connection(start - timedelta(hours=1), ifs, orders, align, **shipstation))
    world.wire()
    return world, site


def a_connection(
    go_live_at: datetime,
    ifs: Mapping[str, Any] = NOTHING,
    orders: Mapping[str, Any] | None = None,
    align: Sequence[Mapping[str, Any]] = (),
    **shipstation: Any,
) -> Connection:
    return Connection.model_validate(
        {
            "name": "acme",
            "mode": "write",
            "go_live_at": go_live_at,
            "shipstation": {"base_url": "https://ss.example.com", **shipstation},
            "ifs": {
                "base_url": "https://ifs.example.com",
                "token_url": "https://ifs.example.com/auth/realms/acme1/protocol/openid-connect/token",
                "company": "10",
                "requests_per_second": 50,
                **ifs,
            },
            "carriers": {"stamps_com": "USPS"},
            "orders": orders,
            **({"align": align} if align else {}),
        }
    )


def schedule(world: World, until: datetime, *functions: Literal["poll", "release", "pull", "replay"]) -> None:
    for function in functions:
        world.schedule(function, "acme", every=timedelta(minutes=1), until=until)


def run(world: World, until: datetime) -> None:
    with redirect_stdout(world.logs):
        world.clockwork.run(until)


def asked(world: World, event: dict[str, Any], function: str = "poll") -> dict[str, Any]:
    """What a function answers a person within half a minute."""
    answers: list[Any] = []
    world.functions[function].invoke(event, lambda value, fault: answers.append(fault or value))
    run(world, world.now() + timedelta(seconds=30))
    answer: dict[str, Any] = answers[0]
    return answer


def first_queued(queue: Any, world: World) -> dict[int, datetime]:
    """When each label first stood in the queue."""
    seen: dict[int, datetime] = {}
    send = queue.send_batch

    def watched(entries: Any) -> list[int]:
        refused: list[int] = send(entries)
        for entry in entries:
            number = (json.loads(entry.body).get("shipment") or {}).get("shipment_id", 0)
            seen.setdefault(number, world.now())
        return refused

    queue.send_batch = watched
    return seen
