"""Lets several orders write one IFS record as one: each adds its shipments, and whoever writes, writes them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from functions.model.shared import SharedTarget
from functions.model.shipment import ConnectionName, OrderKey, Shipment
from functions.model.state import TargetState

LEASE = timedelta(minutes=3)  # outlives the longest run of a consumer


class SharedTargets(Protocol):
    def load(self, connection: ConnectionName, target: str) -> SharedTarget:
        """Empty where nobody contributed yet."""

    def save(self, shared: SharedTarget) -> bool:
        """Stores it as the revision after its own; False when somebody else was faster."""


@dataclass(frozen=True)
class Sharing:
    """The ETag cannot tell two writers within one second apart, so a lease lets one in at a time."""

    store: SharedTargets
    now: Callable[[], datetime]

    def enter(self, order: OrderKey, target: str, shipments: Sequence[Shipment]) -> SharedTarget | None:
        """The record with this order's shipments in it, held for us; None while another order is being written."""
        shared, now = self.store.load(order.connection, target), self.now()
        if shared.held_until is not None and shared.held_until > now:
            return None
        contributions = {**shared.contributions, order.digest: tuple(shipments)}
        held = shared.model_copy(update={"contributions": contributions, "held_until": now + LEASE})
        return held.model_copy(update={"revision": held.revision + 1}) if self.store.save(held) else None

    def leave(self, held: SharedTarget, memory: TargetState) -> None:
        """Whoever took over a lease that had run out remembers for both."""
        self.store.save(held.model_copy(update={"memory": memory, "held_until": None}))
