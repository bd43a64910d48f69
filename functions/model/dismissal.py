"""What a person has seen to of an order, so that it calls nobody until something is new."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.shipment import ShipmentKey


class Dismissal(Frozen):
    """A person has seen to what called: `reason`, and whatever else stood there then, of these shipments, of which
    `live` were to be delivered; None where an earlier version did not keep that.
    """

    reason: Reason
    reasons: tuple[Reason, ...] = ()
    shipments: tuple[ShipmentKey, ...]
    live: tuple[ShipmentKey, ...] | None = None
    by: str
    note: str
    at: datetime

    def covers(self, reason: Reason, shipments: Collection[ShipmentKey], live: Collection[ShipmentKey]) -> bool:
        """What has to be taken back since, or delivered again, is new."""
        is_same = self.live is None or set(self.live) == set(live)
        return is_same and reason in {self.reason, *self.reasons} and set(shipments) <= set(self.shipments)
