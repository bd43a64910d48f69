"""The flows whose runs are killed: what stands before, what they do, and what people do meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from functions.model.shipment import Item
from tests.equipment.builders import a_shipment, work
from tests.equipment.crash_points import Flow
from tests.equipment.ifs.rows import EACH_A_ROW
from tests.equipment.memory_aws.queue import Message
from tests.equipment.quiet_connection import START, quiet_world, run, schedule

MOST_OFTEN = 6
SELDOM = 15  # minutes; often enough for what is told here, and cheaper than what a file would say
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
WHO = {"connection": "acme", "by": "kim", "note": "why"}
Scheduled = Literal["poll", "release", "pull", "replay"]


class Shop:
    """A connection with both vendors, and a person who asks until somebody answers."""

    def __init__(self, ifs: Any = None, **shipstation: Any) -> None:
        self.world, self.site = quiet_world(ifs=ifs or {}, **shipstation)
        self.site.connection = self.site.connection.model_copy(update={"poll_minutes": SELDOM})
        self.records: list[int] = []
        self.labels: list[int] = []
        self.orders: list[int] = []
        self.answer: dict[str, Any] = {}

    def sell(self, number: str, *, is_delivered: bool = True, carrier: str = "stamps_com", **label: Any) -> None:
        """Ordered in both systems and shipped in ShipStation."""
        self.records.append(self.site.tenant.add_shipment([(number, "BOLT", 1)]))
        if is_delivered:
            self.site.tenant.deliver(self.records[-1])
        self.orders.append(self.site.account.add_order(number, items=[{"sku": "BOLT", "quantity": 1}]))
        self.ship(carrier=carrier, **label)

    def ship(self, *, carrier: str = "stamps_com", at: datetime | None = None, is_silent: bool = True) -> None:
        at = at or self.world.now() - 10 * MINUTE
        self.labels.append(self.site.account.ship(self.orders[-1], carrier_code=carrier, at=at, is_silent=is_silent))

    def wait(self, duration: timedelta, *functions: Scheduled) -> None:
        """By the schedules, and five minutes for what is still under way."""
        until = self.world.now() + duration
        schedule(self.world, until, *(functions or ("poll", "release")))
        run(self.world, until + 5 * MINUTE)

    def ask(self, function: str, **event: Any) -> dict[str, Any]:
        """Once more after a while when nobody answered, or when it is told to be under way."""
        return self._asked(function, event, lambda answer: "under way" in str(answer.get("error", "")))

    def ask_once(self, function: str, **event: Any) -> dict[str, Any]:
        """Once more after a while when nobody answered."""
        return self._asked(function, event, lambda _: False)

    def _asked(
        self, function: str, event: dict[str, Any], is_to_wait: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        for _ in range(MOST_OFTEN):
            answers: list[Any] = []
            self.world.functions[function].invoke(event, lambda value, fault, a=answers: a.append(fault or value))  # type: ignore[misc] # a default argument binds the list
            run(self.world, self.world.now() + 16 * MINUTE)
            if answers and isinstance(answers[0], dict):
                self.answer = answers[0]
                if not is_to_wait(self.answer):
                    return self.answer
        raise AssertionError(f"{function} never answered: {self.answer}")


def type_beside(shop: Shop) -> bool:
    """Into a field that nobody else touches."""
    for record in shop.records:
        shop.site.tenant.edit(record, NoteText="fragile")
    return bool(shop.records)


def settle(shop: Shop) -> None:
    """Whatever died comes back: a message of orders after a quarter of an hour, twice."""
    shop.wait(80 * MINUTE)


# --- reading and delivering


def one_label() -> Shop:
    shop = Shop()
    shop.sell("P1")
    return shop


def settle_soon(shop: Shop) -> None:
    """The schedule comes every minute."""
    shop.wait(30 * MINUTE)


def settle_slowly(shop: Shop) -> None:
    """A row whose making was not answered may still appear, for a quarter of an hour."""
    shop.wait(110 * MINUTE)


def a_split_order() -> Shop:
    shop = one_label()
    shop.ship()
    shop.sell("P2")
    return shop


def a_void() -> Shop:
    shop = one_label()
    shop.wait(10 * MINUTE)
    shop.site.account.void(shop.labels[0])
    return shop


def a_row_to_make() -> Shop:
    shop = Shop(ifs={"targets": [{**EACH_A_ROW, "tracking": {"attribute": "TrackingNo"}}]})
    shop.sell("P1")
    return shop


def through_v2() -> Shop:
    shop = Shop(api="v2")
    shop.sell("P1")
    return shop


def a_webhook() -> Shop:
    shop = Shop()
    shop.site.account.subscribe("https://x.example.com/webhooks/acme/CanarySecret3acme", "SHIP_NOTIFY")
    shop.world.clockwork.after(60, lambda: shop.sell("P1", at=shop.world.now(), is_silent=False))
    return shop


# --- what waits


def an_order_that_ifs_lacked() -> Shop:
    shop = Shop()
    shop.orders.append(shop.site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}]))
    shop.ship()
    shop.wait(10 * MINUTE)
    shop.records.append(shop.site.tenant.add_shipment([("P1", "BOLT", 1)]))
    shop.site.tenant.deliver(shop.records[0])
    return shop


def a_delivery_to_come() -> Shop:
    shop = Shop()
    shop.sell("P1", is_delivered=False)
    shop.wait(10 * MINUTE)
    shop.site.tenant.deliver(shop.records[0])
    return shop


def a_recall() -> Shop:
    shop = Shop()
    shop.sell("P1", carrier="ontrac")
    shop.wait(10 * MINUTE)
    shop.ask("control", do="map", table="carriers", code="ontrac", value="DHL", **WHO)
    return shop


# --- past windows


def before_go_live() -> Shop:
    shop = Shop()
    shop.sell("P1", at=START - 3 * HOUR)
    shop.wait(10 * MINUTE)
    return shop


def back_fill(shop: Shop) -> None:
    window = {"from": (START - 5 * HOUR).isoformat(), "to": (START - 2 * HOUR).isoformat()}
    by = {"by": "kim", "note": "why", "dry_run": False}
    shop.ask("poll", connection="acme", backfill={**window, **by})
    settle_soon(shop)


# --- dead letters


def a_dead_shipment() -> Shop:
    """A pointer's order, which nothing else brings."""
    shop = Shop()
    shop.records.append(shop.site.tenant.add_shipment([("P1", "BOLT", 1)]))
    shop.site.tenant.deliver(shop.records[0])
    items = (Item(sku="BOLT", quantity=1),)
    dead = work(a_shipment(1, reference="P1", created_at=START - MINUTE, items=items, carrier_code="stamps_com"))
    body = dead.model_dump_json(exclude_none=True)
    source = shop.site.shipments.arn
    shop.site.dead[1].store(Message("m-1", body, dead.order.digest, source_arn=source))
    return shop


