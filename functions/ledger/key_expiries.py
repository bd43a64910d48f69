"""Until when each connection's keys are taken, as its secrets last said: an item a vendor."""

from __future__ import annotations

from functions.ledger.items import PARTITION, SORT, read_as, to_item
from functions.ledger.table import Table
from functions.model.key_expiry import KeyExpiry, Vendor
from functions.model.shipment import ConnectionName


class KeyExpiryStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, connection: ConnectionName, vendor: Vendor) -> KeyExpiry:
        """Empty where its secret never said anything."""
        item = self._table.get(_partition(connection), vendor)
        return read_as(KeyExpiry, item) if item else KeyExpiry()

    def save(self, connection: ConnectionName, vendor: Vendor, expiry: KeyExpiry) -> None:
        keys = {PARTITION: _partition(connection), SORT: vendor}
        self._table.put(to_item({**expiry.model_dump(mode="json"), **keys}))


def _partition(connection: ConnectionName) -> str:
    return f"key#{connection}"
