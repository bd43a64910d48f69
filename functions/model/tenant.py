"""What is known of an IFS tenant as a whole: whether it answers, and whether it still fits the connection file."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from functions.model.clocks import CLOCKS
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName

# What IFS was heard on. `seen`: a record that we remember was there again.
Heard = Literal["search", "seen", "metadata", "write"]
LONGEST_WAIT = timedelta(minutes=15)  # a wish for more is asked about again by then
STRIKES_TO_OPEN = 2  # one fault alone may be a node that is restarted


class Strikes(Frozen):
    """Failures in a row that speak against the tenant; `subject` is whom the last one concerned, where it was unclear
    whether it speaks against the tenant or against that one alone.
    """

    count: int
    reason: Reason
    subject: str = ""

    def one_short(self) -> Strikes:
        """The next failure opens the circuit."""
        return self.model_copy(update={"count": STRIKES_TO_OPEN - 1})


class Circuit(Frozen):
    """`opened_at` is since when nothing but a probe is sent, `opened_by` what IFS did not serve, `reason` why not.
    Before `held_until`, which IFS named, nothing is sent at all. `revision` guards every save.
    """

    connection: ConnectionName
    strikes: dict[Heard, Strikes] = Field(default_factory=dict)
    reason: Reason | None = None
    opened_by: Heard | None = None
    opened_at: datetime | None = None
    held_until: datetime | None = None
    revision: int = 0

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None

    def left_alone_until(self, now: datetime) -> datetime | None:
        """None where IFS has not asked for it. What is further ahead than any wish was dated by a clock that has been
        set right since.
        """
        until = self.held_until
        return until if until is not None and now < until <= now + LONGEST_WAIT + CLOCKS else None

    def seconds_held(self, now: datetime) -> float:
        """For how long IFS has still asked to be left alone."""
        until = self.left_alone_until(now)
        return (until - now).total_seconds() if until else 0.0

    def struck(self, heard: Heard, reason: Reason, at: datetime, *, unclear_subject: str = "") -> Circuit:
        """One failure more. One whose meaning is unclear counts once in a row for each subject."""
        before = self.strikes.get(heard)
        if before is not None and unclear_subject and before.subject == unclear_subject:
            return self
        count = min(STRIKES_TO_OPEN, before.count + 1 if before else 1)
        strikes = Strikes(count=count, reason=reason, subject=unclear_subject if count < STRIKES_TO_OPEN else "")
        return self._with({**self.strikes, heard: strikes}, at)

    def served(self, proven: Collection[Heard]) -> Circuit:
        """What these speak of works again; the circuit closes unless something else keeps it open."""
        return self._with({heard: strikes for heard, strikes in self.strikes.items() if heard not in proven}, None)

    @property
    def is_open_for_writes_alone(self) -> bool:
        return {heard for heard, own in self.strikes.items() if own.count >= STRIKES_TO_OPEN} == {"write"}

    def untried(self) -> Circuit:
        """Closed, as nobody waits whose write would tell; the next one that fails opens it again."""
        return self._with({**self.strikes, "write": self.strikes["write"].one_short()}, None)

    def held(self, until: datetime) -> Circuit:
        return self.model_copy(update={"held_until": until})

    def stored(self) -> Circuit:
        """As the ledger holds it after a save."""
        return self.model_copy(update={"revision": self.revision + 1})

    def _with(self, strikes: dict[Heard, Strikes], now: datetime | None) -> Circuit:
        reasons = {heard: own.reason for heard, own in strikes.items() if own.count >= STRIKES_TO_OPEN}
        opened_by = self.opened_by if self.opened_by in reasons else next(iter(reasons), None)
        changed = {
            "strikes": strikes,
            "opened_by": opened_by,
            "reason": reasons[opened_by] if opened_by else None,
            "opened_at": (self.opened_at or now) if opened_by else None,
        }
        return self.model_copy(update=changed)


class Fitness(Frozen):
    """What the tenant published when it was last compared with the targets of `fingerprint`; no `misfits`: it fits."""

    connection: ConnectionName
    fingerprint: str
    checked_at: datetime
    misfits: tuple[str, ...] = ()
