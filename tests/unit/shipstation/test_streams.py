from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.shipstation.reading.api import Batch, Page
from functions.shipstation.reading.keyset_walk import Window, walk
from functions.shipstation.v1.api import PAGE_SIZE, V1
from tests.equipment.builders import NOON
from tests.equipment.shipstation.dates import long_form, to_wall

Row = dict[str, Any]
BEGINNING = datetime(2026, 3, 1, 8, tzinfo=UTC)


def label(number: int, at: datetime) -> dict[str, Any]:
    return {"shipmentId": number, "createDate": long_form(to_wall(at))}


def labels(number: int, seconds: float = 1) -> list[Row]:
    return [label(n, NOON + n * timedelta(seconds=seconds)) for n in range(number)]


class List:
    """A list as the vendor serves it, from rows in ascending order. Rows whose ids are `hidden` come as null."""

    def __init__(self, rows: list[Row], hidden: Container[int] = ()) -> None:
        self.rows, self.hidden = rows, hidden
        self.asked: list[dict[str, str]] = []

    def __call__(self, parameters: Mapping[str, str], tries: int) -> Batch:
        self.asked.append(dict(parameters))
        start = parameters.get("createDateStart", "").replace(" ", "T")
        found = [row for row in self.rows if row["createDate"] >= start]
        first = (int(parameters["page"]) - 1) * PAGE_SIZE
        rows = [None if row["shipmentId"] in self.hidden else row for row in found[first : first + PAGE_SIZE]]
        return Batch([row or {} for row in rows], len(found))

    def walk(self, start: datetime | None = BEGINNING, filters: Mapping[str, str] | None = None) -> list[Page]:
        return list(walk(self, V1.labels, filters or {}, Window(start)))


def ids(pages: list[Page]) -> list[Any]:
    return [row.get("shipmentId") for page in pages for row in page.rows]


@pytest.mark.parametrize(
    ("number", "seconds", "requests"),
    [
        pytest.param(0, 1, 1, id="nothing"),
        pytest.param(499, 1, 1, id="a short page"),
        pytest.param(500, 1, 2, id="a full page"),
        pytest.param(1300, 1, 3, id="three pages"),
        pytest.param(1300, 0.1, 3, id="ten a second"),
        pytest.param(1300, 0, 4, id="all in one second"),
        pytest.param(1300, 0.0015, 6, id="two seconds, both more than a page"),
    ],
)
def test_every_row_comes_once_whatever_its_number(number: int, seconds: float, requests: int) -> None:
    listing = List(labels(number, seconds))
    pages = listing.walk()
    assert ids(pages) == list(range(number))
    assert len(listing.asked) == requests
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


def test_what_no_later_row_is_older_than_goes_with_each_page() -> None:
    pages = List(labels(700)).walk()
    assert [page.last for page in pages] == [NOON + timedelta(seconds=497), NOON + timedelta(seconds=699)]
    assert List([]).walk()[0].last is None
    assert [page.last for page in List(labels(PAGE_SIZE, 0)).walk()] == [NOON - timedelta(seconds=1)] * 2 + [NOON]


def test_a_row_that_appears_behind_the_walk_moves_no_other_row_out_of_it() -> None:
    listing = List(labels(700))
    pages = walk(listing, V1.labels, {}, Window(BEGINNING))
    first = next(pages)
    listing.rows.insert(0, label(9999, NOON))
    assert ids([first, *pages]) == list(range(700))


def test_a_row_that_vanishes_behind_the_walk_moves_no_other_row_out_of_it() -> None:
    listing = List(labels(700))
    pages = walk(listing, V1.labels, {}, Window(BEGINNING))
    first = next(pages)
    del listing.rows[:3]
    assert ids([first, *pages]) == list(range(700))


def test_nulls_are_left_out_and_still_make_a_page_full() -> None:
    hidden = {*range(0, 1300, 7), *range(490, 505)}
    assert ids(List(labels(1300), hidden).walk()) == [n for n in range(1300) if n not in hidden]


