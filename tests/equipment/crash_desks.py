"""Orders and reference data that go to ShipStation, killed on their way; both sides' people work meanwhile. And the
webhooks that are subscribed there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from tests.equipment.align_desk import HOME, AlignDesk, CustomersDesk, StockDesk
from tests.equipment.crash_points import Flow, nobody
from tests.equipment.order_desk import OrderDesk
from tests.equipment.push_desk import Desk, DeskV2
from tests.equipment.webhooks_desk import WebhooksDesk

QUARTER = timedelta(minutes=15)


# --- orders


def ordered() -> Desk:
    desk = Desk(("pull",), minutes=15)
    desk.ask()
    return desk


def ordered_through_v2() -> Desk:
    desk = DeskV2(("pull",), minutes=15)
    desk.ask()
    return desk


def changed() -> Desk:
    desk = ordered()
    desk.run(minutes=35)
    for key in list(desk.tenant.sets["ShipmentSet"]):
        desk.tenant.edit(key[0], ReceiverAddress1="99 Beacon Hill")
    return desk


def cancelled() -> Desk:
    desk = ordered()
    desk.run(minutes=35)
    pack(desk)
    for key in list(desk.tenant.sets["ShipmentSet"]):
        desk.tenant.set_state(key[0], "Cancelled")
    return desk


def customer_order() -> OrderDesk:
    desk = OrderDesk(("pull",), minutes=15)
    desk.enter()
    return desk


def blocked() -> OrderDesk:
    desk = customer_order()
    desk.run(minutes=35)
    desk.hold()
    return desk


def go_on(desk: Desk) -> None:
    """A message whose run died comes back after half an hour, twice."""
    desk.run(hours=2.2)


def pack(desk: Desk) -> bool:
    """The warehouse works on what it sees."""
    seen = [order for order in desk.orders() if order.status != "cancelled"]
    for order in seen:
        desk.account.edit_order(order.order_id, {"internalNotes": "glass"})
    return bool(seen)


def pushing(story: str, prepare: Callable[[], Any], *, function: str = "push", people: Any = pack) -> Flow:
    return Flow(function, story, function, prepare, go_on, people, within=timedelta(minutes=35))


# --- plans of orders


class Planning:
    """An order that ShipStation refused, which no schedule sends again. Who hears nothing asks again."""

    def __init__(self) -> None:
        self.desk = ordered()
        self.world, self.site = self.desk.world, self.desk.site
        self.desk.account.refused_numbers.add("P1")
        self.desk.run(minutes=35)
        self.desk.account.refused_numbers.clear()
        self.answer: dict[str, Any] = {}

    def ask(self, **request: Any) -> None:
        answers: list[Any] = []
        while not answers:
            self.world.functions["pull"].invoke(
                {**request, "by": "kim", "note": "why"}, lambda value, fault: answers.extend([] if fault else [value])
            )
            self.desk.run(minutes=11)  # a run that died has let go of the plan by then
        self.answer = answers[0]

    def draw(self) -> None:
        self.ask(connection="acme", to_shipstation=True)
        while self.answer.get("state") != "ready":
            self.desk.run(minutes=15)
            self.ask(plan_id=self.answer.get("plan_id") or self.answer["next"]["plan_id"])

    def apply(self) -> None:
        plan = self.answer["plan_id"]
        self.ask(plan_id=plan, apply=True)
        go_on(self.desk)
        self.ask(plan_id=plan)

    def draw_and_apply(self) -> None:
        self.draw()
        self.apply()

    def pack(self) -> bool:
        return pack(self.desk)

    def told(self) -> tuple[Any, ...]:
        return self.answer["state"], self.answer["sent"], self.answer["settled"], self.answer["left"]


def drawn() -> Planning:
    planning = Planning()
    planning.draw()
    return planning


def planning(story: str, function: str, prepare: Callable[[], Planning], go: Callable[[Planning], None]) -> Flow:
    return Flow(function, story, function, prepare, go, Planning.pack, Planning.told, timedelta(minutes=35))


# --- reference data


def a_site() -> AlignDesk:
    desk = AlignDesk()
    desk.add_site()
    return desk


def a_site_that_moved() -> AlignDesk:
    desk = a_site()
    desk.look()
    desk.look()
    desk.tenant.edit_site_address("CHI", Address1="99 Lake Shore Drive")
    return desk


def a_warehouse_that_moved() -> AlignDesk:
    desk = AlignDesk(direction="both", policies={"street1": "shipstation_wins"})
    desk.add_site()
    desk.look()
    desk.look()
    desk.account.edit_warehouse(desk.warehouse()["warehouseId"], street1="99 Lake Shore Drive")
    return desk


def a_customer() -> CustomersDesk:
    desk = CustomersDesk()
    desk.account.add_customer("Kim", "kim@example.com", **HOME)
    return desk


def a_part() -> StockDesk:
    desk = StockDesk()
    desk.tenant.hold("CHI", "BOLT", 10)
    return desk


def look(desk: AlignDesk) -> None:
    for _ in range(5):
        desk.look(minutes=20)


def phone(desk: AlignDesk) -> bool:
    for warehouse in desk.warehouses():
        desk.account.edit_warehouse(warehouse["warehouseId"], phone="555-0100")
    return bool(desk.warehouses())


def held(desk: StockDesk) -> dict[str, int]:
    return desk.held()


def aligning(story: str, prepare: Callable[[], Any], **more: Any) -> Flow:
    return Flow("align", story, "align", prepare, look, within=timedelta(minutes=5), **more)


# --- webhooks


def a_new_token(api: str) -> WebhooksDesk:
    desk = WebhooksDesk(api)
    desk.look()
    desk.rotate()
    desk.wait(2)
    return desk


def look_hourly(desk: WebhooksDesk) -> None:
    for _ in range(5):
        desk.world.functions["register"].invoke({"connection": "acme", "is_scheduled": True})
        desk.wait(1)


def subscribed(desk: WebhooksDesk) -> list[tuple[str, str, bool]]:
    return sorted((each.event, each.target_url, each.is_active) for each in desk.found)


def registering(story: str, prepare: Callable[[], Any]) -> Flow:
    return Flow("register", story, "register", prepare, look_hourly, also=subscribed, within=timedelta(minutes=30))


DESKS = [
    pushing("a new order", ordered, function="pull", people=pack),
    pushing("a new order", ordered),
    pushing("a new order, through V2", ordered_through_v2),
    pushing("another address", changed),
    pushing("a cancelled one", cancelled, people=nobody),
    pushing("a customer order", customer_order),
    pushing("a blocked one", blocked),
    planning("a plan is drawn and applied", "pull", Planning, Planning.draw_and_apply),
    planning("a plan is applied", "push", drawn, Planning.apply),
    aligning("a new site", a_site, people=phone),
    aligning("a site that moved", a_site_that_moved, people=phone),
    aligning("a warehouse that moved", a_warehouse_that_moved, people=phone),
    aligning("a customer", a_customer),
    aligning("stock", a_part, also=held),
    registering("none yet", WebhooksDesk),
    registering("none yet, through V2", partial(WebhooksDesk, "v2")),
    registering("a new token", partial(a_new_token, "v1")),
    registering("a new token, through V2", partial(a_new_token, "v2")),
]
