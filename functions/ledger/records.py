"""What is remembered of each IFS record, one item each. An item that had a revision is never deleted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from functions.errors import Permanent
from functions.ledger.items import PARTITION, SORT, read_as, readable, to_item, unmoved
from functions.ledger.table import Table
from functions.model.outcomes import Reason
from functions.model.record_memory import RecordMemory
from functions.model.records import RecordKey
from functions.model.shipment import ConnectionName

MEMORY = "memory"
LIMIT_BYTES = 300_000  # DynamoDB refuses items over 400 KB


class RecordStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, connection: ConnectionName, keys: Sequence[RecordKey]) -> dict[RecordKey, RecordMemory]:
        """Empty ones where nothing is remembered. Strongly consistent."""
        return {key: self._load(connection, key) for key in keys}

    def plans_of(self, connection: ConnectionName, keys: Collection[RecordKey]) -> dict[RecordKey, Sequence[str]]:
        """The last plans that were carried out on each record. Eventually consistent."""
        by_partition = {_partition(connection, key): key for key in keys}
        found = self._table.get_many([(partition, MEMORY) for partition in by_partition], ["plans"])
        return {by_partition[item[PARTITION]]: item.get("plans", ()) for item in found}

    def save(self, memory: RecordMemory) -> bool:
        """Stores it as the revision after its own; False when somebody else was faster. Raises Permanent for one that
        is too large.
        """
        body = memory.stored().model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        # Before DynamoDB says so: the order that brings the item over the limit is parked alone, and nothing was
        # written for it.
        if size(memory) > LIMIT_BYTES:
            raise Permanent(Reason.ORDER_TOO_LARGE, f"record {memory.key.digest} holds too many shipments")
        keys = {PARTITION: _partition(memory.connection, memory.key), SORT: MEMORY}
        return self._table.put(to_item({**body, **keys}), condition=unmoved(memory.revision))

    def _load(self, connection: ConnectionName, key: RecordKey) -> RecordMemory:
        item = self._table.get(_partition(connection, key), MEMORY)
        if item is None:
            return RecordMemory(connection=connection, key=key)
        return _memory(item)


def size(memory: RecordMemory) -> int:
    """Bytes, near enough."""
    return len(memory.model_dump_json(exclude_none=True, exclude_defaults=True).encode())


def _memory(item: dict[str, Any]) -> RecordMemory:
    with readable(item):
        return read_as(RecordMemory, item)


def _partition(connection: ConnectionName, key: RecordKey) -> str:
    return f"record#{connection}#{key.digest}"
