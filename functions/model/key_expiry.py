"""Until when a vendor takes a key. Neither vendor says so; the person who made it does, beside it in its secret."""

from __future__ import annotations

from datetime import date
from typing import Literal

from functions.model.frozen import Frozen

Vendor = Literal["shipstation", "ifs"]
VENDORS: tuple[Vendor, Vendor] = ("shipstation", "ifs")
EXPIRES_ON = "expires_on"  # in the secret


class KeyExpiry(Frozen):
    """What the secret says: a day such as 2027-03-31, or nothing, for a key that does not expire. `is_unreadable`: it
    says something that is no day.
    """

    expires_on: date | None = None
    is_unreadable: bool = False

    @classmethod
    def of(cls, text: str) -> KeyExpiry:
        try:
            return cls(expires_on=date.fromisoformat(text.strip()) if text.strip() else None)
        except ValueError:
            return cls(is_unreadable=True)
