"""Append-only: one entry for each write to IFS, under its record, sorted by instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.errors import Permanent
from functions.ledger.items import PARTITION, SORT, each_readable, read_as, readable, stamp, to_item
from functions.ledger.table import EXPIRES, Table
from functions.model.audit import AuditEntry, EarlierAuditEntry
from functions.model.records import RecordKey
from functions.model.shipment import ConnectionName, OrderKey

EARLIER_SHARDS = 16  # as the earlier version spread the orders of a day
RETENTION = timedelta(days=3 * 365)


class AuditLog:
    """`new_id` makes the unguessable part of a key."""

    def __init__(self, table: Table, *, new_id: Callable[[], str], retention: timedelta = RETENTION) -> None:
        self._table, self._new_id, self._retention = table, new_id, retention

    def new_key(self, at: datetime) -> str:
        """Where an entry of this instant will stand under its record."""
        return f"{stamp(at)}#{self._new_id()[:12]}"

    def put(self, key: str, entry: AuditEntry) -> bool:
        """False where an entry stands already: it is read and obeyed."""
        keys = {
            PARTITION: _partition(entry.connection, entry.record),
            SORT: key,
            EXPIRES: int((entry.at + self._retention).timestamp()),
        }
        body = entry.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        # Append-only: not even we change what an entry says.
        return self._table.put(to_item({**body, **keys}), condition=Attr(PARTITION).not_exists())

    def get(self, connection: ConnectionName, record: RecordKey, key: str) -> AuditEntry | None:
        """Strongly consistent. Raises Permanent for one that cannot be read."""
        item = self._table.get(_partition(connection, record), key)
        return _entry(item) if item else None

    def story(self, connection: ConnectionName, record: RecordKey) -> Iterator[AuditEntry]:
        """The record's entries, newest first. One that cannot be read, or that a newer version wrote, is `unreadable`:
        it stops none of the others.
        """
        for item in self._table.query(_partition(connection, record), newest_first=True):
            try:
                yield _entry(item)
            except Permanent as fault:
                key = str(item[SORT])
                yield AuditEntry.unreadable(connection, record, key, _instant(key), fault.reason)

    def earlier_story(self, order: OrderKey, days: Sequence[date]) -> list[EarlierAuditEntry]:
        """What an earlier version kept of the order on these UTC days, oldest first."""
        prefix = f"{order.digest[:16]}#"
        items = [item for day in sorted(days) for item in self._table.query(_of_day(order, day), prefix=prefix)]
        return list(each_readable(items, _earlier_entry))


def _entry(item: Mapping[str, Any]) -> AuditEntry:
    """Raises Permanent."""
    with readable(item):
        return read_as(AuditEntry, item)


def _earlier_entry(item: Mapping[str, Any]) -> EarlierAuditEntry:
    return read_as(EarlierAuditEntry, item)


def _instant(key: str) -> datetime:
    """That its key begins with."""
    try:
        return datetime.fromisoformat(key.partition("#")[0]).astimezone(UTC)
    except (ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)


def _partition(connection: ConnectionName, record: RecordKey) -> str:
    return f"audit#{connection}#{record.digest}"


def _of_day(order: OrderKey, day: date) -> str:
    return f"audit#{order.connection}#{day.isoformat()}#{int(order.digest[:2], 16) % EARLIER_SHARDS}"
