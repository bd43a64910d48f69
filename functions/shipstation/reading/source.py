"""ShipStation as the poll sees it: streams to walk, pointers to follow, shipments of ours as the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Retryable, Scope
from functions.model.cursors import Gap, Reading, Span, Stream
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from functions.shipstation.budget import Lane
from functions.shipstation.client import TRIES, ShipStationClient
from functions.shipstation.reading.api import Api, Batch, Listing, Page, Rows
from functions.shipstation.reading.deliveries import Deliveries
from functions.shipstation.reading.keyset_walk import Window, walk
from functions.shipstation.reading.order_book import OrderBook, Remembered
from functions.shipstation.reading.rows import RowReader
from functions.shipstation.values import as_whole


class ShipStationSource:
    """Raises Retryable or Permanent as the client does."""

    def __init__(
        self,
        client: ShipStationClient,
        api: Api,
        connection: Connection,
        remembered: Remembered,
        now: Callable[[], datetime],
    ) -> None:
        self._client, self._api, self._connection, self._now = client, api, connection, now
        book = OrderBook(client, api, connection, remembered, now)
        deliveries = Deliveries(client, api, connection, now)
        self._reader = RowReader(book, deliveries, connection, now)

    def walk(
        self,
        stream: Stream,
        start: datetime,
        lane: Lane,
        end: datetime | None = None,
        avoid: Sequence[Gap] = (),
        *,
        page: int = 1,
    ) -> Iterator[Reading]:
        """Every row of the stream from `start` to `end` (inclusive; None: to the newest), page by page, ascending; of
        the second at `start` from this page on.
        """
        if stream is Stream.LABELS_VOIDED:
            # Gaps part voids by when their labels were made: one between those may be voided at any time.
            yield from self._voided(start, end or self._now(), lane)
            return
        avoided = [gap for gap in avoid if gap.stream is stream]
        listing = self._api.listing(stream)
        fetch, window = partial(self._rows, listing, lane, Scope.TENANT), Window(start, end)
        for found in walk(fetch, listing, {}, window, avoided, first_page=page):
            yield from self._readings(stream, found, found.last, is_last=found.is_last, lane=lane, start=start)

    def follow(self, pointer: Pointer, lane: Lane) -> Iterator[Reading]:
        """The rows one webhook points at; `reached` is None throughout."""
        if pointer.kind == "order":
            yield self._reader.order(int(pointer.id), lane)
        elif pointer.kind == "label":
            yield from self._one_label(int(pointer.id), lane)
        elif pointer.kind in self._api.pointers:
            stream, filters = self._api.pointers[pointer.kind]
            yield from self._listed(stream, filters(pointer.id), lane)

    def search(self, by: str, text: str, lane: Lane) -> Iterator[Reading]:
        """What ShipStation's own index finds: `by` is a word of `Api.searches`. The first page of each list."""
        for each in self._api.searches.get(by, ()):
            listing = self._api.listing(each.stream)
            asked = {**listing.fixed, **each.filters(text), "page": "1"}
            found = self._rows(listing, lane, Scope.RECORD, asked, TRIES).rows
            page = Page([row for row in found if each.found_in(row, text)], None, is_last=True)
            yield from self._readings(each.stream, page, None, is_last=True, lane=lane)

    def shipments_of(self, order_id: int, lane: Lane) -> Iterator[Reading]:
        """Every label and fulfilment of one order, whenever it was made. A fault that is this order's own is of
        `Scope.RECORD`.
        """
        try:
            for stream in (Stream.LABELS_CREATED, Stream.FULFILMENTS):
                yield from self._listed(stream, self._api.of_order(order_id), lane, order_id)
        except ConnectorError as fault:
            if fault.reason is not Reason.SHIPSTATION_UNAVAILABLE or fault.scope is Scope.TENANT:
                raise
            self.probe(Stream.ORDERS, lane)  # while lists are shown, a silence about one order is that order's own
            raise Retryable(fault.reason, str(fault), status=fault.status, scope=Scope.RECORD) from fault

    def probe(self, stream: Stream, lane: Lane) -> None:
        """One request: whether ShipStation shows this list at all. Raises Retryable or Permanent."""
        listing = self._api.listing(stream)
        self._client.probe(listing.path, listing.no_rows, lane)

    def check_budget(self) -> None:
        """Raises Retryable(budget_exhausted) while the next request is more than a few seconds away."""
        self._client.check_budget()

    def claimed(self, stream: Stream, window: Span, lane: Lane) -> int:
        """How many rows ShipStation says the window holds: good for an estimate, never for an end."""
        listing = self._api.listing(stream)
        is_void = stream is Stream.LABELS_VOIDED
        bounds = self._api.voids(window) if is_void else listing.window(window)
        answer = self._client.get(listing.path, {**bounds, listing.size_field: "1"}, lane)
        return _total(answer.body if answer else None) or 0

    def _one_label(self, number: int, lane: Lane) -> Iterator[Reading]:
        """Nothing where there is no such label, or another one is shown."""
        one, labels = self._api.one_label, self._api.labels
        answer = self._client.get(one.path(number), {}, lane, TRIES, Scope.RECORD) if one else None
        said = labels.said(answer.body) if answer and isinstance(answer.body, dict) else None
        if said and as_whole(said.get(labels.id_field)) == number:
            page = Page([said], None, is_last=True)
            yield from self._readings(Stream.LABELS_CREATED, page, None, is_last=True, lane=lane)

    def _listed(
        self, stream: Stream, filters: Mapping[str, str], lane: Lane, order_id: int | None = None
    ) -> Iterator[Reading]:
        listing = self._api.listing(stream)
        for page in walk(partial(self._rows, listing, lane, Scope.RECORD), listing, filters, Window()):
            self._check_filter(listing, order_id, page.rows, lane)
            yield from self._readings(stream, page, None, is_last=page.is_last, lane=lane)

    def _check_filter(self, listing: Listing, order_id: int | None, rows: Rows, lane: Lane) -> None:
        """A list that ignores whose rows are asked for would give one order the shipments of all. One foreign row may
        be an odd row: only where its own order's answer holds foreign rows too is it the list.
        """
        other = _foreign(rows, order_id)
        if other is None:
            return
        first = {**listing.fixed, **self._api.of_order(other), "page": "1"}
        is_ignored = _foreign(self._rows(listing, lane, Scope.RECORD, first, TRIES).rows, other) is not None
        scope = Scope.TENANT if is_ignored else Scope.UNCLEAR
        raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {listing.path}: ignores whose rows it is", scope=scope)

    def _voided(self, start: datetime, end: datetime, lane: Lane) -> Iterator[Reading]:
        fetch = partial(self._rows, self._api.labels, lane, Scope.TENANT)
        for page in self._api.voided(fetch, self._api.labels, start, end):
            yield from self._readings(Stream.LABELS_VOIDED, page, page.last, is_last=page.is_last, lane=lane)

    def _rows(self, listing: Listing, lane: Lane, scope: Scope, parameters: Mapping[str, str], tries: int) -> Batch:
        answer = self._client.get(listing.path, parameters, lane, tries, scope)
        if answer is not None and answer.is_empty:
            return Batch([])
        rows = answer.body.get(listing.collection) if answer and isinstance(answer.body, dict) else None
        if not isinstance(rows, list):
            raise _unavailable(f"GET {listing.path}: no {listing.collection} in the answer")
        said = [(listing.said(row) or {}) if isinstance(row, dict) else {} for row in rows]
        return Batch(said, _total(answer.body if answer else None))

    def _readings(
        self,
        stream: Stream,
        page: Page,
        reached: datetime | None,
        *,
        is_last: bool,
        lane: Lane,
        start: datetime | None = None,
    ) -> Iterator[Reading]:
        """A page in portions; each proves what no later one comes before, `reached` stands for the last. A gap in front
        of all rows lies behind `start`.
        """
        gaps = _gaps(stream, page, start or self._connection.go_live_at)
        if stream is Stream.ORDERS:
            yield self._reader.orders(page.rows).of_page(
                reached=reached, complete=is_last, gaps=gaps, page=page.following, is_sorted=page.is_sorted
            )
            return
        is_keyed = stream is not Stream.LABELS_VOIDED
        for reading, following in self._reader.parcels(page.rows, self._api.listing(stream), lane):
            proven = reached if following is None else (reached and min(reached, following)) if is_keyed else None
            is_end, number = following is None, page.following if following is None else max(1, page.following - 1)
            yield reading.of_page(
                reached=proven, complete=is_last and is_end, gaps=gaps, page=number, is_sorted=page.is_sorted
            )
            gaps = ()


def _gaps(stream: Stream, page: Page, beginning: datetime) -> tuple[Gap, ...]:
    return tuple(
        Gap(stream=stream, after=gap.after or beginning, before=gap.before, rows=gap.rows) for gap in page.gaps
    )


def _total(body: Any) -> int | None:
    total = body.get("total") if isinstance(body, dict) else None
    return total if isinstance(total, int) and total > 0 else None


def _foreign(rows: Rows, asked: int | None) -> int | None:
    """An order that was not asked for and has a row here."""
    found = (as_whole(row.get("orderId")) for row in rows) if asked is not None else ()
    return next((other for other in found if other not in {asked, None}), None)


def _unavailable(text: str) -> Retryable:
    return Retryable(Reason.SHIPSTATION_UNAVAILABLE, text)
