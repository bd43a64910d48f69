"""The request budget of one key: 40 a minute, counted in clock-like windows or over the last minute."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Allowance:
    """`remaining` is read before this request is charged, so a served request may still report the whole limit.
    `is_surprise`: refused although plenty remains.
    """

    limit: int
    remaining: int
    reset_seconds: int
    is_refused: bool
    is_surprise: bool = False

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-Rate-Limit-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(self.remaining),
            "X-Rate-Limit-Reset": str(self.reset_seconds),
        }


class Limiter:
    """`foreign_per_minute` is what another tool on the same key takes, evenly spread over the minute. `surprises` is
    asked about each request that could be served: where it says so, that tool has just taken the place.
    """

    def __init__(self, limit: int = 40) -> None:
        self.limit = limit
        self.mode = "fixed"  # or "sliding"
        self.foreign_per_minute = 0
        self.refused = 0
        self.surprises: Callable[[], bool] = lambda: False
        self._charges: defaultdict[str, deque[float]] = defaultdict(deque)

    def charge(self, key: str, now: datetime) -> Allowance:
        allowance = self.look(key, now)
        if not allowance.is_refused and self.surprises():
            return replace(allowance, is_refused=True, is_surprise=True)
        if allowance.is_refused:
            self.refused += 1
        else:
            self._charges[key].append(now.timestamp())
        return allowance

    def spend(self, key: str, requests: int, now: datetime) -> None:
        """A foreign client makes `requests` requests at once."""
        self._charges[key].extend([now.timestamp()] * requests)

    def look(self, key: str, now: datetime) -> Allowance:
        at = now.timestamp()
        charges = self._charges[key]
        start = at - at % WINDOW_SECONDS if self.mode == "fixed" else at - WINDOW_SECONDS
        while charges and (charges[0] < start or (self.mode == "sliding" and charges[0] == start)):
            charges.popleft()
        if self.mode == "fixed":
            end = start + WINDOW_SECONDS
            foreign = int(self.foreign_per_minute * (at - start) / WINDOW_SECONDS)
        else:
            end = (charges[0] if charges else at) + WINDOW_SECONDS
            foreign = self.foreign_per_minute
        remaining = max(0, self.limit - foreign - len(charges))
        return Allowance(self.limit, remaining, max(1, ceil(end - at)), remaining == 0)
