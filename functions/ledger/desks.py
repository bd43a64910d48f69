"""What a person decided for each connection while it runs, one item each: every delivery reads it, so that a word which
a newer version knows stops none. What is said with it is passed over, and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from functions.errors import Retryable
from functions.ledger.items import PARTITION, SORT, from_item, read_as, readable, to_item, unmoved
from functions.ledger.table import Table
from functions.model.desk import Desk, MapName
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName

DESK = "desk"
SAVE_ATTEMPTS = 5  # people decide seldom; `release` saves how far a recall is meanwhile

TABLES, REASONS = frozenset(get_args(MapName)), frozenset(Reason)
UNKNOWN: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "entries": lambda entry: entry.get("table") not in TABLES,
    "recalls": lambda recall: not REASONS.issuperset(recall.get("reasons", ())),
}
Later = Mapping[str, list[Any]]  # what a newer version said in each list


class DeskStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, connection: ConnectionName) -> Desk:
        """An empty one where nothing was decided. Strongly consistent."""
        return self._load(connection)[0]

    def change(self, connection: ConnectionName, change: Callable[[Desk], Desk]) -> Desk:
        """What stands there afterwards. Raises Retryable where others save all the time."""
        for _ in range(SAVE_ATTEMPTS):
            desk, later = self._load(connection)
            changed = change(desk)
            if changed == desk:
                return desk
            if self._table.put(_item(changed, later), condition=unmoved(desk.revision)):
                return changed.stored()
        raise Retryable(Reason.LEDGER_UNAVAILABLE, "the desk was saved by others all the time")

    def _load(self, connection: ConnectionName) -> tuple[Desk, Later]:
        item = self._table.get(_partition(connection), DESK)
        if item is None:
            return Desk(connection=connection), {}
        with readable(item):
            values = from_item(item)
            later = {name: list(filter(is_unknown, values.get(name, ()))) for name, is_unknown in UNKNOWN.items()}
            known = {name: [each for each in values.get(name, ()) if each not in later[name]] for name in UNKNOWN}
            return read_as(Desk, {**values, **known}), later


def _item(desk: Desk, later: Later) -> dict[str, object]:
    keys = {PARTITION: _partition(desk.connection), SORT: DESK}
    values = desk.stored().model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    kept = {name: [*values.get(name, ()), *said] for name, said in later.items() if said}
    return to_item({**values, **kept, **keys})


def _partition(connection: ConnectionName) -> str:
    return f"desk#{connection}"
