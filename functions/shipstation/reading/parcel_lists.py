"""Reads whole windows of the past for a comparison, page by page, and nothing else: no cursor, no ledger, none of what
the deliveries read with. A fault there must not be repeated here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.errors import ConnectorError, Retryable, Scope
from functions.model.cursors import Span
from functions.model.outcomes import Reason
from functions.model.reconciled import Orders, Parcel, ShipStationOrder
from functions.shipstation.budget import Lane
from functions.shipstation.client import PageBroken, ShipStationClient
from functions.shipstation.reading import parcel_rows
from functions.shipstation.reading.api import Api, Listing, Row
from functions.shipstation.values import as_whole

LANE: Lane = "backfill"  # everybody else comes first
MOST_PAGES = 2000
MANY = 10_000  # labels
MOST_BROKEN = 5  # rows of a list; more is an outage
MOST_SINGLES = 20  # orders that are asked for one by one; for more of them their list is read


class ParcelLists:
    """Raises Retryable or Permanent as the client does. `unreadable` counts rows that lack what they are nothing
    without, or that ShipStation cannot show.
    """

    def __init__(self, client: ShipStationClient, api: Api) -> None:
        self._client, self._api = client, api
        self.unreadable = 0

    def claimed(self, window: Span) -> int:
        """How many labels ShipStation says the window holds; MANY where it cannot be asked."""
        listing = self._api.labels
        try:
            answer = self._client.get(listing.path, {**listing.window(window), listing.size_field: "1"}, LANE)
        except PageBroken:  # the first row breaks every page that it is on
            return MANY
        total = answer.body.get("total") if answer and isinstance(answer.body, dict) else None
        return total if isinstance(total, int) else MANY

    def made(self, window: Span) -> list[Parcel]:
        """Labels and fulfilments that were made in the half-open window."""
        found = [
            parcel
            for listing, letter in ((self._api.labels, "L"), (self._api.fulfilments, "F"))
            for parcel in self._parcels(listing, listing.window(window), letter)
        ]
        return [parcel for parcel in found if window.start <= parcel.created_at < window.end]

    def voided(self, window: Span) -> list[Parcel]:
        """Labels that were voided in it, whenever they were made."""
        found = self._parcels(self._api.labels, self._api.voids(window), "L")
        return [each for each in found if each.voided_at and window.start <= each.voided_at < window.end]

    def orders(self, wanted: Collection[int], since: datetime, now: datetime) -> Orders:
        """A label changes its order, so that the list of what changed since holds most; a few are asked for by id."""
        found: dict[int, ShipStationOrder] = {}
        if len(wanted) > MOST_SINGLES:
            window = Span(start=since, end=now)
            rows = self._rows(self._api.orders, self._api.orders.window(window))
            found = {order.order_id: order for order in map(parcel_rows.order, rows) if order is not None}
        left = sorted(set(wanted) - found.keys())
        unread = set(left[MOST_SINGLES:])
        for order_id in left[:MOST_SINGLES]:
            try:
                order = self._order(order_id)
            except ConnectorError as fault:
                if not self._is_of_one_order(fault):
                    raise
                unread.add(order_id)
            else:
                found |= {order_id: order} if order else {}
        return Orders(found, frozenset(unread))

    def _order(self, order_id: int) -> ShipStationOrder | None:
        """None where it is gone."""
        answer = self._client.get(self._api.order(order_id), {}, LANE, scope=Scope.RECORD)
        row = self._api.order_row(answer.body) if answer else None
        return parcel_rows.order(row) if row else None

    def _is_of_one_order(self, fault: ConnectorError) -> bool:
        """A refusal is; silence is where ShipStation goes on showing lists."""
        if fault.reason is Reason.SHIPSTATION_UNAVAILABLE:
            self._client.probe(self._api.orders.path, self._api.orders.no_rows, LANE)
        return fault.reason in {Reason.SHIPSTATION_UNAVAILABLE, Reason.SHIPSTATION_REQUEST}

    def _parcels(self, listing: Listing, filters: Mapping[str, str], letter: str) -> Iterator[Parcel]:
        for row in self._rows(listing, filters):
            parcel = parcel_rows.parcel(row, listing, letter)
            self.unreadable += parcel is None
            if parcel is not None:
                yield parcel

    def _rows(self, listing: Listing, filters: Mapping[str, str]) -> Iterator[Row]:
        """Each row once."""
        walked = _Walked(listing)
        for number in range(1, MOST_PAGES + 1):
            page = self._page(listing, filters, number, walked)
            yield from walked.fresh(page, number)
            if walked.is_over(page, number):
                self.unreadable += walked.broken
                return
        raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {listing.path}: its pages have no end")

    def _page(self, listing: Listing, filters: Mapping[str, str], number: int, walked: _Walked) -> _Page:
        page = self._whole(listing, filters, number)
        if page is not None and walked.is_hollow(page):
            page = self._whole(listing, filters, number)
        return page or self._pieces(listing, filters, number, walked.width)

    def _whole(self, listing: Listing, filters: Mapping[str, str], number: int) -> _Page | None:
        """None for a page that one row breaks."""
        try:
            return self._asked(listing, filters, number, listing.page_size, tries=3)
        except PageBroken:
            return None

    def _pieces(self, listing: Listing, filters: Mapping[str, str], number: int, size: int) -> _Page:
        """The rows of page `number` of `size`, in pieces."""
        parts = next((divisor for divisor in range(2, size) if size % divisor == 0), size)
        rows: list[Row | None] = []
        for piece in range((number - 1) * parts + 1, number * parts + 1):
            rows += self._piece(listing, filters, piece, size // parts).rows
            if rows.count(None) > MOST_BROKEN:
                break
        return _Page(rows, None, is_whole=False)

    def _piece(self, listing: Listing, filters: Mapping[str, str], number: int, size: int) -> _Page:
        try:
            return self._asked(listing, filters, number, size, tries=1)
        except PageBroken:
            return self._pieces(listing, filters, number, size) if size > 1 else _Page([None], None)

    def _asked(self, listing: Listing, filters: Mapping[str, str], number: int, size: int, *, tries: int) -> _Page:
        where = {listing.size_field: str(size), "page": str(number)}
        answer = self._client.get(listing.path, {**listing.fixed, **filters, **where}, LANE, tries=tries)
        if answer is not None and answer.is_empty:
            return _Page([], 0)
        return _page_of(answer.body if answer else None, listing)


@dataclass(frozen=True)
class _Page:
    """None stands for a row that cannot be shown. `total` is what the list says it holds, where it says that."""

    rows: list[Row | None]
    total: int | None
    is_whole: bool = True


def _page_of(body: Any, listing: Listing) -> _Page:
    rows = body.get(listing.collection) if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {listing.path}: no rows in the answer")
    total = body.get("total")
    return _Page([row if isinstance(row, dict) else {} for row in rows], total if isinstance(total, int) else None)


class _Walked:
    """What a list has shown so far. ShipStation may hand out less than a page's size, and counts pages in what it hands
    out: `width` is how much that is. A first page that has to be read in pieces says nothing of it, so that the pages
    behind it may repeat what the pieces showed, as far as those reached.
    """

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._seen: set[int | None] = set()
        self._widest = self._reached = 0
        self._is_repeating = False
        self._broken: set[int] = set()  # places

    @property
    def width(self) -> int:
        return self._widest or self._listing.page_size

    @property
    def broken(self) -> int:
        """Rows that cannot be shown."""
        return len(self._broken)

    def fresh(self, page: _Page, number: int) -> list[Row]:
        """The rows that no page showed before. Raises Retryable."""
        self._count(page, number)
        said = [self._listing.said(row) for row in page.rows if row]
        by_id = {as_whole(row.get(self._listing.id_field)): row for row in said if row}
        fresh = {key: row for key, row in by_id.items() if key not in self._seen}
        self._seen |= fresh.keys()
        self._is_repeating = bool(said) and not fresh
        return list(fresh.values())

    def _count(self, page: _Page, number: int) -> None:
        first = (number - 1) * self.width
        self._broken |= {first + place for place, row in enumerate(page.rows) if row is None}
        if self.broken > MOST_BROKEN:
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {self._listing.path}: too many rows are not shown")
        if page.is_whole:
            self._widest = max(self._widest, len(page.rows))
        else:
            self._reached = max(self._reached, number * self.width)

    def is_hollow(self, page: _Page) -> bool:
        """Empty where the count says that more rows stand: it may have been answered too early."""
        return not page.rows and (page.total or 0) > len(self._seen)

    def is_over(self, page: _Page, number: int) -> bool:
        """After a page that brings nothing new, or a narrow one where the counts agree."""
        is_narrow = len(page.rows) < self._listing.page_size and page.total == len(self._seen)
        is_behind = number * len(page.rows) <= self._reached
        # Neither the counts nor the page number is trusted alone.
        return is_narrow or not page.rows or (self._is_repeating and not is_behind)
