"""V2's shipments, V1's orders, as they are written: made once, read before each change, replaced whole.

POST /v2/shipments makes, and knows no update by our key: one that stands there under the same `external_shipment_id` is
refused. PUT /v2/shipments/{id} replaces a pending one, PUT …/cancel cancels it. Nothing is partial.
Sources: https://docs.shipstation.com/apis/shipstation-v2/openapi/shipments, https://docs.shipstation.com/orders/legacy-migration
(ids of both APIs), and public clients: the telephone and the kind of address are asked for, and without
`create_sales_order` the warehouse never sees the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from functions.connections.orders import Orders
from functions.errors import ConnectorError, Permanent, Retryable, Scope
from functions.model.outbound import OrderContent, OrderField
from functions.model.outcomes import Reason
from functions.model.pushed_order import CurrentOrder, PushedOrder, Upserted
from functions.shipstation.client import Answer, ShipStationClient
from functions.shipstation.pushing import Body, as_dict, is_of_an_order, listed, marks, one_by_one, word
from functions.shipstation.v2.order_body import current_order, identity, leaving, made, replaced
from functions.shipstation.v2.rows import PREFIX, bare
from functions.shipstation.v2.utc import window_end, window_start
from functions.shipstation.values import as_rows, as_whole

PATH = "/v2/shipments"
AT_ONCE = 25  # the largest array that POST takes is not documented
PAGE = 100
MOST_PAGES = 20
CUSTOM_FIELDS = {f"custom_field_{number}": f"custom_field{number}" for number in (1, 2, 3)}
CANCEL = "cancel"


class OrderWriter:
    """Raises Retryable, OutcomeUnknown or Permanent."""

    def __init__(self, client: ShipStationClient, orders: Orders, now: Callable[[], datetime]) -> None:
        self._client, self._orders, self._now = client, orders, now
        self._marks = marks(orders, CUSTOM_FIELDS)
        self._default_warehouse: str | None = None

    def read(self, pushed: Sequence[PushedOrder]) -> dict[str, CurrentOrder | None]:
        return listed(pushed, self._between)

    def read_one(self, pushed: PushedOrder) -> CurrentOrder | None:
        """By its id, or by its key where nobody was told the id. The parts of a split one share the key, and nothing
        else says that they are parts: that is asked first, as what is written goes by the order's own answer.
        """
        sharing = self._sharing(pushed.order_key)
        by_key = f"external_shipment_id/{quote(pushed.order_key, safe='')}"
        path = f"{PATH}/{by_key}" if pushed.order_id is None else f"{PATH}/{PREFIX}{pushed.order_id}"
        answer = self._client.get(path, {}, "push", scope=Scope.RECORD)
        if answer is None:
            return None
        order = self._own(answer, pushed)
        return order.as_part(is_split=any(each != order.order_id for each in sharing))

    def upsert(self, bodies: Sequence[Body]) -> list[Upserted]:
        """Each order's own fate: new ones together, every other by a request of its own."""
        new = [body for body in bodies if "shipment_id" not in body]
        known = [body for body in bodies if "shipment_id" in body]
        portions = [new[start : start + AT_ONCE] for start in range(0, len(new), AT_ONCE)]
        return one_by_one([*portions, *([body] for body in known)], self._written, self._now)

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
                return one_by_one(bodies, lambda body: self._made([body]), self._now)
            if isinstance(fault, Permanent):
                return self._refused(str(bodies[0]["external_shipment_id"]))
            raise
        answered = as_rows(answer.get("shipments") if isinstance(answer, dict) else None)
        return [result for row in answered for result in self._of_row(row)]

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
        """The body that makes an order."""
        store = f"{PREFIX}{self._orders.store_id}"
        return made(order_key, content, self._marks, store=store, warehouse=self._warehouse_of(content))

    def merged(self, current: CurrentOrder, content: OrderContent, ours: Sequence[OrderField]) -> dict[str, Any]:
        """The order as it stands, but for the fields that are `ours` to change."""
        body = replaced(current, content, ours, self._marks)
        return leaving(body, self._warehouse_of(content)) if "warehouse" in ours else body

    def cancelling(self, current: CurrentOrder) -> dict[str, Any]:
        return {**identity(current), CANCEL: True}

    def _warehouse_of(self, content: OrderContent) -> str:
        return self._warehouse() if content.warehouse_id is None else f"{PREFIX}{content.warehouse_id}"

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
        return [each.as_part(is_split=keys.count(each.order_key) > 1) for each in orders], is_whole

    def _sharing(self, order_key: str) -> list[int]:
        """The ids of all that bear the key. Raises Retryable where the list ignores which are asked for."""
        options = {"external_shipment_id": order_key, "page_size": str(PAGE)}
        shown = as_rows(_shown(self._client.get(PATH, options, "push", scope=Scope.RECORD)))
        found = [each for each in map(self._current, shown) if each]
        if any(each.order_key != order_key for each in found):
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}: ignores external_shipment_id")
        return [each.order_id for each in found]

    def _rows(self, filters: Mapping[str, str]) -> tuple[list[dict[str, Any]], bool]:
        """Oldest first, and whether these are all: what is not found in a list is asked for by its id."""
        found: list[dict[str, Any]] = []
        shown: list[Any] = []
        for page in range(1, MOST_PAGES + 1):
            options = {**filters, "page_size": str(PAGE), "page": str(page), "sort_by": "created_at", "sort_dir": "asc"}
            before, shown = shown, _shown(self._client.get(PATH, options, "push", scope=Scope.RECORD))
            if not shown:
                return found, True
            if shown == before:
                break  # whichever page is asked for
            found += as_rows(shown)
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
        return current_order(row, self._marks, self._now())


def _shown(answer: Answer | None) -> list[Any]:
    """Raises Retryable for what is no list: an order that nobody finds would be made again."""
    if answer is not None and answer.is_empty:
        return []
    shown = as_dict(answer.body).get("shipments") if answer is not None else None
    if not isinstance(shown, list):
        raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}: no list")
    return shown
