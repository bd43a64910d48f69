"""Orders written through V2: made once by a key of the caller's, replaced whole, cancelled; in the words of the
account's own books, which are V1's.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from tests.equipment.http import Request, Response, json_response
from tests.equipment.shipstation import v2_views as views
from tests.equipment.shipstation.dates import long_form
from tests.equipment.shipstation.inventory import InventoryDesk
from tests.equipment.shipstation.orders import OPEN_STATUSES, RefusedError, UnknownError, as_written
from tests.equipment.shipstation.rows import Json, Order
from tests.equipment.shipstation.v2 import refused

LONGEST_KEY = 50
# https://docs.shipstation.com/apis/shipstation-v2/openapi/shipments, shipping_address_to; the state not everywhere
NEEDED = ("name", "phone", "address_line1", "city_locality", "country_code", "address_residential_indicator")
STREETS = {f"street{number}": f"address_line{number}" for number in (1, 2, 3)}
PLACE = {"city": "city_locality", "state": "state_province", "postalCode": "postal_code", "country": "country_code"}
ADDRESS = {"name": "name", "company": "company_name", "phone": "phone", **STREETS, **PLACE}
RESIDENTIAL = {"yes": True, "no": False}
# What of an order V2 shows, and a replacement that leaves it out erases.
SHOWN = ("shipTo", "customerEmail", "items", "shipByDate", "internalNotes", "weight", "holdUntilDate", "orderStatus")
AS_SENT = "no_validation"
UNITS = {"gram": "grams", "ounce": "ounces", "pound": "pounds"}


class V2OrderDesk(InventoryDesk):
    def v2_made(self, request: Request) -> Response:
        """Each row's own fate, under status 200; a body that is not understood refuses them all."""
        bodies = request.json().get("shipments")
        if not isinstance(bodies, list) or not bodies or any(body.get("store_id", "") is None for body in bodies):
            return refused(HTTPStatus.BAD_REQUEST, "invalid_field_value", "shipments")
        rows = [self._made(body) for body in bodies]
        if self.switches.are_results_reversed:
            rows.reverse()
        return json_response(200, {"has_errors": any(row["errors"] for row in rows), "shipments": rows})

    def v2_replaced(self, number: int, request: Request) -> Response:
        order = self.live_order(number)
        if order.status not in OPEN_STATUSES:
            return refused(HTTPStatus.BAD_REQUEST, "invalid_status", f"{views.se(number)} is not pending")
        body = request.json()
        if body.get("external_shipment_id", order.order_key) != order.order_key:
            return refused(HTTPStatus.BAD_REQUEST, "identifiers_must_match")
        self.upsert_order({**_kept(order), **in_v1(body, order), "orderId": number, "orderKey": order.order_key})
        return json_response(200, views.shipment(self.orders.current[number]))

    def v2_cancelled(self, number: int) -> Response:
        """Labels have to be voided before."""
        order = self.live_order(number)
        if order.status not in OPEN_STATUSES:
            return refused(HTTPStatus.BAD_REQUEST, "invalid_status", f"{views.se(number)} is not pending")
        self.upsert_order({**as_written(order), "orderStatus": "cancelled", "orderId": number})
        return Response(HTTPStatus.NO_CONTENT)

    def v2_by_key(self, key: str) -> Response:
        """The first that bears it; a cancelled one too."""
        order = self._of_key(unquote(key))
        if order is None:
            raise UnknownError(key)
        shown = views.shipment(order)
        return json_response(200, {"shipment": shown} if self.switches.is_lookup_wrapped else shown)

    def v2_warehouses(self) -> Response:
        return json_response(200, {"warehouses": [views.warehouse(row) for row in self.shown_warehouses()]})

    def _made(self, body: Json) -> dict[str, Any]:
        fault = self._fault(body)
        if not fault:
            try:
                number = self.upsert_order({"orderDate": long_form(self.wall(self.now())), **in_v1(body, None)})
            except RefusedError as error:
                fault = str(error)
        if fault:
            return {**body, "errors": [fault]}
        return {**views.shipment(self.orders.current[number]), "errors": [], "address_validation": None}

    def _fault(self, body: Json) -> str:
        key, address = str(body.get("external_shipment_id") or ""), body.get("ship_to") or {}
        missing = [name for name in NEEDED if not address.get(name)]
        if missing:
            return f"ship_to.{missing[0]} is required."
        if not body.get("warehouse_id") and not body.get("ship_from"):
            return "ship_from or warehouse_id is required."
        if len(key) > LONGEST_KEY:
            return "external_shipment_id is longer than 50 characters."
        return "identifier_conflict: external_shipment_id is taken." if key and self._of_key(key) else ""

    def _of_key(self, key: str) -> Order | None:
        found = (self.orders.current[known] for known in self._keys.get(key, ()))
        return next((order for order in found if not order.is_gone), None)


def in_v1(body: Json, before: Order | None) -> dict[str, Any]:
    """What a body says of an order, in V1's words."""
    address, options = body.get("ship_to") or {}, body.get("advanced_options") or {}
    numbers = {"storeId": _bare(body.get("store_id")), "warehouseId": _bare(body.get("warehouse_id"))}
    custom = {f"customField{number}": options.get(f"custom_field{number}") for number in (1, 2, 3)}
    earlier = (before.body.get("advancedOptions") or {}) if before else {}
    weight = ((body.get("packages") or [{}])[0]).get("weight") or {}
    return {
        "orderKey": body.get("external_shipment_id"),
        "orderNumber": body.get("shipment_number"),
        "orderStatus": "on_hold" if body.get("hold_until_date") else "awaiting_shipment",
        "billTo": {"name": address.get("name")},
        "shipTo": {**_address(address), "keepsItsForm": body.get("validate_address", AS_SENT) == AS_SENT},
        "customerEmail": address.get("email"),
        "items": [_item(item, before) for item in body.get("items") or ()],
        "holdUntilDate": str(body["hold_until_date"])[:10] if body.get("hold_until_date") else None,
        "shipByDate": str(body["ship_by_date"])[:10] if body.get("ship_by_date") else None,
        "internalNotes": body.get("internal_notes"),
        "weight": {"value": weight["value"], "units": UNITS[weight["unit"]]} if weight else None,
        "advancedOptions": {**earlier, **{k: v for k, v in numbers.items() if v is not None}, **custom},
    }


def _kept(order: Order) -> dict[str, Any]:
    """What V2 has no word for."""
    return {name: value for name, value in as_written(order).items() if name not in SHOWN}


def _address(address: Json) -> dict[str, Any]:
    residential = RESIDENTIAL.get(address.get("address_residential_indicator") or "")
    return {**{ours: address.get(theirs) for ours, theirs in ADDRESS.items()}, "residential": residential}


def _item(item: Json, before: Order | None) -> dict[str, Any]:
    known: dict[str, Mapping[str, Any]] = {str(i.order_item_id): i.body for i in before.items} if before else {}
    line = {"lineItemKey": item.get("external_order_item_id"), "sku": item.get("sku"), "name": item.get("name")}
    return {**known.get(str(item.get("item_id")), {}), **line, "quantity": int(item["quantity"])}


def _bare(number: object) -> int | None:
    return int(str(number).removeprefix("se-")) if number is not None else None
