"""ShipStation V1 orders as they are written: read first, changed in our own fields, stored whole.

POST /orders/createorders makes or replaces up to 100 orders by `orderKey`. Nothing is partial: what a body leaves out
is lost. Only orders that await payment or shipment or are on hold take an update; a split order wants `orderId` too.
Source: https://docs.shipstation.com/apis/shipstation-v1/docs/orders/create-update-order
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from functions.connections.orders import Orders
from functions.errors import ConnectorError, Permanent, Retryable, Scope
from functions.model.outbound import Address, OrderContent, OrderField, OutboundItem, loose_address, plain_address
from functions.model.outcomes import Reason
from functions.model.pushed_order import CurrentOrder, PushedOrder, Upserted
from functions.shipstation.client import Answer, ShipStationClient
from functions.shipstation.pacific import parse_date, window_end, window_start
from functions.shipstation.pushing import as_dict, hold_text, is_of_an_order, item_text, listed, marks, one_by_one, word
from functions.shipstation.v1.address import ADDRESS
from functions.shipstation.values import as_rows, as_text, as_whole

AT_ONCE = 100  # ShipStation's own limit
PAGE = 500
MIDNIGHT = "T00:00:00.0000000"  # ShipStation's form of a day
MOST_PAGES = 20
CUSTOM_FIELDS = {f"custom_field_{number}": f"customField{number}" for number in (1, 2, 3)}
# Source: https://www.shipstation.com/docs/api/models/address/ -- the other answers leave an address as it was
VERIFIED = "Address validated successfully"
AWAITING, ON_HOLD = "awaiting_shipment", "on_hold"


class OrderWriter:
    """Raises Retryable, OutcomeUnknown or Permanent."""

    def __init__(self, client: ShipStationClient, orders: Orders, now: Callable[[], datetime]) -> None:
        self._client, self._orders, self._now = client, orders, now
        self._marks = marks(orders, CUSTOM_FIELDS)

    def read(self, pushed: Sequence[PushedOrder]) -> dict[str, CurrentOrder | None]:
        return listed(pushed, self._between)

    def read_one(self, pushed: PushedOrder) -> CurrentOrder | None:
        """By its id, or by its key where nobody was told the id. The number is a prefix to ShipStation."""
        if pushed.order_id is not None:
            answer = self._client.get(f"/orders/{pushed.order_id}", {}, "push", scope=Scope.RECORD)
            return self._own(answer, pushed.order_id) if answer else None
        rows, _ = self._rows({"orderNumber": pushed.number, "storeId": str(self._orders.store_id)})
        return next((each for each in map(self._current, rows) if each and each.order_key == pushed.order_key), None)

    def upsert(self, bodies: Sequence[Mapping[str, Any]]) -> list[Upserted]:
        """Each order's own fate. One that makes ShipStation refuse the whole request, or stumble over it, is found by
        sending one at a time.
        """
        try:
            answer = self._client.post("/orders/createorders", list(bodies), "push")
        except ConnectorError as fault:
            if not is_of_an_order(fault):
                raise
            if len(bodies) > 1:
                return one_by_one(bodies, lambda body: self.upsert([body]), self._now)
            if isinstance(fault, Permanent):
                return [Upserted(order_key=str(bodies[0]["orderKey"]), order_id=None)]
            raise
        rows = as_rows(answer.get("results") if isinstance(answer, dict) else None)
        return [result for result in map(_upserted, rows) if result is not None]

    def new(self, order_key: str, content: OrderContent) -> dict[str, Any]:
        """The body that makes an order."""
        marks = {name: getattr(content, field) for field, name in self._marks.items()}
        options: dict[str, Any] = {"storeId": self._orders.store_id, **marks}
        if content.warehouse_id is not None:
            options["warehouseId"] = content.warehouse_id
        return {
            "orderKey": order_key,
            "orderStatus": AWAITING,
            "billTo": {"name": content.ship_to.name},
            **{name: value for name, value in _values(content, {}) if value is not None},
            "advancedOptions": options,
        }

    def merged(self, current: CurrentOrder, content: OrderContent, ours: Sequence[OrderField]) -> dict[str, Any]:
        """The order as it stands, but for the fields that are `ours` to change."""
        names = {_NAMES[field] for field in ours if field in _NAMES}
        changed = {name: value for name, value in _values(content, current.body) if name in names}
        options = dict(as_dict(current.body.get("advancedOptions")))
        options |= {name: getattr(content, field) for field, name in self._marks.items() if field in ours}
        if "warehouse" in ours:
            options["warehouseId"] = content.warehouse_id
        if "held" in ours:
            changed |= {"orderStatus": ON_HOLD if content.held else AWAITING, "holdUntilDate": None}
        identity = {"orderKey": current.order_key, "orderId": current.order_id}
        return {**current.body, **changed, **identity, "advancedOptions": options}

    def cancelling(self, current: CurrentOrder) -> dict[str, Any]:
        return {**current.body, "orderStatus": "cancelled"}

    def _between(self, start: datetime, end: datetime) -> tuple[list[CurrentOrder], bool]:
        window = {"createDateStart": window_start(start), "createDateEnd": window_end(end)}
        rows, is_whole = self._rows({**window, "storeId": str(self._orders.store_id)})
        return [order for order in map(self._current, rows) if order], is_whole

    def _rows(self, filters: Mapping[str, str]) -> tuple[list[dict[str, Any]], bool]:
        """Oldest first, and whether these are all: what is not found in a list is asked for by its id."""
        rows: list[dict[str, Any]] = []
        shown: list[Any] = []
        for page in range(1, MOST_PAGES + 1):
            options = {**filters, "pageSize": str(PAGE), "page": str(page), "sortBy": "CreateDate", "sortDir": "ASC"}
            before, shown = shown, _shown(self._client.get("/orders", options, "push", scope=Scope.RECORD))
            if not shown:
                return rows, True
            if shown == before:
                break  # whichever page is asked for
            rows += as_rows(shown)
        return rows, False

    def _own(self, answer: Answer, order_id: int) -> CurrentOrder:
        """Raises Retryable for an answer that is not this order: that it is gone is said by 404."""
        order = self._current(as_dict(answer.body))
        if order is None or order.order_id != order_id:
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET /orders/{order_id}: another answer")
        return order

    def _current(self, row: dict[str, Any]) -> CurrentOrder | None:
        order_id, options = as_whole(row.get("orderId")), as_dict(row.get("advancedOptions"))
        if order_id is None:
            return None
        address = _read_address(as_dict(row.get("shipTo")))
        return CurrentOrder(
            order_id=order_id,
            order_key=word(row.get("orderKey")),
            status=word(row.get("orderStatus")).lower(),
            is_split=bool(options.get("mergedOrSplit")),
            is_verified=as_dict(row.get("shipTo")).get("addressVerified") == VERIFIED,
            fields={
                "number": word(row.get("orderNumber")),
                "ordered_on": _day(row.get("orderDate")),
                "ship_by": _day(row.get("shipByDate")),
                "customer": word(row.get("customerUsername")),
                "ship_to": plain_address(address),
                "items": "\n".join(sorted(map(_line, as_rows(row.get("items"))))),
                "warehouse": str(as_whole(options.get("warehouseId")) or ""),
                "email": word(row.get("customerEmail")),
                "held": hold_text(row.get("holdUntilDate")) if row.get("orderStatus") == ON_HOLD else "",
                **{field: word(options.get(name)) for field, name in self._marks.items()},
            },
            loose_address=loose_address(address),
            body=row,
        )


_NAMES: Mapping[OrderField, str] = {
    "number": "orderNumber",
    "ordered_on": "orderDate",
    "ship_by": "shipByDate",
    "customer": "customerUsername",
    "ship_to": "shipTo",
    "items": "items",
    "email": "customerEmail",
}
_ADDRESS = {"name": "name", **ADDRESS}


def _values(content: OrderContent, before: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an order says in ShipStation's own names; of its address and lines what is not ours stays."""
    yield "orderNumber", content.number
    yield "orderDate", f"{content.ordered_on}{MIDNIGHT}"
    yield "shipByDate", f"{content.ship_by}{MIDNIGHT}" if content.ship_by else None
    yield "customerUsername", content.customer or None
    yield "customerEmail", content.email or None
    yield "shipTo", {**as_dict(before.get("shipTo")), **_address(content.ship_to)}
    yield "items", [_item(item, before) for item in content.items]


