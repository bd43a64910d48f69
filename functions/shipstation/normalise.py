"""Turns ShipStation's rows into shipments of ours, and says why one is none of our business."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import datetime

from functions.connections import Connection, OrderReference
from functions.model.outcomes import Reason
from functions.model.shipment import Item, Shipment
from functions.shipstation.models import ShipStationOrder, ShipStationShipment

LONGEST_TRACKING = 100  # user-typed ones hold several numbers; longer is no tracking number


def needs_order(rule: OrderReference) -> bool:
    """Order number and key stand on the shipment itself; custom fields only on its order."""
    return rule.source.startswith("custom_field")


def normalised(
    row: ShipStationShipment, order: ShipStationOrder | None, connection: Connection, read_at: datetime
) -> Shipment:
    reference = resolve(_source(row, order, connection.shipstation.order_reference), connection)
    return Shipment(
        kind="label",
        shipment_id=row.shipment_id,
        connection=connection.name,
        company=connection.ifs.company,
        reference=reference,
        skip=_skip(row, reference),
        order_id=row.order_id,
        store_id=row.advanced.store_id if row.advanced else None,
        carrier_code=row.carrier_code,
        service_code=row.service_code,
        tracking_number=_text(row.tracking_number),
        created_at=row.created_at,
        ship_date=row.ship_date,
        voided_at=(row.voided_at or row.created_at) if row.voided or row.voided_at else None,
        items=_items(row),
        read_at=read_at,
    )


def resolve(text: str | None, connection: Connection) -> str | None:
    """The IFS order number by the connection's rule, None where the text names none."""
    rule, text = connection.shipstation.order_reference, (text or "").strip()
    match = re.fullmatch(rule.pattern, text) if text else None
    if match is None or any(re.fullmatch(pattern, text) for pattern in rule.ignore):
        return None
    groups = {name: value or "" for name, value in match.groupdict().items()}
    return rule.template.format(**groups).strip() or None


def _source(row: ShipStationShipment, order: ShipStationOrder | None, rule: OrderReference) -> str | None:
    if rule.source == "order_number":
        return row.order_number or (order.order_number if order else None)
    if rule.source == "order_key":
        return row.order_key or (order.order_key if order else None)
    fields = order.advanced if order else None
    return getattr(fields, rule.source) if fields else None


def _skip(row: ShipStationShipment, reference: str | None) -> Reason | None:
    if row.is_return:
        return Reason.RETURN_LABEL
    return Reason.NO_ORDER_REFERENCE if reference is None else None


def _items(row: ShipStationShipment) -> tuple[Item, ...]:
    """Physical goods only, one entry a SKU, in a stable order so that equal content has an equal hash."""
    goods: Counter[str] = Counter()
    for item in row.items or ():
        sku, quantity = (item.sku or "").strip() if item else "", (item.quantity or 0) if item else 0
        if item and sku and quantity > 0 and not item.adjustment:
            goods[sku] += quantity
    return tuple(Item(sku=sku, quantity=quantity) for sku, quantity in sorted(goods.items()))


def _text(raw: str | None) -> str | None:
    """Free text as IFS can store it: composed, without control characters, trimmed."""
    printable = "".join(c for c in unicodedata.normalize("NFC", raw or "") if unicodedata.category(c)[0] != "C")
    return printable.strip()[:LONGEST_TRACKING].strip() or None
