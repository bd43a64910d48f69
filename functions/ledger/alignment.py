"""What is remembered of reference data: one item a record, those of a profile together, and the map of their ids."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.ledger.items import PARTITION, SORT, each_readable, from_item, read_as, stamp, to_item, unmoved
from functions.ledger.table import Table
from functions.model.alignment import Aligned
from functions.model.shipment import ConnectionName

RECORD, MAP, MARK = "record#", "map", "mark"


class AlignStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, connection: ConnectionName, profile: str) -> dict[str, Aligned]:
        """By what the leading system calls the record, without items that cannot be read, which `save` then finds
        there. Strongly consistent.
        """
        items = self._table.query(_partition(connection, profile), prefix=RECORD)
        return {each.key.id: each for each in each_readable(items, _aligned)}

    def save(self, aligned: Aligned) -> bool:
        """As the revision after its own; False when somebody saved in between."""
        key = aligned.key
        body = aligned.saved().model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        keys = {PARTITION: _partition(key.connection, key.profile), SORT: f"{RECORD}{key.id}"}
        item = to_item({**body, **keys, "revision": aligned.revision + 1})
        return self._table.put(item, condition=unmoved(aligned.revision))

    def save_map(self, connection: ConnectionName, profile: str, ids: Mapping[str, str]) -> None:
        """ShipStation's id by IFS's. Whoever saves last is right: both have just looked."""
        if self.map(connection, profile) != dict(ids):
            keys = {PARTITION: _partition(connection, profile), SORT: MAP}
            self._table.put(to_item({**keys, "ids": dict(ids)}))

    def map(self, connection: ConnectionName, profile: str) -> dict[str, str]:
        """Empty where nothing has been aligned yet."""
        item = self._table.get(_partition(connection, profile), MAP)
        return {str(code): str(other) for code, other in from_item(item).get("ids", {}).items()} if item else {}

    def warehouses(self, connection: ConnectionName) -> dict[str, int]:
        """The number of the one that was found for each place."""
        found = self.map(connection, "warehouses")
        return {code: int(number) for code, number in found.items() if number.isdecimal()}

    def read_up_to(self, connection: ConnectionName, profile: str) -> datetime | None:
        item = self._table.get(_partition(connection, profile), MARK)
        return datetime.fromisoformat(from_item(item)["read_up_to"]) if item else None

    def save_read_up_to(self, connection: ConnectionName, profile: str, at: datetime) -> None:
        """Forwards only."""
        known = self.read_up_to(connection, profile)
        if known is None or at > known:
            keys = {PARTITION: _partition(connection, profile), SORT: MARK}
            self._table.put(to_item({**keys, "read_up_to": stamp(at)}))


def _aligned(item: Mapping[str, Any]) -> Aligned:
    return read_as(Aligned, item)


def _partition(connection: ConnectionName, profile: str) -> str:
    return f"align#{connection}#{profile}"
