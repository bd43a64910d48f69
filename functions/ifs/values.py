"""Values of IFS rows as Python's, cleaned. What cannot be read counts as missing: it is never an error of the list."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from functions.model.text import cleaned, with_plain_blanks

LONGEST = 1000
SET = {"TRUE", "Y", "YES", "1"}


def as_text(value: object) -> str:
    """Numbers as IFS writes them into references: without a fraction of zero."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return (
        cleaned(with_plain_blanks(str(value)[: 2 * LONGEST]))[:LONGEST] if isinstance(value, str | int | float) else ""
    )


def as_lines(value: object) -> tuple[str, ...]:
    """Of a text that may hold several, those that say something."""
    lines = value[: 2 * LONGEST].splitlines() if isinstance(value, str) else [value]
    return tuple(filter(None, map(as_text, lines)))


def as_key(value: object) -> str:
    """What a record is called, as it stands; half a character, which nothing can carry, as a question mark."""
    return str(value or "").encode(errors="replace").decode()


def as_quantity(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def as_instant(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC) if at else None


def is_set(value: object) -> bool:
    """A flag, as a truth value or in the words of a database column."""
    return value is True or (isinstance(value, str) and value.strip().upper() in SET)


def covers(first: object, last: object, today: date) -> bool:
    """Whether a time within which a row holds has begun and not ended; what is no instant bounds nothing."""
    begin, end = as_instant(first), as_instant(last)
    return (begin is None or begin.date() <= today) and (end is None or end.date() >= today)
