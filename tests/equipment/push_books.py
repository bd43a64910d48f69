"""What is known of pushed orders from outside: what the warehouse typed, how the connector saw them, what it wrote, and
what is wrong with that. Says what is right without a word of the connector's own rules.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any

from tests.equipment.http import Request, Response
from tests.equipment.ifs.tenant import Tenant
from tests.equipment.shipstation.account import Account
from tests.equipment.shipstation.rows import Order
from tests.equipment.shipstation.v2_orders import in_v1
from tests.equipment.shipstation.views import View

LISTED, LISTED_V2 = "500", "100"  # rows a page, where the connector reads what it pushed
REFERENCE = "customField2"
BROKEN_COUNTRY = "Nowhere"
OPEN = {"awaiting_payment", "awaiting_shipment", "on_hold"}
CANCELLED = "cancelled"
ECHOED = {"weight"}  # V2 shows a default where none was typed, and every write sends it back
TOGETHER = {"street": "name", "name": "street"}  # an address is kept or written whole

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


def shipment_of(order: Order) -> int | None:
    """The IFS shipment's id, as the order carries it."""
    text = str((order.body.get("advancedOptions") or {}).get(REFERENCE) or "")
    return int(text) if text.isdecimal() else None


@dataclass(frozen=True)
class Push:
    """A write of the connector's that ShipStation took. `changed` are the fields that it changed, all of a new one."""

    at: datetime
    order_id: int
    order_key: str
    status: str
    changed: frozenset[str]
    is_new: bool

    @property
    def is_effective(self) -> bool:
        return self.is_new or bool(self.changed - ECHOED) or self.status == CANCELLED


@dataclass
class Books:
    """`source` says what of IFS an order is for, None where nothing; `ordered` the most pieces of a line that IFS ever
    wanted, where what is for one source may be several orders. `typed`: what the warehouse typed last into a
    field of an order; `seen`: how the connector saw the order last; `ended_by_hand`: orders that the warehouse shipped,
    split, combined, cancelled or deleted.
    """

    account: Account
    source: Callable[[Order], Any] = shipment_of
    ordered: Callable[[str], int] | None = None
    typed: dict[int, Said] = field(default_factory=dict)
    seen: dict[int, Said] = field(default_factory=dict)
    ended_by_hand: set[int] = field(default_factory=set)
    pushes: list[Push] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """From now on every answer and every write is seen; nothing is changed."""
        self._serve, self._upsert = self.account.application, self.account.upsert_order
        self.account.application = self._served
        self.account.upsert_order = self._written  # type: ignore[method-assign] # the routes call it by its name

    def of(self, source: Any) -> list[Order]:
        """Its orders that are not gone."""
        found = (order for order in self.account.orders.current.values() if not order.is_gone)
        return [order for order in found if self.source(order) == source]

    def open(self, source: Any) -> list[Order]:
        return [order for order in self.of(source) if order.status in OPEN]

    def type(self, order: Order, changes: Mapping[str, Any]) -> None:
        """The warehouse edits the order."""
        before = self.row(order)
        self.account.edit_order(order.order_id, changes)
        after = self.row(self.account.orders.current[order.order_id])
        typed = self.typed.setdefault(order.order_id, {})
        for name in (name for name in after if before[name] != after[name]):
            for each in {name, TOGETHER.get(name, name)}:
                typed[each] = after[each]

    def hold(self, order: Order) -> None:
        if order.status == "awaiting_shipment":
            self.account.set_status(order.order_id, "on_hold")
            self.typed.setdefault(order.order_id, {})["held"] = True

    def row(self, order: Order) -> Said:
        return said(View(self.account.wall).order(order))

    def unaudited(self, entries: Iterable[tuple[str, str]], pending: Collection[str]) -> Iterator[str]:
        """`entries` are the order keys that the audit names, each with its outcome: once for every write, and for one
        that was repeated and changed nothing perhaps; of what the warehouse typed over before the connector heard of it
        the outcome is unknown. What was deleted before it heard of it is not known to have been made; `pending` are
        those of which it knows that it has to ask. What the warehouse cancelled looks to a connector that died over its
        own cancellation as if that had arrived.
        """
        orders = self.account.orders.current.values()
        gone = {order.order_key for order in orders if order.is_gone}
        known = list(entries)
        told, every = Counter(key for key, _ in known), Counter(push.order_key for push in self.pushes)
        every.update(order.order_key for order in orders if self._is_cancelled_by_hand(order))
        certain = Counter(key for key, outcome in known if outcome == "written")
        written = Counter(push.order_key for push in self.pushes if push.is_effective)
        for key in (every | told).keys() - gone - set(pending):
            if written[key] > told[key] or certain[key] > every[key]:
                yield f"{key} was written {written[key]} times, {told[key]} entries say so"

    def _is_cancelled_by_hand(self, order: Order) -> bool:
        return order.order_id in self.ended_by_hand and order.status == CANCELLED

    def _served(self, request: Request) -> Response:
        response = self._serve(request)
        if request.method == "GET" and response.status == HTTPStatus.OK:
            is_v1 = "/orders" in request.path.lower() and request.param("pageSize", LISTED) == LISTED
            is_v2 = "/v2/shipments" in request.path and request.param("page_size", LISTED_V2) == LISTED_V2
            answer = json.loads(response.body) if is_v1 or is_v2 else {}
            rows = [answer.get("shipment", answer)] if answer else []
            for row in filter(None, answer.get("orders", answer.get("shipments", rows))):
                number = row["orderId"] if is_v1 else int(row["shipment_id"].removeprefix("se-"))
                self.seen[number] = said(row) if is_v1 else self._said_in_v2(number, row)
        return response

    def _said_in_v2(self, number: int, row: Mapping[str, Any]) -> Said:
        """V2 does not show, and does not change, who the customer is."""
        order = self.account.orders.current[number]
        return {**said(in_v1(row, order)), "customer": self.row(order)["customer"]}

    def _written(self, body: Mapping[str, Any]) -> int:
        live = [order for order in self.account.orders.current.values() if not order.is_gone]
        before = {order.order_id: self.row(order) for order in live if self.source(order) is not None}
        number = self._upsert(body)
        after = self.account.orders.current[number]
        self._judge(before.get(number), after)
        return number

    def _judge(self, before: Said | None, order: Order) -> None:
        """Nothing that the warehouse typed, and that the connector saw, may be gone."""
        now, number = self.row(order), order.order_id
        changed = frozenset(name for name in now if before is None or before[name] != now[name])
        push = Push(self.account.now(), number, order.order_key, order.status, changed, is_new=before is None)
        self.pushes.append(push)
        typed, seen = self.typed.get(number, {}), self.seen.get(number)
        for name, value in typed.items():
            is_gone = before is not None and before[name] == value != now[name]
            is_window = seen is not None and seen[name] != value
            if is_gone and is_window:
                typed[name] = now[name]  # ShipStation knows no condition: typed between reading and writing it is lost
            elif is_gone and not (name == "held" and order.status == CANCELLED):
                self.faults.append(f"lost: {name} of order {number}")
        source = self.source(order)
        alive = [each for each in self.of(source) if each.status != CANCELLED and each.parent_id is None]
        if len(alive if self.ordered is None else [each for each in alive if each.status in OPEN]) > 1:
            self.faults.append(f"duplicate: {source}")
        self.faults += self._goods_twice(order)

    def _goods_twice(self, order: Order) -> Iterator[str]:
        """Of every line that the connector has just put into an order: all its live orders together."""
        if self.ordered is None:
            return
        alive = [each for each in self.account.orders.current.values() if self._is_packing(each)]
        for line in {str(item.body.get("lineItemKey")) for item in order.items}:
            pieces = sum(item.quantity for each in alive for item in each.items if item.body.get("lineItemKey") == line)
            if pieces > self.ordered(line) and order.status in OPEN:
                yield f"goods twice: {pieces} of {line}, ordered {self.ordered(line)}"

    def _is_packing(self, order: Order) -> bool:
        """Not one whose lines the warehouse typed, nor one that came out of another."""
        is_typed = "items" in self.typed.get(order.order_id, {})
        return not (order.is_gone or is_typed or order.status == CANCELLED or order.parent_id is not None)


