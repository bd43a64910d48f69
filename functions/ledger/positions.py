"""How far each connection was read, under a lease with fencing: an older holder can store nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import PARTITION, SORT, each_readable, from_item, is_held, read_as, stamp, to_item, unmoved
from functions.ledger.table import Table
from functions.model.cursors import ReadingPosition, Stream
from functions.model.shipment import ConnectionName

READER = "reader"  # of every connection that was read
POSITION = "position"
WEBHOOK = "ring"  # in the sort key, as the first version stored it


class PositionStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def acquire(
        self, connection: ConnectionName, holder: str, *, now: datetime, until: datetime
    ) -> ReadingPosition | None:
        """The position with a new fence, or None while somebody else holds the lease."""
        position = self._load(connection)
        if is_held(position.held_until, now, until):
            return None
        taken = position.held_by(holder, until)
        return taken if self._table.put(_item(taken), condition=unmoved(position.fence, "fence")) else None

    def save(self, position: ReadingPosition) -> bool:
        """False when a newer holder has taken over: stop, nothing was stored."""
        return self._table.put(_item(position), condition=unmoved(position.fence, "fence"))

    def peek(self, connection: ConnectionName) -> ReadingPosition:
        """The position as it stands, without the lease."""
        return self._load(connection)

    def note_webhook(self, connection: ConnectionName, stream: Stream, at: datetime) -> None:
        """Note that a webhook came while another holder walks. Only moves forwards."""
        item = to_item({PARTITION: _partition(connection), SORT: f"{WEBHOOK}#{stream}", "last_webhook_at": stamp(at)})
        earlier = Attr("last_webhook_at").lt(stamp(at)) | Attr("rang_at").lt(stamp(at))
        self._table.put(item, condition=unmoved(0) | earlier)

    def last_webhook_at(self, connection: ConnectionName) -> dict[Stream, datetime]:
        """When a webhook last came for which stream. Earlier versions stored `rang_at`."""
        items = self._table.query(_partition(connection), prefix=f"{WEBHOOK}#")
        return dict(each_readable(items, _webhook))

    def _load(self, connection: ConnectionName) -> ReadingPosition:
        item = self._table.get(_partition(connection), POSITION)
        if item is None:
            return ReadingPosition(connection=connection)
        return read_as(ReadingPosition, item)


def _webhook(stored: Mapping[str, Any]) -> tuple[Stream, datetime]:
    item = from_item(stored)
    return Stream(item[SORT].partition("#")[2]), datetime.fromisoformat(item.get("last_webhook_at") or item["rang_at"])


def _partition(connection: ConnectionName) -> str:
    return f"{READER}#{connection}"


def _item(position: ReadingPosition) -> dict[str, object]:
    body = position.model_dump(mode="json", exclude_none=True)
    return to_item({**body, PARTITION: _partition(position.connection), SORT: POSITION})
