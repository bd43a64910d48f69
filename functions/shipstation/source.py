"""ShipStation as the poll sees it: streams to walk, pointers to follow, shipments of ours as the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from pydantic import ValidationError

from functions.connections import Connection
from functions.errors import Retryable
from functions.model.cursors import Reading, Stream
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from functions.model.shipment import Shipment
from functions.shipstation.budget import Lane
from functions.shipstation.client import ShipStationClient
from functions.shipstation.models import ShipStationOrder, ShipStationShipment
from functions.shipstation.normalise import needs_order, normalised
from functions.shipstation.pacific import window_end, window_start
from functions.shipstation.streams import LABELS, ORDERS, Listing, Rows, readable, walk

SINGLE_ORDERS = 2  # more missing ones are read as one walk over the orders of the window
ORDER_MARGIN = timedelta(minutes=5)  # a label bumps its order's modifyDate, at about its own instant


class ShipStationSource:
    """Raises Retryable or Permanent as the client does."""

    def __init__(self, client: ShipStationClient, connection: Connection, now: Callable[[], datetime]) -> None:
        self._client, self._connection, self._now = client, connection, now

    def walk(self, stream: Stream, start: datetime, lane: Lane) -> Iterator[Reading]:
        """Every row of the stream from `start` (inclusive) on, page by page, ascending."""
        if stream is Stream.LABELS_CREATED:
            return self._created(start, lane)
        return self._voided(start, lane)

    def follow(self, pointer: Pointer, lane: Lane) -> Iterator[Reading]:
        """The rows one webhook points at; `reached` is None throughout. Pointers to orders name no shipment."""
        if pointer.kind != "shipments_batch":
            return
        for page in walk(partial(self._rows, LABELS, lane), LABELS, {"batchId": pointer.id}, None):
            yield self._reading(page.rows, None, complete=page.is_last, lane=lane)

    def _created(self, start: datetime, lane: Lane) -> Iterator[Reading]:
        for page in walk(partial(self._rows, LABELS, lane), LABELS, {}, window_start(start)):
            yield self._reading(page.rows, page.last, complete=page.is_last, lane=lane)

    def _voided(self, start: datetime, lane: Lane) -> Iterator[Reading]:
        """Voids cannot be sorted by voidDate: a frozen window of it is walked by createDate, and proves something only
        when it was walked to its end.
        """
        window = {"voidDateStart": window_start(start), "voidDateEnd": window_end(self._now())}
        reached: datetime | None = None
        for page in walk(partial(self._rows, LABELS, lane), LABELS, window, None):
            voided = [readable(row.get("voidDate")) for row in page.rows]
            reached = max(filter(None, (reached, *voided)), default=None)
            yield self._reading(page.rows, reached if page.is_last else None, complete=page.is_last, lane=lane)

    def _rows(self, listing: Listing, lane: Lane, parameters: Mapping[str, str]) -> Rows:
        answer = self._client.get(listing.path, parameters, lane)
        rows = answer.body.get(listing.collection) if answer and isinstance(answer.body, dict) else None
        if not isinstance(rows, list):
            text = f"GET {listing.path}: no {listing.collection} in the answer"
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, text)
        return [row if isinstance(row, dict) else {} for row in rows]

    def _reading(self, rows: Rows, reached: datetime | None, *, complete: bool, lane: Lane) -> Reading:
        read_at = self._now()
        labels, unreadable = _labels(rows)
        orders = self._orders(labels, lane)
        shipments: tuple[Shipment, ...] = tuple(
            normalised(label, orders.get(label.order_id or 0), self._connection, read_at) for label in labels
        )
        return Reading(shipments=shipments, reached=reached, complete=complete, unreadable=unreadable)

    def _orders(self, labels: Sequence[ShipStationShipment], lane: Lane) -> dict[int, ShipStationOrder]:
        """The labels' orders where the order reference stands on the order alone."""
        if not needs_order(self._connection.shipstation.order_reference):
            return {}
        wanted = {label.order_id for label in labels if label.order_id}
        found: dict[int, ShipStationOrder] = {}
        if len(wanted) > SINGLE_ORDERS:
            earliest = min(label.created_at for label in labels) - ORDER_MARGIN
            found = _by_id(self._modified_since(earliest, lane), wanted)
        for missing in sorted(wanted - set(found)):
            answer = self._client.get(f"/orders/{missing}", {}, lane)
            found |= _by_id([answer.body] if answer else [], wanted)
        return found

    def _modified_since(self, start: datetime, lane: Lane) -> Iterator[dict[str, object]]:
        # `modifyDateStart` is exclusive: https://docs.shipstation.com/apis/shipstation-v1/openapi/orders/list_orders
        first = window_start(start - timedelta(seconds=1))
        for page in walk(partial(self._rows, ORDERS, lane), ORDERS, {}, first):
            yield from page.rows


def _labels(rows: Rows) -> tuple[list[ShipStationShipment], tuple[int, ...]]:
    """The readable rows, and the ids of those that lack a required field (0 where even the id is missing)."""
    labels: list[ShipStationShipment] = []
    unreadable: list[int] = []
    for row in rows:
        try:
            labels.append(ShipStationShipment.model_validate(row))
        except ValidationError:
            number = row.get("shipmentId")
            unreadable.append(number if isinstance(number, int) else 0)
    return labels, tuple(unreadable)


def _by_id(rows: Iterable[object], wanted: set[int]) -> dict[int, ShipStationOrder]:
    orders: dict[int, ShipStationOrder] = {}
    for row in rows:
        try:
            order = ShipStationOrder.model_validate(row)
        except ValidationError:
            continue
        if order.order_id in wanted:
            orders[order.order_id] = order
    return orders
