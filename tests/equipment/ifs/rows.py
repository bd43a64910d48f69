"""How the connection file names the simulated tenant's set of a row for each shipment."""

from __future__ import annotations

from typing import Any

EACH_A_ROW: dict[str, Any] = {
    "profile": "custom_entity",
    "projection": "ShipmentTrackingHandling",
    "entity_set": "ShipmentTrackingSet",
    "id_attribute": "ShipstationId",
    "key_attribute": "Objkey",
    "order_attribute": "OrderNo",
}