def test_a_page_of_nothing_but_nulls_does_not_end_the_walk() -> None:
    listing = List(labels(PAGE_SIZE + 1), range(PAGE_SIZE))
    pages = listing.walk()
    assert ids(pages) == [PAGE_SIZE]
    assert [asked["page"] for asked in listing.asked] == ["1", "2"]
    assert (pages[0].last, pages[0].is_last) == (None, False)


@pytest.mark.parametrize("empty", [1, 2, 3], ids=["the first", "the second", "the third"])
@pytest.mark.parametrize("seconds", [0, 1], ids=["one second", "a second apart"])
def test_an_empty_page_of_a_list_that_counts_more_is_asked_for_once_more(empty: int, seconds: float) -> None:
    listing = List(labels(1300, seconds))

    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        batch = listing(parameters, tries)
        return Batch([], 1300) if len(listing.asked) == empty else Batch(batch.rows, 1300)

    assert ids(list(walk(fetch, V1.labels, {}, Window(BEGINNING)))) == list(range(1300))


def test_a_list_that_stays_empty_whatever_it_counts_is_asked_twice() -> None:
    asked: list[str] = []

    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        del tries
        asked.append(parameters["page"])
        return Batch([], 1300)

    assert ids(list(walk(fetch, V1.labels, {}, Window(BEGINNING)))) == []
    assert asked == ["1", "1"]


def test_rows_out_of_order_within_a_page_are_all_read() -> None:
    rows = labels(700)
    rows[400:500] = reversed(rows[400:500])
    pages = List(rows).walk()
    assert sorted(ids(pages)) == list(range(700))
    assert [page.last for page in pages] == [None, NOON + timedelta(seconds=699 - 99)]


def test_rows_that_come_descending_are_all_read_and_prove_nothing_but_their_beginning() -> None:
    pages = List(labels(1200)[::-1]).walk()
    assert sorted(ids(pages)) == list(range(1200))
    assert [page.last for page in pages] == [None, None, NOON]


@pytest.mark.parametrize("width", [1, 2, 3])
def test_pages_of_a_few_rows_that_are_far_apart_are_asked_for_by_time(width: int) -> None:
    listing = List(labels(20, 900))

    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        asked.append(int(parameters["page"]))
        whole = listing({**parameters, "page": "1"}, tries)
        return Batch(whole.rows[(asked[-1] - 1) * width : asked[-1] * width], whole.total)

    asked: list[int] = []
    assert ids(list(walk(fetch, V1.labels, {}, Window(BEGINNING)))) == list(range(20))
    # A page of one row begins at its own row, and shows nothing else.
    assert set(asked) == ({1} if width > 1 else {1, 2})
    # Each page begins at the last row of the one before.
    assert len(asked) <= 1 + 20 // (width - 1 or 0.5)


class OnePage(List):
    """Shows the first `cap` rows of every window, whichever page is asked for, and tells no true count."""

    def __init__(self, rows: list[Row], cap: int, total: int | None) -> None:
        super().__init__(rows)
        self.cap, self.total = cap, total

    def __call__(self, parameters: Mapping[str, str], tries: int) -> Batch:
        shown = super().__call__({**parameters, "page": "1"}, tries)
        return Batch(shown.rows[: self.cap], self.total)


@pytest.mark.parametrize("total", [None, 10**6], ids=["no count", "a huge one"])
@pytest.mark.parametrize(("rows", "cap"), [(1, 1), (7, 500), (7, 3)])
def test_the_same_narrow_page_for_ever_is_the_end_after_a_few_requests(rows: int, cap: int, total: int | None) -> None:
    listing = OnePage(labels(rows, 30), cap, total)
    pages = listing.walk()
    assert (ids(pages), pages[-1].is_last) == (list(range(rows)), True)
    assert len(listing.asked) <= rows + 4


