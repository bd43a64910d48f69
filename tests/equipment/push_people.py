"""What colleagues in IFS and the warehouse in ShipStation do to a shipment and its order, at random."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

from tests.equipment.ifs.tenant import Tenant
from tests.equipment.push_books import BROKEN_COUNTRY, Books
from tests.equipment.shipstation.orders import RefusedError, UnknownError
from tests.equipment.shipstation.rows import Order

Act = Callable[[Any], object]
SOMETIMES = 0.3
RECEIVER = {
    "ReceiverId": "C100",
    "ReceiverAddressName": "Kim Larsson",
    "ReceiverAddress1": "12 Harbor Street",
    "ReceiverCity": "Boston",
    "ReceiverState": "MA",
    "ReceiverZipCode": "02110",
    "ReceiverCountry": "US",
}


def told_in(text: str, words: Iterable[str]) -> list[str]:
    """Those that stand in it. Digits in the middle of an instant or an id are no postal code."""
    ends = {True: (r"(?<![\w.])", r"(?!\w)"), False: ("", "")}
    return [word for word in words if re.search(re.escape(word).join(ends[word.isdigit()]), text)]


class People:
    """Every act is of one IFS shipment, or of what `open_of` finds the open orders of; one that ShipStation does not
    allow any more is not done.
    """

    def __init__(
        self,
        random: Random,
        tenant: Tenant,
        books: Books,
        *,
        is_shipping: bool = True,
        open_of: Callable[[Any], list[Order]] | None = None,
    ) -> None:
        self._random, self._tenant, self._books, self._is_shipping = random, tenant, books, is_shipping
        self._open_of = open_of or books.open
        self._account = books.account
        self.numbers = iter(range(1000, 10_000))

    def colleagues(self) -> list[Act]:
        tenant, random = self._tenant, self._random
        return [
            self.move,
            lambda shipment: tenant.edit(shipment, PlannedShipDate=f"2026-07-{random.randint(10, 28)}T12:00:00Z"),
            lambda shipment: tenant.edit(shipment, ReceiverCountry=random.choice(("US", "US", BROKEN_COUNTRY))),
            lambda shipment: self.order_more(shipment, random.randint(2, 9)),
            lambda shipment: tenant.set_state(shipment, "Cancelled"),
            lambda shipment: tenant.set_state(shipment, "Preliminary"),
            lambda shipment: tenant.set_state(shipment, "Preliminary"),
        ]

    def warehouse(self) -> list[Act]:
        edits = [self.readdress, self.rename, self.recount, self._books.hold, self.note, self.weigh]
        return [*(self.on_open(edit) for edit in edits), self.on_open(self._end_perhaps)]

    def move(self, shipment: int) -> None:
        """The customer moves, as IFS knows."""
        self._tenant.edit(shipment, ReceiverAddress1=f"{next(self.numbers)} Harbor Street")

    def order_more(self, shipment: int, quantity: int) -> None:
        self._tenant.sets["ShipmentLineSet"][(shipment, 1)].values["InventoryQty"] = quantity

    def readdress(self, order: Order) -> None:
        self._books.type(order, {"shipTo": {**order.ship_to, "street1": f"{next(self.numbers)} Staff Road"}})

    def rename(self, order: Order) -> None:
        self._books.type(order, {"shipTo": {**order.ship_to, "name": f"Name {next(self.numbers)}"}})

    def recount(self, order: Order) -> None:
        self._books.type(order, {"items": [{**item.body, "quantity": next(self.numbers)} for item in order.items]})

    def note(self, order: Order) -> None:
        self._books.type(order, {"internalNotes": f"note {next(self.numbers)}"})

    def weigh(self, order: Order) -> None:
        self._books.type(order, {"weight": {"value": next(self.numbers), "units": "grams"}})

    def on_open(self, act: Callable[[Order], object]) -> Act:
        """On one of the shipment's orders that are open."""

        def on_one(shipment: Any) -> None:
            orders = self._open_of(shipment)
            if orders:
                try:
                    act(self._random.choice(orders))
                except (RefusedError, UnknownError):
                    return

        return on_one

    def _end_perhaps(self, order: Order) -> None:
        account = self._account
        ends: list[Callable[[int], Any]] = [
            *([account.ship] if self._is_shipping else []),
            lambda number: account.split_order(number, [{"BOLT": 1}]),
            account.cancel_order,
            account.delete_order,
        ]
        if self._random.random() < SOMETIMES:
            self._books.ended_by_hand.add(order.order_id)
            self._random.choice(ends)(order.order_id)
