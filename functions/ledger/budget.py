"""The request budget of an API key in one item, moved on by compare and swap."""

from __future__ import annotations

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import from_item, to_item
from functions.ledger.table import PARTITION, SORT, Table
from functions.model.budget import BudgetState

GCRA = "gcra"
OWN = {PARTITION, SORT, "schema_version"}


class BudgetStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, key_id: str) -> BudgetState | None:
        item = self._table.get(_partition(key_id), GCRA)
        return BudgetState.model_validate({k: v for k, v in from_item(item).items() if k not in OWN}) if item else None

    def store(self, key_id: str, new: BudgetState, seen: BudgetState | None) -> bool:
        """False when another worker was granted in between."""
        unseen = Attr(PARTITION).not_exists() if seen is None else Attr("revision").eq(seen.revision)
        successor = new.model_copy(update={"revision": seen.revision + 1 if seen else 0})
        keys = {PARTITION: _partition(key_id), SORT: GCRA}
        return self._table.put(to_item({**successor.model_dump(mode="json"), **keys}), condition=unseen)


def _partition(key_id: str) -> str:
    return f"budget#{key_id}"
