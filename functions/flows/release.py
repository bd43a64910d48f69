"""Brings back what is due: orders that wait, and attempts to repeat."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from functions.model.shipment import ConnectionName, OrderKey


class DueOrders(Protocol):
    def due(self, connection: ConnectionName, *, now: datetime, limit: int) -> list[tuple[OrderKey, datetime]]:
        """Orders whose next attempt is due with the instant they are due at, oldest first."""

    def claim(self, order: OrderKey, due_at: datetime, until: datetime) -> bool:
        """Move the next attempt from `due_at` to `until`; False when another run was faster or the order moved on."""
