"""Three writers at once: colleagues in IFS, the warehouse in ShipStation, and the connector between them under faults.
What is right is said here without a word of the connector's own rules.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from tests.equipment.http import Request, Response
from tests.equipment.push_desk import Desk
from tests.equipment.shipstation.orders import RefusedError, UnknownError
from tests.equipment.shipstation.rows import Order
from tests.equipment.shipstation.views import View
from tests.equipment.world import Trouble

SHIPMENTS = 2
ACTS = 40
BUSY, QUIET = timedelta(minutes=100), timedelta(hours=6)
BROKEN_COUNTRY = "Nowhere"
OPEN = {"awaiting_payment", "awaiting_shipment", "on_hold"}

Said = dict[str, Any]


def said(row: Mapping[str, Any]) -> Said:
    """What can be lost of an order. Every street has its own number, which no rewriting touches."""
    address = row.get("shipTo") or {}
    return {
        "street": str(address.get("street1")).split()[0],
        "name": address.get("name"),
        "items": sorted((str(line.get("sku")), int(line["quantity"])) for line in row.get("items") or ()),
        "customer": row.get("customerUsername"),
        "ship_by": str(row.get("shipByDate"))[:10],
        "notes": row.get("internalNotes"),
        "weight": (row.get("weight") or {}).get("value"),
        "held": row.get("orderStatus") == "on_hold",
    }


TOGETHER = {"street": "name", "name": "street"}  # an address is kept or written whole


@dataclass
class Books:
    """`typed`: what the warehouse typed last into a field of an order; `seen`: how the connector saw the order last."""

    typed: dict[int, Said] = field(default_factory=dict)
    seen: dict[int, Said] = field(default_factory=dict)
    ended_by_hand: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


class Story:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.desk = self._open()
        self.world, self.tenant, self.account = self.desk.world, self.desk.tenant, self.desk.account
        self.account.switches.is_address_rewritten = self.random.random() < 0.5
        self.account.switches.locked = self.random.choice(("refused", "whole request"))
        self.books, self._numbers = Books(), iter(range(1000, 10_000))
        self._watch()

    def _open(self) -> Desk:
        return Desk((), warehouses={"CHI": 4711})

    def _ask(self, number: int) -> Any:
        """What is to be packed, by its number."""
        return self.desk.ask(f"P{number}", quantity=3)

    def _source(self, order: Order) -> Any:
        """What of IFS an order is for; no two live ones are for the same."""
        return int(order.body["advancedOptions"]["customField2"])

    def play(self) -> list[str]:
        """What went wrong."""
        self._trouble()
        shipments = [self._ask(number) for number in range(SHIPMENTS)]
        for _ in range(ACTS):
            delay = self.random.uniform(0, BUSY.total_seconds())
            act = self.random.choice((*self._colleagues(), *self._warehouse()))
            shipment = self.random.choice(shipments)
            self.world.clockwork.after(delay, lambda act=act, shipment=shipment: act(shipment))  # type: ignore[misc]
        start = self.world.now()
        self.world.schedule("pull", "acme", every=timedelta(minutes=4), until=start + BUSY)
        self.desk.run(seconds=BUSY.total_seconds())
        self.world.weather.rate = 0
        self.world.schedule("pull", "acme", every=timedelta(minutes=40), until=start + BUSY + QUIET)
        self.desk.run(seconds=QUIET.total_seconds() + 60)
        for shipment in shipments:
            self._settled(shipment)
        return self.books.faults

    def _trouble(self) -> None:
        until = self.world.now() + BUSY
        self.world.trouble = Trouble(
            until=until, kill=0.004, throttle=0.01, ambiguous=0.01, duplicate=0.1, schedule=0.2, secrets=0.01
        )
        self.world.weather.rate = 0.04
        for name in ("pull", "push"):
            self.world.functions[name].skew_seconds = 20

    # --- what people do

    def _colleagues(self) -> list[Callable[[Any], None]]:
        tenant, random = self.tenant, self.random

        def quantity(shipment: int) -> None:
            tenant.sets["ShipmentLineSet"][(shipment, 1)].values["InventoryQty"] = random.randint(2, 9)

        return [
            lambda shipment: tenant.edit(shipment, ReceiverAddress1=f"{next(self._numbers)} Harbor Street"),
            lambda shipment: tenant.edit(shipment, PlannedShipDate=f"2026-07-{random.randint(10, 28)}T12:00:00Z"),
            lambda shipment: tenant.edit(shipment, ReceiverCountry=random.choice(("US", "US", BROKEN_COUNTRY))),
            quantity,
            lambda shipment: tenant.set_state(shipment, "Cancelled"),
            lambda shipment: tenant.set_state(shipment, "Preliminary"),
            lambda shipment: tenant.set_state(shipment, "Preliminary"),
        ]

    def _warehouse(self) -> list[Callable[[Any], None]]:
        def address(order: Order) -> None:
            self._type(order, {"shipTo": {**order.ship_to, "street1": f"{next(self._numbers)} Staff Road"}})

        def name(order: Order) -> None:
            self._type(order, {"shipTo": {**order.ship_to, "name": f"Name {next(self._numbers)}"}})

        def quantity(order: Order) -> None:
            items = [{**item.body, "quantity": next(self._numbers)} for item in order.items]
            self._type(order, {"items": items})

        def hold(order: Order) -> None:
            if order.status == "awaiting_shipment":
                self.account.set_status(order.order_id, "on_hold")
                self.books.typed.setdefault(order.order_id, {})["held"] = True

        edits: list[Callable[[Order], object]] = [
            address,
            name,
            quantity,
            hold,
            lambda order: self._type(order, {"internalNotes": f"note {next(self._numbers)}"}),
            lambda order: self._type(order, {"weight": {"value": next(self._numbers), "units": "grams"}}),
        ]
        ends: list[Callable[[Order], object]] = [
            lambda order: self.account.ship(order.order_id),
            lambda order: self.account.split_order(order.order_id, [{"BOLT": 1}]),
            lambda order: self.account.cancel_order(order.order_id),
            lambda order: self.account.delete_order(order.order_id),
        ]

        def ending(order: Order) -> None:
            if self.random.random() < 0.3:
                self.books.ended_by_hand.add(order.order_id)
                self.random.choice(ends)(order)

        return [*(self._acting(edit) for edit in edits), self._acting(ending)]

    def _acting(self, act: Callable[[Order], object]) -> Callable[[Any], None]:
        def on_one(shipment: Any) -> None:
            orders = [order for order in self._orders(shipment) if order.status in OPEN]
            if orders:
                try:
                    act(self.random.choice(orders))
                except (RefusedError, UnknownError):
                    return

        return on_one

    def _type(self, order: Order, changes: Mapping[str, Any]) -> None:
        before = said(self._row(order))
        self.account.edit_order(order.order_id, changes)
        after = said(self._row(self.account.orders.current[order.order_id]))
        typed = self.books.typed.setdefault(order.order_id, {})
        for name in (name for name in after if before[name] != after[name]):
            for each in {name, TOGETHER.get(name, name)}:
                typed[each] = after[each]

    # --- what is watched

    def _watch(self) -> None:
        serve, upsert = self.account.application, self.account.upsert_order

        def watched(request: Request) -> Response:
            response = serve(request)
            if request.method == "GET" and response.status == 200 and "/orders" in request.path.lower():
                answer = json.loads(response.body)
                for row in answer.get("orders", [answer]):
                    self.books.seen[row["orderId"]] = said(row)
            return response

        def written(body: Mapping[str, Any]) -> int:
            before = {order.order_id: said(self._row(order)) for order in self.desk.orders()}
            number: int = upsert(body)
            after = self.account.orders.current[number]
            self._judge(before.get(number), after)
            return number

        self.account.application = watched
        self.account.upsert_order = written  # type: ignore[method-assign] # the routes call it by its name

    def _judge(self, before: Said | None, order: Order) -> None:
        """A write of the connector's: nothing that the warehouse typed, and that it saw, may be gone."""
        now, number = said(self._row(order)), order.order_id
        typed, seen = self.books.typed.get(number, {}), self.books.seen.get(number)
        for name, value in typed.items():
            is_gone = before is not None and before[name] == value != now[name]
            is_window = seen is not None and seen[name] != value
            if is_gone and not is_window and not (name == "held" and order.status == "cancelled"):
                self.books.faults.append(f"lost: {name} of order {number}")
        source = self._source(order)
        alive = [each for each in self.desk.orders() if each.status != "cancelled" and each.parent_id is None]
        if sum(self._source(each) == source for each in alive) > 1:
            self.books.faults.append(f"duplicate: {source}")

    def _settled(self, shipment: Any) -> None:
        fault = self._unsettled(shipment)
        if fault:
            self.books.faults.append(f"shipment {shipment}: {fault}")

    def _unsettled(self, shipment: Any) -> str:
        values, orders = self.tenant.shipment(shipment), self._orders(shipment)
        alive = [order for order in orders if order.status in OPEN and not order.is_merged_or_split]
        if values["Objstate"] == "Cancelled":
            return "open although cancelled" if alive else ""
        if values["ReceiverCountry"] == BROKEN_COUNTRY:
            return "" if self.desk.pushed(shipment).attention else "nobody is told"
        if not alive:
            number = self.desk.pushed(shipment).order_id
            return "" if number in self.books.ended_by_hand else "no order"
        return self._differing(shipment, alive[0])

    def _differing(self, shipment: int, order: Order) -> str:
        values, now = self.tenant.shipment(shipment), said(self._row(order))
        lines = [record.values for key, record in self.tenant.sets["ShipmentLineSet"].items() if key[0] == shipment]
        wanted = {
            "street": values["ReceiverAddress1"].split()[0],
            "items": [(line["InventoryPartNo"], line["InventoryQty"]) for line in lines],
            "ship_by": str(values["PlannedShipDate"])[:10],
        }
        typed = self.books.typed.get(order.order_id, {})
        wrong = [name for name, value in wanted.items() if now[name] not in (value, typed.get(name))]
        return f"{', '.join(wrong)} differ" if wrong else ""

    def _orders(self, shipment: Any) -> list[Order]:
        return [order for order in self.desk.orders() if self._source(order) == shipment]

    def _row(self, order: Order) -> dict[str, Any]:
        return View(self.account.wall).order(order)
