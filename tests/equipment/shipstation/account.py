"""One ShipStation account as an HTTP application: keys, request limits, lists, writes, webhooks, and a control API."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from random import Random
from typing import Any

from tests.equipment.faults import Fault, Faults
from tests.equipment.http import Application, Clock, Request, Response, json_response
from tests.equipment.shipstation import v2, v2_views
from tests.equipment.shipstation.dates import PACIFIC, parse_wall
from tests.equipment.shipstation.hook_desk import HookDesk
from tests.equipment.shipstation.index import Query
from tests.equipment.shipstation.limits import Allowance, Limiter
from tests.equipment.shipstation.lists import FULFILLMENTS, ORDERS, SHIPMENTS, BadParameterError, Listing, to_query
from tests.equipment.shipstation.orders import RefusedError, UnknownError, UnreadableError
from tests.equipment.shipstation.rows import Order
from tests.equipment.shipstation.store import Post, Store, Table
from tests.equipment.shipstation.views import View

CONTROL = "/_control/"
V2_PATHS = "/v2/"
MOST_ORDERS_AT_ONCE = 100
DATE_ARGUMENTS = {"ship_date": date.fromisoformat, "at": datetime.fromisoformat}


class BrokenRowError(Exception):
    """A row that breaks every page it stands on."""


@dataclass(frozen=True)
class Served:
    """One request as the account saw it. `is_surprise`: throttled for what another tool did, not for what we did."""

    at: datetime
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int
    is_surprise: bool = False


@dataclass(frozen=True)
class Numbered:
    """A later page of a list: of what size, and how far apart the rows before it are, or were when they were handed
    out: what is edited since nobody could know.
    """

    at: datetime
    size: int
    reach: timedelta


class Account(HookDesk):
    """`keys` maps API key to secret. `post` delivers webhooks; it answers the receiver's status."""

    def __init__(
        self,
        clock: Clock,
        random: Random,
        *,
        keys: dict[str, str],
        post: Post | None = None,
        flip_late_seconds: float = 0,
        default_store_id: int = 100_001,
    ) -> None:
        Store.__init__(self, clock, random, post, flip_late_seconds)
        self.open_order_desk(default_store_id)
        self.open_shipping_desk(default_warehouse_id=14_265)
        self.open_warehouse_desk()
        self.open_customer_desk()
        self.open_inventory_desk()
        self.keys = keys
        self.v2_keys: set[str] | None = None  # None: the same text is a key of both APIs
        self.limiter, self.v2_limiter = Limiter(), Limiter(v2.LIMIT)
        self.faults = Faults()
        self.broken_rows: set[int] = set()
        self.refused_by_id: dict[int, int] = {}  # orders that lists show, by the status that answers for them alone
        self.swapped_rows: dict[int, int] = {}  # each listed where the other belongs
        self.store_names: dict[int, str] = {}
        self.inactive_stores: set[int] = set()
        self.requests: list[Served] = []
        self.numbered: list[Numbered] = []
        self._handed_out: dict[object, timedelta] = {}  # by list and page: how far apart the rows up to its end were
        self.application: Application = self._served
        self._routed, self._v2_routed = self.faults.around(self._route), self.faults.around(self._v2_route)

    def add_fault(self, kind: str, **details: Any) -> None:
        self.faults.add(Fault(kind, **details))

    def lift_faults(self) -> None:
        self.faults.lift()

    @property
    def counts(self) -> Counter[str]:
        """Requests by status and, under "total", all of them; what another tool brought upon us by its own name."""
        found = Counter(f"{r.status}{' by surprise' if r.is_surprise else ''}" for r in self.requests)
        return Counter({**found, "total": len(self.requests)})

    def _served(self, request: Request) -> Response:
        if request.path.startswith(CONTROL):
            return self._controlled(request)
        response, is_surprise = self._answered(request)
        now = self.now()
        self.requests.append(Served(now, request.method, request.path, request.query, response.status, is_surprise))
        return replace(response, headers={"Date": format_datetime(now, usegmt=True), **response.headers})

    def _answered(self, request: Request) -> tuple[Response, bool]:
        if request.path.startswith(V2_PATHS):
            return self._answered_by_v2(request)
        key = self._key(request)
        if key is None:
            return json_response(401, {"message": "Invalid API credentials"}), False
        with self.turn():
            allowance = self.limiter.charge(key, self.now())
        if allowance.is_refused:
            return json_response(429, {"message": "Too Many Requests"}, allowance.headers), allowance.is_surprise
        return self._limited(request, allowance), False

    def _answered_by_v2(self, request: Request) -> tuple[Response, bool]:
        key = request.headers.get("api-key", "")
        if key not in (self.keys if self.v2_keys is None else self.v2_keys):
            return v2.refused(401, "unauthorized"), False
        with self.turn():
            allowance = self.v2_limiter.charge(key, self.now())
        if allowance.is_refused:
            wait = {"Retry-After": str(allowance.reset_seconds)}
            refused = replace(v2.refused(429, "rate_limit_exceeded"), headers=wait)
            return refused, allowance.is_surprise
        return self._v2_routed(request), False

    def _limited(self, request: Request, allowance: Allowance) -> Response:
        response = self._routed(request)
        return replace(response, headers={**allowance.headers, **response.headers})

    def _key(self, request: Request) -> str | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        try:
            key, _, secret = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return None
        return key if scheme == "Basic" and secret and self.keys.get(key) == secret else None

    def _route(self, request: Request) -> Response:
        try:
            with self.turn():
                return self._dispatch(request, request.path.strip("/").lower().split("/"))
        except BadParameterError:
            return json_response(400, {"message": "Invalid request parameters"})
        except UnreadableError as error:
            state = {f"apiOrder.{error.field}": ["Error converting value."]}
            return json_response(400, {"Message": "The request is invalid.", "ModelState": state})
        except UnknownError:
            return Response(404)
        except RefusedError as error:
            return self._broken(str(error))

    def _v2_route(self, request: Request) -> Response:
        try:
            with self.turn():
                return self._v2_dispatch(request, request.path.removeprefix(V2_PATHS).split("/"))
        except v2.BadParameterError as error:
            return v2.refused(400, "invalid_field_value", str(error))
        except UnknownError:
            return v2.refused(404, "unspecified")

    def _v2_dispatch(self, request: Request, path: list[str]) -> Response:  # noqa: C901, PLR0911 -- one case a route
        match [request.method, *path]:
            case [_, "inventory" | "inventory_locations"]:
                return self.inventory_answer(request)
            case ["GET", "labels"]:
                return self._v2_list(request, v2.LABELS, self.shipments)
            case ["GET", "labels", number, *rest] if number.removeprefix("se-").isdecimal():
                return self._v2_label(int(number.removeprefix("se-")), rest)
            case ["GET", "shipments"]:
                return self._v2_list(request, v2.SHIPMENTS, self.orders)
            case ["GET", "fulfillments"]:
                return self._v2_list(request, v2.FULFILLMENTS, self.fulfillments)
            case ["GET", "shipments", number] if number.removeprefix("se-").isdecimal():
                return self._v2_order(self.live_order(int(number.removeprefix("se-"))))
            case ["GET", "shipments", "external_shipment_id", key]:
                return self.v2_by_key(key)
            case ["POST", "shipments"]:
                return self.v2_made(request)
            case ["PUT", "shipments", number] if number.removeprefix("se-").isdecimal():
                return self.v2_replaced(int(number.removeprefix("se-")), request)
            case ["PUT", "shipments", number, "cancel"] if number.removeprefix("se-").isdecimal():
                return self.v2_cancelled(int(number.removeprefix("se-")))
            case ["GET", "warehouses"]:
                return self.v2_warehouses()
            case [_, "environment", "webhooks", *rest]:
                return self.v2_hook_answer(request, rest)
        return v2.refused(404, "unspecified")

    def _v2_label(self, number: int, rest: list[str]) -> Response:
        label = self.shipments.current.get(number)
        if label is None or label.is_gone or rest not in ([], ["track"]):
            return v2.refused(404, "unspecified")
        if number in self.broken_rows:
            return Response(500)
        with_products = self.switches.are_products_told
        shown = v2_views.tracking_log(label) if rest else v2_views.label(label, with_products=with_products)
        return json_response(200, shown)

    def _v2_order(self, order: Order) -> Response:
        status = self.refused_by_id.get(order.order_id, 500 if order.order_id in self.broken_rows else 200)
        if status == HTTPStatus.OK:
            return json_response(200, v2_views.shipment(order))
        return Response(500) if status == HTTPStatus.INTERNAL_SERVER_ERROR else v2.refused(status, "unspecified")

    def _v2_list(self, request: Request, listing: v2.Listing, table: Table[Any]) -> Response:
        def find(query: Query[Any]) -> tuple[list[Any], int]:
            rows, total = self._selected(table, query, request)
            if any(row.row_id in self.broken_rows for row in rows):
                raise BrokenRowError
            return rows, total

        try:
            return v2.page(listing, request, find, self.switches)
        except BrokenRowError:
            return Response(500)

    def _dispatch(self, request: Request, path: list[str]) -> Response:  # noqa: C901, PLR0911, PLR0912 -- one case a route
        view = View(self.wall, self.switches.date_suffix, self.switches.default_warehouse)
        match [request.method, *path]:
            case ["GET", "shipments"]:
                with_items = request.param("includeShipmentItems").lower() == "true"
                return self._list(
                    request, SHIPMENTS, self.shipments, lambda row: view.shipment(row, with_items=with_items)
                )
            case ["GET", "fulfillments"]:
                return self._list(request, FULFILLMENTS, self.fulfillments, view.fulfillment)
            case ["GET", "orders"]:
                return self._list(request, ORDERS, self.orders, view.order)
            case ["GET", "orders", number] if number.isdecimal():
                return self._one_order(self.live_order(int(number)), view)
            case ["POST", "orders", "createorder"]:
                return json_response(200, view.order(self.orders.current[self.upsert_order(request.json())]))
            case ["POST", "orders", "createorders"]:
                return self._bulk(request.json())
            case ["POST", "orders", "holduntil"]:
                body = request.json()
                self.hold_order(int(body["orderId"]), parse_wall(body["holdUntilDate"]).replace(tzinfo=PACIFIC))
                return json_response(200, {"success": True, "message": "The order has been held."})
            case ["POST", "orders", "restorefromhold"]:
                self.set_status(int(request.json()["orderId"]), "awaiting_shipment")
                return json_response(200, {"success": True, "message": "The order has been released from hold."})
            case ["POST", "orders", "markasshipped"]:
                return self._mark(request.json())
            case ["POST", "shipments", "voidlabel"]:
                return self._void(int(request.json()["shipmentId"]))
            case ["GET", "stores"]:
                names = {order.store_id: f"Store {order.store_id}" for order in self.orders.current.values()}
                names |= self.store_names
                shown = names if request.param("showInactive") == "true" else names.keys() - self.inactive_stores
                rows = [{"storeId": s, "storeName": names[s], "active": s not in self.inactive_stores} for s in shown]
                return json_response(200, rows)
            case [_, "warehouses", *rest]:
                return self.warehouse_answer(request, rest)
            case [_, "customers", *rest]:
                return self.customer_answer(request, rest)
            case [_, "webhooks", *rest]:
                return self.hook_answer(request, rest)
        return Response(404)

    def _one_order(self, order: Order, view: View) -> Response:
        status = self.refused_by_id.get(order.order_id, 500 if order.order_id in self.broken_rows else 200)
        if status == HTTPStatus.OK:
            return json_response(200, view.order(order))
        return self._broken("gap") if status == HTTPStatus.INTERNAL_SERVER_ERROR else json_response(status, {})

    def _selected(self, table: Table[Any], query: Query[Any], request: Request) -> tuple[list[Any], int]:
        if not self.switches.ignored_filters:  # else no key could bound it
            self._note_page(table, query, request)
        if not self.swapped_rows:
            return table.index.select(query)
        rows, total = table.index.select(replace(query, page=1, size=len(table.current) or 1))
        places = {row.row_id: place for place, row in enumerate(rows)}
        for one, other in self.swapped_rows.items():
            if one in places and other in places:
                here, there = places[one], places[other]
                rows[here], rows[there] = rows[there], rows[here]
        first = (query.page - 1) * query.size
        return rows[first : first + query.size], total

    def _note_page(self, table: Table[Any], query: Query[Any], request: Request) -> None:
        asked = request.path, tuple(pair for pair in request.query if pair[0] != "page")
        if query.page > 1:
            reach = table.index.reach(query)
            known = self._handed_out.get((asked, query.page - 1), reach)
            self.numbered.append(Numbered(self.now(), query.size, min(reach, known)))
        self._handed_out[asked, query.page] = table.index.reach(replace(query, page=query.page + 1))

    def _list(self, request: Request, listing: Listing[Any], table: Table[Any], show: Any) -> Response:
        query = to_query(listing, request, self.switches)
        found, total = self._selected(table, query, request)
        if not found and self.switches.is_empty_no_content:
            return Response(204)
        if any(row.row_id in self.broken_rows for row in found):
            return self._broken("Object reference not set to an instance of an object.")
        rows: list[Any] = [show(row) for row in found]
        if self.switches.null_every:
            rows[self.switches.null_every :: self.switches.null_every] = [None] * len(
                rows[self.switches.null_every :: self.switches.null_every]
            )
        pages = 0 if self.switches.pages_is_zero else -(-total // query.size)
        totals: dict[str, Any] = {"right": {"total": total}, "zero": {"total": 0}, "text": {"total": f"{total}"}}
        counted = totals.get(self.switches.total, {})
        return json_response(200, {listing.collection: rows, **counted, "page": query.page, "pages": pages})

    def _bulk(self, bodies: list[dict[str, Any]]) -> Response:
        if len(bodies) > MOST_ORDERS_AT_ONCE:
            return json_response(400, {"message": "Invalid request parameters"})
        for body in bodies:
            self.refuse_unreadable(body)
        results = [self._bulk_row(body) for body in bodies]
        if self.switches.are_results_reversed:
            results.reverse()
        return json_response(200, {"hasErrors": not all(row["success"] for row in results), "results": results})

    def _bulk_row(self, body: dict[str, Any]) -> dict[str, Any]:
        row = {"orderId": None, "orderNumber": body.get("orderNumber"), "orderKey": body.get("orderKey")}
        try:
            order = self.orders.current[self.upsert_order(body)]
        except (RefusedError, UnknownError) as error:
            return {**row, "success": False, "errorMessage": str(error)}
        return {**row, "orderId": order.order_id, "orderKey": order.order_key, "success": True, "errorMessage": None}

    def _mark(self, body: dict[str, Any]) -> Response:
        day = body.get("shipDate")
        self.mark_shipped(
            int(body["orderId"]),
            carrier_code=body["carrierCode"],
            tracking_number=body.get("trackingNumber"),
            ship_date=date.fromisoformat(day[:10]) if day else None,
        )
        order = self.orders.current[int(body["orderId"])]
        return json_response(200, {"orderId": order.order_id, "orderNumber": order.order_number})

    def _void(self, shipment_id: int) -> Response:
        try:
            self.void(shipment_id)
        except RefusedError as error:
            return json_response(200, {"approved": False, "message": str(error)})
        return json_response(200, {"approved": True, "message": "Label voided successfully"})

    def _broken(self, text: str) -> Response:
        if self.switches.are_errors_documented:
            return json_response(500, {"message": "An internal error occurred"})
        return json_response(500, {"Message": "An error has occurred.", "ExceptionMessage": text})

    def _controlled(self, request: Request) -> Response:
        """POST /_control/<method> with its keyword arguments as JSON; GET /_control/counts."""
        name = request.path.removeprefix(CONTROL)
        if request.method == "GET" and name == "counts":
            return json_response(200, self.counts)
        if request.method != "POST" or name.startswith("_") or not hasattr(self, name):
            return json_response(404, {"message": f"no such control: {name}"})
        given = request.json() if request.body else {}
        arguments = {key: _argument(key, value) for key, value in given.items()}
        try:
            return json_response(200, {"result": getattr(self, name)(**arguments)})
        except (RefusedError, UnknownError, TypeError, ValueError) as error:
            return json_response(400, {"message": str(error)})


def _argument(key: str, value: Any) -> Any:
    return DATE_ARGUMENTS[key](value) if key in DATE_ARGUMENTS and isinstance(value, str) else value
