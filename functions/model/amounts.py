"""Amounts as two systems spell them: read without loss, compared by value, written without exponents."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

DIGITS = 18  # before the point and behind it; more is no amount, and its spelling could fill an item


def amount_of(raw: object) -> Decimal | None:
    """A number as JSON carries it, or its digits; None for what is none."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        return None
    try:
        number = Decimal(str(raw))
    except InvalidOperation:
        return None
    return number if number.is_finite() and (not number or abs(number.adjusted()) <= DIGITS) else None


def plain(number: Decimal) -> str:
    """The one spelling of its value: `12.5` for 12.50."""
    return f"{number.normalize():f}"
