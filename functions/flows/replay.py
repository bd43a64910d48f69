"""Shows what a repeat would write, field by field, and carries out exactly that once a person says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from functions.model.plans import Plan
from functions.model.shipment import ConnectionName
from functions.model.state import OrderState


class Plans(Protocol):
    def put(self, plan: Plan) -> bool:
        """False when a plan of this id stands already."""

    def get(self, plan_id: str) -> Plan | None: ...

    def mark_applied(self, plan_id: str, at: datetime) -> bool:
        """False when it was applied before."""


class OrderSearch(Protocol):
    def scan(self, connection: ConnectionName) -> Iterator[OrderState]:
        """Every order of the connection the ledger knows, page by page, in no order."""