def an_unreadable_letter() -> Shop:
    shop = Shop()
    shop.site.dead[1].store(Message("m-1", "{", "g", source_arn=shop.site.shipments.arn))
    return shop


SOON = 3 * MINUTE
READING = [
    Flow("deliver", "a label", "consume", one_label, settle, type_beside),
    Flow("deliver", "a split order and another", "consume", a_split_order, settle, type_beside),
    Flow("deliver", "a void", "consume", a_void, settle, type_beside),
    Flow("deliver", "a row to make", "consume", a_row_to_make, settle_slowly),
    Flow("poll", "a label", "poll", one_label, settle_soon, type_beside, within=SOON),
    Flow("poll", "a label, through V2", "poll", through_v2, settle_soon, type_beside, within=SOON),
    Flow("poll", "a void", "poll", a_void, settle_soon, type_beside, within=SOON),
    Flow("poll", "a webhook", "poll", a_webhook, settle, type_beside, within=SOON),
    Flow("webhook", "a label", "webhook", a_webhook, settle, type_beside),
    Flow("release", "an order that IFS lacked", "release", an_order_that_ifs_lacked, settle, type_beside),
    Flow("release", "a recall after a map entry", "release", a_recall, settle, type_beside),
    Flow("watch", "a delivery", "release", a_delivery_to_come, settle, type_beside),
    Flow("backfill", "a window before go-live", "poll", before_go_live, back_fill, type_beside, within=17.5 * MINUTE),
    Flow("dead letters", "a shipment", "dead_letters", a_dead_shipment, settle, type_beside),
    Flow("dead letters", "an unreadable one", "dead_letters", an_unreadable_letter, settle),
]
