"""What is known of an IFS tenant as a whole: whether it answers, and whether it still fits the connection file."""

from __future__ import annotations

from datetime import datetime

from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName


class Circuit(Frozen):
    """`failures` are batches in a row that found the tenant unable to serve anything; `opened_at` is since when nothing
    but a probe is sent. `revision` guards every save.
    """

    connection: ConnectionName
    failures: int = 0
    reason: Reason | None = None
    opened_at: datetime | None = None
    revision: int = 0

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None


class Fitness(Frozen):
    """What the tenant published when it was last compared with the targets of `fingerprint`; no `misfits`: it fits."""

    connection: ConnectionName
    fingerprint: str
    checked_at: datetime
    misfits: tuple[str, ...] = ()
