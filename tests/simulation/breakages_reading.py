"""Deliberate breakages of how ShipStation is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from typing import Any

from functions.errors import Retryable
from functions.flows.from_shipstation import collect, crosscheck, live_streams, sweep
from functions.ledger import jobs, positions
from functions.model.cursors import Stream
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Reason
from functions.shipstation import budget
from functions.shipstation.v1 import keyset_walk, normalise, pacific, source
from tests.simulation.patching import patch


def _cursor_first() -> None:
    def walk(self: Any, stream: Any, lane: Any) -> None:
        for reading in self.source.walk(stream, self._cursor(stream).settled, lane):
            self.position.keep(stream, self._advanced(stream, reading, None, settles=True))
            self._accept(stream, reading, lane, settles=True)

    patch(live_streams.Walker, "walk", walk)
    # The advance alone is no loss while the settle pass and the sweep read everything again.
    patch(live_streams.Walker, "_margin", lambda self, stream: timedelta(0))
    patch(sweep, "due", lambda cursors, beginning, now: iter(()))


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
            yield keyset_walk.Page([row for row in rows if row], last, is_last=not full)
            if not full:
                return

    patch(source, "walk", walk)


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
    patch(sweep, "due", lambda cursors, beginning, now: iter(()))


def _survivors_only() -> None:
    patch(source, "copies", lambda shipment, merged, known: iter(()))


def _circuit_never_closes() -> None:
    def open_for_good(self: Any) -> None:
        self._position.note(self._position.value.refused(self._now(), self._now() + timedelta(days=99)))

    patch(collect._Run, "open_circuit", open_for_good)


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
}
