"""Deliberate breakages of how ShipStation is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from typing import Any

from functions.errors import Retryable
from functions.flows.from_shipstation import collect, crosscheck, live_streams, sweep
from functions.flows.to_ifs import admission
from functions.ledger import jobs, positions
from functions.model.cursors import Stream
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Reason
from functions.shipstation import budget, pacific, values
from functions.shipstation.reading import keyset_walk, normalise, order_book, rows, source
from functions.shipstation.reading.api import Page
from functions.shipstation.v1 import api as v1
from tests.simulation.patching import patch


def _cursor_first() -> None:
    def walk(self: Any, stream: Any, lane: Any) -> None:
        for reading in self.source.walk(stream, self._cursor(stream).settled, lane):
            self.position.keep(stream, self._advanced(stream, reading, None, settles=True))
            self._accept(stream, reading, lane, settles=True)

    patch(live_streams.Walker, "walk", walk)
    # The advance alone is no loss while the settle pass and the sweep read everything again.
    patch(live_streams.Walker, "_margin", lambda self, stream: timedelta(0))
    patch(sweep, "due", lambda *_: iter(()))


def _no_settle_pass() -> None:
    patch(live_streams.Walker, "_is_settling_due", lambda self, stream, cursor: False)
    _no_sweep()


def _key_by_order_number() -> None:
    patch(normalise, "_reference", lambda row, order, view: row.order_number)


def _pacific_as_utc() -> None:
    patch(pacific, "PACIFIC", UTC)


def _no_fencing() -> None:
    def acquire(self: Any, connection: Any, holder: str, *, now: Any, until: Any) -> Any:
        position = self._load(connection).model_copy(update={"holder": holder, "held_until": until})
        self._table.put(positions._item(position))
        return position

    patch(positions.PositionStore, "acquire", acquire)
    patch(positions.PositionStore, "save", lambda self, position: self._table.put(positions._item(position)))


def _pages_by_number() -> None:
    def walk(
        fetch: Any, listing: Any, filters: Any, window: Any, avoid: Any = (), *, first_page: int = 1
    ) -> Iterator[Any]:
        start = pacific.window_start(window.start) if window.start else None
        bounds = listing.bounds(start, pacific.window_end(window.end) if window.end else None)
        last = None
        for number in range(1, 1000):
            rows = fetch({**listing.fixed, **filters, **bounds, "page": str(number)}, 3).rows
            keys = [keyset_walk.readable(row.get(listing.key_field)) for row in rows if row]
            last = max(filter(None, [*keys, last]), default=None)
            full = len(rows) >= listing.page_size
            yield Page([row for row in rows if row], last, is_last=not full)
            if not full:
                return

    patch(source, "walk", walk)
    patch(v1, "walk", walk)


def _no_governor() -> None:
    patch(budget.Governor, "wait_for_place", lambda self, lane: None)


def _returns_are_deliveries() -> None:
    def skip(row: Any, reference: str | None) -> Reason | None:
        return Reason.NO_ORDER_REFERENCE if reference is None else None

    patch(normalise, "_skip", skip)


def _no_fulfilments() -> None:
    walk = live_streams.Walker.walk

    def deaf(self: Any, stream: Any, lane: Any) -> None:
        if stream is not Stream.FULFILMENTS:
            walk(self, stream, lane)

    patch(live_streams.Walker, "walk", deaf)
    _no_sweep()


def _no_sweep() -> None:
    patch(sweep, "due", lambda *_: iter(()))


def _survivors_only() -> None:
    patch(rows, "copies", lambda shipment, merged, known: iter(()))


def _circuit_never_closes() -> None:
    patch(collect, "is_probe_due", lambda next_probe_at, now: False)


def _backlog_without_a_job() -> None:
    patch(jobs.JobStore, "open", lambda self, job: job)
    _no_sweep()


def _no_cross_check() -> None:
    patch(crosscheck.CrossCheck, "verify", lambda self, orders, older_than, cause, lane: True)


def _gap_stops_the_walk() -> None:
    patch(keyset_walk._Walk, "_stepped_over", _raising)


def _raising(*_: Any, **__: Any) -> Any:
    raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, "500")


def _withdraw_nothing() -> None:
    patch(crosscheck, "_withdrawal", _none_sent)


def _none_sent(shipment: Any, key: Any, cause: Any) -> Any:
    """A message that changes nothing."""
    return DeliverOrder(order=key, cause=cause)


def _text_as_it_comes() -> None:
    patch(values, "cleaned", str.strip)


def _a_void_is_final() -> None:
    def newer(known: Any, arriving: Any) -> Any:
        if known.is_voided != arriving.is_voided:
            return known if known.is_voided else arriving
        return arriving if arriving.read_at >= known.read_at else known

    patch(admission, "newer", newer)


def _rows_name_their_order() -> None:
    """What a shipment's row shows is believed before what its order says."""
    by_order = normalise._reference

    def reference(row: Any, order: Any, view: Any) -> str | None:
        text = normalise._text_of(row, view)
        return normalise.resolve(text, view) if text is not None else by_order(row, order, view)

    patch(normalise, "_reference", reference)
    patch(rows, "disputed", lambda row, order, connection: None)


