"""One request budget per API key, shared by every Lambda that uses it, so that ShipStation never has to refuse.

            now    next free place: `theoretical_arrival_ms`
             |         |
    ---------+---------+-------------------+------------->  time, one place every `spacing_ms`
             |=========|                                    backfill looks 0.5 places ahead
             |==============|                               sweep 0.75
             |================|                             push 0.9
             |===================|                          poll 1.0
             |===========================================>  webhook as far as it takes

A lane that looks as far as the next free place takes it: the mark moves one place on by compare and swap, and the
request is sent when its place comes. A lane that does not sleeps until it does; it looks further the longer it waited.
What an answer's headers say moves the mark on, too: other clients use the same key, or ShipStation refuses.

The limit is 40 requests a minute per key, told by three headers; `X-Rate-Limit-Reset` is seconds, not an instant.
Source: https://docs.shipstation.com/apis/shipstation-v1/docs/start-here/requirements
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from math import ceil, inf
from typing import Literal, Protocol

from functions.errors import Retryable
from functions.model.budget import BudgetState
from functions.model.outcomes import Reason

Lane = Literal["webhook", "poll", "push", "sweep", "backfill"]

LIMIT = 40
WINDOW_MS = 60_000
LONGEST_PAUSE_SECONDS = 65  # no header makes us wait longer
PATIENCE_SECONDS = LONGEST_PAUSE_SECONDS + 5
# How many places ahead a lane may reserve. A higher lane looks further and so comes first; because the next place is
# taken before it falls due, none is wasted.
LOOK_AHEAD: dict[Lane, float] = {"webhook": inf, "poll": 1.0, "push": 0.9, "sweep": 0.75, "backfill": 0.5}
# No place is further ahead: at the end of a pause, and a few behind it at one a minute.
LONGEST_AHEAD_MS = PATIENCE_SECONDS * 1000 + 4 * WINDOW_MS
FEW_SECONDS, FEW_PLACES = 5, 2  # ahead: what a run waits for rather than to begin again later
PLACES_WAITED = 10  # of waiting make one more place of looking ahead
NOISE = 2  # requests by which our own count and the header may differ when nobody else uses the key
UNDER_WAY_MS = 1500  # a header was true when it was sent: what left our window since then still counted there
STEADY_MS = 15_000  # a foreign pace is judged over at least that long
RESERVE = 3  # requests of the limit that are not ours while somebody else uses the key: some are under way
RACES = 50  # lost to other workers one after the other


class BudgetStore(Protocol):
    def load(self, key_id: str) -> BudgetState | None: ...

    def store(self, key_id: str, new: BudgetState, seen: BudgetState | None) -> bool:
        """False when another worker was granted in between."""


def spacing_ms(requests_per_minute: int) -> int:
    """So even that no window of 60 s holds more than `requests_per_minute`, wherever it begins."""
    return WINDOW_MS // requests_per_minute + 1


class Governor:
    """Raises Retryable(budget_exhausted) when a place comes free only after `patience_seconds`. `key_id` names the API
    key: connections that use the same one share its budget. A fault of the store raises, and nothing is sent.
    """

    def __init__(
        self,
        store: BudgetStore,
        *,
        key_id: Callable[[], str],
        requests_per_minute: int,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._store, self._key_id, self._now, self._sleep = store, key_id, now, sleep
        self._spacing = spacing_ms(requests_per_minute)
        self._patience_ms = int(patience_seconds * 1000)

    def wait_for_place(self, lane: Lane) -> None:
        waited = races = 0
        while races < RACES:
            seen, now = self._load(), self._now_ms()
            ahead = max(0, seen.theoretical_arrival_ms - now) if seen else 0
            early = ceil(max(0.0, ahead - self._look_ahead_ms(lane, waited)))
            if waited + (early or ahead) > self._patience_ms:
                raise _exhausted(ahead)
            if early:
                waited += early
                self._sleep(early / 1000)
            elif self._store.store(self._key_id(), self._granted(seen, now + ahead, now), seen):
                self._sleep(ahead / 1000)
                return
            else:
                races += 1
        raise _exhausted(self._spacing)

    def check(self) -> None:
        """Raises Retryable(budget_exhausted) while the next place is more than a few seconds away: whoever can go on
        later need not wait for it here.
        """
        seen = self._load()
        ahead = seen.theoretical_arrival_ms - self._now_ms() if seen else 0
        if ahead > FEW_SECONDS * 1000 + FEW_PLACES * self._spacing:
            raise _exhausted(ahead)

    def learn(self, remaining: str | None, reset: str | None, limit: str | None = None) -> None:
        """What the headers of an answer say. Whatever of the limit was used and not by us, a foreign client uses: we
        leave it what it goes on using at that pace and spread the rest over what is left of the window.
        """
        left, seconds = _number(remaining), _number(reset)
        if left == 0:
            self.pause(seconds)
        used = (_number(limit) or LIMIT) - (left or 0)
        if not left or seconds is None or used < 0:
            return
        self._spread(left, used, min(max(seconds, 1), WINDOW_MS // 1000) * 1000)

    def _spread(self, left: int, used: int, reset_ms: int) -> None:
        for _ in range(RACES):
            seen, now = self._load(), self._now_ms()
            until = self._earliest(seen.sent_ms if seen else (), left, used, reset_ms, now)
            if until <= max(now, seen.theoretical_arrival_ms if seen else 0) or self._hold(seen, until):
                return

    def pause(self, seconds: float | None) -> None:
        """Nobody sends anything for that long, clamped to a window; None is a whole window."""
        wait = min(max(seconds if seconds is not None else WINDOW_MS / 1000, 1), LONGEST_PAUSE_SECONDS)
        until = self._now_ms() + int(wait * 1000) + self._spacing
        for _ in range(RACES):
            seen = self._load()
            if (seen is not None and seen.theoretical_arrival_ms >= until) or self._hold(seen, until):
                return

    def _look_ahead_ms(self, lane: Lane, waited_ms: int) -> float:
        """Who has waited for ten places looks as far ahead as a lane or two above: the lowest keeps a tenth."""
        return LOOK_AHEAD[lane] * self._spacing + waited_ms / PLACES_WAITED

    def _granted(self, seen: BudgetState | None, at: int, now: int) -> BudgetState:
        sent = seen.sent_ms if seen else ()
        recent = (stamp for stamp in sent if stamp > now - WINDOW_MS)
        return BudgetState(theoretical_arrival_ms=at + self._spacing, sent_ms=(*recent, at))

    def _earliest(self, sent_ms: Iterable[int], left: int, used: int, reset_ms: int, now: int) -> int:
        """When the next request may be sent. The header is read before its own request is charged: 1 means none."""
        elapsed = max(WINDOW_MS - reset_ms, 1000)
        ours = sum(now - elapsed - UNDER_WAY_MS <= stamp <= now for stamp in sent_ms)
        foreign = used - ours
        if foreign < NOISE:
            return now + reset_ms if left == 1 else now
        free = max(left - RESERVE - ceil(foreign / max(elapsed, STEADY_MS) * reset_ms), (left - 6) // 4)
        return now + (reset_ms // free if free > 0 else reset_ms + self._spacing * (RESERVE + 1 - left))

    def _hold(self, seen: BudgetState | None, until: int) -> bool:
        held = seen.held(until) if seen else BudgetState(theoretical_arrival_ms=until)
        return self._store.store(self._key_id(), held, seen)

    def _load(self) -> BudgetState | None:
        """A place further ahead than any was taken by a clock that has been set right since."""
        seen, now = self._store.load(self._key_id()), self._now_ms()
        is_wrong = seen is not None and seen.theoretical_arrival_ms > now + LONGEST_AHEAD_MS
        return seen.held(now) if seen is not None and is_wrong else seen

    def _now_ms(self) -> int:
        return int(self._now().timestamp() * 1000)


def _exhausted(wait_ms: int) -> Retryable:
    seconds = wait_ms / 1000
    return Retryable(Reason.BUDGET_EXHAUSTED, f"the next place is {seconds:.0f} s away", retry_after_seconds=seconds)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdecimal() and len(text) < 10 else None  # noqa: PLR2004 # longer is absurd
