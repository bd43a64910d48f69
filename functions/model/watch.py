"""Orders that only wait for IFS to deliver their records, and when deliveries of a tenant are found."""

from __future__ import annotations

from datetime import datetime

from functions.model.frozen import Frozen
from functions.model.records import RecordKey
from functions.model.shipment import ConnectionName, OrderKey

HOURS = 7 * 24
KNOWN = 50  # as many deliveries tell something of the tenant's hours
FADES_AT = 1000  # deliveries; from there on older ones count half
QUIET = 0.2  # of the mean


class Waiting(Frozen):
    """`since` when the order only waits for `records` to be delivered."""

    order: OrderKey
    since: datetime
    records: tuple[RecordKey, ...]


class Rhythm(Frozen):
    """`looked_at`: what had to be asked for until then was. `deliveries` counts those found in each hour of the week,
    which begins on Monday in UTC. `revision` guards every save.
    """

    connection: ConnectionName
    looked_at: datetime | None = None
    deliveries: tuple[int, ...] = (0,) * HOURS
    revision: int = 0

    def looked(self, at: datetime, found: int) -> Rhythm:
        """As many deliveries were found at that instant."""
        counts = [number // 2 for number in self.deliveries] if self._total > FADES_AT else list(self.deliveries)
        counts[_hour(at)] += found
        return self.model_copy(update={"looked_at": at, "deliveries": tuple(counts)})

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
