"""IFS shipments and orders into ShipStation: requests they cost, and edits that get lost or orders that come twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from tests.benchmarks.row import Row
from tests.equipment.order_desk import OrderDesk
from tests.equipment.order_stories import OrderStory
from tests.equipment.planned_stories import PlannedStory, PlannedStoryV2
from tests.equipment.push_desk import Desk, DeskV2
from tests.equipment.push_stories import Story
from tests.equipment.quiet_connection import SEED

ORDERS = 1000
STORIES = 1000
PLANNED_STORIES = 200  # through each API
ORDER_STORIES = 400


def push_lost() -> Iterable[Row]:
    """Prints each story that went wrong with its seed."""
    yield _wrong("push_lost", Story, STORIES, "stories of three writers")


def push_orders_lost() -> Iterable[Row]:
    """The same of customer orders, and of lines that went to the wrong place, twice, or although blocked."""
    yield _wrong("push_orders_lost", OrderStory, ORDER_STORIES, "stories of customer orders")


def push_plan_equal() -> Iterable[Row]:
    """Plans drawn and applied beside the three writers, who move between the two. Prints what was written otherwise."""
    stories = [kind(seed) for kind in (PlannedStory, PlannedStoryV2) for seed in range(PLANNED_STORIES)]
    wrong = sum(bool(_told(story.play(), number % PLANNED_STORIES)) for number, story in enumerate(stories))
    written, plans = sum(story.written for story in stories), sum(len(story.shown) for story in stories)
    unit = f"of {len(stories)} stories, with {plans} plans that wrote {written} orders as they were shown"
    yield Row("push_plan_equal", wrong, unit, 0, 0, SEED)


def _wrong(name: str, kind: type[Story], stories: int, what: str) -> Row:
    wrong = 0
    for seed in range(stories):
        wrong += bool(_told(kind(seed).play(), seed))
    return Row(name, wrong, f"of {stories} {what}", 0, 0, SEED)


def _told(faults: list[str], seed: int) -> list[str]:
    for fault in faults:
        print(f"seed {seed}: {fault}")
    return faults


def push_requests(
    make: Callable[..., Desk] = Desk,
    name: str = "push_requests",
    new: tuple[float, float] = (12, 10),
    changed: tuple[float, float] = (40, 16),
) -> Iterable[Row]:
    """ShipStation's requests for as many new, changed and unchanged orders, and IFS's for reading them once. `new` and
    `changed` are goals with their limits.
    """
    desk = make(())
    shipments = [desk.ask(f"P{number:05}") for number in range(ORDERS)]
    yield _spent(desk, "new orders", *new, name)
    assert len(desk.orders()) == ORDERS, "an order is missing"
    ifs = len(desk.tenant.requests)
    yield _spent(desk, "unchanged orders", 0, 0, name)
    yield Row(f"{name}_ifs", len(desk.tenant.requests) - ifs, f"of IFS, {ORDERS} shipments read", 30, 3, SEED)
    for shipment in shipments:
        desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    yield _spent(desk, "changed orders", *changed, name)
    assert all(order.ship_to["street1"].startswith("99") for order in desk.orders()), "a change is missing"


def push_requests_v2() -> Iterable[Row]:
    """Through ShipStation's other API, which makes orders 25 at a time and changes them one by one."""
    make = partial(DeskV2, warehouses={"CHI": 4711})
    yield from push_requests(make, "push_requests_v2", (50, 40), (1200, 1000))


def push_order_requests() -> Iterable[Row]:
    """The same for customer orders of two lines, each to a customer of its own, a tenth to an address of the order's, a
    tenth with a line that goes elsewhere.
    """
    desk = OrderDesk((), minutes=60)
    for number in range(ORDERS):
        _enter(desk, number)
    parcels = ORDERS + ORDERS // 10
    yield _spent(desk, "new customer orders", 15, 12, "push_order_requests")
    assert len(desk.orders()) == parcels, "a part is missing"
    ifs = len(desk.tenant.requests)
    yield _spent(desk, "unchanged customer orders", 0, 0, "push_order_requests")
    spent = len(desk.tenant.requests) - ifs
    yield Row("push_order_requests_ifs", spent, f"of IFS, {ORDERS} customer orders read", 30, 3, SEED)
    for number in range(ORDERS):
        desk.tenant.edit_line((f"P{number:05}", "1", "1", 0), BuyQtyDue=7)
    yield _spent(desk, "changed customer orders", 50, 17, "push_order_requests")
    assert sum(item.quantity == 7 for order in desk.orders() for item in order.items) == ORDERS, "a change is missing"


def _enter(desk: OrderDesk, number: int) -> None:
    order, customer = f"P{number:05}", f"C{number:05}"
    desk.tenant.add_customer_address(customer, "1", Address1=f"{number} Harbor Street")
    has_own, has_line = number % 10 == 0, number % 10 == 1
    desk.tenant.add_order(order, CustomerNo=customer, AddrFlagDb=has_own)
    if has_own:
        desk.tenant.add_own_address((order,), Address1=f"{number} Beacon Hill")
    desk.tenant.add_order_line(order, "1")
    key = desk.tenant.add_order_line(order, "2", DefaultAddrFlag=not has_line, AddrFlag=has_line)
    if has_line:
        desk.tenant.add_own_address(key, Address1=f"{number} Long Wharf")


def _spent(desk: Desk, what: str, goal: float, limit: float, name: str = "push_requests") -> Row:
    """In one look."""
    before = len(desk.account.requests)
    desk.world.functions["pull"].invoke({"connection": "acme"})
    desk.run(minutes=10)
    spent = len(desk.account.requests) - before
    return Row(name, spent, f"of ShipStation, {ORDERS} {what}", goal, limit, SEED)
