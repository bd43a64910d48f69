"""The only place that knows that ShipStation V1 speaks US Pacific wall-clock time, without an offset.

Source: https://docs.shipstation.com/apis/shipstation-v1/docs/start-here/requirements
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
EARLIEST_YEAR, LATEST_YEAR = 1970, 2200  # .NET clients emit 0001-01-01 and 9999-12-31 for "no date"
REQUEST_FORM = "%Y-%m-%d %H:%M:%S"

_STAMP = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?:[T ](?P<clock>\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d{1,9}))?)?(?:Z|[+-]00:?00)?"
)


def parse_instant(text: str | datetime | None) -> datetime | None:
    """A UTC instant from any V1 text form; None for no date. Raises ValueError for what is no date at all. An instant
    stays as it is.

    V1 writes Pacific time whatever suffix stands behind it. The hour that comes twice in November is read as its
    second coming. A cursor can then be an hour ahead of the rows to come, and passes none of them: a window that starts
    anywhere in that hour starts at its beginning.
    """
    if isinstance(text, datetime):
        return text
    wall = _wall_clock(text)
    if wall is None:
        return None
    return wall.replace(tzinfo=PACIFIC, fold=1).astimezone(UTC)


def comparable(instant: datetime) -> datetime:
    """For asking which of two readings is the later one: within the hour that comes twice no stamp tells, and so its
    beginning stands for all of it.
    """
    wall = instant.astimezone(PACIFIC)
    return wall.replace(minute=0, second=0, microsecond=0, fold=1).astimezone(UTC) if _comes_twice(wall) else instant


def parse_date(text: str | date | None) -> date | None:
    """The calendar day as written: a ship date is a day in ShipStation's own zone and is never converted."""
    if isinstance(text, date):
        return text
    wall = _wall_clock(text)
    return wall.date() if wall else None


def window_text(instant: datetime) -> str:
    """The wall clock of an instant in the documented request form `yyyy-mm-dd hh:mm:ss`, fractions cut off."""
    return instant.astimezone(PACIFIC).strftime(REQUEST_FORM)


def window_start(instant: datetime) -> str:
    """A start that no row of `instant` or later shows an earlier wall clock than: the repeated hour counts whole."""
    wall = instant.astimezone(PACIFIC)
    return (wall.replace(minute=0, second=0) if _comes_twice(wall) else wall).strftime(REQUEST_FORM)


def window_end(instant: datetime) -> str:
    """An end that no row of `instant` or earlier shows a later wall clock than: the repeated hour counts whole."""
    wall = instant.astimezone(PACIFIC)
    last = wall.replace(minute=59, second=59, microsecond=999_999) if _comes_twice(wall) else wall
    # Bounds carry no fractions: the second that has begun counts whole.
    return (last.replace(tzinfo=None) + timedelta(microseconds=999_999)).strftime(REQUEST_FORM)


def shifted(bound: str, seconds: int) -> str:
    """A bound moved on the wall clock: bounds are compared as they are written, clock changes or not."""
    return (datetime.fromisoformat(bound) + timedelta(seconds=seconds)).strftime(REQUEST_FORM)


def _comes_twice(wall: datetime) -> bool:
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()


def _wall_clock(text: str | None) -> datetime | None:
    if text is None or text == "":
        return None
    match = _STAMP.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError("not a ShipStation date")
    clock, fraction = match["clock"] or "00:00:00", (match["fraction"] or "")[:6].ljust(6, "0")
    wall = datetime.fromisoformat(f"{match['day']}T{clock}.{fraction}")
    return wall if EARLIEST_YEAR <= wall.year <= LATEST_YEAR else None
