"""What one row of a label, a fulfilment or an order says, for a comparison. Written once more: what the deliveries read
rows with is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.model.reconciled import Parcel, ShipStationOrder
from functions.shipstation.pacific import parse_date, parse_instant
from functions.shipstation.reading.api import Listing, Row
from functions.shipstation.values import as_cost, as_flag, as_rows, as_text, as_whole

LONGEST_TRACKING = 100  # longer is no tracking number
TEXTS = {"orderNumber": "order_number", "orderKey": "order_key"}
CUSTOM = {f"customField{number}": f"custom_field_{number}" for number in (1, 2, 3)}


def parcel(row: Row, listing: Listing, letter: str) -> Parcel | None:
    """None where it cannot be read: id, instant, and whether it counts have to be there."""
    number, instants = as_whole(row.get(listing.id_field)), _instants(row)
    if number is None or instants is None:
        return None
    made, voided = instants
    return Parcel(
        key=f"{letter}{number}",
        order_id=as_whole(row.get("orderId")) or None,
        store_id=as_whole(_options(row).get("storeId")),
        created_at=made,
        voided_at=voided,
        is_return=as_flag(row.get("isReturnLabel")) is True,
        texts=_texts(row, TEXTS),
        tracking=_tracking(row),
        carrier=as_text(row.get("carrierCode")),
        service=as_text(row.get("serviceCode") if letter == "L" else row.get("fulfillmentServiceCode")),
        ship_date=_day(row.get("shipDate")),
        cost=as_cost(row.get("shipmentCost")) if letter == "L" else None,
        currency=(as_text(row.get("shipmentCurrency")) or "").upper() or None,
        parts=_parts(row.get("shipmentItems")),
    )


def _instants(row: Row) -> tuple[datetime, datetime | None] | None:
    """When it was made, and voided. None where neither can be told, nor whether it counts."""
    try:
        made, voided = parse_instant(row.get("createDate")), parse_instant(row.get("voidDate"))
    except (ValueError, TypeError, OverflowError):
        return None
    is_voided = as_flag(row.get("voided"))
    if made is None or (is_voided is None and row.get("voided") is not None):
        return None
    return made, (voided or made) if is_voided or voided else None


def _tracking(row: Row) -> str | None:
    return (as_text(row.get("trackingNumber")) or "")[:LONGEST_TRACKING].strip() or None


def _options(row: Row) -> Row:
    told = row.get("advancedOptions")
    return told if isinstance(told, dict) else {}


def _day(raw: object) -> Any:
    try:
        return parse_date(raw)  # type: ignore[arg-type] # what is no date raises
    except (ValueError, TypeError):
        return None


def order(row: Row) -> ShipStationOrder | None:
    number = as_whole(row.get("orderId"))
    if not number:
        return None
    options = _options(row)
    merged = options.get("mergedIds")
    return ShipStationOrder(
        order_id=number,
        store_id=as_whole(options.get("storeId")),
        texts={**_texts(row, TEXTS), **_texts(options, CUSTOM)},
        merged=tuple(filter(None, map(as_whole, merged))) if isinstance(merged, list) else (),
        parts=_parts(row.get("items")),
    )


def _texts(row: Row, names: Mapping[str, str]) -> dict[str, str]:
    return {ours: text for theirs, ours in names.items() if (text := as_text(row.get(theirs)))}


def _parts(raw: object) -> frozenset[str]:
    goods = [item for item in as_rows(raw) if not as_flag(item.get("adjustment")) and as_whole(item.get("quantity"))]
    return frozenset(filter(None, (as_text(item.get("sku")) for item in goods)))
