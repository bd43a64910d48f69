"""What a person decided for each connection while it runs, one item each."""

from __future__ import annotations

from collections.abc import Callable

from functions.errors import Retryable
from functions.ledger.items import PARTITION, SORT, read_as, readable, to_item, unmoved
from functions.ledger.table import Table
from functions.model.desk import Desk
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName

DESK = "desk"
SAVE_ATTEMPTS = 5  # people decide seldom; `release` saves how far a recall is meanwhile


class DeskStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, connection: ConnectionName) -> Desk:
        """An empty one where nothing was decided. Strongly consistent."""
        item = self._table.get(_partition(connection), DESK)
        if item is None:
            return Desk(connection=connection)
        with readable(item):
            return read_as(Desk, item)

    def change(self, connection: ConnectionName, change: Callable[[Desk], Desk]) -> Desk:
        """What stands there afterwards. Raises Retryable where others save all the time."""
        for _ in range(SAVE_ATTEMPTS):
            desk = self.load(connection)
            changed = change(desk)
            if changed == desk:
                return desk
            if self._table.put(_item(changed), condition=unmoved(desk.revision)):
                return changed.stored()
        raise Retryable(Reason.LEDGER_UNAVAILABLE, "the desk was saved by others all the time")


def _item(desk: Desk) -> dict[str, object]:
    keys = {PARTITION: _partition(desk.connection), SORT: DESK}
    return to_item({**desk.stored().model_dump(mode="json", exclude_none=True, exclude_defaults=True), **keys})


def _partition(connection: ConnectionName) -> str:
    return f"desk#{connection}"
