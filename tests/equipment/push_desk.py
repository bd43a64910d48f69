"""IFS, the warehouse in ShipStation, and what the ledger says of the orders between them. Wired as in AWS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from functions.ledger.pushes import PushStore
from functions.model.outbound import OutboundKey
from functions.model.pushed_order import PushedOrder
from functions.model.shipment import ConnectionName
from tests.equipment.push_people import RECEIVER
from tests.equipment.quiet_connection import START, quiet_world, run

ACME = ConnectionName("acme")
STORE = 77


Number = int | str  # of a shipment, or of a customer order
Scheduled = Literal["poll", "release", "pull"]


class Desk:
    """`functions` run every `minutes`; `orders` override the file's section."""

    def __init__(
        self, functions: tuple[Scheduled, ...] = ("poll", "release", "pull"), minutes: float = 1, **orders: Any
    ) -> None:
        settings = {"mode": "write", "store_id": STORE, "poll_minutes": 1, **self.source(), **orders}
        tenant = {"targets": [self.target()], **self.tenant_has()}
        self.world, self.site = quiet_world(orders=settings, ifs=tenant, **self.named())
        self.tenant, self.account = self.site.tenant, self.site.account
        self.every = timedelta(minutes=minutes)
        for function in functions:
            self.world.schedule(function, "acme", every=self.every, until=START + timedelta(days=2))

    @staticmethod
    def source() -> dict[str, Any]:
        """What becomes an order."""
        return {"shipment_id_in": "custom_field_2"}

    @staticmethod
    def target() -> dict[str, Any]:
        """Where the label comes back to."""
        return {"profile": "shipment_header", "find": ["shipment_id", "order_number"]}

    @staticmethod
    def tenant_has() -> dict[str, Any]:
        """What else the file says of IFS."""
        return {}

    @staticmethod
    def named() -> dict[str, Any]:
        """How the way back is read."""
        return {"shipment_id": {"source": "custom_field_2"}}

    def ask(self, order: str = "P1", quantity: int = 2, **values: Any) -> int:
        return self.tenant.add_shipment([(order, "BOLT", quantity)], **{**RECEIVER, **values})

    def run(self, **duration: float) -> None:
        run(self.world, self.world.now() + timedelta(**duration))

    def key(self, shipment: Number) -> OutboundKey:
        return OutboundKey(connection=ACME, shipment_id=str(shipment))

    def known(self, shipment: Number) -> PushedOrder | None:
        key = self.key(shipment)
        return PushStore(self.world.tables["ledger"]).load([key]).get(key)

    def pushed(self, shipment: Number) -> PushedOrder:
        known = self.known(shipment)
        assert known is not None, "it was dealt with"
        return known

    def number(self, shipment: Number) -> int:
        number = self.pushed(shipment).order_id
        assert number is not None, "it is an order"
        return number

    def orders(self) -> list[Any]:
        return [order for order in self.account.orders.current.values() if not order.is_gone]

    def order(self, shipment: Number) -> Any:
        return self.account.orders.current[self.number(shipment)]

    def deploy(self, **orders: Any) -> None:
        """The file with other `[orders]`."""
        connection = self.site.connection
        assert connection.orders is not None
        changed = connection.orders.model_copy(update=orders)
        self.site.connection = connection.model_copy(update={"orders": changed})
        for function in self.world.functions.values():
            function.redeploy()

    def pull(self, **more: Any) -> dict[str, Any]:
        """A look that somebody asks for; what it answers."""
        answers: list[Any] = []
        self.world.functions["pull"].invoke({"connection": ACME, **more}, lambda value, _: answers.append(value))
        self.run(minutes=1)
        answer: dict[str, Any] = answers[0]
        return answer

    def writes(self) -> int:
        return sum(request.method == "POST" for request in self.account.requests)

    def audited(self) -> list[dict[str, Any]]:
        return [dict(item) for item in self.world.tables["audit"].scan(prefix="audit#")]


class DeskV2(Desk):
    """The same through ShipStation's other API."""

    @staticmethod
    def source() -> dict[str, Any]:
        return {**Desk.source(), "phone": "+1 555 0100"}

    @staticmethod
    def named() -> dict[str, Any]:
        return {**Desk.named(), "api": "v2"}

    def writes(self) -> int:
        return sum(request.method in {"POST", "PUT"} for request in self.account.requests)
