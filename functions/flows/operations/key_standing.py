"""Whether a key has to be replaced soon, and how its exchange stands once that has begun."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from functions.model.frozen import Frozen
from functions.model.key_expiry import EXPIRES_ON, KeyExpiry, Vendor, Which

WARNED_DAYS = 30  # before it expires
LEFT = timedelta(days=7)  # a next key that nobody made the first
WHOSE: dict[Vendor, str] = {"shipstation": "ShipStation's key", "ifs": "the secret of the client in IFS"}


class KeyStanding(Frozen):
    """`days_left` is below zero once it has expired. `trouble` says what a person has to do; empty while nothing.
    `exchange` says how its exchange stands while that asks for nobody, `next_since` since when a next one stands beside
    it; `in_use` is the one of both that the vendor took last, and the day is that one's.
    """

    expires_on: date | None
    days_left: int | None
    trouble: str
    exchange: str = ""
    next_since: datetime | None = None
    in_use: Which | None = None


def key_standing(vendor: Vendor, expiry: KeyExpiry, now: datetime) -> KeyStanding | None:
    """None where the secret says nothing."""
    whose, day = WHOSE[vendor], expiry.expires_on
    if expiry == KeyExpiry():
        return None
    left = (day - now.date()).days if day else None
    left_undone = _left_undone(whose, expiry, now)
    asked = (_unreadable(whose) if expiry.is_unreadable else _expiring(whose, day, left), left_undone)
    return KeyStanding(
        expires_on=day,
        days_left=left,
        trouble="; ".join(filter(None, asked)),
        exchange="" if left_undone else _exchange(whose, expiry),
        next_since=expiry.next_since,
        in_use=expiry.in_use,
    )


def _unreadable(whose: str) -> str:
    return f"{whose}: {EXPIRES_ON} in its secret is no day such as 2027-03-31"


def _exchange(whose: str, expiry: KeyExpiry) -> str:
    if expiry.next_since is None:
        return ""
    used = ", the first is in use" if expiry.in_use == "first" else ""
    return f"a next one stands beside {whose} since {expiry.next_since:%Y-%m-%d}{used}"


def _left_undone(whose: str, expiry: KeyExpiry, now: datetime) -> str:
    """What of an exchange a person has to do."""
    if expiry.next_since is None:
        return ""
    if expiry.in_use == "next":
        return f"{whose} is refused, the next one beside it is in use: make it the first"
    if now - expiry.next_since < LEFT:
        return ""
    days = (now - expiry.next_since).days
    return f"a next one stands beside {whose} for {days} days: make it the first, or take it out"


def _expiring(whose: str, day: date | None, left: int | None) -> str:
    if day is None or left is None or left > WARNED_DAYS:
        return ""
    when = f"expires in {left} days" if left > 1 else {1: "expires tomorrow", 0: "expires today"}.get(left, "expired")
    return f"{whose} {when}, on {day}"
