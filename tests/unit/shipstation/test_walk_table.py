"""The walk, request by request, over lists with pages of a few rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.errors import Retryable
from functions.model.outcomes import Reason
from functions.shipstation.client import PageBroken
from functions.shipstation.reading.api import Batch, Missing, Page
from functions.shipstation.reading.keyset_walk import MOST_HOLLOW, Window, walk
from functions.shipstation.v1.api import V1
from tests.equipment.builders import NOON
from tests.equipment.shipstation.dates import long_form, to_wall

Asked = tuple[str | None, int, int]  # minute and second of the start, size, page
Answer = Callable[[int, int], Batch]  # of size and page
NONE: dict[str, Any] = {}  # a row that comes as null
BEGUN = NOON + timedelta(seconds=1)  # of rows in the first second: the walk goes by page numbers from there


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def row(number: int, seconds: float = 1) -> dict[str, Any]:
    return {"shipmentId": number, "createDate": long_form(to_wall(at(seconds)))}


def rows(*seconds: float) -> list[dict[str, Any]]:
    """By their seconds, which are their numbers."""
    return [row(int(each), each) for each in seconds]


class Walk:
    """Over a list that gives these answers, one after the other or to size and page; an answer of None breaks."""

    def __init__(self, answers: Answer | Sequence[Batch | None], size: int = 3, most: int = 60) -> None:
        self._answers, self._most = answers, most
        self._listing = replace(V1.labels, fixed={"pageSize": str(size)})
        self.asked: list[Asked] = []
        self.ends: list[str | None] = []

    def pages(self, start: datetime | None = BEGUN, end: datetime | None = None, first_page: int = 1) -> list[Page]:
        return list(walk(self._fetch, self._listing, {}, Window(start, end), first_page=first_page))

    def _fetch(self, parameters: Mapping[str, str], tries: int) -> Batch:
        start, size, page = parameters.get("createDateStart"), int(parameters["pageSize"]), int(parameters["page"])
        self.asked.append((start and start[-5:], size, page))
        self.ends.append(parameters.get("createDateEnd"))
        assert len(self.asked) <= self._most, "it never ends"
        found = self._answers(size, page) if callable(self._answers) else self._answers[len(self.asked) - 1]
        if found is None:
            raise PageBroken(Reason.SHIPSTATION_UNAVAILABLE, "broken")
        return found


def shown(pages: Sequence[Page]) -> list[int]:
    return [each["shipmentId"] for page in pages for each in page.rows]


def served(number: int, bad: Sequence[int] = (), seconds: float = 0) -> Answer:
    """Rows as they are asked for by number, whichever start is asked for."""

    def answer(size: int, page: int) -> Batch:
        found = [row(n, 1 + n * seconds) for n in range(number)][(page - 1) * size : page * size]
        if any(each["shipmentId"] in bad for each in found):
            raise PageBroken(Reason.SHIPSTATION_UNAVAILABLE, "broken")
        return Batch(found, number)

    return answer


@pytest.mark.parametrize(
    ("seconds", "is_ignored"),
    [((97, 98), True), ((97, 99), False), ((50, 100), False), ((200,), False), ((), False)],
    ids=["older", "a second older", "one of them", "later", "none"],
)
def test_a_list_that_shows_nothing_of_the_window_ignores_its_start(
    seconds: tuple[float, ...], *, is_ignored: bool
) -> None:
    one = Walk([Batch(rows(*seconds), len(seconds))])
    if is_ignored:
        with pytest.raises(Retryable, match="GET /shipments: every row is older than createDateStart") as raised:
            one.pages(at(100))
        assert raised.value.reason is Reason.SHIPSTATION_UNAVAILABLE
    else:
        assert shown(one.pages(at(100))) == list(seconds)
    assert shown(Walk([Batch(rows(1, 2), 2)]).pages(None)) == [1, 2]


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([Batch(rows(1, 2, 3), 4), Batch(rows(2, 3, 4), 3), Batch(rows(3, 4), 2)], id="all is well"),
        pytest.param([Batch([], 2), Batch(rows(1, 2), 2)], id="empty at first"),
        pytest.param([None, None, Batch(rows(2)), None, Batch(rows(2), 2), Batch(rows(3), 3), Batch([])], id="broken"),
        pytest.param([None, None, None, Batch(rows(2)), Batch(rows(1)), Batch(rows(3)), Batch([])], id="twice"),
    ],
)
def test_every_request_keeps_the_end_of_the_window(answers: list[Batch | None]) -> None:
    one = Walk(answers)
    one.pages(at(1), at(90))
    assert one.ends == ["2026-03-05 04:01:30"] * len(answers)


@pytest.mark.parametrize(
    ("number", "bad", "size", "following", "asked"),
    [
        pytest.param(3, [], 3, [2, 1], [(3, 1), (3, 2)], id="a whole page, and nothing behind it"),
        pytest.param(
            6,
            [1],
            4,
            [1, 1, 2, 2, 1],
            [(4, 1), (2, 1), *((1, n) for n in (1, 2, 3, 2, 4)), (3, 2), (4, 2)],
            id="one of four",
        ),
    ],
)
def test_pages_of_one_second_are_read_by_number(
    number: int, bad: list[int], size: int, following: list[int], asked: list[tuple[int, int]]
) -> None:
    one = Walk(served(number, bad), size)
    pages = one.pages()
    assert [each[1:] for each in one.asked] == asked
    assert shown(pages) == [n for n in range(number) if n not in bad]
    assert [page.following for page in pages] == following
    assert all(isinstance(page.following, int) for page in pages)  # the cursor holds no other number


@pytest.mark.parametrize(
    ("numbers", "asked"),
    [
        pytest.param([[0], [1], [2], []], [(3, 1), (1, 2), (1, 3), (1, 4)], id="one row a page"),
        pytest.param([[0, 1], [2, 3], []], [(3, 1), (2, 2), (2, 3)], id="two of three"),
        pytest.param([[0, 1, 2], [3, 4], [5], []], [(3, 1), (3, 2), (3, 3), (3, 4)], id="narrow later"),
        pytest.param([[0, 1, 2, 3], [4], []], [(3, 1), (3, 2), (3, 3)], id="more than asked for"),
    ],
)
def test_later_pages_are_counted_in_the_size_that_the_first_one_had(
    numbers: list[list[int]], asked: list[tuple[int, int]]
) -> None:
    one = Walk([Batch([row(n) for n in page]) for page in numbers])
    assert shown(one.pages()) == [n for page in numbers for n in page]
    assert [each[1:] for each in one.asked] == asked


def test_a_list_that_goes_round_ends_when_it_repeated_twice_what_is_remembered() -> None:
    """Two pages in turn; of the six rows that are remembered it shows two at a time."""
    one = Walk(lambda _, page: Batch([row(page % 2 * 2), row(page % 2 * 2 + 1)]))
    assert shown(one.pages()) == [2, 3, 0, 1]
    assert len(one.asked) == 2 + 12 // 2 + 1


def test_a_row_that_comes_again_is_left_out_as_long_as_it_is_remembered() -> None:
    numbers = [[1, 2, 3], [4, 5, 1], [6, 7, 1], [8]]
    one = Walk([*(Batch([row(n) for n in page]) for page in numbers), Batch([])])
    assert shown(one.pages()) == [1, 2, 3, 4, 5, 6, 7, 1, 8]


def test_pages_of_nothing_but_nulls_are_the_end_after_many() -> None:
    one = Walk(lambda *_: Batch([NONE, NONE]), 30)
    assert one.pages()[-1].is_last
    assert len(one.asked) == 1 + MOST_HOLLOW


@pytest.mark.parametrize(
    ("seconds", "proven"), [((60, 0, 61), 61), ((61, 0, 62), 1)], ids=["a minute", "more than a minute"]
)
def test_rows_a_minute_out_of_order_are_in_order(seconds: tuple[float, ...], proven: float) -> None:
    (page,) = Walk([Batch(rows(*seconds), 3)], 4).pages(at(0))
    assert page.last == at(proven)


@pytest.mark.parametrize(
    ("first", "start"),
    [
        pytest.param([row(1, 10), row(2, 20), row(3, 5000)], "00:19", id="the last is left out"),
        pytest.param([row(1, 10), NONE, row(2, 5000)], "00:09", id="one of two"),
        pytest.param([row(1, 10), NONE, NONE], "00:09", id="the only one leads"),
        pytest.param([row(1, 10), row(2, 20)], "00:19", id="the last of a narrow page leads"),
    ],
)
def test_the_row_before_the_last_of_a_whole_page_leads_on(first: list[dict[str, Any]], start: str) -> None:
    one = Walk([Batch(first), Batch([])])
    one.pages()
    assert one.asked == [("00:01", 3, 1), (start, 3, 1)]


def test_a_neighbour_without_a_date_bounds_no_gap() -> None:
    undated = {"shipmentId": 2, "createDate": "soon"}
    one = Walk([Batch(rows(1, 2, 3)), None, None, Batch([undated]), None, Batch([])])
    gaps = [gap for page in one.pages(at(0)) for gap in page.gaps]
    assert gaps == [Missing(at(3), None, 1)]
