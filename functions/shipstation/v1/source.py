"""ShipStation as the poll sees it: streams to walk, pointers to follow, shipments of ours as the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from functions.connections.connection import Connection
from functions.errors import Retryable
from functions.model.cursors import Gap, Reading, Span, Stream
from functions.model.facts import OrderFacts, OrderReading
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from functions.model.shipment import Shipment
from functions.shipstation.budget import Lane
from functions.shipstation.client import ShipStationClient
from functions.shipstation.v1.keyset_walk import (
    FULFILMENTS,
    LABELS,
    ORDERS,
    Batch,
    Listing,
    Page,
    Rows,
    Window,
    readable,
    walk,
)
from functions.shipstation.v1.models import Row, ShipStationFulfilment, ShipStationOrder, ShipStationShipment
from functions.shipstation.v1.normalise import Parcel, copies, needs_order, normalised, order_reading
from functions.shipstation.v1.order_book import OrderBook, Remembered
from functions.shipstation.v1.pacific import window_end, window_start

VOIDS_AT_ONCE = timedelta(days=7)  # of a long void window, so that a run that ends loses little

# What a pointer's id is called in the list it points into.
POINTERS = {
    "shipments_batch": (Stream.LABELS_CREATED, "batchId"),
    "orders_import": (Stream.ORDERS, "importBatch"),
    "fulfilment": (Stream.FULFILMENTS, "fulfillmentId"),
}
Model = TypeVar("Model", bound=Row)  # one of the three kinds of row


class ShipStationSource:
    """Raises Retryable or Permanent as the client does."""

    def __init__(
        self, client: ShipStationClient, connection: Connection, remembered: Remembered, now: Callable[[], datetime]
    ) -> None:
        self._client, self._connection, self._now = client, connection, now
        self._book = OrderBook(client, connection, remembered)

    def walk(
        self,
        stream: Stream,
        start: datetime,
        lane: Lane,
        end: datetime | None = None,
        avoid: Sequence[Gap] = (),
    ) -> Iterator[Reading]:
        """Every row of the stream from `start` to `end` (inclusive; None: to the newest), page by page, ascending."""
        avoided = [gap for gap in avoid if gap.stream is stream]
        if stream is Stream.LABELS_VOIDED:
            yield from self._voided(start, end or self._now(), lane, avoided)
            return
        listing = _listing(stream)
        for page in walk(partial(self._rows, listing, lane), listing, {}, Window(start, end), avoided):
            yield self._reading(stream, page, page.last, is_last=page.is_last, lane=lane)

    def follow(self, pointer: Pointer, lane: Lane) -> Iterator[Reading]:
        """The rows one webhook points at; `reached` is None throughout."""
        if pointer.kind == "order":
            answer = self._client.get(f"/orders/{pointer.id}", {}, lane)
            yield self._of_orders(Page([answer.body] if answer else [], None, is_last=True))
        elif pointer.kind in POINTERS:
            stream, name = POINTERS[pointer.kind]
            yield from self._listed(stream, {name: pointer.id}, lane)

    def shipments_of(self, order_id: int, lane: Lane) -> Iterator[Reading]:
        """Every label and fulfilment of one order, whenever it was made."""
        for stream in (Stream.LABELS_CREATED, Stream.FULFILMENTS):
            yield from self._listed(stream, {"orderId": str(order_id)}, lane)

    def claimed(self, stream: Stream, window: Span, lane: Lane) -> int:
        """How many rows ShipStation says the window holds: good for an estimate, never for an end."""
        listing = _listing(stream)
        first, last = window_start(window.start), window_end(window.end)
        is_void = stream is Stream.LABELS_VOIDED
        bounds = {"voidDateStart": first, "voidDateEnd": last} if is_void else listing.bounds(first, last)
        answer = self._client.get(listing.path, {**bounds, "pageSize": "1"}, lane)
        return _total(answer.body if answer else None) or 0

    def _listed(self, stream: Stream, filters: Mapping[str, str], lane: Lane) -> Iterator[Reading]:
        listing = _listing(stream)
        for page in walk(partial(self._rows, listing, lane), listing, filters, Window()):
            yield self._reading(stream, page, None, is_last=page.is_last, lane=lane)

    def _voided(self, start: datetime, end: datetime, lane: Lane, avoid: Sequence[Gap]) -> Iterator[Reading]:
        """Voids cannot be sorted by voidDate: a frozen window of it is walked by createDate, and proves something only
        when it was walked to its end. Of a long one every week but the last stands for itself.
        """
        while end - start > 2 * VOIDS_AT_ONCE:
            following = start + VOIDS_AT_ONCE
            yield from self._frozen(Span(start=start, end=following), lane, avoid, is_last=False)
            start = following
        yield from self._frozen(Span(start=start, end=end), lane, avoid, is_last=True)

    def _frozen(self, span: Span, lane: Lane, avoid: Sequence[Gap], *, is_last: bool) -> Iterator[Reading]:
        window = {"voidDateStart": window_start(span.start), "voidDateEnd": window_end(span.end)}
        reached: datetime | None = None if is_last else span.end
        for page in walk(partial(self._rows, LABELS, lane), LABELS, window, Window(), avoid):
            voided = [readable(row.get("voidDate")) for row in page.rows]
            reached = max(filter(None, (reached, *voided)), default=None)
            proven = reached if page.is_last else None
            yield self._reading(Stream.LABELS_VOIDED, page, proven, is_last=page.is_last and is_last, lane=lane)

    def _rows(self, listing: Listing, lane: Lane, parameters: Mapping[str, str], tries: int) -> Batch:
        answer = self._client.get(listing.path, parameters, lane, tries)
        rows = answer.body.get(listing.collection) if answer and isinstance(answer.body, dict) else None
        if not isinstance(rows, list):
            text = f"GET {listing.path}: no {listing.collection} in the answer"
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, text)
        return Batch([row if isinstance(row, dict) else {} for row in rows], _total(answer.body if answer else None))

    def _reading(self, stream: Stream, page: Page, reached: datetime | None, *, is_last: bool, lane: Lane) -> Reading:
        if stream is Stream.ORDERS:
            reading = self._of_orders(page)
        else:
            is_label = stream is not Stream.FULFILMENTS
            model: type[Parcel] = ShipStationShipment if is_label else ShipStationFulfilment
            rows, unreadable = _models(page.rows, model, _listing(stream).id_field)
            shipments = tuple(self._shipments(rows, lane))
            reading = Reading(shipments=shipments, reached=None, complete=True, unreadable=unreadable)
        gaps = tuple(
            Gap(stream=stream, after=after or self._connection.go_live_at, before=before) for after, before in page.gaps
        )
        return reading.of_page(reached=reached, complete=is_last, gaps=gaps)

    def _of_orders(self, page: Page) -> Reading:
        rows, unreadable = _models(page.rows, ShipStationOrder, ORDERS.id_field)
        readings: tuple[OrderReading, ...] = tuple(order_reading(row, self._connection) for row in rows)
        self._book.note(reading.facts for reading in readings)
        return Reading(shipments=(), reached=None, complete=True, unreadable=unreadable, orders=readings)

    def _shipments(self, rows: Sequence[Parcel], lane: Lane) -> Iterator[Shipment]:
        read_at = self._now()
        by_order = [(row.order_id, row) for row in rows if row.order_id]
        needed = {order_id for order_id, row in by_order if needs_order(row, self._connection)}
        known = self._book.look_up({order_id for order_id, _ in by_order}, needed, lane)
        merged = self._book.look_up({other for order in known.values() for other in order.merged}, (), lane)
        for row in rows:
            order = known.get(row.order_id or 0)
            yield from _with_copies(normalised(row, order, self._connection, read_at), order, merged)


def _with_copies(shipment: Shipment, order: OrderFacts | None, merged: Mapping[int, OrderFacts]) -> Iterator[Shipment]:
    yield shipment
    yield from copies(shipment, order.merged if order else (), merged)


def _total(body: Any) -> int | None:
    total = body.get("total") if isinstance(body, dict) else None
    return total if isinstance(total, int) and total > 0 else None


def _listing(stream: Stream) -> Listing:
    if stream is Stream.ORDERS:
        return ORDERS
    return FULFILMENTS if stream is Stream.FULFILMENTS else LABELS


def _models(rows: Rows, model: type[Model], id_field: str) -> tuple[list[Model], tuple[int, ...]]:
    """The readable rows, and the ids of those that lack a required field (0 where even the id is missing)."""
    readable_rows: list[Model] = []
    unreadable: list[int] = []
    for row in rows:
        try:
            readable_rows.append(model.model_validate(row))
        except ValidationError:
            number: Any = row.get(id_field)
            unreadable.append(number if isinstance(number, int) else 0)
    return readable_rows, tuple(unreadable)
