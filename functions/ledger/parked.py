"""What needs a person and is no order, once per subject, beside the orders on the list of what calls for attention."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import PARTITION, SORT, each_readable, read_as, stamp, to_item, unmoved
from functions.ledger.table import DUE_PARTITION, DUE_SORT, SHOWN, Table
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName

DISMISSED = "dismissed"


class ParkingStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def park(self, parked: Parked) -> None:
        """Kept once per subject. What a person has seen to calls again once something else is said of it."""
        keys = {PARTITION: _partition(parked.connection), SORT: _subject(parked.subject)}
        due: dict[str, object] = {DUE_PARTITION: f"attention#{parked.connection}#0", DUE_SORT: stamp(parked.at)}
        due[SHOWN] = {"reason": str(parked.reason), "subject": parked.subject, "since": stamp(parked.at), "calls": True}
        item = to_item({**parked.model_dump(mode="json", exclude_defaults=True), **keys, **due})
        if not self._table.put(item, condition=unmoved(0)) and self._says_something_else(parked):
            self._table.put(item, condition=Attr(DISMISSED).exists())

    def _says_something_else(self, parked: Parked) -> bool:
        known = self._table.get(_partition(parked.connection), _subject(parked.subject)) or {}
        before = known.get("reason"), known.get("detail", ""), known.get("body", "")
        return DISMISSED in known and before != (str(parked.reason), parked.detail, parked.body)

    def is_open(self, connection: ConnectionName, subject: str) -> bool:
        """Parked, and nobody has seen to it."""
        item = self._table.get(_partition(connection), _subject(subject))
        return item is not None and DISMISSED not in item

    def dismiss(self, connection: ConnectionName, subject: str, dismissal: Mapping[str, str]) -> bool:
        """It stays, and is on no list any more. False where nothing of that subject is parked."""
        item = self._table.get(_partition(connection), _subject(subject))
        if item is None or DISMISSED in item:
            return False
        kept = {name: value for name, value in item.items() if name not in {DUE_PARTITION, DUE_SORT, SHOWN}}
        return self._table.put({**kept, DISMISSED: dict(dismissal)})

    def list(self, connection: ConnectionName) -> list[Parked]:
        """Everything parked that nobody has seen to, oldest first; what cannot be read is left out."""
        return [*self._entries(connection, is_dismissed=False)]

    def dismissed(self, connection: ConnectionName) -> Sequence[Parked]:
        """Everything that was parked until a person saw to it, oldest first."""
        return self._entries(connection, is_dismissed=True)

    def _entries(self, connection: ConnectionName, *, is_dismissed: bool) -> Sequence[Parked]:
        items = (item for item in self._table.query(_partition(connection)) if (DISMISSED in item) is is_dismissed)
        return sorted(each_readable(items, _parked), key=lambda entry: entry.at)


def _parked(item: Mapping[str, Any]) -> Parked:
    return read_as(Parked, item)


def _subject(subject: str) -> str:
    return hashlib.sha256(subject.encode()).hexdigest()[:32]


def _partition(connection: ConnectionName) -> str:
    return f"parked#{connection}"
