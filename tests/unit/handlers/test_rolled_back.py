"""A version is deployed and rolled back while shipments are on their way: each is written once, and none waits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from tests.equipment.memory_aws.queue import MemoryQueue
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.quiet_connection import quiet_world, run, schedule
from tests.equipment.world import LEDGER, Site, World

SHIPMENTS = 500
ADDED = "added_by_a_later_version"


@contextmanager
def later_version(world: World) -> Iterator[None]:
    """Everything that is stored or sent meanwhile says more than this version knows."""
    for function in world.functions.values():
        function.redeploy()
    for table in world.tables.values():
        _saying_more(table)
    for queue in world.queues.values():
        _sending_more(queue)
    yield
    for each in (*world.tables.values(), *world.queues.values()):
        vars(each).pop("put", None), vars(each).pop("add", None)
    for function in world.functions.values():
        function.redeploy()


def _saying_more(table: MemoryTable) -> None:
    put = table.put

    def put_more(item: Mapping[str, Any], **more: Any) -> bool:
        return put({**item, ADDED: {"of": [1]}}, **more)

    vars(table)["put"] = put_more


def _sending_more(queue: MemoryQueue) -> None:
    add = queue.add

    def add_more(body: str, *more: Any) -> None:
        add(json.dumps({**json.loads(body), ADDED: {"of": [1]}}), *more)

    vars(queue)["add"] = add_more


def until(world: World, site: Site, written: int) -> None:
    for _ in range(600):
        if len(our_writes(site)) >= written:
            return
        run(world, world.now() + timedelta(seconds=5))
    raise AssertionError(f"{len(our_writes(site))} of {written} are written")


def our_writes(site: Site) -> list[tuple[Any, ...]]:
    return [write.key for write in site.tenant.writes if write.by == "api"]


def added(world: World) -> int:
    """How many orders and records say more."""
    return sum(ADDED in item for kind in ("order#", "record#") for item in world.tables[LEDGER].scan(prefix=kind))


def test_a_version_that_comes_and_goes_in_the_middle_of_500_shipments_doubles_and_loses_none() -> None:
    world, site = quiet_world(ifs={"requests_per_second": 5})
    orders = [f"P{n}" for n in range(SHIPMENTS)]
    numbers = {order: site.tenant.add_shipment([(order, "BOLT", 1)]) for order in orders}
    items = [{"sku": "BOLT", "quantity": 1}]
    sold = site.account.import_orders([{"orderNumber": order, "items": items} for order in orders])
    half = SHIPMENTS // 2
    labels = site.account.ship_batch([{"order_id": order} for order in sold[:half]])
    schedule(world, world.now() + timedelta(hours=2), "poll", "release")

    until(world, site, SHIPMENTS // 5)
    with later_version(world):
        labels += site.account.ship_batch([{"order_id": order} for order in sold[half:]])
        until(world, site, SHIPMENTS * 3 // 5)
        more = added(world)
    waiting = [json.loads(message.body) for message in site.shipments.messages.values()]
    until(world, site, SHIPMENTS)
    run(world, world.now() + timedelta(hours=1))

    assert more > SHIPMENTS // 4, "the later version stored its own"
    assert any(ADDED in body for body in waiting), "its messages were on their way when it went"
    shown = {order: site.tenant.shipment(number)["ProNo"] for order, number in numbers.items()}
    current = site.account.shipments.current
    assert shown == {order: current[label].tracking_number for order, label in zip(orders, labels, strict=True)}
    assert sorted(our_writes(site)) == sorted((number,) for number in numbers.values()), "each once"
    assert not [item for item in world.tables[LEDGER].scan(prefix="order#") if item.get("attention")]
