"""A writer of orders over a simulated account, through either of ShipStation's APIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from functions.connections.orders import Orders
from functions.flows.to_shipstation.step import Writer
from functions.model.outbound import Address, OrderContent, OutboundItem, OutboundKey
from functions.model.pushed_order import CurrentOrder, PushedOrder
from functions.model.shipment import ConnectionName
from functions.shipstation.client import ShipStationClient
from functions.shipstation.v1 import order_writer as v1
from functions.shipstation.v2 import order_writer as v2
from tests.equipment.account_fixture import Rig
from tests.equipment.http import Response

STORE, DOCK = 77, 4711
Opened = Callable[[ShipStationClient, Orders, Callable[[], datetime]], Writer]
WRITERS: Mapping[str, Opened] = {"v1": v1.OrderWriter, "v2": v2.OrderWriter}
ADDRESS = Address(
    name="Kim Larsson",
    street1="12 Harbor Street",
    city="Boston",
    state="MA",
    country="US",
    postal_code="02110",
    phone="+1 555 0100",
)


class WriterDesk:
    def __init__(self, api: str) -> None:
        self.rig = Rig(api=api)
        self.account = self.rig.account
        self.account.add_warehouse("Dock", street1="9 Example Road", country="US")
        orders = Orders(store_id=STORE, shipment_id_in="custom_field_2")
        self.writer: Writer = WRITERS[api](self.rig.client, orders, self.rig.now)

    def make(self, count: int) -> list[PushedOrder]:
        """Orders of shipments 0, 1 … that ShipStation has."""
        pushed = [remembered(number).model_copy(update={"pushed_at": self.rig.at}) for number in range(count)]
        results = {each.order_key: each.order_id for each in self.writer.upsert([self.body(n) for n in range(count)])}
        return [each.found(results[each.order_key]) for each in pushed]

    def body(self, number: int, **more: Any) -> dict[str, Any]:
        return self.writer.new(remembered(number).order_key, content(number, **more))

    def sent(self, method: str) -> int:
        return sum(request.method == method for request in self.rig.sent)

    def answer(self, *answers: Response | Exception) -> None:
        self.rig.canned += answers

    def order(self, pushed: PushedOrder) -> CurrentOrder:
        found = self.writer.read_one(pushed)
        assert found is not None
        return found


def remembered(number: int) -> PushedOrder:
    key = OutboundKey(connection=ConnectionName("acme"), shipment_id=str(number))
    return PushedOrder(key=key, number=f"P{number}")


def content(number: int, **more: Any) -> OrderContent:
    item = OutboundItem(line_key=f"P{number}-1-1-0", sku="BOLT", name="Bolt", quantity=2)
    values = {"number": f"P{number}", "reference": str(number), "ordered_on": date(2026, 6, 1), "ship_to": ADDRESS}
    return OrderContent.model_validate({**values, "items": (item,), "warehouse_id": DOCK, **more})
