"""The small item of each IFS record that several orders share."""

from __future__ import annotations

import hashlib

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import from_item, to_item
from functions.ledger.table import PARTITION, SORT, Table
from functions.model.shared import SharedTarget
from functions.model.shipment import ConnectionName

SHARED = "shared"
OWN = {PARTITION, SORT, "schema_version"}


class SharedStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, connection: ConnectionName, target: str) -> SharedTarget:
        """Empty where nobody contributed yet. Strongly consistent."""
        item = self._table.get(_partition(connection, target), SHARED)
        if item is None:
            return SharedTarget(connection=connection, target=target)
        return SharedTarget.model_validate({k: v for k, v in from_item(item).items() if k not in OWN})

    def save(self, shared: SharedTarget) -> bool:
        """Stores it as the revision after its own; False when somebody else was faster."""
        successor = shared.model_copy(update={"revision": shared.revision + 1})
        unseen = Attr(PARTITION).not_exists() if shared.revision == 0 else Attr("revision").eq(shared.revision)
        keys = {PARTITION: _partition(shared.connection, shared.target), SORT: SHARED}
        body = successor.model_dump(mode="json", exclude_none=True)
        return self._table.put(to_item({**body, **keys}), condition=unseen)


def _partition(connection: ConnectionName, target: str) -> str:
    return f"target#{connection}#{hashlib.sha256(target.encode()).hexdigest()[:32]}"