def _address(address: Address) -> dict[str, str | None]:
    """Without a telephone where there is none: the warehouse may have added one."""
    made = {theirs: getattr(address, ours) or None for ours, theirs in _ADDRESS.items()}
    return made if address.phone else {name: value for name, value in made.items() if name != "phone"}


def _read_address(raw: Mapping[str, Any]) -> Address:
    return Address(**{ours: as_text(raw.get(theirs)) or "" for ours, theirs in _ADDRESS.items()})


def _item(item: OutboundItem, before: Mapping[str, Any]) -> dict[str, Any]:
    """What ShipStation knows of the line beside what we say of it: weight, location, options."""
    lines = {str(line.get("lineItemKey")): line for line in as_rows(before.get("items"))}
    known: dict[str, Any] = lines.get(item.line_key, {})
    ours = {"lineItemKey": item.line_key, "sku": item.sku, "name": item.name, "quantity": item.quantity}
    return {**known, **ours}


def _line(item: Mapping[str, Any]) -> str:
    return item_text(item.get("lineItemKey"), item.get("sku"), item.get("quantity"))


def _day(raw: object) -> str:
    """A day that is none counts as none: it is only compared."""
    try:
        day = parse_date(as_text(raw))
    except ValueError:
        return ""
    return day.isoformat() if isinstance(day, date) else ""


def _upserted(row: Mapping[str, Any]) -> Upserted | None:
    """By its key, never by its place in the answer. None where it does not say what became of the order."""
    order_id = as_whole(row.get("orderId"))
    if row.get("success") is False:
        return Upserted(order_key=as_text(row.get("orderKey")) or "", order_id=None)
    if row.get("success") is not True or order_id is None:
        return None
    return Upserted(order_key=as_text(row.get("orderKey")) or "", order_id=order_id)


def _shown(answer: Answer | None) -> list[Any]:
    """Raises Retryable for what is no list: an order that nobody finds would be made again."""
    if answer is not None and answer.is_empty:
        return []
    shown = answer.body.get("orders") if answer is not None and isinstance(answer.body, dict) else None
    if not isinstance(shown, list):
        raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, "GET /orders: no list")
    return shown
