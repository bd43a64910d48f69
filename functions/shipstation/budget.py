"""One request budget per API key, shared by every Lambda that uses it, so that ShipStation never has to refuse.

The limit is 40 requests a minute per key, told by three headers; `X-Rate-Limit-Reset` is seconds, not an instant.
Source: https://docs.shipstation.com/apis/shipstation-v1/docs/start-here/requirements
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from functions.errors import Retryable
from functions.model.budget import BudgetState
from functions.model.outcomes import Reason

Lane = Literal["webhook", "poll", "sweep", "backfill"]

WINDOW_SECONDS = 60
LONGEST_PAUSE_SECONDS = 65  # no header makes us wait longer
# A lower lane queues this many places further back, so that a webhook finds the next place free.
PLACES_BACK: dict[Lane, int] = {"webhook": 0, "poll": 0, "sweep": 1, "backfill": 2}
LOW = 2  # `Remaining` is read before the request is charged, so that 1 means none is left
ATTEMPTS = 50


class BudgetStore(Protocol):
    def load(self, key_id: str) -> BudgetState | None: ...

    def store(self, key_id: str, new: BudgetState, seen: BudgetState | None) -> bool:
        """False when another worker was granted in between."""


@dataclass(frozen=True)
class Grant:
    """Send the request after `wait_ms`; `state` is what to store."""

    wait_ms: int
    state: BudgetState


def spacing_ms(requests_per_minute: int) -> int:
    """Just above the even spacing: every window of 60 s then holds at most the limit, with no burst anywhere."""
    return WINDOW_SECONDS * 1000 // requests_per_minute + 20


def grant(seen: BudgetState | None, now_ms: int, spacing: int, places_back: int) -> Grant:
    """GCRA without a burst allowance."""
    earliest = max(now_ms, seen.theoretical_arrival_ms if seen else 0)
    at = earliest + (places_back * spacing if earliest > now_ms else 0)
    return Grant(at - now_ms, BudgetState(theoretical_arrival_ms=max(earliest, at) + spacing))


class Governor:
    """Raises Retryable(budget_exhausted) when a place comes free only after `patience_seconds`. `key_id` names the API
    key: connections that use the same one share its budget.
    """

    def __init__(
        self,
        store: BudgetStore,
        *,
        key_id: Callable[[], str],
        requests_per_minute: int,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        patience_seconds: float = LONGEST_PAUSE_SECONDS + 5,
    ) -> None:
        self._store, self._key_id, self._now, self._sleep = store, key_id, now, sleep
        self._spacing = spacing_ms(requests_per_minute)
        self._patience_ms = int(patience_seconds * 1000)

    def wait_for_place(self, lane: Lane) -> None:
        for _ in range(ATTEMPTS):
            seen = self._store.load(self._key_id())
            granted = grant(seen, self._now_ms(), self._spacing, PLACES_BACK[lane])
            if granted.wait_ms > self._patience_ms:
                raise _exhausted(granted.wait_ms)
            if self._store.store(self._key_id(), granted.state, seen):
                self._sleep(granted.wait_ms / 1000)
                return
        raise _exhausted(self._spacing)

    def learn(self, remaining: str | None, reset: str | None) -> None:
        """What the headers of an answer say; a foreign client on the same key shows in `remaining`."""
        left = _number(remaining)
        if left is not None and left < LOW:
            self.pause(_number(reset))

    def pause(self, seconds: float | None) -> None:
        """Nobody sends anything for that long, clamped to a window; None is a whole window."""
        wait = min(max(seconds if seconds is not None else WINDOW_SECONDS, 1), LONGEST_PAUSE_SECONDS)
        until = self._now_ms() + int(wait * 1000) + self._spacing
        for _ in range(ATTEMPTS):
            seen = self._store.load(self._key_id())
            if seen is not None and seen.theoretical_arrival_ms >= until:
                return
            if self._store.store(self._key_id(), BudgetState(theoretical_arrival_ms=until), seen):
                return

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _exhausted(wait_ms: int) -> Retryable:
    seconds = wait_ms / 1000
    return Retryable(Reason.BUDGET_EXHAUSTED, f"the next place is {seconds:.0f} s away", retry_after_seconds=seconds)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdecimal() and len(text) < 10 else None  # noqa: PLR2004 # longer is absurd
