"""How orders come, change and vanish."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.equipment.shipstation.dates import long_form, parse_wall
from tests.equipment.shipstation.rows import Item, Json, Order
from tests.equipment.shipstation.store import Store, in_turn

OPEN_STATUSES = frozenset({"awaiting_payment", "awaiting_shipment", "on_hold"})
STATUSES = OPEN_STATUSES | {"pending_fulfillment", "shipped", "cancelled", "rejected_fulfillment"}
LONGEST_ORDER_NUMBER = 50
REQUIRED = ("orderNumber", "orderDate", "orderStatus", "billTo", "shipTo")
ADDRESS: Json = {
    "name": "Example Recipient",
    "street1": "1 Example Street",
    "city": "Austin",
    "state": "TX",
    "postalCode": "78701",
    "country": "US",
}
_ABBREVIATIONS = {"STREET": "ST", "AVENUE": "AVE", "ROAD": "RD", "BOULEVARD": "BLVD", "DRIVE": "DR"}


class RefusedError(ValueError):
    """A business rule said no."""


class UnreadableError(ValueError):
    """A body that is not understood: the whole request is refused. `field` is what the answer's ModelState names."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class UnknownError(LookupError):
    """No such row, or not any more."""


class OrderDesk(Store):
    _keys: defaultdict[str, list[int]]

    def open_order_desk(self, default_store_id: int) -> None:
        self._keys = defaultdict(list)
        self._item_ids = itertools.count(56_568_665)
        self.default_store_id = default_store_id
        self.refused_numbers: set[str] = set()  # orders that a rule of the business keeps out

    @in_turn
    def add_order(
        self,
        order_number: str,
        *,
        items: Sequence[Json] = (),
        fields: Json | None = None,
        at: datetime | None = None,
        lag_seconds: float | None = None,
    ) -> int:
        """One imported order. `items` and `fields` speak the API's words; whatever is missing gets a harmless value."""
        body = {"orderNumber": order_number, "items": items, **(fields or {})}
        return self.import_orders([body], at=at, lag_seconds=lag_seconds)[0]

    @in_turn
    def import_orders(
        self, orders: Sequence[Json], *, at: datetime | None = None, lag_seconds: float | None = None
    ) -> list[int]:
        """One import action: one notification, however many orders."""
        stamp, batch = at or self.now(), str(UUID(int=self.random.getrandbits(128), version=4))
        fresh = [self._create(body, stamp, batch, lag_seconds) for body in orders]
        ready = {order.store_id for order in fresh if order.status != "awaiting_payment"}
        if ready:
            self._announce_orders(batch, ready)
        return [order.order_id for order in fresh]

    @in_turn
    def upsert_order(self, body: Json) -> int:
        """What POST /orders/createorder does: no partial update, and without an `orderKey` always a new order."""
        self.refuse_unreadable(body)
        _check(body)
        if str(body["orderNumber"]) in self.refused_numbers:
            raise RefusedError("This order is not accepted.")
        order = self._find_written(body)
        if order is None:
            return self.import_orders([body])[0]
        if order.status not in OPEN_STATUSES:
            return self._locked(order)
        stamp = self.now()
        self._save(replace(order, modified=stamp, **self._attributes(body, stamp, order)), stamp)
        self._bump_later(order.order_id, stamp)
        return order.order_id

    def _locked(self, order: Order) -> int:
        """The official text only says that such an order may not be updated; how it answers is not known."""
        if self.switches.locked == "silent":
            return order.order_id
        raise RefusedError(f"Order {order.order_id} is {order.status} and can not be updated.")

    def refuse_unreadable(self, body: Json) -> None:
        """Before anything of its request is done."""
        options = body.get("advancedOptions") or {}
        if "storeId" in options and options["storeId"] is None:
            raise UnreadableError("advancedOptions.storeId")
        if self.switches.locked == "whole request":
            found = (self.orders.current[known] for known in self._keys.get(body.get("orderKey") or "", ()))
            if any(not order.is_gone and order.status not in OPEN_STATUSES for order in found):
                raise UnreadableError("orderStatus")

    @in_turn
    def hold_order(self, order_id: int, until: datetime) -> None:
        """Held to that date; then it awaits shipment again by itself."""
        self.set_status(order_id, "on_hold")
        order, day = self.live_order(order_id), f"{self.wall(until):%Y-%m-%d}"
        self._save(replace(order, body={**order.body, "holdUntilDate": day}), self.now())
        self.later(until, lambda _: self._release(order_id, day))

    def _release(self, order_id: int, day: str) -> None:
        """One that was written without a date meanwhile stays."""
        order = self.orders.current[order_id]
        if order.status == "on_hold" and order.body.get("holdUntilDate") == day:
            self.set_status(order_id, "awaiting_shipment")

    @in_turn
    def edit_order(
        self, order_id: int, changes: Json, *, at: datetime | None = None, lag_seconds: float | None = None
    ) -> None:
        """A user changes fields, given in the API's words; `advancedOptions` is merged, everything else replaced."""
        order, stamp = self.live_order(order_id), at or self.now()
        options = {**(order.body.get("advancedOptions") or {}), **changes.get("advancedOptions", {})}
        body = {**as_written(order), **changes, "advancedOptions": options}
        attributes = self._attributes(body, stamp, order)
        for name, attribute in (("items", "items"), ("shipTo", "ship_to")):
            if name not in changes:
                del attributes[attribute]
        self._save(replace(order, modified=stamp, **attributes), stamp, lag_seconds)

    @in_turn
    def set_status(self, order_id: int, status: str, *, at: datetime | None = None) -> None:
        """Hold, release, take payment, cancel: what a user clicks. No event tells of it, except a payment's."""
        if status not in STATUSES:
            raise RefusedError(f"no such status: {status}")
        stamp, order = at or self.now(), self.live_order(order_id)
        body = {**order.body, "holdUntilDate": None}
        self._save(replace(order, status=status, modified=stamp, body=body), stamp)

    def cancel_order(self, order_id: int, *, at: datetime | None = None) -> None:
        self.set_status(order_id, "cancelled", at=at)

    @in_turn
    def delete_order(self, order_id: int, *, at: datetime | None = None) -> None:
        stamp = at or self.now()
        self._save(replace(self.live_order(order_id), is_gone=True, modified=stamp), stamp)

    @in_turn
    def split_order(
        self, order_id: int, parts: Sequence[Mapping[str, int]], *, at: datetime | None = None
    ) -> list[int]:
        """Each part (line key, SKU or item id to quantity) becomes a child with the parent's number and key."""
        stamp, children = at or self.now(), []
        for part in parts:
            parent = self.live_order(order_id)
            kept, taken = divide(parent.items, part)
            child = replace(
                parent,
                order_id=next(self.orders.ids),
                items=tuple(replace(item, order_item_id=next(self._item_ids)) for item in taken),
                parent_id=order_id,
                created=stamp,
                modified=stamp,
                is_merged_or_split=True,
            )
            self._keys[child.order_key].append(child.order_id)
            self._save(replace(parent, items=kept, modified=stamp, is_merged_or_split=True), stamp)
            self._save(child, stamp)
            children.append(child.order_id)
        return children

    @in_turn
    def combine_orders(self, survivor_id: int, order_ids: Sequence[int], *, at: datetime | None = None) -> None:
        """The secondary orders are gone from the API, with everything that names them."""
        stamp = at or self.now()
        orders = [self.live_order(order_id) for order_id in order_ids]
        survivor = self.live_order(survivor_id)
        if any(order.status != "awaiting_shipment" for order in [survivor, *orders]):
            raise RefusedError("only orders awaiting shipment can be combined: void their labels first")
        for order in orders:
            self._save(replace(order, is_gone=True, modified=stamp), stamp)
        items = itertools.chain(survivor.items, *(order.items for order in orders))
        merged = (*survivor.merged_ids, *order_ids)
        changed = replace(survivor, items=tuple(items), merged_ids=merged, is_merged_or_split=True, modified=stamp)
        self._save(changed, stamp)

    @in_turn
    def uncombine_orders(self, survivor_id: int, *, at: datetime | None = None) -> list[int]:
        """Takes a combination back; returns the orders that exist again."""
        stamp, survivor = at or self.now(), self.live_order(survivor_id)
        back = [self.orders.current[order_id] for order_id in survivor.merged_ids]
        theirs = {item.order_item_id for order in back for item in order.items}
        for order in back:
            self._save(replace(order, is_gone=False, modified=stamp), stamp)
        items = tuple(item for item in survivor.items if item.order_item_id not in theirs)
        self._save(replace(survivor, items=items, merged_ids=(), is_merged_or_split=False, modified=stamp), stamp)
        return [order.order_id for order in back]

    def live_order(self, order_id: int) -> Order:
        order = self.orders.current.get(order_id)
        if order is None or order.is_gone:
            raise UnknownError(f"no order {order_id}")
        return order

    def _save(self, order: Order, stamp: datetime, lag_seconds: float | None = None) -> None:
        before = self.orders.current.get(order.order_id)
        self.commit(self.orders, order, stamp, lag_seconds)
        if before and before.status == "awaiting_payment" and order.status not in {"awaiting_payment", "cancelled"}:
            self._announce_orders(order.import_batch, {order.store_id})
        if before and before.is_gone != order.is_gone:
            self._hide_with_order(order, stamp)

    def _hide_with_order(self, order: Order, stamp: datetime) -> None:
        """What else names the order shows and vanishes with it."""

    def _announce_orders(self, batch: str, store_ids: set[int]) -> None:
        for event in ("ORDER_NOTIFY", "ITEM_ORDER_NOTIFY"):
            self.announce(event, f"orders?importBatch={batch}", store_ids)

    def _create(self, body: Json, stamp: datetime, batch: str, lag_seconds: float | None) -> Order:
        key = body.get("orderKey") or f"{self.random.getrandbits(128):032x}"
        order = Order(
            order_id=next(self.orders.ids),
            order_key=key,
            store_id=(body.get("advancedOptions") or {}).get("storeId") or self.default_store_id,
            created=stamp,
            modified=stamp,
            import_batch=batch,
            **self._attributes(body, stamp, None),
        )
        self._keys[key].append(order.order_id)
        self._save(order, stamp, lag_seconds)
        self._bump_later(order.order_id, stamp)
        return order

    def _attributes(self, body: Json, stamp: datetime, before: Order | None) -> dict[str, Any]:
        known = {item.body.get("lineItemKey"): item.order_item_id for item in before.items} if before else {}
        known.pop(None, None)
        written, paid = body.get("orderDate"), body.get("paymentDate")
        return {
            "order_number": str(body["orderNumber"]),
            "status": body.get("orderStatus") or "awaiting_shipment",
            "order_date": parse_wall(written) if written else self.wall(stamp),
            "payment_date": parse_wall(paid) if paid else None,
            "ship_to": {**(body.get("shipTo") or ADDRESS), "addressVerified": "Address not yet validated"},
            "items": tuple(self._item(line, stamp, known) for line in body.get("items") or ()),
            "body": body,
        }

    def _item(self, line: Json, stamp: datetime, known: Mapping[Any, int]) -> Item:
        item_id = known.get(line.get("lineItemKey")) or next(self._item_ids)
        return Item(item_id, stamp, int(line.get("quantity", 1)), line)

    def _find_written(self, body: Json) -> Order | None:
        """By id if one is sent; else the first with that key, which after a split may be the wrong one."""
        key, order_id = body.get("orderKey"), body.get("orderId")
        if order_id is not None:
            order = self.live_order(int(order_id))
            if key and key != order.order_key:
                raise RefusedError(f"Order {order_id} has another orderKey.")
            return order
        found = (self.orders.current[known] for known in self._keys.get(key or "", ()))
        return next((order for order in found if not order.is_gone), None)

    def _bump_later(self, order_id: int, stamp: datetime) -> None:
        if self.switches.bump_after_seconds is not None:
            self.later(
                stamp + timedelta(seconds=self.switches.bump_after_seconds), lambda due: self._bump(order_id, due)
            )

    def _bump(self, order_id: int, due: datetime) -> None:
        """Rules, address check and customer link run in the background and count as a modification."""
        order = self.orders.current[order_id]
        if order.is_gone:
            return
        ship_to = order.ship_to
        is_checked = self.switches.is_address_rewritten and not ship_to.get("keepsItsForm")
        if is_checked and ship_to.get("country") == "US":
            ship_to = _rewritten(ship_to)
        stamp = max(order.modified, due)
        self._save(replace(order, ship_to=ship_to, modified=stamp), stamp)


