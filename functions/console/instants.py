"""Instants as a person types them: `2h` and `3d` from now, a day, or whole with an offset."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
FORMS = "2h or 3d, 2026-03-01 (UTC), or 2026-03-01T06:00:00Z"


def ago(text: str) -> str:
    """What the request takes, which judges what is no short form."""
    return _read(text, -1)


def ahead(text: str) -> str:
    return _read(text, 1)


def _read(text: str, direction: int) -> str:
    if short := re.fullmatch(r"(\d{1,4})([mhd])", text):
        length = timedelta(**{UNITS[short[2]]: int(short[1])})
        return (datetime.now(UTC) + direction * length).isoformat(timespec="seconds")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return f"{date.fromisoformat(text)}T00:00:00Z"
        except ValueError:
            return text
    return text