def unsettled(shipment: int, tenant: Tenant, books: Books, order_id: int | None, *, is_told: bool) -> str:
    """What is wrong in the end, empty where all is well. `order_id` is the one that the connector remembers; `is_told`:
    a person is called for it.
    """
    values = tenant.shipment(shipment)
    alive = [order for order in books.open(shipment) if not order.is_merged_or_split]
    if values["Objstate"] == "Cancelled":
        return "open although cancelled" if alive else ""
    if values["ReceiverCountry"] == BROKEN_COUNTRY:
        return "" if is_told else "nobody is told"
    if not alive:
        return "" if order_id in books.ended_by_hand else "no order"
    return _differing(tenant, books, shipment, alive[0])


def is_outdated(shipment: int, tenant: Tenant, books: Books) -> bool:
    """The warehouse shipped the order to another address, or with other goods, than IFS says now."""
    ended = [order for order in books.of(shipment) if order.status == "shipped" and not order.is_merged_or_split]
    wrong = [_differing(tenant, books, shipment, order) for order in ended]
    return any("street" in text or "items" in text for text in wrong)


def _differing(tenant: Tenant, books: Books, shipment: int, order: Order) -> str:
    values, now = tenant.shipment(shipment), books.row(order)
    wanted = {
        "street": values["ReceiverAddress1"].split()[0],
        "items": [(line["InventoryPartNo"], line["InventoryQty"]) for line in tenant.lines(shipment)],
        "ship_by": str(values["PlannedShipDate"])[:10],
    }
    typed = books.typed.get(order.order_id, {})
    wrong = [name for name, value in wanted.items() if now[name] not in (value, typed.get(name))]
    return f"{', '.join(wrong)} differ" if wrong else ""
