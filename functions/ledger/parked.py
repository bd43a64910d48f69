"""What needs a person and is no order, once per subject, beside the orders on the list of what calls for attention."""

from __future__ import annotations

import hashlib

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import from_item, stamp, to_item
from functions.ledger.table import DUE_PARTITION, DUE_SORT, PARTITION, SORT, Table
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName

OWN = {PARTITION, SORT, DUE_PARTITION, DUE_SORT, "schema_version"}


class ParkingStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def park(self, parked: Parked) -> None:
        """Kept once per subject."""
        subject = hashlib.sha256(parked.subject.encode()).hexdigest()[:32]
        keys = {PARTITION: _partition(parked.connection), SORT: subject}
        due = {DUE_PARTITION: f"attention#{parked.connection}#0", DUE_SORT: stamp(parked.at)}
        item = to_item({**parked.model_dump(mode="json"), **keys, **due})
        self._table.put(item, condition=Attr(PARTITION).not_exists())

    def list(self, connection: ConnectionName) -> list[Parked]:
        """Everything parked, oldest first."""
        items = self._table.query(_partition(connection))
        parked = [Parked.model_validate({k: v for k, v in from_item(i).items() if k not in OWN}) for i in items]
        return sorted(parked, key=lambda each: each.at)


def _partition(connection: ConnectionName) -> str:
    return f"parked#{connection}"
