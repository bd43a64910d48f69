"""Until when a vendor takes a key. Neither vendor says so; the person who made it does, beside it in its secret."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from functions.model.frozen import Frozen

Vendor = Literal["shipstation", "ifs"]
VENDORS: tuple[Vendor, Vendor] = ("shipstation", "ifs")
Which = Literal["first", "next"]
EXPIRES_ON = "expires_on"  # in the secret
NEXT = "next_"  # before the names of the pair that stands beside the first while that one is exchanged


class KeyExpiry(Frozen):
    """What the secret says: a day such as 2027-03-31, or nothing, for a key that does not expire. `is_unreadable`: it
    says something that is no day. `next_since` is when a next pair, or a part of one, was seen first; `in_use` is the
    one of both that the vendor took last, and the day is that one's.
    """

    expires_on: date | None = None
    is_unreadable: bool = False
    next_since: datetime | None = None
    in_use: Which | None = None

    @classmethod
    def of(cls, text: str) -> KeyExpiry:
        try:
            return cls(expires_on=date.fromisoformat(text.strip()) if text.strip() else None)
        except ValueError:
            return cls(is_unreadable=True)

    def renewed(self, secret: Mapping[str, str], in_use: Which | None, now: datetime) -> KeyExpiry:
        """As the secret stands by now; `in_use` is None where this process has not asked the vendor yet."""
        if not any(name.startswith(NEXT) and value.strip() for name, value in secret.items()):
            return KeyExpiry.of(secret.get(EXPIRES_ON, ""))
        taken = in_use or self.in_use
        said = KeyExpiry.of(secret.get(f"{NEXT if taken == 'next' else ''}{EXPIRES_ON}", ""))
        return said.beside_a_next(self.next_since or now, taken)

    def beside_a_next(self, since: datetime, in_use: Which | None) -> KeyExpiry:
        return self.model_copy(update={"next_since": since, "in_use": in_use})


class KeyAlarm(Frozen):
    """What rang last for a key that ends on that day: how many days before it, as the alarm counts them."""

    expires_on: date
    step: int