def divide(items: Iterable[Item], part: Mapping[str, int]) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """What stays and what is taken; asking for more than there is takes all there is."""
    wanted, kept, taken = dict(part), [], []
    for item in items:
        name = next((name for name in item.names if wanted.get(name)), None)
        count = min(item.quantity, wanted[name]) if name else 0
        if name:
            wanted[name] -= count
        if count:
            taken.append(replace(item, quantity=count))
        if item.quantity > count or not count:
            kept.append(replace(item, quantity=item.quantity - count))
    return tuple(kept), tuple(taken)


def as_written(order: Order) -> dict[str, Any]:
    return {
        **order.body,
        "orderNumber": order.order_number,
        "orderStatus": order.status,
        "orderDate": long_form(order.order_date),
        "shipTo": order.ship_to,
    }


def _check(body: Json) -> None:
    missing = [name for name in REQUIRED if not body.get(name)]
    if missing:
        raise RefusedError(f"Missing: {', '.join(missing)}.")
    if len(str(body["orderNumber"])) > LONGEST_ORDER_NUMBER:
        raise RefusedError("orderNumber is longer than 50 characters.")
    if body["orderStatus"] not in STATUSES:
        raise RefusedError("orderStatus is not one of the known ones.")


def _rewritten(address: Json) -> Json:
    """As recorded: capitals, abbreviations and ZIP+4; the name stays."""
    words = {name: str(address.get(name) or "").upper().split() for name in ("company", "street1", "street2", "city")}
    lines = {name: " ".join(_ABBREVIATIONS.get(word, word) for word in line) or None for name, line in words.items()}
    code = str(address.get("postalCode") or "")
    full = f"{code}-0001" if code.isdigit() and len(code) == len("00000") else code
    return {**address, **lines, "postalCode": full, "addressVerified": "Address validated successfully"}
