"""What needs a person and is no order, once per subject, beside the orders on the list of what calls for attention."""

from __future__ import annotations

import hashlib

from functions.ledger.items import PARTITION, SORT, plain, stamp, to_item, unmoved
from functions.ledger.table import DUE_PARTITION, DUE_SORT, SHOWN, Table
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName

OWN = {DUE_PARTITION, DUE_SORT, SHOWN}


class ParkingStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def park(self, parked: Parked) -> None:
        """Kept once per subject."""
        subject = hashlib.sha256(parked.subject.encode()).hexdigest()[:32]
        keys = {PARTITION: _partition(parked.connection), SORT: subject}
        due: dict[str, object] = {DUE_PARTITION: f"attention#{parked.connection}#0", DUE_SORT: stamp(parked.at)}
        due[SHOWN] = {"reason": str(parked.reason), "subject": parked.subject, "since": stamp(parked.at), "calls": True}
        item = to_item({**parked.model_dump(mode="json", exclude_defaults=True), **keys, **due})
        self._table.put(item, condition=unmoved(0))

    def list(self, connection: ConnectionName) -> list[Parked]:
        """Everything parked, oldest first."""
        items = self._table.query(_partition(connection))
        parked = [Parked.model_validate(plain(item, OWN)) for item in items]
        return sorted(parked, key=lambda entry: entry.at)


def _partition(connection: ConnectionName) -> str:
    return f"parked#{connection}"
