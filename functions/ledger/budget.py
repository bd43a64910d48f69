"""The request budget of an API key in one item, moved on by compare and swap."""

from __future__ import annotations

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import from_item, to_item
from functions.ledger.table import PARTITION, SORT, Table
from functions.model.budget import BudgetState

GCRA = "gcra"
ARRIVAL = "theoretical_arrival_ms"


class BudgetStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, key_id: str) -> BudgetState | None:
        item = self._table.get(_partition(key_id), GCRA)
        return BudgetState(theoretical_arrival_ms=from_item(item)[ARRIVAL]) if item else None

    def store(self, key_id: str, new: BudgetState, seen: BudgetState | None) -> bool:
        """False when another worker was granted in between."""
        unseen = Attr(PARTITION).not_exists() if seen is None else Attr(ARRIVAL).eq(seen.theoretical_arrival_ms)
        item = to_item({PARTITION: _partition(key_id), SORT: GCRA, ARRIVAL: new.theoretical_arrival_ms})
        return self._table.put(item, condition=unseen)


def _partition(key_id: str) -> str:
    return f"budget#{key_id}"
