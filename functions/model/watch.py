"""Orders that only wait for IFS to deliver their records, and when deliveries of a tenant are found."""

from __future__ import annotations

from datetime import UTC, datetime

from functions.model.frozen import Frozen
from functions.model.records import RecordKey
from functions.model.shipment import ConnectionName, OrderKey

HOURS = 7 * 24  # of a week: who delivers does so by hour and weekday
KNOWN = 50  # as many deliveries tell something of the tenant's hours
FADES_AT = 1000  # deliveries; from there on older ones count half
QUIET = 0.2  # of the mean


class Waiting(Frozen):
    """`since` when the order only waits for `records` to be delivered."""

    order: OrderKey
    since: datetime
    records: tuple[RecordKey, ...]

    @property
    def place_in_line(self) -> str:
        """Sorts: who has waited longest comes first."""
        return f"{self.since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f} {self.order.digest}"


class Rhythm(Frozen):
    """`looked_at`: what had to be asked for until then was. `begun_at` is the instant of a look that is not finished:
    who stands in line up to the place `after` was asked for. `deliveries` counts those found in each hour of the week,
    which begins on Monday in UTC. `revision` guards every save.
    """

    connection: ConnectionName
    looked_at: datetime | None = None
    begun_at: datetime | None = None
    after: str = ""
    deliveries: tuple[int, ...] = (0,) * HOURS
    revision: int = 0

    def finding(self, delivered: int, at: datetime) -> Rhythm:
        """As many deliveries were found at that instant."""
        counts = [number // 2 for number in self.deliveries] if self._total > FADES_AT else list(self.deliveries)
        counts[_hour(at)] += delivered
        return self.model_copy(update={"deliveries": tuple(counts)})

    def looked(self, at: datetime) -> Rhythm:
        """Everything that had to be asked for by then was."""
        return self.model_copy(update={"looked_at": at, "begun_at": None, "after": ""})

    def paused(self, at: datetime, after: str) -> Rhythm:
        return self.model_copy(update={"begun_at": at, "after": after})

    def forgotten(self) -> Rhythm:
        """Nothing is known of when it was looked."""
        return self.model_copy(update={"looked_at": None, "begun_at": None, "after": ""})

    def is_quiet(self, at: datetime) -> bool:
        """Whether deliveries were hardly ever found around this hour of the week."""
        around = sum(self.deliveries[(_hour(at) + shift) % HOURS] for shift in (-1, 0, 1)) / 3
        return self._total >= KNOWN and around < QUIET * self._total / HOURS

    def stored(self) -> Rhythm:
        """As the ledger holds it after a save."""
        return self.model_copy(update={"revision": self.revision + 1})

    @property
    def _total(self) -> int:
        return sum(self.deliveries)


def _hour(at: datetime) -> int:
    return at.weekday() * 24 + at.hour
