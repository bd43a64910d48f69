from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from functions.shipstation.pacific import (
    REQUEST_FORM,
    comparable,
    parse_date,
    parse_instant,
    window_end,
    window_start,
    window_text,
)
from tests.equipment.shipstation.dates import long_form, to_wall

TEN_YEARS = range(2024, 2034)


def sunday(year: int, month: int, number: int) -> datetime:
    """UTC midnight of that Sunday of the month."""
    first = datetime(year, month, 1, tzinfo=UTC)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (number - 1))


# Midnight in Pacific time before 02:00 becomes 03:00, and before it becomes 01:00.
SPRINGS = [sunday(year, 3, 2) + timedelta(hours=8) for year in TEN_YEARS]
AUTUMNS = [sunday(year, 11, 1) + timedelta(hours=7) for year in TEN_YEARS]
NIGHTS = pytest.mark.parametrize("midnight", [*SPRINGS, *AUTUMNS], ids=lambda night: f"{night:%Y-%m}")


def instants(midnight: datetime, **step: int) -> list[datetime]:
    return [midnight + n * timedelta(**step) for n in range(30)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2026-01-23T09:19:48.6130000", "2026-01-23T17:19:48.613", id="seven decimals, winter"),
        pytest.param("2026-07-01T09:19:48.6130000", "2026-07-01T16:19:48.613", id="seven decimals, summer"),
        pytest.param("2026-01-23T09:19:48.1234567", "2026-01-23T17:19:48.123456", id="all seven in use"),
        pytest.param("2026-01-23T09:19:08.32", "2026-01-23T17:19:08.320", id="trimmed decimals"),
        pytest.param("2026-01-23T09:19:08", "2026-01-23T17:19:08", id="no decimals"),
        pytest.param("2026-01-23 09:19:08", "2026-01-23T17:19:08", id="request form"),
        pytest.param("2026-01-23", "2026-01-23T08:00", id="date only"),
        pytest.param("2026-01-23T00:00:00.0000000", "2026-01-23T08:00", id="midnight"),
        pytest.param("2026-01-23T23:30:00", "2026-01-24T07:30", id="over the day"),
        pytest.param("2026-01-23T09:19:48.613Z", "2026-01-23T17:19:48.613", id="a Z that lies"),
        pytest.param("2026-01-23T09:19:48+00:00", "2026-01-23T17:19:48", id="an offset that lies"),
        pytest.param(" 2026-01-23T09:19:48 ", "2026-01-23T17:19:48", id="blanks"),
        pytest.param("2026-03-08T01:59:59", "2026-03-08T09:59:59", id="March, before"),
        pytest.param("2026-03-08T02:30:00", "2026-03-08T09:30:00", id="March, skipped hour: read early"),
        pytest.param("2026-03-08T03:00:00", "2026-03-08T10:00:00", id="March, after"),
        pytest.param("2026-11-01T00:59:59", "2026-11-01T07:59:59", id="November, before"),
        pytest.param("2026-11-01T01:30:00", "2026-11-01T09:30:00", id="November, repeated hour: its second coming"),
        pytest.param("2026-11-01T02:00:00", "2026-11-01T10:00:00", id="November, after"),
    ],
)
def test_every_form_of_a_date_is_read_as_pacific_time(text: str, expected: str) -> None:
    found = parse_instant(text)
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="null"),
        pytest.param("", id="empty"),
        pytest.param("0001-01-01T00:00:00.0000000", id="year 0001"),
        pytest.param("1969-12-31", id="before 1970"),
    ],
)
def test_no_date_is_none(text: str | None) -> None:
    assert parse_instant(text) is None
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text",
    ["soon", " ", "2026-13-01", "2026-02-30", "2026-01-23T25:00:00", "2026-01-23T09:19", "2026-01-23T09:19:48-08:00"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    for read in (parse_instant, parse_date):
        with pytest.raises(ValueError, match=r"ShipStation date|month|day|hour"):
            read(text)


@pytest.mark.parametrize("text", ["2026-03-08", "2026-03-08T00:00:00.0000000", "2026-03-08T23:59:59.9Z"])
def test_a_ship_date_is_the_day_as_written(text: str) -> None:
    assert parse_date(text) == date(2026, 3, 8)


@NIGHTS
def test_the_request_form_is_the_wall_clock_without_fractions(midnight: datetime) -> None:
    for instant in instants(midnight, minutes=10):
        assert window_text(instant + timedelta(milliseconds=999)) == f"{to_wall(instant):{REQUEST_FORM}}"


@NIGHTS
def test_no_window_begins_behind_a_row_to_come(midnight: datetime) -> None:
    starts = instants(midnight, minutes=10, milliseconds=7)
    assert not [(a, b) for a in starts for b in starts if a <= b and window_start(a) > f"{to_wall(b)}"]


@NIGHTS
def test_no_window_ends_before_a_row_that_is_there(midnight: datetime) -> None:
    ends = instants(midnight, minutes=10, seconds=7)
    assert not [(a, b) for a in ends for b in ends if a <= b and window_end(b) < f"{to_wall(a)}"]


@NIGHTS
def test_a_cursor_read_from_a_row_passes_none_that_is_to_come(midnight: datetime) -> None:
    stamps = instants(midnight, minutes=10, milliseconds=7)
    for row in stamps:
        cursor = parse_instant(long_form(to_wall(row)))
        assert cursor is not None
        assert not [later for later in stamps if later >= row and window_start(cursor) > f"{to_wall(later)}"]


def test_every_instant_of_ten_years_maps_to_a_window_that_contains_it() -> None:
    random = Random(1)
    span = (datetime(TEN_YEARS[-1], 12, 31, tzinfo=UTC) - datetime(TEN_YEARS[0], 1, 1, tzinfo=UTC)).total_seconds()
    anywhere = [
        datetime(TEN_YEARS[0], 1, 1, tzinfo=UTC) + timedelta(seconds=random.random() * span) for _ in range(20_000)
    ]
    nights = [night + timedelta(seconds=random.random() * 14_400) for night in (*SPRINGS, *AUTUMNS) for _ in range(500)]
    for instant in (*anywhere, *nights):
        printed = f"{to_wall(instant):{REQUEST_FORM}}"
        assert window_start(instant) <= printed <= window_end(instant), instant
        read = parse_instant(long_form(to_wall(instant)))
        assert read is not None
        assert read - instant in READ_BACK, instant


# Outside the repeated hour a printed date reads back as it was; inside, its first coming may be read as the second.
READ_BACK = {timedelta(0), timedelta(hours=1)}


@pytest.mark.parametrize(
    ("hour", "start", "end"),
    [
        pytest.param(7.5, "2026-11-01 00:30:00", "2026-11-01 00:30:00", id="before"),
        pytest.param(8.5, "2026-11-01 01:00:00", "2026-11-01 02:00:00", id="first coming"),
        pytest.param(9.5, "2026-11-01 01:00:00", "2026-11-01 02:00:00", id="second coming"),
        pytest.param(10.5, "2026-11-01 02:30:00", "2026-11-01 02:30:00", id="after"),
    ],
)
def test_a_window_is_wider_only_where_the_hour_repeats(hour: float, start: str, end: str) -> None:
    instant = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hour)
    assert (window_start(instant), window_end(instant)) == (start, end)


def test_a_window_ends_behind_a_second_that_has_begun() -> None:
    assert window_end(datetime(2026, 3, 5, 12, 0, 0, 900_000, tzinfo=UTC)) == "2026-03-05 04:00:01"


@pytest.mark.parametrize(
    ("instant", "stands_for"),
    [
        pytest.param("2026-11-01T08:59:59", "2026-11-01T09:00:00", id="first coming"),
        pytest.param("2026-11-01T09:30:00.5", "2026-11-01T09:00:00", id="second coming"),
        pytest.param("2026-11-01T07:59:59", "2026-11-01T07:59:59", id="before"),
        pytest.param("2026-11-01T10:00:00", "2026-11-01T10:00:00", id="after"),
        pytest.param("2026-03-08T10:00:00", "2026-03-08T10:00:00", id="March"),
    ],
)
def test_within_the_hour_that_comes_twice_no_stamp_is_later_than_another(instant: str, stands_for: str) -> None:
    at, beginning = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (instant, stands_for))
    assert comparable(at) == beginning
