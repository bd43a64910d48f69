"""The request budget of an API key in one item, moved on by compare and swap."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import PARTITION, SORT, each_readable, read_as, readable, to_item, unmoved
from functions.ledger.table import Table
from functions.model.budget import BudgetState

GCRA = "gcra"


class BudgetStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, key_id: str) -> BudgetState | None:
        item = self._table.get(_partition(key_id), GCRA)
        return _state(item) if item else None

    def store(self, key_id: str, new: BudgetState, seen: BudgetState | None) -> bool:
        """False when another worker was granted in between. The first item has revision 0, so that only its absence
        says that there is none.
        """
        unseen = unmoved(0) if seen is None else Attr("revision").eq(seen.revision)
        keys = {PARTITION: _partition(key_id), SORT: GCRA}
        return self._table.put(to_item({**new.after(seen).model_dump(mode="json"), **keys}), condition=unseen)


def _state(item: Mapping[str, Any]) -> BudgetState:
    """A damaged one is begun anew: what ShipStation counts it says with each answer."""
    found = next(each_readable([item], partial(read_as, BudgetState)), None)
    if found is not None:
        return found
    with readable(item):
        return BudgetState(theoretical_arrival_ms=0, revision=item["revision"])


def _partition(key_id: str) -> str:
    return f"budget#{key_id}"
