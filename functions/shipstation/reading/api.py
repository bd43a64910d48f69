"""How one of ShipStation's APIs shows what we read. Its rows are said in V1's words where they enter, whichever API
shows them: what was learned of odd rows holds for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from functions.model.cursors import Span, Stream
from functions.shipstation.reading.named_list import NamedList

Row = dict[str, Any]
Rows = list[Row]
FAR_AHEAD = datetime(2200, 1, 1, tzinfo=UTC)  # no row is of then: a window that begins there shows nothing


@dataclass(frozen=True)
class Batch:
    """One answer. `total` is what ShipStation claims: it never stops a walk that the rows do not stop too."""

    rows: Rows
    total: int | None = None


class Fetch(Protocol):
    def __call__(self, parameters: Mapping[str, str], tries: int) -> Batch:
        """Raises PageBroken where the server fails on this page."""


@dataclass(frozen=True)
class Missing:
    """Rows that could not be shown, by the keys of their neighbours."""

    after: datetime | None
    before: datetime | None
    rows: int


@dataclass(frozen=True)
class Page:
    """Rows not seen before in this walk; no row that is older than `last` comes on a later page. `following` is the
    number of the full page that comes next, counted from the second of `last`. `is_sorted`: no row of the walk so far
    stood far from its place.
    """

    rows: Rows
    last: datetime | None
    is_last: bool
    gaps: tuple[Missing, ...] = ()
    following: int = 1
    is_sorted: bool = True


class Clock(Protocol):
    """How instants are written as the bounds of a list. Texts of one clock are compared as they are written."""

    def window_text(self, instant: datetime) -> str: ...

    def window_start(self, instant: datetime) -> str:
        """A start before which no row of `instant` or later is shown."""

    def window_end(self, instant: datetime) -> str:
        """An end behind which no row of `instant` or earlier is shown."""

    def shifted(self, bound: str, seconds: int) -> str: ...


def as_it_is(row: Row) -> Row:
    return row


@dataclass(frozen=True)
class Listing:
    """One list and the field it is walked by. `is_open`: the bounds themselves are outside the window. `said` says a
    row in V1's words, None what is no row of ours.
    """

    path: str
    collection: str
    key_field: str
    id_field: str
    key_start: str
    key_end: str
    fixed: Mapping[str, str]
    clock: Clock
    newest_first: Mapping[str, str]
    is_open: bool = False
    size_field: str = "pageSize"
    said: Callable[[Row], Row | None] = as_it_is

    @property
    def page_size(self) -> int:
        return int(self.fixed[self.size_field])

    def bounds(self, start: str | None, end: str | None) -> dict[str, str]:
        """For inclusive bounds on the list's clock."""
        reach = int(self.is_open)
        first = {self.key_start: self.clock.shifted(start, -reach)} if start else {}
        return first | ({self.key_end: self.clock.shifted(end, reach)} if end else {})

    @property
    def newest(self) -> dict[str, str]:
        """One page from the end."""
        return {**self.fixed, **self.newest_first, "page": "1"}

    @property
    def no_rows(self) -> dict[str, str]:
        """Filters under which it shows nothing; all of them are its own."""
        return {self.key_start: self.clock.window_text(FAR_AHEAD), "page": "1", self.size_field: "1"}

    def window(self, span: Span) -> dict[str, str]:
        return self.bounds(self.clock.window_start(span.start), self.clock.window_end(span.end))


class Voided(Protocol):
    def __call__(self, fetch: Fetch, listing: Listing, start: datetime, end: datetime) -> Iterator[Page]:
        """Labels voided from `start` to `end`; `last` is proven as that of a walk is. Raises as `fetch` does."""


@dataclass(frozen=True)
class Search:
    """One list, the filter that finds a word in it, and the field, in V1's words, that then holds it."""

    stream: Stream
    filters: Callable[[str], Mapping[str, str]]
    field: str

    def found_in(self, row: Row, text: str) -> bool:
        """A list that ignores the filter, or takes the beginning of a word for the word, shows other rows too."""
        return str(row.get(self.field) or "").strip().casefold() == text.casefold()


@dataclass(frozen=True)
class OneLabel:
    """The paths of one label and of its tracking log, and the instant at which that says it was delivered."""

    path: Callable[[int], str]
    log: Callable[[int], str]
    delivered_at: Callable[[Any], datetime | None]


@dataclass(frozen=True)
class Api:
    """`order` makes the path of one order, and `order_row` its row out of the answer; `of_order` filters labels and
    fulfilments by their order. `pointers`: what the id of a pointer filters by, and in which list. `searches`: the
    lists that a person's word is looked for in, by what the word is. `voids` counts the voids of a window. `stores`
    and `webhooks` are the paths of these lists, None where there is none; `event_field` names what a webhook is for.
    `locations` are those of the inventory, None where the API has none.
    `one_label` is None where a label cannot be asked for.
    """

    labels: Listing
    fulfilments: Listing
    orders: Listing
    order: Callable[[int], str]
    order_row: Callable[[Any], Row | None]
    of_order: Callable[[int], Mapping[str, str]]
    pointers: Mapping[str, tuple[Stream, Callable[[str], Mapping[str, str]]]]
    searches: Mapping[str, tuple[Search, ...]]
    voided: Voided
    voids: Callable[[Span], Mapping[str, str]]
    stores: str | None
    webhooks: str
    event_field: str
    warehouses: NamedList
    locations: NamedList | None = None
    one_label: OneLabel | None = None

    def listing(self, stream: Stream) -> Listing:
        match stream:
            case Stream.ORDERS:
                return self.orders
            case Stream.FULFILMENTS:
                return self.fulfilments
        return self.labels
