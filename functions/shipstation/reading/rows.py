"""Makes readings of ours out of a page's rows. Whatever a row holds is that row's own trouble: it ends as read, skipped
by a reason, unreadable, or withheld with its order; the rows beside it are read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, takewhile
from typing import Any, TypeVar

from functions.connections.connection import Connection
from functions.model.cursors import Reading, Withheld
from functions.model.facts import OrderFacts
from functions.model.outcomes import Reason
from functions.model.shipment import Shipment
from functions.shipstation.budget import Lane
from functions.shipstation.reading.api import Listing, Rows
from functions.shipstation.reading.deliveries import Deliveries
from functions.shipstation.reading.models import Row, ShipStationFulfilment, ShipStationOrder, ShipStationShipment
from functions.shipstation.reading.normalise import (
    Parcel,
    copies,
    disputed,
    hides_reference,
    needs_order,
    normalised,
    order_reading,
)
from functions.shipstation.reading.order_book import Asked, OrderBook
from functions.shipstation.values import as_whole

ORDER_ID = "orderId"
ASKED_AT_ONCE = 10  # orders, one request each; then the rows read so far are handed over

Model = TypeVar("Model", bound=Row)
Made = TypeVar("Made")


class RowReader:
    """Raises Retryable or Permanent as the client does, for what concerns more than a row."""

    def __init__(
        self, book: OrderBook, deliveries: Deliveries, connection: Connection, now: Callable[[], datetime]
    ) -> None:
        self._book, self._deliveries, self._connection, self._now = book, deliveries, connection, now

    def orders(self, rows: Rows) -> Reading:
        models, unreadable = self._models(rows, ShipStationOrder, ORDER_ID)
        at = self._now()
        made = _each(models, lambda row: order_reading(row, self._connection).read_at(at), lambda row: row.order_id)
        readings, odd = made
        self._book.note(reading.facts for reading in readings)
        return _page(unreadable=(*unreadable, *odd), orders=tuple(readings))

    def order(self, order_id: int, lane: Lane) -> Reading:
        asked = self._book.ask([order_id], lane)
        withheld = tuple(_unreadable_order(order_id, "") for order_id in asked.withheld)
        return _page(orders=tuple(asked.readings.values()), withheld=withheld)

    def parcels(self, rows: Rows, listing: Listing, lane: Lane) -> Iterator[tuple[Reading, datetime | None]]:
        """In portions that have to ask for a few orders or logs each; with every one the earliest instant of what is to
        come, None behind the last.
        """
        left, unreadable = self._models(rows, _model(listing), listing.id_field)
        known = self._book.known(_orders(left))
        while True:
            reading, taken = self._parcels(self._portion(left, known), known, lane)
            left = left[taken:]
            yield reading.beside(unreadable), min((row.created_at for row in left), default=None)
            unreadable = ()
            if not left:
                return

    def _portion(self, rows: list[Parcel], known: Mapping[int, OrderFacts]) -> list[Parcel]:
        asked: set[tuple[str, int | None]] = set()
        for number, row in enumerate(rows):
            asked |= {("order", row.order_id)} if self._has_to_ask(row, known) else set()
            asked |= {("log", _number(row))} if self._deliveries.has_to_ask(row) else set()
            if len(asked) > ASKED_AT_ONCE:
                return rows[:number]
        return rows

    def _has_to_ask(self, row: Parcel, known: Mapping[int, OrderFacts]) -> bool:
        """Its order is needed and not known, or says otherwise than the row and may have been corrected since."""
        order = known.get(row.order_id or 0)
        if order is None:
            return bool(row.order_id) and needs_order(row, self._connection)
        return disputed(row, order, self._connection) is not None and not self._book.was_asked(order.order_id)

    def _parcels(self, portion: Sequence[Parcel], known: dict[int, OrderFacts], lane: Lane) -> tuple[Reading, int]:
        """`known` learns the orders that were asked for. With it how many rows were taken: those before the first whose
        order there was no time to ask for.
        """
        asked = self._book.ask(_orders(row for row in portion if self._has_to_ask(row, known)), lane)
        known |= {**asked.facts, **self._book.known(asked.readings)}
        rows = list(takewhile(lambda row: row.order_id not in asked.left, portion))
        judged = [(row, self._withheld(row, known.get(row.order_id or 0), asked)) for row in rows]
        merged = self._merged(known)
        kept = self._dated([row for row, why in judged if why is None], lane)
        shaped, odd = _each(kept, lambda row: self._shaped(row, known, merged), _number)
        reading = _page(
            shipments=tuple(chain.from_iterable(shaped)),
            unreadable=odd,
            orders=tuple(asked.readings.values()),
            withheld=tuple(why for _, why in judged if why),
        )
        return reading, len(rows)

    def _dated(self, rows: Sequence[Parcel], lane: Lane) -> list[Parcel]:
        """What was delivered, with the instant where one is told."""
        labels = sorted({_number(row) for row in rows if self._deliveries.has_to_ask(row)})
        told = self._deliveries.ask(labels, lane) if labels else {}
        return [
            row.delivered(told.get(row.shipment_id)) if labels and isinstance(row, ShipStationShipment) else row
            for row in rows
        ]

    def _merged(self, known: Mapping[int, OrderFacts]) -> dict[int, OrderFacts]:
        return self._book.known({other for order in known.values() for other in order.merged})

    def _withheld(self, row: Parcel, order: OrderFacts | None, asked: Asked) -> Withheld | None:
        name = f"{_kind(row)} {_number(row)}"
        if row.order_id and row.order_id in asked.withheld:
            return _unreadable_order(row.order_id, f"{name}, order number {row.order_number or 'unknown'}")
        other = disputed(row, order, self._connection)
        if order is None or other is None:
            return None
        detail = f"{name} names {other}, its order {order.reference or 'none'}"
        return Withheld(order_id=order.order_id, reason=Reason.NUMBERS_DIFFER, detail=detail)

    def _shaped(
        self, row: Parcel, known: Mapping[int, OrderFacts], merged: Mapping[int, OrderFacts]
    ) -> tuple[Shipment, ...]:
        """Once for every IFS order it covers."""
        order = known.get(row.order_id or 0)
        shipment = normalised(row, order, self._connection, self._now())
        return shipment, *copies(shipment, order.merged if order else (), merged)

    def _models(self, rows: Rows, model: type[Model], id_field: str) -> tuple[list[Model], tuple[int, ...]]:
        """The readable rows, and the ids of those that lack what they are nothing without, 0 where even the id is."""

        def read(row: Mapping[str, Any]) -> Model:
            if hides_reference(row, self._connection):
                raise ValueError("no text where the reference should be")
            return model.model_validate(row)

        return _each(rows, read, lambda row: as_whole(row.get(id_field)) or 0)


def _each(
    rows: Collection[Any], make: Callable[[Any], Made], number: Callable[[Any], int]
) -> tuple[list[Made], tuple[int, ...]]:
    """What was made of the rows, and the numbers of those of which nothing could be made."""
    made: list[Made] = []
    unreadable: list[int] = []
    for row in rows:
        try:
            made.append(make(row))
        except Exception:  # noqa: BLE001 # the row is reported by its number; nothing it holds may stop the others
            unreadable.append(number(row))
    return made, tuple(unreadable)


def _orders(rows: Iterable[Parcel]) -> list[int]:
    return list(dict.fromkeys(row.order_id for row in rows if row.order_id))


def _model(listing: Listing) -> type[Parcel]:
    return ShipStationFulfilment if listing.collection == "fulfillments" else ShipStationShipment


def _kind(row: Parcel) -> str:
    return "label" if isinstance(row, ShipStationShipment) else "fulfilment"


def _number(row: Parcel) -> int:
    return row.shipment_id if isinstance(row, ShipStationShipment) else row.fulfilment_id


def _unreadable_order(order_id: int, detail: str) -> Withheld:
    return Withheld(order_id=order_id, reason=Reason.ORDER_UNREADABLE, detail=detail)


def _page(**read: Any) -> Reading:
    return Reading(**{"shipments": (), "reached": None, "complete": True, **read})
