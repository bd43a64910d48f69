"""What instants of two environments say of each other: nothing, where they are nearer than their clocks, or further
ahead than anything is dated.
"""

from __future__ import annotations

from datetime import datetime, timedelta

CLOCKS = timedelta(minutes=1)  # those of two environments differ by less
LONGEST_RUN = timedelta(minutes=15)  # AWS lets no Lambda run longer


def newest(now: datetime) -> datetime:
    """Nothing that has happened is dated later, but by a clock that has been set right since."""
    return now + CLOCKS


def is_held(held_until: datetime | None, now: datetime, until: datetime) -> bool:
    """Whether a lease, which would last until `until` from now on, is held."""
    return held_until is not None and now < held_until <= latest_end(now, until)


def latest_end(now: datetime, until: datetime) -> datetime:
    """Of such a lease: one that ends later than `until` by as much again was dated by a clock that has been set right
    since.
    """
    return until + (until - now)