def test_a_list_whose_pages_end_in_nulls_for_ever_comes_to_an_end() -> None:
    asked: list[str] = []

    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        asked.append(parameters["page"])
        return Batch([*(labels(3) if parameters["page"] == "1" else ()), {}, {}], 3)

    assert ids(list(walk(fetch, V1.labels, {}, Window(BEGINNING)))) == [0, 1, 2]
    assert len(asked) <= 30


@pytest.mark.parametrize("shown", [timedelta(hours=5), timedelta(days=365), timedelta(days=-365)], ids=str)
@pytest.mark.parametrize("odd", [0, 250, 498, 499, 500, 999])
def test_one_row_that_shows_another_instant_than_it_stands_at_hides_none_behind_it(odd: int, shown: timedelta) -> None:
    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        batch = listing(parameters, tries)
        return Batch([strange if row["shipmentId"] == odd else row for row in batch.rows], batch.total)

    listing = List(labels(1200))
    strange = label(odd, NOON + timedelta(seconds=odd) + shown)
    pages = list(walk(fetch, V1.labels, {}, Window(BEGINNING)))
    assert sorted(ids(pages)) == list(range(1200))
    proven = [page.last for page in pages[:-1] if page.last]
    assert all(at < NOON + timedelta(seconds=1200) for at in proven)


@pytest.mark.parametrize("shown", [timedelta(hours=5), timedelta(days=365)], ids=str)
@pytest.mark.parametrize(("cap", "odd"), [(10, 9), (10, 18), (3, 2), (100, 99), (100, 198)])
def test_at_the_end_of_a_narrow_page_it_hides_none_either(cap: int, odd: int, shown: timedelta) -> None:
    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        whole, size = listing({**parameters, "page": "1"}, tries), min(cap, int(parameters["pageSize"]))
        first = (int(parameters["page"]) - 1) * size
        rows = [strange if row["shipmentId"] == odd else row for row in whole.rows]
        asked.append(first)
        return Batch(rows[first : first + size], whole.total)

    asked: list[int] = []
    listing = List(labels(400))
    strange = label(odd, NOON + timedelta(seconds=odd) + shown)
    pages = list(walk(fetch, V1.labels, {}, Window(BEGINNING)))
    assert sorted(ids(pages)) == list(range(400))
    assert len(asked) <= 400 // (cap - 2) + 5  # each begins a second before the last row
    proven = [page.last for page in pages[:-1] if page.last]
    assert all(at < NOON + timedelta(seconds=400) for at in proven)


def test_the_hour_that_comes_twice_is_read_whole() -> None:
    first = datetime.fromisoformat("2026-11-01T07:50:00+00:00")
    made = [first + n * timedelta(seconds=5) for n in range(1700)]  # 00:50 PDT to 02:11 PST
    rows = sorted((label(n, at) for n, at in enumerate(made)), key=lambda row: row["createDate"])
    assert sorted(ids(List(rows).walk(first - timedelta(minutes=50)))) == list(range(1700))


def test_every_request_asks_for_items_order_and_full_pages_and_keeps_the_filters() -> None:
    listing = List(labels(700))
    listing.walk(None, {"batchId": "7"})
    fixed = {"sortBy": "CreateDate", "sortDir": "ASC", "pageSize": "500", "includeShipmentItems": "true"}
    first, second = listing.asked
    assert first == {**fixed, "batchId": "7", "page": "1"}
    assert second == {**first, "createDateStart": "2026-03-05 04:08:17"}


@pytest.mark.parametrize("key", ["soon", 123, "9999-12-31T23:59:59.9999999"], ids=["text", "number", "maximum"])
def test_a_row_whose_key_nobody_can_read_stops_no_walk(key: object) -> None:
    good = {"shipmentId": 2, "createDate": "2026-03-05T04:00:00"}
    (page,) = walk(lambda *_: Batch([{"shipmentId": 1, "createDate": key}, good], 2), V1.labels, {}, Window())
    assert (len(page.rows), page.last) == (2, NOON)
