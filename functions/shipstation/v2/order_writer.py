"""V2's shipments, V1's orders, as they are written: made once, read before each change, replaced whole.

POST /v2/shipments makes, and knows no update by our key: one that stands there under the same `external_shipment_id` is
refused. PUT /v2/shipments/{id} replaces a pending one, PUT …/cancel cancels it. Nothing is partial.
Sources: https://docs.shipstation.com/apis/shipstation-v2/openapi/shipments, https://docs.shipstation.com/orders/legacy-migration
(ids of both APIs), and public clients: the telephone and the kind of address are asked for, and without
`create_sales_order` the warehouse never sees the order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from functions.connections.orders import Orders
from functions.errors import ConnectorError, Permanent, Retryable, Scope
from functions.model.outbound import HELD, Address, OrderContent, OrderField, OutboundItem, loose_address, plain_address
from functions.model.outcomes import Reason
from functions.model.pushed_order import CurrentOrder, PushedOrder, Upserted
from functions.shipstation.client import Answer, ShipStationClient
from functions.shipstation.pushing import Body, as_dict, is_of_an_order, item_text, listed, marks, one_by_one, word
from functions.shipstation.v2 import rows
from functions.shipstation.v2.rows import PREFIX, bare
from functions.shipstation.v2.utc import pacific_day, window_end, window_start
from functions.shipstation.values import as_rows, as_text, as_whole

PATH = "/v2/shipments"
AT_ONCE = 25  # the largest array that POST takes is not documented
PAGE = 100
MOST_PAGES = 20
MIDNIGHT = "T00:00:00Z"
FAR_AHEAD = "2099-01-01T00:00:00Z"  # of a hold: ShipStation lets go of it by itself at its date
CUSTOM_FIELDS = {f"custom_field_{number}": f"custom_field{number}" for number in (1, 2, 3)}
# As the description has it: readOnly. `external_shipment_id` cannot change.
READ_ONLY = frozenset(
    {"created_at", "modified_at", "shipment_status", "total_weight", "errors", "address_validation", "shipment_id"}
)
FROM_THERE = frozenset({"ship_from", "return_to"})  # addresses of the warehouse that an order was to leave
CANCEL = "cancel"


class OrderWriter:
    """Raises Retryable, OutcomeUnknown or Permanent."""

    def __init__(self, client: ShipStationClient, orders: Orders) -> None:
        self._client, self._orders = client, orders
        self._marks = marks(orders, CUSTOM_FIELDS)
        self._default_warehouse: str | None = None

    def read(self, pushed: Sequence[PushedOrder]) -> dict[str, CurrentOrder | None]:
        return listed(pushed, self._between)

    def read_one(self, pushed: PushedOrder) -> CurrentOrder | None:
        """By its id, or by its key where nobody was told the id. The parts of a split one share the key, and nothing
        else says that they are parts.
        """
        by_key = f"external_shipment_id/{quote(pushed.order_key, safe='')}"
        path = f"{PATH}/{by_key}" if pushed.order_id is None else f"{PATH}/{PREFIX}{pushed.order_id}"
        answer = self._client.get(path, {}, "push", scope=Scope.RECORD)
        if answer is None:
            return None
        order = self._own(answer, pushed)
        return order.model_copy(update={"is_split": self._is_split(order)})

    def upsert(self, bodies: Sequence[Body]) -> list[Upserted]:
        """Each order's own fate: new ones together, every other by a request of its own."""
        new = [body for body in bodies if "shipment_id" not in body]
        known = [body for body in bodies if "shipment_id" in body]
        portions = [new[start : start + AT_ONCE] for start in range(0, len(new), AT_ONCE)]
        return one_by_one([*portions, *([body] for body in known)], self._written)

    def _written(self, portion: Sequence[Body]) -> list[Upserted]:
        return self._changed(portion[0]) if "shipment_id" in portion[0] else self._made(portion)

    def _changed(self, body: Body) -> list[Upserted]:
        """Nothing where it is gone: the next look tells."""
        path, key = f"{PATH}/{body['shipment_id']}", str(body["external_shipment_id"])
        try:
            if CANCEL in body:
                is_there = self._client.tell(f"{path}/cancel", None, "push", method="PUT")
            else:
                sent = {name: value for name, value in body.items() if name != "shipment_id"}
                is_there = self._client.tell(path, sent, "push", method="PUT")
        except Permanent as fault:
            if not is_of_an_order(fault):
                raise
            return [Upserted(order_key=key, order_id=None)]
        return [Upserted(order_key=key, order_id=as_whole(bare(body["shipment_id"])))] if is_there else []

    def _made(self, bodies: Sequence[Body]) -> list[Upserted]:
        try:
            answer = self._client.post(PATH, {"shipments": [dict(body) for body in bodies]}, "push")
        except ConnectorError as fault:
            if not is_of_an_order(fault):
                raise
            if len(bodies) > 1:
                return one_by_one(bodies, lambda body: self._made([body]))
            if isinstance(fault, Permanent):
                return self._refused(str(bodies[0]["external_shipment_id"]))
            raise
        made = as_rows(answer.get("shipments") if isinstance(answer, dict) else None)
        return [result for row in made for result in self._of_row(row)]

    def _of_row(self, row: Mapping[str, Any]) -> list[Upserted]:
        """By its key, never by its place in the answer. Nothing where it does not say what became of the order."""
        key, order_id = word(row.get("external_shipment_id")), as_whole(bare(row.get("shipment_id")))
        if row.get("errors"):
            return self._refused(key)
        return [Upserted(order_key=key, order_id=order_id)] if order_id is not None else []

    def _refused(self, order_key: str) -> list[Upserted]:
        """What stands there already was made by a run that nobody heard of: nothing is told of it, and the next look
        reads it. Whichever words the refusal has.
        """
        path = f"{PATH}/external_shipment_id/{quote(order_key, safe='')}"
        is_there = bool(order_key) and self._client.get(path, {}, "push", scope=Scope.RECORD) is not None
        return [] if is_there else [Upserted(order_key=order_key, order_id=None)]

    def new(self, order_key: str, content: OrderContent) -> dict[str, Any]:
        """The body that makes an order. Its address stays as it is sent."""
        warehouse = self._warehouse() if content.warehouse_id is None else f"{PREFIX}{content.warehouse_id}"
        made = dict(_values(content, {}))
        return {
            "external_shipment_id": order_key,
            "create_sales_order": True,
            "validate_address": "no_validation",
            "store_id": f"{PREFIX}{self._orders.store_id}",
            "warehouse_id": warehouse,
            **{name: value for name, value in made.items() if value is not None},
            "advanced_options": {name: getattr(content, field) for field, name in self._marks.items()},
        }

    def merged(self, current: CurrentOrder, content: OrderContent, ours: Sequence[OrderField]) -> dict[str, Any]:
        """The order as it stands, but for the fields that are `ours` to change."""
        names = {_NAMES[field] for field in ours if field in _NAMES}
        changed = {name: value for name, value in _values(content, current.body) if name in names - {"ship_to"}}
        options = dict(as_dict(current.body.get("advanced_options")))
        options |= {name: getattr(content, field) for field, name in self._marks.items() if field in ours}
        if "warehouse" in ours:
            changed["warehouse_id"] = f"{PREFIX}{content.warehouse_id}" if content.warehouse_id else self._warehouse()
        address = dict(as_dict(current.body.get("ship_to")))
        address |= _address(content.ship_to) if "ship_to" in ours else {}
        address |= {"email": content.email or None} if "email" in ours else {}
        of_the_warehouse = FROM_THERE if "warehouse" in ours else frozenset()
        kept = {name: value for name, value in current.body.items() if name not in READ_ONLY | of_the_warehouse}
        identity = {"external_shipment_id": current.order_key, "shipment_id": f"{PREFIX}{current.order_id}"}
        return {**kept, **changed, **identity, "ship_to": address, "advanced_options": options}

    def cancelling(self, current: CurrentOrder) -> dict[str, Any]:
        key, number = current.order_key, f"{PREFIX}{current.order_id}"
        return {"external_shipment_id": key, "shipment_id": number, CANCEL: True}

    def _warehouse(self) -> str:
        """The account's default, as V1 takes it by itself. Raises Retryable where none is shown."""
        if self._default_warehouse is None:
            answer = self._client.get("/v2/warehouses", {}, "push")
            shown = as_rows(as_dict(answer.body if answer else None).get("warehouses"))
            found = next((row for row in shown if row.get("is_default")), shown[0] if shown else {})
            if as_whole(bare(found.get("warehouse_id"))) is None:
                raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, "GET /v2/warehouses: no warehouse to ship from")
            self._default_warehouse = str(found["warehouse_id"])
        return self._default_warehouse

    def _between(self, start: datetime, end: datetime) -> tuple[list[CurrentOrder], bool]:
        window = {"created_at_start": window_start(start), "created_at_end": window_end(end)}
        found, is_whole = self._rows({**window, "store_id": f"{PREFIX}{self._orders.store_id}"})
        orders = [order for order in map(self._current, found) if order]
        keys = [order.order_key for order in orders]
        return [each.model_copy(update={"is_split": keys.count(each.order_key) > 1}) for each in orders], is_whole

    def _is_split(self, order: CurrentOrder) -> bool:
        """Another order bears its key. Raises Retryable where the list ignores which are asked for."""
        options = {"external_shipment_id": order.order_key, "page_size": str(PAGE)}
        shown = as_rows(_shown(self._client.get(PATH, options, "push", scope=Scope.RECORD)))
        found = [each for each in map(self._current, shown) if each]
        if any(each.order_key != order.order_key for each in found):
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}: ignores external_shipment_id")
        return any(each.order_id != order.order_id for each in found)

    def _rows(self, filters: Mapping[str, str]) -> tuple[list[dict[str, Any]], bool]:
        """Oldest first, and whether these are all: what is not found in a list is asked for by its id."""
        found: list[dict[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            options = {**filters, "page_size": str(PAGE), "page": str(page), "sort_by": "created_at", "sort_dir": "asc"}
            shown = _shown(self._client.get(PATH, options, "push", scope=Scope.RECORD))
            found += as_rows(shown)
            if not shown:
                return found, True
        return found, False

    def _own(self, answer: Answer, pushed: PushedOrder) -> CurrentOrder:
        """Raises Retryable for an answer that is not this order: that it is gone is said by 404."""
        inner = as_dict(as_dict(answer.body).get("shipment"))
        order = self._current(inner or as_dict(answer.body))
        is_own = order is not None and (
            order.order_key == pushed.order_key if pushed.order_id is None else order.order_id == pushed.order_id
        )
        if order is None or not is_own:
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}/{pushed.order_key}: another answer")
        return order

    def _current(self, row: dict[str, Any]) -> CurrentOrder | None:
        order_id, options = as_whole(bare(row.get("shipment_id"))), as_dict(row.get("advanced_options"))
        if order_id is None:
            return None
        ship_to = as_dict(row.get("ship_to"))
        address = _read_address(ship_to)
        return CurrentOrder(
            order_id=order_id,
            order_key=word(row.get("external_shipment_id")),
            status=word(rows.order_status(row)),
            is_split=False,
            is_verified=_is_rewritten(address),
            fields={
                "number": word(row.get("shipment_number")),
                "ship_by": _day(row.get("ship_by_date")),
                "ship_to": plain_address(address),
                "items": "\n".join(sorted(map(_line, as_rows(row.get("items"))))),
                "warehouse": str(as_whole(bare(row.get("warehouse_id"))) or ""),
                "email": word(ship_to.get("email")),
                "held": HELD if row.get("hold_until_date") else "",
                **{field: word(options.get(name)) for field, name in self._marks.items()},
            },
            loose_address=loose_address(address),
            body=row,
        )


_NAMES: Mapping[OrderField, str] = {
    "number": "shipment_number",
    "ship_by": "ship_by_date",
    "ship_to": "ship_to",
    "items": "items",
    "held": "hold_until_date",
}
_ADDRESS = {
    "name": "name",
    "street1": "address_line1",
    "street2": "address_line2",
    "street3": "address_line3",
    "city": "city_locality",
    "state": "state_province",
    "postal_code": "postal_code",
    "country": "country_code",
    "phone": "phone",
}


def _values(content: OrderContent, before: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an order says in V2's own names; of its lines what is not ours stays. V2 has no word for the day of the
    order and for the customer's number.
    """
    yield "shipment_number", content.number
    yield "ship_by_date", f"{content.ship_by}{MIDNIGHT}" if content.ship_by else None
    yield "ship_to", _new_address(content)
    yield "items", [_item(item, before) for item in content.items]
    yield "hold_until_date", FAR_AHEAD if content.held else None


def _new_address(content: OrderContent) -> dict[str, Any]:
    told = {name: value for name, value in _address(content.ship_to).items() if value is not None}
    return {**told, **({"email": content.email} if content.email else {}), "address_residential_indicator": "unknown"}


def _address(address: Address) -> dict[str, str | None]:
    """Without a telephone where there is none: the warehouse may have added one."""
    made = {theirs: getattr(address, ours) or None for ours, theirs in _ADDRESS.items()}
    return made if address.phone else {name: value for name, value in made.items() if name != "phone"}


def _read_address(raw: Mapping[str, Any]) -> Address:
    return Address(**{ours: as_text(raw.get(theirs)) or "" for ours, theirs in _ADDRESS.items()})


def _is_rewritten(address: Address) -> bool:
    """V2 does not say that an address was checked, as V1 does those that it was sent: what the check makes of it is in
    capitals. Recorded: public answers of 2021.
    """
    return address.street1.isupper() and address.city.isupper()


def _item(item: OutboundItem, before: Mapping[str, Any]) -> dict[str, Any]:
    """What ShipStation knows of the line beside what we say of it: weight, location, options."""
    lines = {str(line.get("external_order_item_id")): line for line in as_rows(before.get("items"))}
    known: dict[str, Any] = lines.get(item.line_key, {})
    ours = {"external_order_item_id": item.line_key, "sku": item.sku, "name": item.name, "quantity": item.quantity}
    return {**known, **ours}


def _line(item: Mapping[str, Any]) -> str:
    return item_text(item.get("external_order_item_id"), item.get("sku"), item.get("quantity"))


def _day(raw: object) -> str:
    """A day that is none counts as none: it is only compared."""
    try:
        day = pacific_day(as_text(raw))
    except ValueError:
        return ""
    return day.isoformat() if isinstance(day, date) else ""


def _shown(answer: Answer | None) -> list[Any]:
    """Raises Retryable for what is no list: an order that nobody finds would be made again."""
    if answer is not None and answer.is_empty:
        return []
    shown = as_dict(answer.body).get("shipments") if answer is not None else None
    if not isinstance(shown, list):
        raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}: no list")
    return shown
