"""When streams are looked at, webhooks answered and a silent ShipStation probed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from functions.errors import ConnectorError, Retryable
from functions.model.clocks import CLOCKS, newest
from functions.model.cursors import ReadingPosition, Stream
from functions.model.facts import LONG_AGO
from functions.model.outcomes import Reason

LOOKS_APART = timedelta(seconds=20)  # while webhooks keep coming
LOOKS_AT_ONCE = 3  # before that spacing is felt
MOST_AHEAD = (LOOKS_AT_ONCE + 1) * LOOKS_APART + CLOCKS  # of a look for webhooks
FEW_SECONDS = 5  # are waited for; for more another run is sent for
TICK = timedelta(seconds=30)  # half of the schedule's minute: a tick that comes a little early counts
PROBES_APART = timedelta(minutes=1) - TICK  # from the end of one: the next tick, while nothing is answered or allowed


def is_due(position: ReadingPosition, poll_minutes: int, now: datetime) -> bool:
    """Whether a tick of the schedule has to look at every stream: its period is over, or a probe is due."""
    if position.next_probe_at is not None:
        return is_probe_due(position.next_probe_at, now)
    return bool(position.streams_left) or is_period_over(position, poll_minutes, now)


def is_period_over(position: ReadingPosition, poll_minutes: int, now: datetime) -> bool:
    """A poll that is still to come was dated by a clock that has been set right since."""
    last = position.last_poll_at
    return last is None or last > now or now - last >= timedelta(minutes=poll_minutes) - TICK


def is_probe_due(next_probe_at: datetime, now: datetime) -> bool:
    """One further ahead than probes are apart was dated by a clock that has been set right since."""
    return not now < next_probe_at <= now + PROBES_APART + TICK


def unanswered(position: ReadingPosition, last_webhook_at: Mapping[Stream, datetime], now: datetime) -> list[Stream]:
    """The streams of webhooks that came while a run was at work that did not answer them, or had to wait."""

    def dated(stamps: Mapping[Stream, datetime], stream: Stream) -> datetime:
        at = stamps.get(stream, LONG_AGO)
        return at if at <= newest(now) else LONG_AGO

    return [s for s in Stream if dated(last_webhook_at, s) > dated(position.last_answered, s)]


def seconds_to_wait(fault: ConnectorError) -> float | None:
    """Until the budget, or another run's time, allows another request; None of another fault."""
    if isinstance(fault, Retryable) and fault.reason in {Reason.BUDGET_EXHAUSTED, Reason.OUT_OF_TIME}:
        return fault.retry_after_seconds or FEW_SECONDS
    return None


def pause(position: ReadingPosition, now: datetime) -> float:
    """Seconds until the next look for webhooks: a few at once, then one in a while, so that what comes meanwhile is
    answered by the same look.
    """
    # The first looks come at once: one webhook alone is answered within seconds.
    ahead = next_answer(position, now) - now - (LOOKS_AT_ONCE - 1) * LOOKS_APART
    return max(min(ahead, LOOKS_APART).total_seconds(), 0)


def next_answer(position: ReadingPosition, now: datetime) -> datetime:
    due = position.answer_due
    return due if due is not None and now <= due <= now + MOST_AHEAD else now
