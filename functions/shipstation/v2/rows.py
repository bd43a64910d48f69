"""V2's rows in V1's words: what is a label here is a shipment there, what is a shipment here is an order there.

    V2                      V1                          number
    label_id se-456         shipmentId 456              the same
    shipment_id se-123      orderId 123                 the same
    external_shipment_id    orderKey                    none on orders that a store's own import made
    shipment_number         orderNumber

Source: https://docs.shipstation.com/orders/legacy-migration
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from functions.model.shipment import DELIVERED
from functions.shipstation.reading.api import Row
from functions.shipstation.v2.utc import pacific_day, parse_instant
from functions.shipstation.values import as_fields, as_rows, as_text, as_whole

PREFIX = "se-"
UNREADABLE = object()  # stands where something stood that nobody can read: models refuse it, absence they may not
IN_THE_MAKING = {"processing", "error"}
STATUS = {"pending": "awaiting_shipment", "processing": "awaiting_shipment", "label_purchased": "shipped"}
MOST_PACKAGES = 50


def bare(raw: object) -> object:
    """`se-123` is 123; what is there and has another form is unreadable."""
    if raw is None:
        return None
    number = as_whole(raw.removeprefix(PREFIX)) if isinstance(raw, str) else None
    return UNREADABLE if number is None else number


def label(row: Row) -> Row | None:
    """None while it is being made, and where it never was: no goods leave with it yet."""
    if as_text(row.get("status")) in IN_THE_MAKING:
        return None
    return {
        "shipmentId": bare(row.get("label_id")),
        "orderId": bare(row.get("shipment_id")),
        "orderKey": row.get("external_shipment_id"),
        "createDate": _read(parse_instant, row.get("created_at")),
        "shipDate": _read(pacific_day, row.get("ship_date")),
        "voided": row.get("voided"),
        "voidDate": _read(parse_instant, row.get("voided_at")),
        "isReturnLabel": row.get("is_return_label"),
        "carrierCode": row.get("carrier_code"),
        "serviceCode": row.get("service_code"),
        "trackingNumber": _tracking(row),
        "trackingStatus": row.get("tracking_status"),
        **_cost(row),
        **_goods(row),
    }


def _cost(row: Row) -> Row:
    """With its currency, which V1 has no word for."""
    cost = as_fields(row.get("shipment_cost"))
    found = cost if isinstance(cost, dict) else {}
    return {"shipmentCost": found.get("amount"), "shipmentCurrency": found.get("currency")}


def fulfilment(row: Row) -> Row:
    return {
        "fulfillmentId": bare(row.get("fulfillment_id")),
        "orderId": bare(row.get("shipment_id")),
        "orderNumber": row.get("shipment_number"),
        "createDate": _read(parse_instant, row.get("created_at")),
        "shipDate": _read(pacific_day, row.get("ship_date")),
        "voided": row.get("voided"),
        "voidDate": _read(parse_instant, row.get("voided_at")),
        "carrierCode": row.get("fulfillment_carrier_friendly_name"),
        "fulfillmentServiceCode": row.get("fulfillment_service_code"),
        "trackingNumber": row.get("tracking_number"),
        "trackingStatus": DELIVERED if _told(row.get("delivered_at")) else None,
        "deliveredAt": _told(row.get("delivered_at")),
    }


def delivered_at(body: object) -> datetime | None:
    """Of a label's tracking log; None while it is under way."""
    log = as_fields(body)
    return _told(log.get("actual_delivery_date")) if isinstance(log, dict) else None


def order(row: Row) -> Row:
    options = as_fields(row.get("advanced_options"))
    return {
        "orderId": bare(row.get("shipment_id")),
        "orderNumber": row.get("shipment_number"),
        "orderKey": row.get("external_shipment_id"),
        "modifyDate": _read(parse_instant, row.get("modified_at")),
        "orderStatus": order_status(row),
        "items": [{"sku": item.get("sku"), "quantity": item.get("quantity")} for item in as_rows(row.get("items"))],
        "advancedOptions": _options(row, options if isinstance(options, dict) else {}),
        "tellsMerged": False,
    }


def _options(row: Row, options: Mapping[str, Any]) -> Row:
    fields = {f"customField{number}": options.get(f"custom_field{number}") for number in (1, 2, 3)}
    return {"storeId": bare(row.get("store_id")), **fields}


def order_status(row: Row) -> str | None:
    status = as_text(row.get("shipment_status"))
    if status == "pending" and row.get("hold_until_date"):
        return "on_hold"
    return STATUS.get(status or "", status)


def _tracking(row: Row) -> object:
    """Of a label with several packages each has a number of its own, the label that of the first."""
    packages = as_rows(row.get("packages"))[:MOST_PACKAGES]
    numbers = [as_text(package.get("tracking_number")) for package in packages]
    return ", ".join(dict.fromkeys(filter(None, [as_text(row.get("tracking_number")), *numbers]))) or None


def _goods(row: Row) -> Row:
    """What was packed, where somebody said so; else the label stands for all of its order."""
    packages = as_rows(row.get("packages"))[:MOST_PACKAGES]
    goods = [
        {"sku": product.get("sku"), "quantity": product.get("quantity")}
        for package in packages
        for product in as_rows(package.get("products"))
    ]
    return {"shipmentItems": goods} if goods else {"holdsItsOrder": True}


def _told(raw: object) -> datetime | None:
    """An instant that nothing depends on: what is none is not told."""
    try:
        return parse_instant(raw)
    except (ValueError, OverflowError):
        return None


def _read(read: Callable[[object], object], raw: object) -> object:
    try:
        return read(raw)
    except (ValueError, OverflowError):
        return UNREADABLE
