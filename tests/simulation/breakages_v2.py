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
from functions.shipstation.v2 import order_body, rows, signature, utc
from functions.shipstation.v2.order_writer import OrderWriter
from functions.wiring import shipstation_account as wired
from functions.wiring.signatures import WebhookSignatures
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


def _no_signature_is_required() -> None:
    patch(WebhookSignatures, "is_required", lambda self, connection: False)


def _signatures_never_age() -> None:
    patch(signature, "OLDEST", timedelta(days=99))


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
    "V2: no signature is required": _no_signature_is_required,
    "V2: a signature never ages": _signatures_never_age,
}


def _an_update_says_only_what_is_ours() -> None:
    """As if V2 changed a part of an order."""
    merged = OrderWriter.merged

    def partly(self: Any, current: Any, content: Any, ours: Any) -> Any:
        bare = current.model_copy(update={"body": {}})
        return {**self.new(current.order_key, content), "shipment_id": merged(self, bare, content, ours)["shipment_id"]}

    patch(OrderWriter, "merged", partly)


def _made_and_not_looked_for() -> None:
    """Whose id nobody was told."""
    read_one = OrderWriter.read_one
    patch(OrderWriter, "read_one", lambda self, pushed: read_one(self, pushed) if pushed.order_id else None)


def _rows_by_position() -> None:
    upsert = OrderWriter.upsert

    def in_place(self: Any, bodies: Any) -> Any:
        results = upsert(self, bodies)
        keys = [str(body["external_shipment_id"]) for body in bodies]
        return [each.model_copy(update={"order_key": key}) for key, each in zip(keys, results, strict=False)]

    patch(OrderWriter, "upsert", in_place)


def _a_cancellation_is_a_change() -> None:
    """V2 takes no status from whoever writes."""
    status = {"shipment_status": "cancelled"}
    patch(OrderWriter, "cancelling", lambda self, current: {**current.body, **order_body.identity(current), **status})


PUSHING_BREAKAGES_V2: dict[str, Callable[[], None]] = {
    "V2: an update says only what is ours": _an_update_says_only_what_is_ours,
    "V2: what was made is not looked for": _made_and_not_looked_for,
    "V2: rows are told by their place": _rows_by_position,
    "V2: a cancellation is a change": _a_cancellation_is_a_change,
}
