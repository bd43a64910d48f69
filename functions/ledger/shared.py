"""Records that several orders shared, as an earlier version kept them. Read only."""

from __future__ import annotations

import hashlib

from functions.ledger.items import read_as
from functions.ledger.table import Table
from functions.model.earlier import EarlierShared
from functions.model.shipment import ConnectionName

SHARED = "shared"


class EarlierSharedStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, connection: ConnectionName, target: str) -> EarlierShared | None:
        """None where no orders shared it. Strongly consistent."""
        item = self._table.get(_partition(connection, target), SHARED)
        return read_as(EarlierShared, item) if item else None


def _partition(connection: ConnectionName, target: str) -> str:
    return f"target#{connection}#{hashlib.sha256(target.encode()).hexdigest()[:32]}"
