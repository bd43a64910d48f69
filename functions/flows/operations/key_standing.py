"""Whether a key has to be replaced soon."""

from __future__ import annotations

from datetime import date

from functions.model.frozen import Frozen
from functions.model.key_expiry import EXPIRES_ON, KeyExpiry, Vendor

WARNED_DAYS = 30  # before it expires
WHOSE: dict[Vendor, str] = {"shipstation": "ShipStation's key", "ifs": "the secret of the client in IFS"}


class KeyStanding(Frozen):
    """`days_left` is below zero once it has expired. `trouble` says what a person has to do; empty while nothing."""

    expires_on: date | None
    days_left: int | None
    trouble: str


def key_standing(vendor: Vendor, expiry: KeyExpiry, today: date) -> KeyStanding | None:
    """None where the secret says nothing."""
    whose = WHOSE[vendor]
    if expiry.is_unreadable:
        trouble = f"{whose}: {EXPIRES_ON} in its secret is no day such as 2027-03-31"
        return KeyStanding(expires_on=None, days_left=None, trouble=trouble)
    if expiry.expires_on is None:
        return None
    left = (expiry.expires_on - today).days
    return KeyStanding(expires_on=expiry.expires_on, days_left=left, trouble=_trouble(whose, expiry.expires_on, left))


def _trouble(whose: str, day: date, left: int) -> str:
    if left > WARNED_DAYS:
        return ""
    when = f"expires in {left} days" if left > 1 else {1: "expires tomorrow", 0: "expires today"}.get(left, "expired")
    return f"{whose} {when}, on {day}"
