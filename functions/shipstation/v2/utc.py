"""How V2 writes instants: ISO 8601 in UTC. A ship date is recorded as Pacific midnight in UTC, and described as a day
alone or with midnight in UTC.

Source: https://docs.shipstation.com/apis/shipstation-v2/openapi (date-time and date fields).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from functions.shipstation.pacific import EARLIEST_YEAR, LATEST_YEAR, PACIFIC

REQUEST_FORM = "%Y-%m-%dT%H:%M:%SZ"


def window_text(instant: datetime) -> str:
    """Fractions cut off."""
    return instant.astimezone(UTC).strftime(REQUEST_FORM)


def window_start(instant: datetime) -> str:
    return window_text(instant)


def window_end(instant: datetime) -> str:
    """Bounds carry no fractions: the second that has begun counts whole."""
    return window_text(instant + timedelta(microseconds=999_999))


def shifted(bound: str, seconds: int) -> str:
    return window_text(datetime.fromisoformat(bound) + timedelta(seconds=seconds))


def parse_instant(text: object) -> datetime | None:
    """None for no date; without an offset it is UTC. Raises ValueError for what is no date at all."""
    if text is None or text == "":
        return None
    at = datetime.fromisoformat(text.strip() if isinstance(text, str) else "")
    if not EARLIEST_YEAR < at.year < LATEST_YEAR:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


def pacific_day(text: object) -> date | None:
    """The day of a label or a fulfilment. Midnight in UTC is no Pacific midnight: its day stands as it is written."""
    at = parse_instant(text)
    if at is None:
        return None
    return at.date() if at.time() == time() else at.astimezone(PACIFIC).date()
