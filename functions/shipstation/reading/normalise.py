"""Turns ShipStation's rows into shipments and order facts of ours, and says why one is out of scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from functions.connections.connection import ON_ITS_WAY, Connection
from functions.connections.vendors import OrderSource
from functions.model.facts import OrderFacts, OrderReading
from functions.model.outcomes import Reason
from functions.model.records import FieldName
from functions.model.shipment import DELIVERED, ERROR, IN_TRANSIT, Item, Shipment
from functions.shipstation.pacific import comparable
from functions.shipstation.reading.models import (
    ShipStationFulfilment,
    ShipStationItem,
    ShipStationOrder,
    ShipStationShipment,
)
from functions.shipstation.values import as_text, as_whole

LONGEST_TRACKING = 100  # user-typed ones hold several numbers; longer is no tracking number
LONGEST_SKU, LARGEST_QUANTITY = 100, 10**9
GOODS_BYTES, ITEM_BYTES = 150_000, 40  # of one parcel, so that its message stays far below SQS's 256 KiB
MOST_ITEMS = 40  # remembered of an order; goods of larger ones are not told apart

FIELDS: dict[OrderSource, str] = {
    "order_number": "orderNumber",
    "order_key": "orderKey",
    "custom_field_1": "customField1",
    "custom_field_2": "customField2",
    "custom_field_3": "customField3",
}

ON_LABELS = {"order_key", "order_number"}  # sources that a label's own row holds

Parcel = ShipStationShipment | ShipStationFulfilment


def needs_order(row: Parcel, connection: Connection) -> bool:
    """Whether the row alone cannot say which IFS order it means, of which store it is, or what goods it holds."""
    if isinstance(row, ShipStationFulfilment) or row.holds_its_order:
        return True
    is_store_missing = connection.names_stores and _store(row) is None
    view = connection.at_store(_store(row))
    rule = view.shipstation.shipment_id
    is_id_elsewhere = rule is not None and rule.source not in ON_LABELS
    return is_store_missing or is_id_elsewhere or _text_of(row, view) is None


def name_orders(connection: Connection) -> bool:
    """Whether labels alone say which IFS order they mean, at every store: their orders need not be read before them."""
    views = [view.shipstation for view in connection.views]
    sources = {rule.source for view in views for rule in (view.order_reference, view.shipment_id) if rule is not None}
    return connection.shipstation.api == "v1" and sources <= ON_LABELS


def normalised(row: Parcel, order: OrderFacts | None, connection: Connection, read_at: datetime) -> Shipment:
    """The row's own shipment. `order` is what is known of its ShipStation order, None where nothing is."""
    store = _store(row) or (order.store_id if order else None)
    view = connection.at_store(store)
    reference = _reference(row, order, view)
    is_label = isinstance(row, ShipStationShipment)
    return Shipment(
        kind="label" if is_label else "fulfilment",
        shipment_id=row.shipment_id if isinstance(row, ShipStationShipment) else row.fulfilment_id,
        connection=connection.name,
        company=view.ifs.company,
        reference=reference,
        skip=_skip(row, reference),
        ifs_shipment=_ifs_shipment(row, order, view),
        order_id=row.order_id,
        store_id=store,
        carrier_code=row.carrier_code if isinstance(row, ShipStationShipment) else _short(row.carrier),
        service_code=row.service_code,
        tracking_number=_short(row.tracking_number),
        created_at=row.created_at,
        ship_date=row.ship_date,
        **_cost(row, view),
        **_way(row, view),
        warehouse_id=_warehouse(row, connection),
        voided_at=_voided_at(row),
        items=_items(row, order),
        read_at=read_at,
    )


def _items(row: Parcel, order: OrderFacts | None) -> tuple[Item, ...]:
    if isinstance(row, ShipStationShipment) and not row.holds_its_order:
        return _goods(row.items)
    return order.items if order else ()


def _cost(row: Parcel, view: Connection) -> dict[str, Any]:
    """Kept only where it is written: else a corrected cost would have every shipment looked at again."""
    if not isinstance(row, ShipStationShipment) or not view.ifs.writes(FieldName.COST):
        return {}
    return {"cost": row.cost, "currency": (row.currency or "").upper() or None}


def _way(row: Parcel, view: Connection) -> dict[str, Any]:
    """Likewise."""
    if not view.ifs.writes(*ON_ITS_WAY) or row.tracking_status not in {IN_TRANSIT, ERROR, DELIVERED}:
        return {}
    at = row.delivered_at if row.tracking_status == DELIVERED else None
    return {"tracking_status": row.tracking_status, "delivered_at": at}


def _warehouse(row: Parcel, connection: Connection) -> int | None:
    """Kept only where it may be told which site it is: else one that is corrected would have the shipment looked at."""
    # Before anybody has told it, too: the shipment that waits for that is not read again then.
    return row.warehouse_id if isinstance(row, ShipStationShipment) and connection.takes_warehouses else None


def _voided_at(row: Parcel) -> datetime | None:
    return (row.voided_at or row.created_at) if row.voided or row.voided_at else None


