"""ShipStation V1 stores, compares and prints US Pacific wall time without an offset; this is the only place that knows.

In the November night a wall time between 01:00 and 02:00 stands for two instants: rows of both hours interleave when
sorted, and a filter matches rows of both. In March nothing is stamped between 02:00 and 03:00, and a filter may still
name such a time: it is compared as text would be.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

PACIFIC = ZoneInfo("America/Los_Angeles")
_MILLISECOND = 1000


def to_millisecond(instant: datetime) -> datetime:
    """Recorded stamps end at milliseconds, whatever number of decimals is printed."""
    return instant.replace(microsecond=instant.microsecond // _MILLISECOND * _MILLISECOND)


def to_wall(instant: datetime, flip_late: timedelta = timedelta(0)) -> datetime:
    """Naive Pacific time. `flip_late` is how long after the official second this server changes its clock."""
    offset = (instant - flip_late).astimezone(PACIFIC).utcoffset() or timedelta(0)
    return (instant.astimezone(UTC) + offset).replace(tzinfo=None)


def long_form(wall: datetime) -> str:
    return f"{wall:%Y-%m-%dT%H:%M:%S}.{wall.microsecond:06d}0"


def short_form(wall: datetime) -> str:
    fraction = f".{wall.microsecond // _MILLISECOND:03d}".rstrip("0").rstrip(".")
    return f"{wall:%Y-%m-%dT%H:%M:%S}{fraction}"


def midnight_form(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.0000000"


def parse_wall(text: str, offsets: str = "ignored") -> datetime:
    """A filter or a body date as naive Pacific time. What the service does with an offset is not known.

    `offsets` is "ignored" (read as Pacific all the same), "converted" or "refused".
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None or offsets == "ignored":
        return moment.replace(tzinfo=None)
    if offsets == "refused":
        raise ValueError("a date with an offset")
    return to_wall(moment)
