"""The stories of three writers, of customer orders: lines go home or elsewhere, from one site or another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.equipment.ifs.store import Key
from tests.equipment.order_desk import OrderDesk, OrderDeskV2
from tests.equipment.push_books import BROKEN_COUNTRY, OPEN, Books
from tests.equipment.push_people import Act
from tests.equipment.push_stories import Story
from tests.equipment.shipstation.rows import Order

LINES, QUANTITY = ("1", "2", "3"), 3
SITES = ("CHI", "DAL")


class OrderStory(Story):
    desk: OrderDesk
    kind: type[OrderDesk] = OrderDesk

    def _open(self) -> OrderDesk:
        self.most: dict[str, int] = {}
        return self.kind((), warehouses={"CHI": 4711, "DAL": 4712})

    def _books(self) -> Books:
        return Books(self.account, self._source, self._ordered)

    def _ask(self, number: int) -> str:
        order, customer = f"P{number}", f"C{number}"
        self.tenant.add_customer_address(customer, Address1=f"{next(self.people.numbers)} Harbor Street")
        self.desk.enter(order, quantity=QUANTITY, lines=len(LINES), CustomerNo=customer)
        for line in LINES:
            self.tenant.add_own_address(self.desk.line(order, line), Address1=f"{next(self.people.numbers)} Long Wharf")
        return order

    def _source(self, order: Order) -> str:
        """Without the generation."""
        return order.order_key.split(":g")[0]

    def _ordered(self, line: str) -> int:
        return self.most.get(line, QUANTITY)

    def _sell(self, key: Key) -> None:
        line, quantity = "-".join(map(str, key)), self.random.randint(2, 9)
        self.most[line] = max(self._ordered(line), quantity)
        self.tenant.edit_line(key, BuyQtyDue=quantity)

    def _deliver(self, key: Key) -> None:
        """What has left of the line, by IFS's books."""
        line, wanted = "-".join(map(str, key)), self.tenant.record("CustomerOrderLineSet", key).values["BuyQtyDue"]
        parcels = [order for order in self.desk.orders() if order.status == "shipped"]
        packed = [item for order in parcels for item in order.items if item.body.get("lineItemKey") == line]
        pieces = min(sum(item.quantity for item in packed), wanted)
        if pieces:
            state = "Delivered" if pieces == wanted else "PartiallyDelivered"
            self.tenant.edit_line(key, DeliveredQtySalesUom=pieces, Objstate=state)

    def _colleagues(self) -> list[Act]:
        tenant, random = self.tenant, self.random

        def on_line(act: Callable[[Key], None]) -> Callable[[Any], None]:
            return lambda order: act(self.desk.line(order, random.choice(LINES)))

        def street(key: Key) -> None:
            tenant.edit_own_address(key, Address1=f"{next(self.people.numbers)} Long Wharf")

        def home(order: str) -> None:
            changes = {"Address1": f"{next(self.people.numbers)} Harbor Street"}
            tenant.edit_customer_address(f"C{order[1:]}", "1", **changes)

        def country(order: str) -> None:
            tenant.edit_customer_address(f"C{order[1:]}", "1", Country=random.choice(("US", "US", BROKEN_COUNTRY)))

        def state(*names: str) -> Callable[[Any], None]:
            return lambda order: tenant.edit_order(order, Objstate=random.choice(names))

        return [
            on_line(self._sell),
            on_line(self._deliver),
            on_line(lambda key: tenant.edit_line(key, Contract=random.choice(SITES))),
            on_line(lambda key: tenant.edit_line(key, DefaultAddrFlag=True, AddrFlag=False)),
            on_line(lambda key: tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=True)),
            on_line(lambda key: tenant.edit_line(key, Objstate=random.choice(("Released", "Cancelled", "Blocked")))),
            on_line(street),
            home,
            country,
            state("Blocked", "Released"),
            state("Cancelled", "Released", "Released"),
        ]

    def _open_orders(self, number: str) -> list[Order]:
        """Of every part."""
        return [order for order in self.desk.orders() if order.order_number == number and order.status in OPEN]

    def _warehouse(self) -> list[Act]:
        """It ships, and what is released later is another order."""

        def ship(order: Order) -> None:
            self.books.ended_by_hand.add(order.order_id)
            self.account.ship(order.order_id)

        return [*super()._warehouse(), self.people.on_open(ship), self.people.on_open(ship)]

    # --- what is right in the end

    def _unsettled(self, shipment: str) -> str:
        """Every line that is to be packed is in one order of ShipStation, which goes where the line goes."""
        number = shipment
        mine = [order for order in self.desk.orders() if order.order_number == number]
        alive = [order for order in mine if order.status in OPEN and not order.is_merged_or_split]
        state = self.tenant.order(number)["Objstate"]
        if state == "Cancelled":
            return f"{len(alive)} open although cancelled" if alive else ""
        if self._is_broken(number) or self._is_touched(number):
            return ""
        faults = [fault for order in alive if (fault := self._wrong(number, order, state))]
        packed = [name for order in alive for name in self._lines(order) if self._is_released(number, name)]
        wanted = [line for line in LINES if self._is_released(number, line)]
        typed = any("items" in self.books.typed.get(order.order_id, {}) for order in mine)
        if not typed and state == "Released" and sorted(packed) != wanted:
            faults.append(f"lines {packed} instead of {wanted}")
        return "; ".join(faults)

    def _is_broken(self, number: str) -> bool:
        """Nothing is made of a home without a country, and of what was made a person is told."""
        address = self.tenant.record("Reference_CustomerInfoAddress", (f"C{number[1:]}", "1")).values
        return bool(address["Country"] == BROKEN_COUNTRY)

    def _is_touched(self, number: str) -> bool:
        """People ended an order of it: the rest is theirs."""
        mine = {order.order_id for order in self.account.orders.current.values() if order.order_number == number}
        return bool(mine & self.books.ended_by_hand)

    def _wrong(self, number: str, order: Order, state: str) -> str:
        now, typed = self.books.row(order), self.books.typed.get(order.order_id, {})
        lines = [self._line(number, name) for name in self._lines(order) if name in LINES]
        streets = {self._street(number, line) for line in lines}
        wrong = []
        is_typed = "items" in typed  # its lines are the warehouse's: a person is told of what IFS changes
        if not is_typed and (len(streets) > 1 or {line["Contract"] for line in lines} != {self._site(order)}):
            wrong.append("lines of two places")
        if streets != {now["street"]} and now["street"] != typed.get("street"):
            wrong.append("goes to another place")
        released = [line["Objstate"] == "Released" for line in lines]
        if not is_typed and state == "Released" and any(released) and not all(released):
            wrong.append("a line that is not released")
        if "held" not in typed and now["held"] != (state == "Blocked" or not any(released)):
            wrong.append("held" if now["held"] else "not held")
        quantities = sorted((line["CatalogNo"], line["BuyQtyDue"]) for line in lines)
        if now["items"] not in (quantities, typed.get("items")):
            wrong.append("quantities")
        return f"{order.order_key}: {', '.join(wrong)}" if wrong else ""

    def _is_released(self, number: str, line: str) -> bool:
        return line in LINES and self._line(number, line)["Objstate"] == "Released"

    def _lines(self, order: Order) -> list[str]:
        return [str(item.body["lineItemKey"]).split("-")[1] for item in order.items]

    def _line(self, number: str, line: str) -> dict[str, Any]:
        return self.tenant.record("CustomerOrderLineSet", self.desk.line(number, line)).values

    def _street(self, number: str, line: dict[str, Any]) -> str:
        own = (number, line["LineNo"], line["RelNo"], line["LineItemNo"])
        is_own = line["AddrFlag"]
        record = (
            self.tenant.record("CustOrderLineAddressSet", own)
            if is_own
            else self.tenant.record("Reference_CustomerInfoAddress", (f"C{number[1:]}", "1"))
        )
        return str(record.values["Address1"]).split()[0]

    def _site(self, order: Order) -> str:
        return {4711: "CHI", 4712: "DAL"}[order.body["advancedOptions"]["warehouseId"]]


class OrderStoryV2(OrderStory):
    """The same through ShipStation's other API."""

    kind = OrderDeskV2
