"""How a connection's reconcile stands: one item, so that there are never two at once, one for each that ended, and one
for each window that was compared.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from functions.ledger.items import PARTITION, SORT, read_as, readable, stamp, to_item, unmoved
from functions.ledger.table import EXPIRES, Table
from functions.model.cursors import Span
from functions.model.reconciled import ReconcileRun
from functions.model.shipment import ConnectionName

LATEST = "latest"
KEPT = timedelta(days=400)


class ReconcileStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def latest(self, connection: ConnectionName) -> ReconcileRun | None:
        return self._load(connection, LATEST)

    def get(self, connection: ConnectionName, run_id: str) -> ReconcileRun | None:
        latest = self.latest(connection)
        return latest if latest is not None and latest.run_id == run_id else self._load(connection, f"run#{run_id}")

    def of_window(self, connection: ConnectionName, window: Span) -> ReconcileRun | None:
        """The last one that compared exactly this window to its end, whatever was asked since."""
        return self._load(connection, _window(window))

    def save(self, run: ReconcileRun) -> ReconcileRun | None:
        """As stored; None when somebody else saved in between. One that ended is kept beside those that follow."""
        stored = run.stored()
        if run.ended_at is not None:
            expires = {EXPIRES: int((run.ended_at + KEPT).timestamp())}
            names = [f"run#{run.run_id}", *([] if run.failed else [_window(run.window)])]
            for name in names:
                self._table.put({**_item(stored, name), **expires})
        return stored if self._table.put(_item(stored, LATEST), condition=unmoved(run.revision)) else None

    def _load(self, connection: ConnectionName, name: str) -> ReconcileRun | None:
        item = self._table.get(_partition(connection), name)
        if item is None:
            return None
        with readable(item):
            return read_as(ReconcileRun, item)


def _window(window: Span) -> str:
    return f"window#{stamp(window.start)}#{stamp(window.end)}"


def _partition(connection: ConnectionName) -> str:
    return f"reconcile#{connection}"


def _item(run: ReconcileRun, name: str) -> dict[str, Any]:
    body = run.model_dump(mode="json", exclude_none=True)
    return to_item({**body, PARTITION: _partition(run.connection), SORT: name})
