"""Walks over live, moving lists without losing a row: by key, not by page number.

Facts (https://docs.shipstation.com/apis/shipstation-v1/docs/shipments/list and .../openapi/orders/list_orders): page
size at most 500; bounds of `createDate` inclusive, of `modifyDate` exclusive; items only on request; shipments cannot
be sorted by voidDate. `pages` and `total` are unreliable, rows may be null, one bad row can break every page it is on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from functions.model.cursors import Gap
from functions.shipstation.client import PageBroken
from functions.shipstation.v1.pacific import parse_instant, shifted, window_end, window_start

PAGE_SIZE = 500
MOST_GAPS = 5  # in one walk; more is no bad row but a bad day
MOST_SINGLES = 3  # rows read one by one without meeting the bad one
FIRM, SINGLE = 3, 1  # tries: a page that fails is asked for again, a piece of a broken one is not

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Batch:
    """One answer. `total` is what ShipStation claims: a reason to look once more, never one to stop."""

    rows: Rows
    total: int | None = None


class Fetch(Protocol):
    def __call__(self, parameters: Mapping[str, str], tries: int) -> Batch:
        """Raises PageBroken where the server fails on this page."""


@dataclass(frozen=True)
class Page:
    """Rows not seen before in this walk; `last` is the newest key of the prefix read so far. `gaps` are rows that could
    not be shown, by the keys of their neighbours.
    """

    rows: Rows
    last: datetime | None
    is_last: bool
    gaps: tuple[tuple[datetime | None, datetime | None], ...] = ()


@dataclass(frozen=True)
class Listing:
    """One list and the field it is walked by. `is_open`: the bounds themselves are outside the window."""

    path: str
    collection: str
    key_field: str
    id_field: str
    key_start: str
    key_end: str
    fixed: Mapping[str, str]
    is_open: bool = False

    @property
    def page_size(self) -> int:
        return int(self.fixed["pageSize"])

    def bounds(self, start: str | None, end: str | None) -> dict[str, str]:
        """For inclusive bounds on the wall clock."""
        reach = int(self.is_open)
        first = {self.key_start: shifted(start, -reach)} if start else {}
        return first | ({self.key_end: shifted(end, reach)} if end else {})


def _fixed(sort: str, **more: str) -> dict[str, str]:
    return {"sortBy": sort, "sortDir": "ASC", "pageSize": str(PAGE_SIZE), **more}


LABELS = Listing(
    path="/shipments",
    collection="shipments",
    key_field="createDate",
    id_field="shipmentId",
    key_start="createDateStart",
    key_end="createDateEnd",
    fixed=_fixed("CreateDate", includeShipmentItems="true"),
)
FULFILMENTS = Listing(
    path="/fulfillments",
    collection="fulfillments",
    key_field="createDate",
    id_field="fulfillmentId",
    key_start="createDateStart",
    key_end="createDateEnd",
    fixed=_fixed("CreateDate"),
)
ORDERS = Listing(
    path="/orders",
    collection="orders",
    key_field="modifyDate",
    id_field="orderId",
    key_start="modifyDateStart",
    key_end="modifyDateEnd",
    fixed=_fixed("ModifyDate"),
    is_open=True,
)


@dataclass(frozen=True)
class Window:
    """Inclusive; None is open."""

    start: datetime | None = None
    end: datetime | None = None


def walk(
    fetch: Fetch, listing: Listing, filters: Mapping[str, str], window: Window, avoid: Sequence[Gap] = ()
) -> Iterator[Page]:
    """Pages in ascending order of the key. After a full page the next request starts at the last second seen; only a
    second with more rows than a page is read by page number. So is everything behind a page whose rows are out of
    order, and it proves nothing: `last` stays where the order was sound. Places to `avoid` are stepped over.
    """
    run = _Walk(fetch, listing, filters)
    legs = list(_legs(window, avoid))
    for leg in legs:
        yield from run.leg(leg, is_final=leg is legs[-1])


def _legs(window: Window, avoid: Sequence[Gap]) -> Iterator[Window]:
    """The window without the places that are known to break a page. Neighbours are kept: they are good rows."""
    start = window.start
    for gap in sorted(avoid, key=lambda gap: gap.after):
        is_inside = (start is None or gap.after >= start) and (window.end is None or gap.after <= window.end)
        if gap.before is not None and is_inside:
            yield Window(start, gap.after)
            start = gap.before
    if window.end is None or start is None or start <= window.end:
        yield Window(start, window.end)


@dataclass
class _Place:
    """Where the next request looks: page `number` of `size` in the window that starts at `start`."""

    start: str | None
    size: int
    number: int = 1

    def shrink(self) -> None:
        """Half the size, beginning at the same row or a little before it."""
        first, self.size = (self.number - 1) * self.size, max(1, self.size // 2)
        self.number = first // self.size + 1


class _Walk:
    """One walk over all legs. `_hunt` is the fault of the page that is being halved, None while all is well."""

    def __init__(self, fetch: Fetch, listing: Listing, filters: Mapping[str, str]) -> None:
        self._fetch, self._listing, self._filters = fetch, listing, filters
        self._seen: dict[tuple[str, str], None] = {}
        self._newest: datetime | None = None
        self._last: datetime | None = None
        self._is_ordered = True
        self._hunt: PageBroken | None = None
        self._has_answered = False
        self._singles = self._gaps = 0

    def leg(self, window: Window, *, is_final: bool) -> Iterator[Page]:
        place = _Place(window_start(window.start) if window.start else None, self._listing.page_size)
        end = window_end(window.end) if window.end else None
        is_over = False
        while not is_over:
            page = self._next(place, end)
            if page is not None:
                is_over = page.is_last
                yield replace(page, is_last=is_over and is_final)

    def _next(self, place: _Place, end: str | None) -> Page | None:
        """The next page, or None where a smaller one has to be asked for."""
        try:
            batch = self._ask(place, end)
        except PageBroken as fault:
            if self._hunt is None:
                self._hunt, self._has_answered, self._singles = fault, False, 0
            if place.size > 1:
                place.shrink()
                return None
            return self._stepped_over(place, end, self._hunt)
        page = self._page(batch.rows)
        if self._is_over(batch, place, page):
            return replace(page, is_last=True)
        self._move_on(place)
        return page

    def _ask(self, place: _Place, end: str | None) -> Batch:
        where = {**self._listing.bounds(place.start, end), "pageSize": str(place.size), "page": str(place.number)}
        batch = self._fetch({**self._listing.fixed, **self._filters, **where}, SINGLE if self._hunt else FIRM)
        self._has_answered = True
        return batch

    def _is_over(self, batch: Batch, place: _Place, page: Page) -> bool:
        """A short page is the last one, unless ShipStation claims more: then one more look has to bring something."""
        if len(batch.rows) >= place.size:
            return False
        served = (place.number - 1) * place.size + len(batch.rows)
        return not page.rows or batch.total is None or batch.total <= served

    def _move_on(self, place: _Place) -> None:
        """To the last second seen; within one second, or where the order is unsound, to the next page. While a broken
        page is halved the pieces stay small; a few single rows later the fault has passed by itself.
        """
        following = window_start(self._newest) if self._newest and self._is_ordered else None
        if following is None or (place.start is not None and following <= place.start):
            place.number += 1
            return
        self._singles += int(place.size == 1)
        if self._hunt is None or self._singles > MOST_SINGLES:
            self._hunt, place.size = None, self._listing.page_size
        else:
            place.size = max(1, place.size // 2)
        place.start, place.number = following, 1

    def _stepped_over(self, place: _Place, end: str | None, fault: PageBroken) -> Page:
        """The row at this place cannot be shown; its neighbour is the page. Rows that are edited meanwhile go to the
        end and those behind them move up: only while the bad place is still bad is its neighbour its neighbour.
        """
        bad, before = place.number, self._last
        neighbour = self._readable_after(place, end, fault)
        again = self._single(place, end, bad)
        if again is not None:
            place.number = bad
            page = self._page(again.rows)
        else:
            page = self._page(neighbour.rows)
            after = self._newest if neighbour.rows else None
            page = replace(page, gaps=((before, after),), is_last=not neighbour.rows)
            self._hunt = None
        if not page.is_last:
            self._move_on(place)
        return page

    def _readable_after(self, place: _Place, end: str | None, fault: PageBroken) -> Batch:
        """Where nothing at all is answered it is an outage and no bad row."""
        while True:
            self._gaps += 1
            place.number += 1
            found = self._single(place, end, place.number)
            if found is not None:
                return found
            if not self._has_answered or self._gaps > MOST_GAPS:
                raise fault

    def _single(self, place: _Place, end: str | None, number: int) -> Batch | None:
        try:
            return self._ask(_Place(place.start, place.size, number), end)
        except PageBroken:
            return None

    def _page(self, rows: Rows) -> Page:
        keys = [key for row in rows if row and (key := readable(row.get(self._listing.key_field)))]
        self._is_ordered = self._is_ordered and keys == sorted(keys)
        self._newest = keys[-1] if keys and self._is_ordered else None
        self._last = max(filter(None, (self._last, self._newest)), default=None)
        return Page([row for row in rows if row and self._is_fresh(row)], self._last, is_last=False)

    def _is_fresh(self, row: Mapping[str, Any]) -> bool:
        """An edited row comes again and is fresh. What can repeat stood on the page before."""
        mark = str(row.get(self._listing.id_field)), str(row.get(self._listing.key_field))
        if mark in self._seen:
            return False
        self._seen[mark] = None
        while len(self._seen) > 2 * self._listing.page_size:
            del self._seen[next(iter(self._seen))]
        return True


def readable(text: Any) -> datetime | None:
    """None for what is no date: its row is reported where rows become models."""
    try:
        return parse_instant(text)
    except ValueError:
        return None
