"""An IFS record that several customer orders are shipped with: who contributes to it, and what we wrote there."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName, Shipment
from functions.model.state import TargetState


class SharedTarget(Frozen):
    """`contributions` are the shipments of each order, by the order's digest. `held_until` is the lease of whoever
    writes the record now; `revision` guards every save.
    """

    connection: ConnectionName
    target: str
    contributions: dict[str, tuple[Shipment, ...]] = Field(default_factory=dict)
    memory: TargetState = TargetState()
    held_until: datetime | None = None
    revision: int = 0

    @property
    def shipments(self) -> list[Shipment]:
        """Of all orders, voided ones included, oldest first."""
        every = (shipment for own in self.contributions.values() for shipment in own)
        return sorted(every, key=lambda s: (s.created_at, s.key))
