"""V2's inventory: levels of SKUs at locations, which know nothing of the warehouses that goods are shipped from."""

from __future__ import annotations

from typing import Any

from tests.equipment.http import Request, Response, json_response
from tests.equipment.shipstation import v2
from tests.equipment.shipstation.customers import CustomerDesk
from tests.equipment.shipstation.store import in_turn

PATH = "/v2/inventory"
LOCATIONS = "/v2/inventory_locations"


class InventoryDesk(CustomerDesk):
    """`adjustments` counts the writes; `has_inventory` is off on plans without the add-on."""

    def open_inventory_desk(self) -> None:
        self.levels: dict[tuple[str, str], int] = {}
        self.locations: set[str] = set()
        self.adjustments = 0
        self.has_inventory = True

    @in_turn
    def add_location(self, location: str, **levels: int) -> None:
        self.locations.add(location)
        self.levels |= {(location, sku): quantity for sku, quantity in levels.items()}

    def held(self, location: str) -> dict[str, int]:
        return {sku: quantity for (where, sku), quantity in self.levels.items() if where == location}

    def inventory_answer(self, request: Request) -> Response:
        if not self.has_inventory:
            return v2.refused(403, "invalid_billing_plan")
        if request.path == LOCATIONS:
            return self._locations(request)
        if request.method == "GET":
            return self._levels(request)
        return self._adjusted(request.json()) if request.method == "POST" else v2.refused(404, "not_found")

    def _locations(self, request: Request) -> Response:
        size, number, known = v2.DEFAULT_PAGE, int(request.param("page", "1")), sorted(self.locations)
        pages = -(-len(known) // size)
        shown = [
            {"inventory_location_id": each, "name": "Shelf"} for each in known[(number - 1) * size : number * size]
        ]
        body = {"inventory_locations": shown, "total": len(known), "page": number, "pages": pages}
        return json_response(200, {**body, "links": v2.links(request, number, pages)})

    def _levels(self, request: Request) -> Response:
        where = request.param("inventory_location_id")
        rows = [_row(*key, on_hand) for key, on_hand in sorted(self.levels.items()) if where in {"", key[0]}]
        size = min(int(request.param("page_size", str(v2.DEFAULT_PAGE))), v2.LARGEST_PAGE)
        number = int(request.param("page", "1"))
        shown, pages = rows[(number - 1) * size : number * size], -(-len(rows) // size)
        body = {"inventory": shown, "total": len(rows), "page": number, "pages": pages}
        return json_response(200, {**body, "links": v2.links(request, number, pages)})

    def _adjusted(self, body: dict[str, Any]) -> Response:
        key, quantity = (str(body["inventory_location_id"]), str(body["sku"])), int(body["quantity"])
        if key[0] not in self.locations:
            return v2.refused(404, "not_found")
        if quantity < 0 or not key[1]:
            return v2.refused(400, "invalid_field_value")
        before = self.levels.get(key, 0)
        after = {"adjust": quantity, "increment": before + quantity, "decrement": before - quantity}
        self.levels[key] = after[body["transaction_type"]]
        self.adjustments += 1
        return Response(204)


def _row(location: str, sku: str, on_hand: int) -> dict[str, Any]:
    return {
        "sku": sku,
        "on_hand": on_hand,
        "allocated": 0,
        "available": on_hand,
        "average_cost": {"amount": 0.0, "currency": "usd"},
        "inventory_warehouse_id": "se-1",
        "inventory_location_id": location,
    }
