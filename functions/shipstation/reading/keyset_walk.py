"""Walks over live, moving lists without losing a row: by key, not by page number.

`pages` and `total` are unreliable, rows may be null, one bad row can break every page it is on. Defence against what is
not documented: pages narrower than asked for, rows a little out of order, ignored filters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from functions.errors import Retryable
from functions.model.cursors import Gap
from functions.model.outcomes import Reason
from functions.shipstation.client import PageBroken
from functions.shipstation.pacific import parse_instant
from functions.shipstation.reading.api import Batch, Fetch, Listing, Missing, Page, Rows
from functions.shipstation.reading.key_order import displaced, leading

MOST_GAPS = 5  # next to each other; more is no bad row but a bad day
MOST_SINGLES = 3  # rows read one by one without meeting the bad one
MOST_ALIKE = 2  # pages of later numbers that show what the first of them showed; one may be a row that came in between
MOST_HOLLOW = 20  # likewise, of nothing but nulls
MOST_PIECES = 100  # likewise, pieces of a broken page: many of one row of ours among nulls
MOST_RETURNS = 3  # in one walk: to rows that moved up while pieces of a broken page were read
BOUND = timedelta(seconds=1)  # order is trusted no finer than bounds are
MOST_DISORDER = timedelta(minutes=1)  # rows further apart than this and in wrong order are not sorted at all
FIRM, SINGLE = 3, 1  # tries: a page that fails is asked for again, a piece of a broken one is not


@dataclass(frozen=True)
class Window:
    """Inclusive; None is open."""

    start: datetime | None = None
    end: datetime | None = None


def walk(
    fetch: Fetch,
    listing: Listing,
    filters: Mapping[str, str],
    window: Window,
    avoid: Sequence[Gap] = (),
    *,
    first_page: int = 1,
) -> Iterator[Page]:
    """Pages in ascending order of the key. The next request starts a second before the last row seen, or as much as
    rows were seen to be out of order; only a second with more rows than a page is read by page number. So is everything
    behind a page that is not sorted at all, and it proves nothing before its end: `last` stays where the order was
    sound. Places to `avoid` are stepped over.
    """
    run = _Walk(fetch, listing, filters)
    legs = list(_legs(window, avoid))
    for leg in legs:
        yield from run.leg(leg, first_page if leg is legs[0] else 1, is_final=leg is legs[-1])


def _legs(window: Window, avoid: Sequence[Gap]) -> Iterator[Window]:
    """The window without the places that are known to break a page. Neighbours are kept: they are good rows."""
    start = window.start
    for gap in sorted(avoid, key=lambda gap: gap.after):
        if gap.before is not None and _is_parted(gap) and _is_inside(gap.after, start, window.end):
            yield Window(start, gap.after)
            start = gap.before
    if window.end is None or start is None or start <= window.end:
        yield Window(start, window.end)


def _is_parted(gap: Gap) -> bool:
    """Within a second no bound parts the bad row from its neighbours: it would be met on either side."""
    return gap.before is not None and gap.before - gap.after > BOUND


def _is_inside(instant: datetime, start: datetime | None, end: datetime | None) -> bool:
    return (start is None or instant >= start) and (end is None or instant <= end)


@dataclass
class _Place:
    """Where the next request looks: page `number` of `size` in the window that starts at `start`.

    Once a page was broken its rows are read in pieces of at most `most`, each of which begins with a row that is known,
    if it can: what is edited meanwhile goes to the end of the list, and those behind it move up. `read` rows are known,
    those from `floor` on stand behind the last one that cannot be shown; up to `suspect` the last broken page reached.
    `widest` is as much as one page was seen to hold.
    """

    start: str | None
    size: int
    number: int = 1
    most: int = 0
    read: int = 0
    floor: int = 0
    suspect: int = 0
    widest: int = 0

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size

    def turn(self, came: int, beyond: int) -> None:
        """A later page that came narrow began who knows where. The next begins with a last row `beyond` its second."""
        if 0 < came < self.size and (self.number == 1 or self.widest <= came):
            self.size, self.number = came, 2 if self.number == 1 else self.first // came + 1
        else:
            behind, self.size = self.number * self.size - beyond, self.size - beyond
            self.number = behind // self.size + 1
        self.widest = max(self.widest, came)

    def narrow(self) -> None:
        """Half the size, from what is not known yet."""
        if not self.most:
            self.read = self.first
        self.most = max(1, self.size // 2)
        self.seek(self.most)

    def seek(self, most: int) -> None:
        """The piece of at most that size that reaches furthest. A page begins at a multiple of its size."""
        self.size, self.number, reach = 1, self.read + 1, self.read + 1
        known = self.read - 1 if self.read > self.floor else self.read
        for size in range(most, 1, -1):
            first = known // size * size
            if first >= self.floor and first + size > reach:
                self.size, self.number, reach = size, first // size + 1, first + size

    def behind(self, number: int) -> None:
        """The row of this number is known, those before it that were not cannot be shown."""
        self.number = self.read = number
        self.floor = number - 1

    def move_to(self, start: str | None, size: int, number: int = 1) -> None:
        """No row is known yet there."""
        self.start, self.size, self.number = start, size, number
        self.read = self.floor = self.suspect = self.most = 0


class _Walk:
    """One walk over all legs. `_hunt` is the fault of the page that is being halved, None while all is well; `_newest`
    is the newest key of the last page, `_sure` without the last row of a whole one, `_proven` of all pages that were in
    order, `_latest` of all pages, `_slack` how far rows are displaced, `_tail` the last row of the last page.
    """

    def __init__(self, fetch: Fetch, listing: Listing, filters: Mapping[str, str]) -> None:
        self._fetch, self._listing, self._filters = fetch, listing, filters
        self._clock = listing.clock
        self._seen: dict[tuple[str, str], None] = {}
        self._newest: datetime | None = None
        self._sure: datetime | None = None
        self._proven: datetime | None = None
        self._last: datetime | None = None
        self._latest: datetime | None = None
        self._slack = BOUND
        self._is_ordered = True
        self._hunt: PageBroken | None = None
        self._singles = self._repeated = self._alike = self._returns = 0
        self._tail: tuple[str, str] | None = None
        self._shown: set[str] = set()
        self._stepped: set[tuple[str, str]] = set()
        self._remembered = 2 * listing.page_size

    def leg(self, window: Window, first_page: int, *, is_final: bool) -> Iterator[Page]:
        start = self._clock.window_start(window.start) if window.start else None
        place = _Place(start, self._listing.page_size, first_page)
        end = self._clock.window_end(window.end) if window.end else None
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
            if self._is_hollow(batch, place):
                batch = self._ask(place, end)
        except PageBroken as fault:
            if self._hunt is None:
                self._hunt, self._singles = fault, 0
            place.suspect = place.first + place.size
            if place.size > 1:
                place.narrow()
                return None
            return self._stepped_over(place, end, self._hunt)
        if self._has_moved(batch.rows, place):
            self._returns, self._hunt, self._tail, self._repeated = self._returns + 1, None, None, 0
            place.move_to(place.start, self._listing.page_size, max(1, (place.read - 1) // self._listing.page_size))
            return None
        page = self._page(batch.rows)
        if self._is_over(batch, place, page):
            return self._end(page)
        self._move_on(place, len(batch.rows))
        read = place.read if place.most else place.first
        return replace(page, following=read // self._listing.page_size + 1)

    def _ask(self, place: _Place, end: str | None) -> Batch:
        bounds = self._listing.bounds(place.start, end)
        where = {**bounds, self._listing.size_field: str(place.size), "page": str(place.number)}
        batch = self._fetch({**self._listing.fixed, **self._filters, **where}, SINGLE if self._hunt else FIRM)
        if place.start is not None and self._is_outside(batch.rows, self._clock.shifted(place.start, -1)):
            text = f"GET {self._listing.path}: every row is older than {self._listing.key_start}"
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, text)
        return batch

    def _has_moved(self, rows: Rows, place: _Place) -> bool:
        """Whether a piece that begins with known rows lacks the last of them: others may have moved up with it."""
        is_tested = place.first < place.read and self._tail is not None and self._returns < MOST_RETURNS
        return bool(is_tested and place.most and rows) and self._tail not in {self._mark(row) for row in rows if row}

    @staticmethod
    def _is_hollow(batch: Batch, place: _Place) -> bool:
        """Empty where the count says that rows stand there: it may have been answered too early."""
        return not batch.rows and (batch.total or 0) > (place.number - 1) * place.size

    def _is_outside(self, rows: Rows, start: str) -> bool:
        """Whether the list ignores where it should start: it would be read from its beginning, without an end."""
        keys = self._keys(rows)
        return bool(keys) and self._clock.window_text(max(keys)) < start

    def _is_over(self, batch: Batch, place: _Place, page: Page) -> bool:
        """The size asked for says nothing, because ShipStation may hand out less: a narrow page is the last where it
        and the count of rows agree. Else one more look has to bring something. Twice as many repeated rows as are
        remembered, since small pages overlap, are a list that never moves on, and so is one page over and over.
        """
        came = len(batch.rows)
        self._repeated = 0 if page.rows else self._repeated + sum(map(bool, batch.rows))
        if self._is_same_again(batch, place) or self._repeated > 2 * self._remembered:
            return True
        served = (place.number - 1) * place.size + came
        return came < place.size and (not came or batch.total == served)

    def _is_same_again(self, batch: Batch, place: _Place) -> bool:
        """Whether later page numbers show nothing else. Raises Retryable for whole pages: more may stand behind."""
        shown = {str(row.get(self._listing.id_field)) for row in batch.rows if row}
        is_alike = place.number > 1 and bool(batch.rows) and shown == self._shown
        self._alike, self._shown = self._alike + 1 if is_alike else 0, shown
        whole = MOST_ALIKE if shown else MOST_HOLLOW
        if self._alike < (MOST_PIECES if place.most else whole):
            return False
        if self._listing.page_size <= len(batch.rows) != batch.total:
            text = f"GET {self._listing.path}: ignores which page is asked for"
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, text)
        return True

    def _end(self, page: Page) -> Page:
        """All of the window was read, whatever its order. Where the order was unsound, as much as rows were displaced
        is read again: else the same rows would hold the cursor at every look.
        """
        if self._is_ordered:
            return replace(page, is_last=True, last=self._proven)
        candidates = (self._last, self._latest and self._latest - self._slack)
        return replace(page, is_last=True, last=max(filter(None, candidates), default=None))

    def _move_on(self, place: _Place, came: int) -> None:
        """To the last second seen; within one second, or where the order is unsound, to the next page, counted in the
        size that came. While a broken page is halved the pieces stay small; a few single rows later the fault has
        passed by itself.
        """
        following = self._following(place)
        if following is None:
            self._turn(place, came)
            return
        self._singles += int(place.size == 1)
        if self._hunt is None or self._singles > MOST_SINGLES:
            self._hunt = None
            place.move_to(following, self._listing.page_size)
        else:
            suspect, size = place.suspect, max(1, place.size // 2)
            place.move_to(following, size)
            place.most, place.suspect = size, suspect
        self._tail = None

    def _following(self, place: _Place) -> str | None:
        """Where the next page starts, if that is further. One row of a wrong clock at the end of a whole page would
        lead past all that follow it: its neighbour leads.
        """
        start = self._clock.window_start(self._sure - self._slack) if self._sure else None
        return start if start and (place.start is None or start > place.start) else None

    def _turn(self, place: _Place, came: int) -> None:
        """Behind the rows that came. The pieces of a broken page grow again as soon as it lies behind them."""
        if not place.most:
            is_beyond = self._sure and self._newest and self._newest - self._sure > BOUND
            place.turn(came, beyond=int(is_beyond or False))
            return
        if came < place.size:
            # Asked for more than it hands out, a page may begin elsewhere: its rows are good, its place is not.
            place.most = place.widest = max(1, came)
            self._tail = None
        else:
            place.read = max(place.read, place.first + came)
            self._singles += int(place.size == 1)
            if place.read >= place.suspect or self._singles > MOST_SINGLES:
                self._hunt = None
            if self._hunt is None:
                place.most = min(2 * place.most, place.widest or self._listing.page_size)
        place.seek(place.most)

    def _stepped_over(self, place: _Place, end: str | None, fault: PageBroken) -> Page:
        """The row at this place cannot be shown; its neighbour is the page. Rows that are edited meanwhile go to the
        end and those behind them move up: only while the bad place is still bad is its neighbour its neighbour.
        """
        bad, before = place.number, self._proven
        neighbour = self._readable_after(place, end, fault)
        again = self._single(place, end, bad)
        if again is not None:
            place.number = place.read = bad
            page = self._page(again.rows)
        else:
            number = place.number - bad
            place.behind(place.number)
            page = self._page(neighbour.rows)
            missing = Missing(before, self._newest if neighbour.rows else None, number)
            if self._is_news(neighbour.rows):
                page = replace(page, gaps=(missing,))
            self._hunt = None
            if not neighbour.rows:
                return self._end(page)
        self._move_on(place, 1)
        return page

    def _is_news(self, neighbour: Rows) -> bool:
        """Windows overlap: what was stepped over may be met by the next one again, in front of the same row. One that
        was edited meanwhile stands elsewhere.
        """
        marks = {self._mark(row) for row in neighbour if row}
        is_known = bool(marks) and marks <= self._stepped
        self._stepped |= marks
        return not is_known

    def _readable_after(self, place: _Place, end: str | None, fault: PageBroken) -> Batch:
        """Where none of some rows can be shown it is an outage and no bad row."""
        for _ in range(MOST_GAPS + 1):
            place.number += 1
            found = self._single(place, end, place.number) or self._single(place, end, place.number)
            if found is not None:
                return found
        raise fault

    def _single(self, place: _Place, end: str | None, number: int) -> Batch | None:
        try:
            return self._ask(_Place(place.start, place.size, number), end)
        except PageBroken:
            return None

    def _keys(self, rows: Rows) -> list[datetime]:
        return [key for row in rows if row and (key := readable(row.get(self._listing.key_field)))]

    def _page(self, rows: Rows) -> Page:
        keys = self._keys(rows)
        # Pages in sound order overlap: only those read by number follow each other.
        self._slack = max(self._slack, displaced(keys, None if self._is_ordered else self._latest))
        self._latest = max(filter(None, (self._latest, *keys)), default=None)
        self._is_ordered = self._is_ordered and self._slack <= MOST_DISORDER
        self._newest = self._sure = None
        if keys and self._is_ordered:
            self._newest, self._sure = max(keys), leading(keys, is_whole=len(rows) >= self._listing.page_size)
            self._proven = max(filter(None, (self._proven, self._newest)))
            self._last = max(filter(None, (self._last, self._sure - self._slack)))
        self._tail = self._tail_of(rows)
        fresh = [row for row in rows if row and self._is_fresh(row)]
        return Page(fresh, self._last, is_last=False, is_sorted=self._is_ordered)

    def _tail_of(self, rows: Rows) -> tuple[str, str] | None:
        return self._mark(rows[-1]) if rows and rows[-1] else None

    def _mark(self, row: Mapping[str, Any]) -> tuple[str, str]:
        return str(row.get(self._listing.id_field)), str(row.get(self._listing.key_field))

    def _is_fresh(self, row: Mapping[str, Any]) -> bool:
        """An edited row comes again and is fresh. What can repeat stood on the page before."""
        mark = self._mark(row)
        if mark in self._seen:
            return False
        self._seen[mark] = None
        while len(self._seen) > self._remembered:
            del self._seen[next(iter(self._seen))]
        return True


def readable(text: Any) -> datetime | None:
    """None for what is no date: its row is reported where rows become models."""
    try:
        return parse_instant(text)
    except ValueError:
        return None
