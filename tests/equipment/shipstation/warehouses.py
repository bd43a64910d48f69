"""Where goods are shipped from: V1's warehouses as recorded answers show them.

The first one is the default, whatever was asked for. A return address that is null becomes a copy of the origin without
`residential`. An update replaces the whole object and answers a message; what is deleted is only hidden.
"""

from __future__ import annotations

import itertools
from http import HTTPStatus
from typing import Any

from tests.equipment.http import Request, Response, json_response
from tests.equipment.shipstation.dates import long_form
from tests.equipment.shipstation.orders import RefusedError, UnknownError
from tests.equipment.shipstation.rows import Json
from tests.equipment.shipstation.shipping import ShippingDesk
from tests.equipment.shipstation.store import in_turn

PARTS = ("name", "company", "street1", "street2", "street3", "city", "state", "postalCode", "country", "phone")
EXTRAS = {"sellerIntegrationId": None, "extInventoryIdentity": None, "registerFedexMeter": None}
LONGEST_NAME = 100
UPDATED = {"success": True, "message": "The requested warehouse has been updated."}
DELETED = {"success": True, "message": "The requested warehouse has been deleted."}


class WarehouseDesk(ShippingDesk):
    """`is_update_dropped`: an update answers success and stores nothing."""

    def open_warehouse_desk(self) -> None:
        self.warehouses: dict[int, Json] = {}
        self.gone_warehouses: set[int] = set()
        self.is_update_dropped = False
        self._warehouse_numbers = itertools.count(4711)

    @in_turn
    def add_warehouse(self, name: str, **origin: Any) -> int:
        """As somebody types it in."""
        return int(self._make({"warehouseName": name, "originAddress": origin})["warehouseId"])

    @in_turn
    def edit_warehouse(self, warehouse_id: int, name: str | None = None, **origin: Any) -> None:
        """Somebody types into it. A return address of its own stays."""
        row = self.warehouses[warehouse_id]
        changed = {**row, "originAddress": {**row["originAddress"], **origin}}
        self.warehouses[warehouse_id] = {**changed, "warehouseName": name or row["warehouseName"]}

    @in_turn
    def return_to(self, warehouse_id: int, address: Json) -> None:
        """Somebody types in an address of its own for what comes back."""
        self.warehouses[warehouse_id] = {**self.warehouses[warehouse_id], "returnAddress": address}

    @in_turn
    def delete_warehouse(self, warehouse_id: int) -> None:
        self.gone_warehouses.add(warehouse_id)

    def shown_warehouses(self) -> list[Json]:
        return [row for number, row in self.warehouses.items() if number not in self.gone_warehouses]

    def warehouse_answer(self, request: Request, rest: list[str]) -> Response:
        match [request.method, *rest]:
            case ["GET"]:
                return json_response(200, self.shown_warehouses())
            case ["POST", "createwarehouse"]:
                return self._judged(self._make, request)
            case ["GET", number] if number.isdecimal():
                return json_response(200, self._shown(int(number)))
            case ["PUT", number] if number.isdecimal():
                return self._judged(lambda body: self._replace(int(number), body), request)
            case ["DELETE", number] if number.isdecimal():
                self._shown(int(number))
                self.delete_warehouse(int(number))
                return json_response(200, DELETED)
        return Response(404)

    def _judged(self, work: Any, request: Request) -> Response:
        try:
            return json_response(200, work(request.json()))
        except RefusedError as error:
            state = {f"warehouse.{error}": ["The field is required."]}
            body = {"Message": "The request is invalid.", "ModelState": state}
            return json_response(HTTPStatus.BAD_REQUEST, body)

    def _shown(self, number: int) -> Json:
        if number not in self.warehouses or number in self.gone_warehouses:
            raise UnknownError
        return self.warehouses[number]

    def _make(self, body: Json) -> Json:
        row = {
            **EXTRAS,
            "warehouseId": next(self._warehouse_numbers),
            "createDate": long_form(self.wall(self.now())),
            "isDefault": not self.shown_warehouses() or bool(body.get("isDefault")),
            **_stored(body),
        }
        self.warehouses[row["warehouseId"]] = row
        return row

    def _replace(self, number: int, body: Json) -> Json:
        known = self._shown(number)
        for name in ("warehouseId", "createDate"):
            if body.get(name) != known[name]:
                raise RefusedError(name)
        whole = {**dict.fromkeys(known), **EXTRAS, **{name: body.get(name) for name in known}, **_stored(body)}
        if not self.is_update_dropped:
            self.warehouses[number] = {**whole, "isDefault": known["isDefault"] or bool(body.get("isDefault"))}
        return UPDATED


def _stored(body: Json) -> Json:
    name, origin = body.get("warehouseName"), body.get("originAddress")
    if not name or len(name) > LONGEST_NAME:
        raise RefusedError("warehouseName")
    if not origin:
        raise RefusedError("originAddress")
    if origin.get("country") is not None and len(origin["country"]) != len("US"):
        raise RefusedError("originAddress.country")
    address = {**dict.fromkeys(PARTS), "residential": True, **{n: v or None for n, v in origin.items()}}
    returned = body.get("returnAddress") or {**address, "residential": None}
    return {"warehouseName": name, "originAddress": address, "returnAddress": returned}
