"""Until when each connection's keys are taken, as its secrets last said: an item a vendor."""

from __future__ import annotations

from functools import partial

from functions.ledger.items import PARTITION, SORT, each_readable, read_as, to_item
from functions.ledger.table import Table
from functions.model.key_expiry import KeyExpiry, Vendor
from functions.model.shipment import ConnectionName


class KeyExpiryStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, connection: ConnectionName, vendor: Vendor) -> KeyExpiry:
        """Empty where its secret never said anything, or what it said cannot be read here: it is said again."""
        item = self._table.get(_partition(connection), vendor)
        found = each_readable([item] if item else [], partial(read_as, KeyExpiry))
        return next(found, KeyExpiry())

    def save(self, connection: ConnectionName, vendor: Vendor, expiry: KeyExpiry) -> None:
        keys = {PARTITION: _partition(connection), SORT: vendor}
        self._table.put(to_item({**expiry.model_dump(mode="json"), **keys}))


def _partition(connection: ConnectionName) -> str:
    return f"key#{connection}"