def copies(shipment: Shipment, merged: Iterable[int], known: Mapping[int, OrderFacts]) -> Iterator[Shipment]:
    """The same parcel once for every IFS order that was combined into its own."""
    covered = {shipment.order_key}
    for order_id in merged if shipment.skip is not Reason.RETURN_LABEL else ():
        copy = _copy(shipment, known.get(order_id))
        if copy.order_key not in covered:
            covered.add(copy.order_key)
            yield copy


def _copy(shipment: Shipment, other: OrderFacts | None) -> Shipment:
    if other is None or not other.reference:
        return shipment.combined_from_unread()
    return shipment.combined_from(company=other.company, reference=other.reference, ifs_shipment=other.ifs_shipment)


def order_reading(row: ShipStationOrder, connection: Connection) -> OrderReading:
    store = row.advanced.store_id if row.advanced else None
    view = connection.at_store(store)
    facts = OrderFacts(
        connection=connection.name,
        order_id=row.order_id,
        reference=resolve(_order_text(row, view.shipstation.order_reference.source), view),
        ifs_shipment=_shipment_id(row, view),
        company=view.ifs.company,
        store_id=store,
        merged=tuple(sorted(set(row.advanced.merged_ids))) if row.advanced else (),
        tells_merged=row.tells_merged is not False,
        items=_remembered(row),
        modified_at=comparable(row.modified_at),
    )
    return OrderReading(facts=facts, status=(row.status or "").lower(), is_elsewhere=bool(row.is_elsewhere))


def resolve(text: str | None, connection: Connection) -> str | None:
    """The IFS order number by the connection's rule, None where the text names none."""
    return connection.shipstation.order_reference.read(text)


def _reference(row: Parcel, order: OrderFacts | None, view: Connection) -> str | None:
    """An order that is known says it: a row goes on showing the number that its order had when it was made."""
    return order.reference if order else resolve(_text_of(row, view), view)


def disputed(row: Parcel, order: OrderFacts | None, connection: Connection) -> str | None:
    """The IFS order that the row names and its ShipStation order never did."""
    view = connection.at_store(_store(row) or (order.store_id if order else None))
    named = resolve(_text_of(row, view), view)
    return named if order and named not in {None, order.reference, *order.former} else None


def hides_reference(row: Mapping[str, object], connection: Connection) -> bool:
    """Whether something stands where the row should name its IFS order by its store's rule, and it is no text."""
    advanced = row.get("advancedOptions")
    options = advanced if isinstance(advanced, dict) else {}
    view = connection.at_store(as_whole(options.get("storeId")))
    name = FIELDS[view.shipstation.order_reference.source]
    place = options if name.startswith("custom") else row
    return place.get(name) is not None and as_text(place.get(name)) is None


def _text_of(row: Parcel, view: Connection) -> str | None:
    """Order number and key stand on the shipment itself; custom fields only on its order."""
    source = view.shipstation.order_reference.source
    if source == "order_number":
        return row.order_number
    if source == "order_key" and isinstance(row, ShipStationShipment):
        return row.order_key
    return None


def _shipment_id(row: ShipStationOrder, view: Connection) -> str | None:
    rule = view.shipstation.shipment_id
    return rule.read(_order_text(row, rule.source)) if rule else None


def _ifs_shipment(row: Parcel, order: OrderFacts | None, view: Connection) -> str | None:
    """Copied from the order as it is read: on the row itself only its key and number stand."""
    rule = view.shipstation.shipment_id
    if rule is None or order is not None:
        return order.ifs_shipment if rule and order else None
    if rule.source == "order_key" and isinstance(row, ShipStationShipment):
        return rule.read(row.order_key)
    return rule.read(row.order_number) if rule.source == "order_number" else None


def _order_text(row: ShipStationOrder, source: OrderSource) -> str | None:
    if source in {"order_number", "order_key"}:
        return row.order_number if source == "order_number" else row.order_key
    return getattr(row.advanced, source) if row.advanced else None


def _store(row: Parcel) -> int | None:
    return row.advanced.store_id if isinstance(row, ShipStationShipment) and row.advanced else None


def _skip(row: Parcel, reference: str | None) -> Reason | None:
    if isinstance(row, ShipStationShipment) and row.is_return:
        return Reason.RETURN_LABEL
    return Reason.NO_ORDER_REFERENCE if reference is None else None


def _remembered(row: ShipStationOrder) -> tuple[Item, ...]:
    goods = _goods(row.items)
    return goods if len(goods) <= MOST_ITEMS else ()


def _goods(items: Iterable[ShipStationItem]) -> tuple[Item, ...]:
    """Physical goods only, one entry a SKU, in a stable order so that equal content has an equal hash. A line that
    cannot be read counts for nothing; more goods than a message can carry are not told at all.
    """
    goods: Counter[str] = Counter()
    for item in items:
        sku, quantity = item.sku or "", item.quantity or 0
        if 0 < len(sku) <= LONGEST_SKU and 0 < quantity <= LARGEST_QUANTITY and not item.adjustment:
            goods[sku] += quantity
    listed = sorted(goods.items()) if sum(len(sku.encode()) + ITEM_BYTES for sku in goods) <= GOODS_BYTES else ()
    return tuple(Item(sku=sku, quantity=quantity) for sku, quantity in listed)


def _short(text: str | None) -> str | None:
    return (text or "")[:LONGEST_TRACKING].strip() or None
