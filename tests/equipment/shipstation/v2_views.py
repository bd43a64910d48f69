"""Rows as V2 prints them: snake_case, UTC, ids with a prefix, money with a currency. What may not be null is left out
where there is nothing to print.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.equipment.shipstation.dates import PACIFIC, parse_wall
from tests.equipment.shipstation.rows import Fulfillment, Item, Label, Order

HELD = "2099-01-01T00:00:00Z"
STATUS = {
    "awaiting_payment": "pending",
    "awaiting_shipment": "pending",
    "on_hold": "pending",
    "pending_fulfillment": "pending",
    "rejected_fulfillment": "pending",
    "shipped": "label_purchased",
    "cancelled": "cancelled",
}
DOCK = {
    "name": "Example Dock",
    "phone": "+1 555 0100",
    "address_line1": "9 Example Road",
    "city_locality": "Austin",
    "state_province": "TX",
    "postal_code": "78701",
    "country_code": "US",
    "address_residential_indicator": "no",
}
WEIGHT = {"value": 16.0, "unit": "ounce"}


def se(number: int | None) -> str | None:
    return None if number is None else f"se-{number}"


def label(row: Label, *, with_products: bool = False) -> dict[str, Any]:
    voided = row.voided_at is not None
    goods = row.items if with_products else ()
    products = [{"sku": item.body.get("sku"), "quantity": item.quantity} for item in goods if item.is_physical]
    return {
        "label_id": se(row.shipment_id),
        "status": "voided" if voided else "completed",
        **_told(shipment_id=se(row.order_id), tracking_number=row.tracking_number, ship_to=_address(row.ship_to)),
        "external_shipment_id": external(row.order) if row.order else None,
        "external_order_id": None,
        "ship_date": _pacific_midnight(row.ship_date),
        "created_at": _instant(row.created),
        "shipment_cost": {"currency": "usd", "amount": row.cost},
        "insurance_cost": {"currency": "usd", "amount": 0.0},
        "is_return_label": row.is_return,
        "rma_number": None,
        "is_international": False,
        "batch_id": se(row.batch_id),
        "carrier_id": "se-1204",
        "carrier_code": row.carrier_code,
        "service_code": row.service_code,
        "package_code": "package",
        "voided": voided,
        "voided_at": _instant(row.voided_at),
        "void_type": "refund_assist" if voided else None,
        "refund_details": None,
        "trackable": True,
        "tracking_status": row.tracking_status,
        "packages": [
            {
                "package_id": 1,
                "weight": {"value": row.weight_ounces, "unit": "ounce"},
                **_told(tracking_number=row.tracking_number, products=products),
            }
        ],
    }


def tracking_log(row: Label) -> dict[str, Any]:
    way = {"delivered": "DELIVERED", "error": "PARCEL_LOST"}.get(row.tracking_status, "IN_TRANSIT")
    return {
        "tracking_number": row.tracking_number or "none",
        "status_code": way,
        "carrier_status_code": way,
        "estimated_delivery_date": _instant(row.created + timedelta(days=3)),
        **_told(actual_delivery_date=_instant(row.delivered_at)),
        "events": [],
    }


def shipment(row: Order) -> dict[str, Any]:
    options, weighed = row.body.get("advancedOptions") or {}, row.body.get("weight")
    weight = {"value": weighed["value"], "unit": str(weighed["units"]).rstrip("s")} if weighed else WEIGHT
    return {
        "shipment_id": se(row.order_id),
        "external_shipment_id": external(row),
        "shipment_number": row.order_number,
        "external_order_id": None,
        "store_id": se(row.store_id),
        "shipment_status": STATUS[row.status],
        "created_at": _instant(row.created),
        "modified_at": _instant(row.modified),
        "hold_until_date": _held_until(row),
        "ship_date": f"{row.ship_date.isoformat()}T00:00:00Z" if row.ship_date else None,
        "ship_by_date": f"{str(row.body['shipByDate'])[:10]}T00:00:00Z" if row.body.get("shipByDate") else None,
        "ship_to": {**(_address(row.ship_to) or DOCK), "email": row.email},
        "warehouse_id": se(options.get("warehouseId")),
        "ship_from": DOCK,
        "return_to": DOCK,
        "confirmation": "none",
        "insurance_provider": "none",
        "packages": [{"shipment_package_id": "se-1", "package_code": "package", "weight": weight}],
        "total_weight": weight,
        "internal_notes": row.body.get("internalNotes"),
        "items": [_item(item) for item in row.items if item.is_physical],
        "advanced_options": {f"custom_field{n}": options.get(f"customField{n}") for n in (1, 2, 3)},
        "tags": [],
        "amount_paid": {"currency": "usd", "amount": 0.0},
    }


def fulfillment(row: Fulfillment) -> dict[str, Any]:
    return {
        "fulfillment_id": se(row.fulfillment_id),
        "shipment_id": se(row.order.order_id),
        "shipment_number": row.order.order_number,
        "user_id": "3f0c2b9e-0000-4000-8000-000000000001",
        "tracking_number": row.tracking_number,
        "created_at": _instant(row.created),
        "ship_date": _pacific_midnight(row.ship_date),
        "voided_at": _instant(row.voided_at),
        "delivered_at": _instant(row.delivered_at),
        "fulfillment_carrier_friendly_name": row.carrier,
        "fulfillment_provider_code": row.provider_code,
        "fulfillment_service_code": row.service_code,
        "void_requested": row.voided_at is not None,
        "voided": row.voided_at is not None,
        "ship_to": _address(row.order.ship_to) or DOCK,
    }


def warehouse(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "warehouse_id": se(row["warehouseId"]),
        "is_default": row["isDefault"],
        "name": row["warehouseName"],
        "created_at": "2026-01-01T00:00:00Z",
        "origin_address": _address(row["originAddress"]),
        "return_address": _address(row["returnAddress"]),
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "item_id": str(item.order_item_id),
        "external_order_item_id": item.body.get("lineItemKey"),
        "sku": item.body.get("sku"),
        "name": item.body.get("name", "Example item"),
        "quantity": item.quantity,
    }


def _told(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value}


def _address(v1: Mapping[str, Any]) -> dict[str, Any] | None:
    """V1's address in V2's words; what V2 requires and V1 leaves open is that of the dock."""
    if not v1:
        return None
    lines = {f"address_line{number}": v1.get(f"street{number}") or None for number in (2, 3)}
    required = _told(
        name=v1.get("name"),
        phone=v1.get("phone"),
        address_line1=v1.get("street1"),
        city_locality=v1.get("city"),
        state_province=v1.get("state"),
        postal_code=v1.get("postalCode"),
        country_code=v1.get("country"),
    )
    kind = {True: "yes", False: "no"}.get(v1.get("residential"), "unknown")  # type: ignore[arg-type] # null is no key
    company = v1.get("company") or None
    return {**DOCK, **required, **lines, "company_name": company, "address_residential_indicator": kind}


def _held_until(row: Order) -> str | None:
    if row.body.get("holdUntilDate"):
        return _instant(parse_wall(row.body["holdUntilDate"]).replace(tzinfo=PACIFIC))
    return HELD if row.status == "on_hold" else None


def external(order: Order) -> str | None:
    """None on what a store's own import made: its key is ShipStation's."""
    return order.order_key if order.body.get("orderKey") else None


def _instant(at: datetime | None) -> str | None:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z" if at else None


def _pacific_midnight(day: date) -> str:
    return f"{datetime.combine(day, time(), PACIFIC).astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
