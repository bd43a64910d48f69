"""As the push desk, where customer orders are packed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from functions.ledger.pushes import PushStore
from functions.model.outbound import OutboundKey
from functions.model.pushed_order import PushedOrder
from tests.equipment.ifs.store import Key
from tests.equipment.push_desk import ACME, Desk, Number

ELSEWHERE = {"Address1": "99 Beacon Hill", "City": "Salem", "ZipCode": "01970"}


class OrderDesk(Desk):
    @staticmethod
    def source() -> dict[str, Any]:
        return {"source": "orders", "group_in": "custom_field_3"}

    @staticmethod
    def target() -> dict[str, Any]:
        fields = {"tracking": "Cf_Tracking_No", "carrier": "Cf_Carrier"}
        ship_date = {"attribute": "Cf_Ship_Date", "type": "date", "when": "at_once"}
        rules = {name: {"attribute": attribute} for name, attribute in fields.items()}
        return {"profile": "order_header", **rules, "ship_date": ship_date}

    @staticmethod
    def named() -> dict[str, Any]:
        return {}

    def enter(self, order: str = "P1", *, quantity: float = 2, lines: int = 1, **values: Any) -> str:
        """A released order of some lines to the customer's first address."""
        if ("C100", "1") not in self.tenant.sets["Reference_CustomerInfoAddress"]:
            self.tenant.add_customer_address()
        self.tenant.add_order(order, **values)
        for line in range(1, lines + 1):
            self.tenant.add_order_line(order, str(line), quantity=quantity)
        return order

    def line(self, order: str = "P1", line: str = "1") -> Key:
        return (order, line, "1", 0)

    def key(self, shipment: Number) -> OutboundKey:
        return OutboundKey(connection=ACME, order_no=str(shipment))

    def part(self, order: str = "P1", group: str = "") -> PushedOrder:
        key = OutboundKey(connection=ACME, order_no=order, group=group)
        return PushStore(self.world.tables["ledger"]).load([key])[key]

    def packed(self, order: str = "P1", group: str = "") -> Any:
        """The ShipStation order of it."""
        number = self.part(order, group).order_id
        assert number is not None, "it is an order"
        return self.account.orders.current[number]

    def goods(self, order: str = "P1", group: str = "") -> dict[str, int]:
        return {item.body["lineItemKey"]: item.quantity for item in self.packed(order, group).items}

    def hold(self, order: str = "P1") -> None:
        self.tenant.edit_order(order, Objstate="Blocked")

    def release(self, order: str = "P1") -> None:
        self.tenant.edit_order(order, Objstate="Released")

    def settled(self) -> OrderDesk:
        """After three looks."""
        self.run(minutes=3 * self.every / timedelta(minutes=1))
        return self

    def look(self) -> None:
        """Once, whatever is scheduled."""
        self.world.functions["pull"].invoke({"connection": "acme"})
        self.run(minutes=6)


class OrderDeskV2(OrderDesk):
    """The same through ShipStation's other API."""

    @staticmethod
    def source() -> dict[str, Any]:
        return {**OrderDesk.source(), "phone": "+1 555 0100"}

    @staticmethod
    def named() -> dict[str, Any]:
        return {"api": "v2"}