def _one_order_is_an_outage() -> None:
    patch(order_book.OrderBook, "_is_of_one_order", lambda self, fault, lane: False)


def _one_order_withheld_is_gone() -> None:
    def ask(self: Any, wanted: Any, lane: Any) -> Any:
        asked = asking(self, wanted, lane)
        asked.withheld.clear()
        return asked

    asking = order_book.OrderBook.ask
    patch(order_book.OrderBook, "ask", ask)


def _narrow_page_is_the_last() -> None:
    patch(keyset_walk._Walk, "_is_over", lambda self, batch, place, page: len(batch.rows) < place.size)


def _filters_are_trusted() -> None:
    patch(keyset_walk._Walk, "_is_outside", lambda self, batch, start: False)
    patch(source.ShipStationSource, "_check_filter", lambda self, listing, order_id, found, lane: None)


def _nothing_is_a_fault() -> None:
    def rows_of(self: Any, *request: Any) -> Any:
        batch = reading(self, *request)
        return batch if batch.rows or batch.total is not None else _raising()

    reading = source.ShipStationSource._rows
    patch(source.ShipStationSource, "_rows", rows_of)
    _no_sweep()


def _silence_is_asked_again_and_again() -> None:
    patch(collect._Run, "_fall_silent", lambda self: self._position.note(self._position.value.leaving(list(Stream))))


def _a_second_is_read_anew() -> None:
    """Row by row behind one that cannot be shown, and by every run from its beginning."""
    seek = keyset_walk._Place.seek
    patch(keyset_walk._Place, "seek", lambda self, _: seek(self, 1))
    patch(live_streams.Walker, "_go_round", lambda *_, **__: None)


READING_BREAKAGES: dict[str, Callable[[], None]] = {
    "move the cursor before enqueuing": _cursor_first,
    "no settle pass": _no_settle_pass,
    "key by order number alone": _key_by_order_number,
    "Pacific as UTC": _pacific_as_utc,
    "no fencing": _no_fencing,
    "take page=2": _pages_by_number,
    "no request governor": _no_governor,
    "return labels are deliveries": _returns_are_deliveries,
    "read no fulfilments": _no_fulfilments,
    "no sweep": _no_sweep,
    "combined orders reach the survivor only": _survivors_only,
    "never ask again with a replaced key": _circuit_never_closes,
    "step over a backlog": _backlog_without_a_job,
    "no cross-check of shipped orders": _no_cross_check,
    "a gap stops the walk": _gap_stops_the_walk,
    "withdraw nothing from a corrected order": _withdraw_nothing,
    "take text as it comes": _text_as_it_comes,
    "a void is final": _a_void_is_final,
    "believe the row before its order": _rows_name_their_order,
    "an order that is not shown is an outage": _one_order_is_an_outage,
    "an order that is not shown is gone": _one_order_withheld_is_gone,
    "a narrow page is the last": _narrow_page_is_the_last,
    "trust every filter": _filters_are_trusted,
    "204 is a fault": _nothing_is_a_fault,
    "ask a silent ShipStation again and again": _silence_is_asked_again_and_again,
    "read a second that one run cannot read anew": _a_second_is_read_anew,
}
