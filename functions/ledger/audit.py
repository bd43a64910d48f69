"""Append-only: an intent before each write to IFS and a result after it, found again by order and day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from boto3.dynamodb.conditions import Attr

from functions.errors import Retryable
from functions.ledger.items import from_item, stamp, to_item
from functions.ledger.table import EXPIRES, PARTITION, SORT, Table
from functions.model.audit import AuditEntry
from functions.model.outcomes import Reason
from functions.model.shipment import OrderKey

SHARDS = 16
RETENTION = timedelta(days=3 * 365)
OWN = {PARTITION, SORT, EXPIRES, "schema_version"}


class AuditLog:
    """`new_id` makes the unguessable part of a key."""

    def __init__(self, table: Table, *, new_id: Callable[[], str], retention: timedelta = RETENTION) -> None:
        self._table, self._new_id, self._retention = table, new_id, retention

    def put(self, entry: AuditEntry) -> None:
        keys = {
            PARTITION: _partition(entry.order, entry.at.date()),
            SORT: f"{_prefix(entry.order)}{stamp(entry.at)}#{self._new_id()}",
            EXPIRES: int((entry.at + self._retention).timestamp()),
        }
        body = entry.model_dump(mode="json", exclude_none=True)
        if not self._table.put(to_item({**body, **keys}), condition=Attr(PARTITION).not_exists()):
            raise Retryable(Reason.LEDGER_UNAVAILABLE, "an audit key was taken already")

    def story(self, order: OrderKey, days: Sequence[date]) -> list[AuditEntry]:
        """The order's entries of these UTC days, oldest first."""
        items = [
            item for day in sorted(days) for item in self._table.query(_partition(order, day), prefix=_prefix(order))
        ]
        return [AuditEntry.model_validate({k: v for k, v in from_item(i).items() if k not in OWN}) for i in items]


def _partition(order: OrderKey, day: date) -> str:
    return f"audit#{order.connection}#{day.isoformat()}#{int(order.digest[:2], 16) % SHARDS}"


def _prefix(order: OrderKey) -> str:
    return f"{order.digest[:16]}#"
