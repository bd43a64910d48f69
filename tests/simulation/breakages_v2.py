"""Deliberate breakages of what reads ShipStation's V2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.flows.from_shipstation import sweep
from functions.flows.from_shipstation.labels_on_the_way import Looked
from functions.flows.to_ifs import desired
from functions.handlers import poll
from functions.model.cursors import Stream
from functions.model.records import FieldName
from functions.model.shipment import Shipment
from functions.shipstation.reading import normalise
from functions.shipstation.reading.deliveries import Deliveries
from functions.shipstation.v2 import rows, utc
from functions.wiring import shipstation_account as wired
from tests.simulation.patching import patch


def _through(**changes: Any) -> None:
    wired.APIS["v2"] = replace(wired.APIS["v2"], **changes)


def _said(listing: str, said: Callable[[Any], Any]) -> None:
    _through(**{listing: replace(getattr(wired.APIS["v2"], listing), said=said)})


def _labels_are_others() -> None:
    """What V1 wrote is not found again, and the other way round."""

    def renumbered(row: Any) -> Any:
        found = rows.label(row)
        return found and {**found, "shipmentId": found["shipmentId"] + 1_000_000}

    _said("labels", renumbered)


def _times_are_pacific() -> None:
    read = utc.parse_instant
    patch(rows, "parse_instant", lambda text: (at := read(text)) and at - timedelta(hours=7))


def _a_day_later() -> None:
    read = utc.pacific_day
    patch(rows, "pacific_day", lambda text: (day := read(text)) and day + timedelta(days=1))


def _no_voids() -> None:
    _through(voided=lambda fetch, listing, start, end, avoid: iter(()))
    _said("labels", lambda row: (found := rows.label(row)) and {**found, "voided": False, "voidDate": None})


def _labels_without_their_order() -> None:
    _said("labels", lambda row: (found := rows.label(row)) and {**found, "orderId": None})


def _goods_are_not_told() -> None:
    patch(rows, "_goods", lambda row: {"holdsItsOrder": True})


def _goods_of_no_order() -> None:
    """A label that stands for its order holds nothing."""
    patch(normalise, "_items", lambda row, order: ())


def _orders_are_not_read() -> None:
    patch(type(wired.APIS["v2"]), "listing", _labels_for_orders)


def _labels_for_orders(self: Any, stream: Stream) -> Any:
    """Of V2 the list of orders shows none."""
    listing = {Stream.ORDERS: self.orders, Stream.FULFILMENTS: self.fulfilments}.get(stream, self.labels)
    is_v2 = listing.path.startswith("/v2/") and stream is Stream.ORDERS
    return replace(listing, fixed={**listing.fixed, "shipment_status": "cancelled"}) if is_v2 else listing


def _returns_are_shipments() -> None:
    _said("labels", lambda row: (found := rows.label(row)) and {**found, "isReturnLabel": False})


def _custom_fields_elsewhere() -> None:
    patch(rows, "_options", lambda row, options: {"storeId": rows.bare(row.get("store_id"))})
    _said("orders", rows.order)


def _stores_are_not_told() -> None:
    options = rows._options
    patch(rows, "_options", lambda row, given: {**options(row, given), "storeId": None})


def _deliveries_are_taken_back() -> None:
    patch(Shipment, "delivered_like", lambda self, other: self)


def _one_parcel_is_all() -> None:
    def any_delivered(live: Any, target: Any) -> Any:
        return told([parcel for parcel in live if parcel.delivered], target)

    told = desired.FIELDS[FieldName.DELIVERED_AT]
    desired.FIELDS[FieldName.DELIVERED_AT] = any_delivered


def _tracking_logs_are_not_read() -> None:
    patch(Deliveries, "has_to_ask", lambda self, row: False)


def _labels_on_the_way_are_not_read() -> None:
    """Neither by a carrier's event nor in the days after."""
    patch(poll, "look_at_labels", lambda *_: Looked())
    patch(sweep, "due", lambda *_: iter(()))


V2_BREAKAGES: dict[str, Callable[[], None]] = {
    "V2: labels bear other numbers": _labels_are_others,
    "V2: times are Pacific": _times_are_pacific,
    "V2: a label's day is another one": _a_day_later,
    "V2: voids are not told": _no_voids,
    "V2: a label does not name its order": _labels_without_their_order,
    "V2: a label stands for all of its order": _goods_are_not_told,
    "V2: a label that stands for its order holds nothing": _goods_of_no_order,
    "V2: orders are not read": _orders_are_not_read,
    "V2: returns are shipments": _returns_are_shipments,
    "V2: custom fields stand elsewhere": _custom_fields_elsewhere,
    "V2: stores are not told": _stores_are_not_told,
    "V2: a delivery is taken back": _deliveries_are_taken_back,
    "V2: one parcel delivered is all": _one_parcel_is_all,
    "V2: no tracking log is read": _tracking_logs_are_not_read,
    "V2: no label is read on its way": _labels_on_the_way_are_not_read,
}
