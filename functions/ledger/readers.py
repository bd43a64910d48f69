"""How far each connection was read, under a lease with fencing: an older holder can store nothing."""

from __future__ import annotations

from datetime import datetime

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import from_item, stamp, to_item
from functions.ledger.table import PARTITION, SORT, Table
from functions.model.cursors import Reader, Stream
from functions.model.shipment import ConnectionName

POSITION, RING = "position", "ring"
OWN = {PARTITION, SORT, "schema_version"}


class ReaderStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def acquire(self, connection: ConnectionName, holder: str, *, now: datetime, until: datetime) -> Reader | None:
        """The position with a new fence, or None while somebody else holds the lease."""
        reader = self._load(connection)
        if reader.held_until is not None and reader.held_until > now:
            return None
        taken = reader.model_copy(update={"fence": reader.fence + 1, "holder": holder, "held_until": until})
        unseen = Attr(PARTITION).not_exists() if reader.fence == 0 else Attr("fence").eq(reader.fence)
        return taken if self._table.put(_item(taken), condition=unseen) else None

    def save(self, reader: Reader) -> bool:
        """False when a newer holder has taken over: stop, nothing was stored."""
        return self._table.put(_item(reader), condition=Attr("fence").eq(reader.fence))

    def peek(self, connection: ConnectionName) -> Reader:
        """The position as it stands, without the lease."""
        return self._load(connection)

    def ring(self, connection: ConnectionName, stream: Stream, at: datetime) -> None:
        """Note that a webhook came while another holder walks. Only moves forwards."""
        item = to_item({PARTITION: _partition(connection), SORT: f"{RING}#{stream}", "rang_at": stamp(at)})
        self._table.put(item, condition=Attr(PARTITION).not_exists() | Attr("rang_at").lt(stamp(at)))

    def rang(self, connection: ConnectionName) -> dict[Stream, datetime]:
        """When a webhook last rang for which stream."""
        items = (from_item(item) for item in self._table.query(_partition(connection), prefix=f"{RING}#"))
        return {Stream(item[SORT].partition("#")[2]): datetime.fromisoformat(item["rang_at"]) for item in items}

    def _load(self, connection: ConnectionName) -> Reader:
        item = self._table.get(_partition(connection), POSITION)
        if item is None:
            return Reader(connection=connection)
        return Reader.model_validate({k: v for k, v in from_item(item).items() if k not in OWN})


def _partition(connection: ConnectionName) -> str:
    return f"reader#{connection}"


def _item(reader: Reader) -> dict[str, object]:
    body = reader.model_dump(mode="json", exclude_none=True)
    return to_item({**body, PARTITION: _partition(reader.connection), SORT: POSITION})
