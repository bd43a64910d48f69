"""Walks around rows that ShipStation cannot show, over lists that are cut into legs or begin on a later page."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from functions.errors import Retryable
from functions.model.cursors import Gap, Stream
from functions.model.outcomes import Reason
from functions.shipstation.client import PageBroken
from functions.shipstation.reading.api import Batch, Missing, Page
from functions.shipstation.reading.keyset_walk import FIRM, MOST_GAPS, SINGLE, Window, walk
from functions.shipstation.v1.api import V1
from functions.shipstation.v2.api import V2
from tests.equipment.builders import NOON
from tests.equipment.shipstation.dates import long_form, to_wall

Row = dict[str, Any]
Asked = tuple[int, int]  # size and page
BEGINNING = datetime(2026, 3, 1, 8, tzinfo=UTC)


def at(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


class Vendor:
    """Serves `number` rows that are `seconds` apart, ascending. A page with one of the `bad` ones is broken, and so are
    requests `out`. No page is longer than `cap`, which then counts pages or does not; `counts` says whether a total is
    told.
    """

    def __init__(
        self,
        number: int,
        bad: Container[int] = (),
        seconds: float = 1,
        *,
        out: Container[int] = (),
        cap: int = V1.labels.page_size,
        counts: bool = True,
        is_cap_the_page: bool = True,
    ) -> None:
        self.rows: list[Row] = [
            {"shipmentId": n, "createDate": long_form(to_wall(at(n * seconds)))} for n in range(number)
        ]
        self.bad, self.out, self.cap, self.counts, self.is_cap_the_page = bad, out, cap, counts, is_cap_the_page
        self.asked: list[Asked] = []
        self.tries: list[int] = []
        self.bounds: list[tuple[str | None, str | None]] = []

    def __call__(self, parameters: Mapping[str, str], tries: int) -> Batch:
        start, end = (parameters.get(f"createDate{side}") for side in ("Start", "End"))
        size, page = int(parameters["pageSize"]), int(parameters["page"])
        self.asked.append((size, page))
        self.tries.append(tries)
        self.bounds.append((start, end))
        begin, behind = (
            bisect_left(self.rows, start or "", key=_second),
            bisect_right(self.rows, end or "9", key=_second),
        )
        found = self.rows[begin:behind]
        first = (page - 1) * (min(size, self.cap) if self.is_cap_the_page else size)
        shown = found[first : first + min(size, self.cap)]
        if len(self.asked) in self.out or any(row["shipmentId"] in self.bad for row in shown):
            raise PageBroken(Reason.SHIPSTATION_UNAVAILABLE, f"request {len(self.asked)}")
        return Batch(shown, len(found) if self.counts else None)

    def walk(self, window: Window | None = None, avoid: Sequence[Gap] = (), first_page: int = 1) -> list[Page]:
        return list(walk(self, V1.labels, {}, window or Window(BEGINNING), avoid, first_page=first_page))


def _second(row: Row) -> str:
    return str(row["createDate"])[:19].replace("T", " ")


def ids(pages: Sequence[Page]) -> list[int]:
    return [int(row["shipmentId"]) for page in pages for row in page.rows]


def gaps(pages: Sequence[Page]) -> list[Missing]:
    return [gap for page in pages for gap in page.gaps]


def missed(number: int, pages: Sequence[Page]) -> list[int]:
    return sorted(set(range(number)) - set(ids(pages)))


@pytest.mark.parametrize(
    ("bad", "requests"),
    [
        pytest.param([0], 26, id="the first"),
        pytest.param([250], 28, id="in the middle"),
        pytest.param([499], 45, id="the last of a page"),
        pytest.param([500], 28, id="the first of the second"),
        pytest.param([1299], 43, id="the last"),
        pytest.param([10, 11, 12], 39, id="three together"),
        pytest.param([498, 499, 500], 45, id="across pages"),
        pytest.param([10, 700], 64, id="two"),
    ],
)
def test_rows_that_cannot_be_shown_are_stepped_over_and_told_once_by_their_neighbours(
    bad: list[int], requests: int
) -> None:
    vendor = Vendor(1300, bad)
    pages = vendor.walk()
    assert (ids(pages), len(vendor.asked)) == ([n for n in range(1300) if n not in bad], requests)
    told = [(gap.after, gap.before) for gap in gaps(pages)]
    firsts, lasts = [n for n in bad if n - 1 not in bad], [n for n in bad if n + 1 not in bad]
    before = [at(n - 1) if n else None for n in firsts]
    assert told == list(zip(before, [at(n + 1) if n < 1299 else None for n in lasts], strict=True))
    assert sum(gap.rows for gap in gaps(pages)) == len(bad)
    assert [page.is_last for page in pages] == [False] * (len(pages) - 1) + [True]


DENSE = (0, 0.001, 0.01)  # seconds between rows: all in one second, a thousand, a hundred


@pytest.mark.parametrize("seconds", DENSE)
@pytest.mark.parametrize("bad", [[1], [682, 683, 721], [1007, 1009, 1010], [1031, 1600]], ids=str)
def test_in_a_second_of_many_rows_none_behind_a_broken_page_is_left_out_or_told_as_broken(
    bad: list[int], seconds: float
) -> None:
    vendor = Vendor(2100, bad, seconds)
    pages = vendor.walk()
    assert (missed(2100, pages), sum(gap.rows for gap in gaps(pages))) == (bad, len(bad))


@pytest.mark.parametrize(
    ("number", "bad", "seconds", "requests"),
    [
        pytest.param(100, [5], 0, 22, id="an import"),
        pytest.param(500, [20], 0, 27, id="a page"),
        pytest.param(2100, [1], 0, 26, id="five pages"),
        pytest.param(2100, [682, 683, 721], 0, 40, id="three bad ones"),
        pytest.param(700, [300], 0.01, 57, id="seven seconds"),
    ],
)
def test_behind_a_row_that_cannot_be_shown_the_pieces_of_a_second_grow_again(
    number: int, bad: list[int], seconds: float, requests: int
) -> None:
    vendor = Vendor(number, bad, seconds)
    assert (missed(number, vendor.walk()), len(vendor.asked)) == (bad, requests)


class Edited(Vendor):
    """Rows go to the end of the list while it is read, eight of them."""

    def __init__(self, random: Random, bad: int, seconds: float) -> None:
        super().__init__(700, [bad], seconds)
        self.random, self.left = random, 8

    def __call__(self, parameters: Mapping[str, str], tries: int) -> Batch:
        chosen = self.random.randrange(len(self.rows))
        is_edited = bool(self.asked) and self.left > 0 and self.random.random() < 0.4
        if is_edited and self.rows[chosen]["shipmentId"] not in self.bad:
            later = long_form(to_wall(at(7000 + len(self.asked))))
            self.rows.append({**self.rows.pop(chosen), "createDate": later})
            self.left -= 1
        return super().__call__(parameters, tries)


@pytest.mark.parametrize("seed", range(60))
def test_rows_that_move_up_while_a_broken_page_is_read_in_pieces_are_found(seed: int) -> None:
    random = Random(seed)
    vendor = Edited(random, random.randrange(700), random.choice([0.005, 0.01, 0.02, 0.1]))
    assert missed(700, vendor.walk()) == vendor.bad


class Sparse(Vendor):
    """Rows that are not `ours` are shown as nulls."""

    def __init__(self, random: Random, share: float, *, counts: bool) -> None:
        number = random.randrange(300, 1600)
        bad = random.randrange(number)
        super().__init__(number, [bad], 0, counts=counts)
        self.ours = [n for n in range(number) if n != bad and random.random() < share]

    def __call__(self, parameters: Mapping[str, str], tries: int) -> Batch:
        batch = super().__call__(parameters, tries)
        return Batch([row if row["shipmentId"] in self.ours else {} for row in batch.rows], batch.total)


@pytest.mark.parametrize("counts", [True, False], ids=["counted", "not counted"])
@pytest.mark.parametrize("share", [0.99, 0.5, 0.1, 0.01])
@pytest.mark.parametrize("seed", range(8))
def test_rows_of_ours_among_nulls_are_found_behind_a_broken_one(seed: int, share: float, *, counts: bool) -> None:
    vendor = Sparse(Random(seed), share, counts=counts)
    assert sorted(ids(vendor.walk())) == vendor.ours


@pytest.mark.parametrize(("bad", "requests"), [([0, 483], 59), ([111, 443, 551, 566], 75)], ids=str)
def test_where_no_total_is_told_the_end_of_the_list_is_no_sign_of_rows_that_moved(
    bad: list[int], requests: int
) -> None:
    vendor = Vendor(586, bad, 0, counts=False)
    assert (missed(586, vendor.walk()), len(vendor.asked)) == (bad, requests)


def test_a_gap_within_a_second_parts_no_window() -> None:
    vendor = Vendor(100)
    vendor.walk(Window(at(0), at(90)), [gap(10, 11), gap(20, 20)])
    assert len(vendor.bounds) == 1


@pytest.mark.parametrize("seconds", DENSE)
@pytest.mark.parametrize("is_cap_the_page", [True, False], ids=["pages of its own", "pages as asked for"])
@pytest.mark.parametrize("counts", [True, False], ids=["counted", "not counted"])
@pytest.mark.parametrize(("bad", "out"), [([3], ()), ([150, 151, 280], ()), ([], (3,)), ([640], (4, 7))], ids=str)
def test_where_pages_are_narrower_than_asked_for_no_row_is_lost_behind_a_broken_one(
    seconds: float, bad: list[int], out: tuple[int, ...], *, counts: bool, is_cap_the_page: bool
) -> None:
    vendor = Vendor(700, bad, seconds, out=out, cap=100, counts=counts, is_cap_the_page=is_cap_the_page)
    pages = vendor.walk()
    assert (missed(700, pages), sum(gap.rows for gap in gaps(pages))) == (bad, len(bad))


def test_a_page_that_fails_once_costs_a_few_small_ones_and_hides_nothing() -> None:
    vendor = Vendor(1300, out=(2,))
    pages = vendor.walk()
    assert (ids(pages), gaps(pages)) == (list(range(1300)), [])
    sizes = [size for size, _ in vendor.asked]
    assert sizes == [500, 500, 250, 125, 62, 31, 15, 7, 3, *[1] * 5, 4, 500]
    assert vendor.tries == [FIRM, FIRM, *[SINGLE] * 11, FIRM, FIRM, FIRM]


def test_in_a_second_of_many_rows_too() -> None:
    vendor = Vendor(2100, seconds=0, out=(3, 4, 5, 6, 7, 8, 9, 10, 11))
    assert (missed(2100, pages := vendor.walk()), gaps(pages)) == ([], [])


def test_a_neighbour_that_fails_once_is_no_row_that_cannot_be_shown() -> None:
    whole = Vendor(300, [10], 0.001)
    whole.walk()
    neighbour = whole.asked.index((1, 12)) + 1
    vendor = Vendor(300, [10], 0.001, out=(neighbour,))
    assert missed(300, vendor.walk()) == [10]


@pytest.mark.parametrize("number", [MOST_GAPS + 1, MOST_GAPS + 2])
def test_more_rows_than_a_few_are_an_outage(number: int) -> None:
    vendor = Vendor(1300, range(20, 20 + number))
    if number <= MOST_GAPS + 1:
        assert [gap.rows for gap in gaps(vendor.walk())] == [number]
    else:
        with pytest.raises(PageBroken, match=r"request 1$"):
            vendor.walk()


def test_two_next_to_each_other_behind_many_that_are_not_are_no_outage() -> None:
    bad = [*range(10, 80, 10), 100, 101]
    pages = Vendor(200, bad).walk()
    assert (missed(200, pages), sum(gap.rows for gap in gaps(pages))) == (bad, len(bad))


def test_a_row_that_can_be_shown_again_is_no_gap() -> None:
    whole = Vendor(300, [10])
    whole.walk()
    met = next(n for n, asked in enumerate(whole.asked) if n > 12 and whole.asked[n - 2 : n + 1].count(asked) == 2)
    vendor = Vendor(300, [10])
    vendor.bad = _Until(vendor, met)
    assert (ids(pages := vendor.walk()), gaps(pages)) == (list(range(300)), [])


def test_a_row_in_front_of_a_neighbour_that_was_edited_and_stands_elsewhere_is_told_too() -> None:
    vendor = Vendor(1300, [10, 1000])

    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        if len(vendor.asked) == 30:  # long after the first was stepped over: its neighbour comes behind the second
            (row,) = (each for each in vendor.rows if each["shipmentId"] == 11)
            vendor.rows.remove(row)
            vendor.rows.insert(1000, {**row, "createDate": long_form(to_wall(at(1000.5)))})
        return vendor(parameters, tries)

    pages = list(walk(fetch, V1.labels, {}, Window(BEGINNING)))
    assert (missed(1300, pages), sum(gap.rows for gap in gaps(pages))) == ([10, 1000], 2)


class _Until:
    """Row 10 is bad before that request."""

    def __init__(self, vendor: Vendor, request: int) -> None:
        self._vendor, self._request = vendor, request

    def __contains__(self, row: object) -> bool:
        return row == 10 and len(self._vendor.asked) <= self._request


def gap(after: float, before: float | None) -> Gap:
    return Gap(stream=Stream.LABELS_CREATED, after=at(after), before=None if before is None else at(before))


KNOWN = [gap(50, 53), gap(10, 12), gap(70, None), gap(95, 97), gap(-400000, -399990)]


def test_known_gaps_cut_the_window_into_legs_their_neighbours_included() -> None:
    vendor = Vendor(100)
    pages = vendor.walk(Window(BEGINNING, at(90)), KNOWN)
    assert missed(100, pages) == [11, 51, 52, *range(91, 100)]
    day = "2026-03-05 04:"
    ends = [(f"{day}00:12", f"{day}00:50"), (f"{day}00:53", f"{day}01:30")]
    assert vendor.bounds == [("2026-03-01 00:00:00", f"{day}00:10"), *ends]
    assert [page.is_last for page in pages] == [False, False, True]


@pytest.mark.parametrize(
    ("window", "known", "asked"),
    [
        pytest.param(Window(None, None), gap(10, 12), [(None, "00:10"), ("00:12", None)], id="an open window"),
        pytest.param(Window(at(10), at(90)), gap(10, 12), [("00:10", "00:10"), ("00:12", "01:30")], id="at its start"),
        pytest.param(Window(at(11), at(90)), gap(10, 12), [("00:11", "01:30")], id="begun before it"),
        pytest.param(Window(at(0), at(10)), gap(10, 12), [("00:00", "00:10")], id="at its end"),
        pytest.param(Window(at(0), at(10)), gap(10, 10), [("00:00", "00:10")], id="of one second"),
        pytest.param(Window(at(0), at(12)), gap(10, 12), [("00:00", "00:10"), ("00:12", "00:12")], id="to its end"),
        pytest.param(Window(at(0), at(11)), gap(10, 12), [("00:00", "00:10")], id="ended within it"),
    ],
)
def test_a_gap_at_the_edge_of_the_window(
    window: Window, known: Gap, asked: list[tuple[str | None, str | None]]
) -> None:
    vendor = Vendor(100)
    vendor.walk(window, [known])
    assert [(start and start[-5:], end and end[-5:]) for start, end in vendor.bounds] == asked


def test_a_walk_goes_on_with_the_page_that_the_last_one_named() -> None:
    first = Vendor(1700, seconds=0)
    assert [page.following for page in first.walk()] == [1, 2, 3, 4, 1]
    vendor = Vendor(1700, seconds=0)
    pages = vendor.walk(Window(at(0), None), [gap(5, 7)], first_page=3)
    assert (vendor.asked[:2], sorted(ids(pages))) == ([(500, 3), (500, 4)], list(range(1000, 1700)))
    assert vendor.asked[-1] == (500, 1)  # the leg behind the gap begins anew


@pytest.mark.parametrize("is_cap_the_page", [True, False], ids=["pages of its own", "pages as asked for"])
@pytest.mark.parametrize("counts", [True, False], ids=["counted", "not counted"])
@pytest.mark.parametrize(("number", "cap"), [(1700, 100), (1099, 250), (2100, 130)])
def test_where_pages_are_narrower_than_asked_for_a_walk_that_goes_on_leaves_no_row_out(
    number: int, cap: int, *, counts: bool, is_cap_the_page: bool
) -> None:
    def vendor() -> Vendor:
        return Vendor(number, seconds=0, cap=cap, counts=counts, is_cap_the_page=is_cap_the_page)

    shown = list[Page]()
    for page in vendor().walk():
        shown.append(page)
        if page.following > 1:
            rest = vendor().walk(Window(page.last), first_page=page.following)
            assert missed(number, [*shown, *rest]) == []


@pytest.mark.parametrize("seconds", [0, 0.001], ids=["one second", "two seconds"])
@pytest.mark.parametrize("place", [499, 999, 1300])
def test_a_row_of_a_wrong_clock_within_a_second_of_many_rows_hides_none_of_those_behind_it(
    place: int, seconds: float
) -> None:
    rows = Vendor(2000, seconds=seconds).rows
    rows[place] |= {"createDate": long_form(to_wall(at(place * seconds + 30)))}

    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        del tries
        found = [row for row in rows if _second(row) >= parameters["createDateStart"]]
        first = (int(parameters["page"]) - 1) * V1.labels.page_size
        return Batch(found[first : first + V1.labels.page_size], len(found))

    assert missed(2000, list(walk(fetch, V1.labels, {}, Window(BEGINNING)))) == []


@pytest.mark.parametrize("number", [497, 498, 499, 500, 996, 997, 998, 999])
def test_no_page_is_asked_for_by_its_number_over_more_than_a_second(number: int) -> None:
    """Rows move while they are read: a later page begins elsewhere then."""
    vendor = Vendor(number, seconds=0)
    vendor.rows += [
        {**row, "createDate": long_form(to_wall(at(row["shipmentId"])))} for row in Vendor(1400).rows[1000:]
    ]
    reached: list[str] = []

    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        found = [_second(row) for row in vendor.rows if _second(row) >= parameters["createDateStart"]]
        reached.extend(found[: (int(parameters["page"]) - 1) * int(parameters["pageSize"])])
        return vendor(parameters, tries)

    list(walk(fetch, V1.labels, {}, Window(at(0))))
    assert len(set(reached)) <= 1


@pytest.mark.parametrize(("total", "is_raised"), [(None, True), (500, False), (10**6, True)])
def test_whole_pages_of_the_same_rows_are_refused_unless_they_are_all_there_is(
    total: int | None, *, is_raised: bool
) -> None:
    rows = Vendor(500, seconds=0).rows
    asked: list[str] = []

    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        del tries
        asked.append(parameters["page"])
        return Batch(rows, total)

    if is_raised:
        with pytest.raises(Retryable, match="GET /shipments: ignores which page is asked for") as raised:
            list(walk(fetch, V1.labels, {}, Window(BEGINNING)))
        assert raised.value.reason is Reason.SHIPSTATION_UNAVAILABLE
    else:
        assert len(ids(list(walk(fetch, V1.labels, {}, Window(BEGINNING))))) == 500
    assert asked == ["1", "1", "2", "3"]


@pytest.mark.parametrize("bad", [[85], [1085, 1086], [640, 1300]], ids=str)
def test_where_bounds_are_asked_for_a_second_wider_a_row_is_not_met_again(bad: list[int]) -> None:
    vendor = _Open(2100, bad, 0.01)
    pages = list(walk(vendor, V1.orders, {}, Window(BEGINNING)))
    shown = {row["orderId"] for page in pages for row in page.rows}
    assert (sorted(set(range(2100)) - shown), sum(gap.rows for gap in gaps(pages))) == (bad, len(bad))


class _Open(Vendor):
    """The list of orders: its bounds are outside, what has a fraction of the second that they name is inside."""

    def __call__(self, parameters: Mapping[str, str], tries: int) -> Batch:
        batch = super().__call__({**parameters, "createDateStart": parameters["modifyDateStart"]}, tries)
        rows = [{"orderId": row["shipmentId"], "modifyDate": row["createDate"]} for row in batch.rows]
        return Batch(rows, batch.total)


@pytest.mark.parametrize("out", [8, 11, 17])
def test_small_pages_that_repeat_rows_of_full_seconds_end_no_walk(out: int) -> None:
    rows: list[Row] = [{"orderId": n, "modifyDate": at(n * 0.02)} for n in range(900)]
    asked = 0

    def fetch(parameters: Mapping[str, str], tries: int) -> Batch:
        nonlocal asked
        del tries
        asked += 1
        if asked == out:
            raise PageBroken(Reason.SHIPSTATION_UNAVAILABLE, "once")
        size, page = int(parameters["page_size"]), int(parameters["page"])
        start = datetime.fromisoformat(parameters["modified_at_start"])
        found = [row for row in rows if row["modifyDate"] > start]
        return Batch(found[(page - 1) * size : page * size], len(found))

    shown = [row["orderId"] for page in walk(fetch, V2.orders, {}, Window(BEGINNING)) for row in page.rows]
    assert shown == list(range(900))
