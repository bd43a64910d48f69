"""IFS shipments into ShipStation: requests they cost, and edits that get lost or orders that come twice."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.row import Row
from tests.equipment.push_desk import Desk
from tests.equipment.push_stories import Story
from tests.equipment.quiet_connection import SEED

ORDERS = 1000
STORIES = 1000


def push_lost() -> Iterable[Row]:
    """Prints each story that went wrong with its seed."""
    wrong = 0
    for seed in range(STORIES):
        faults = Story(seed).play()
        wrong += bool(faults)
        for fault in faults:
            print(f"seed {seed}: {fault}")
    yield Row("push_lost", wrong, f"of {STORIES} stories of three writers", 0, 0, SEED)


def push_requests() -> Iterable[Row]:
    """ShipStation's requests for as many new, changed and unchanged orders, and IFS's for reading them once."""
    desk = Desk(())
    shipments = [desk.ask(f"P{number:05}") for number in range(ORDERS)]
    yield _spent(desk, "new orders", 12, 10)
    assert len(desk.orders()) == ORDERS, "an order is missing"
    ifs = len(desk.tenant.requests)
    yield _spent(desk, "unchanged orders", 0, 0)
    yield Row("push_requests_ifs", len(desk.tenant.requests) - ifs, f"of IFS, {ORDERS} shipments read", 30, 3, SEED)
    for shipment in shipments:
        desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    yield _spent(desk, "changed orders", 40, 13)
    assert all(order.ship_to["street1"].startswith("99") for order in desk.orders()), "a change is missing"


def _spent(desk: Desk, what: str, goal: float, limit: float) -> Row:
    """In one look."""
    before = len(desk.account.requests)
    desk.world.functions["pull"].invoke({"connection": "acme"})
    desk.run(minutes=10)
    spent = len(desk.account.requests) - before
    return Row("push_requests", spent, f"of ShipStation, {ORDERS} {what}", goal, limit, SEED)
