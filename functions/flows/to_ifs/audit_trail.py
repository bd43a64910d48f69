"""What the flows need of the audit: one entry for each write to IFS, under the record that was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from functions.model.audit import AuditEntry, AuditOutcome, Cause, EarlierAuditEntry, FieldChange
from functions.model.outcomes import Reason
from functions.model.record_memory import RecordMemory
from functions.model.records import Record, RecordKey
from functions.model.shipment import ConnectionName, OrderKey


class Audit(Protocol):
    def new_key(self, at: datetime) -> str:
        """Where an entry of this instant will stand under its record."""

    def put(self, key: str, entry: AuditEntry) -> bool:
        """False where an entry stands already: it is read and obeyed."""

    def get(self, connection: ConnectionName, record: RecordKey, key: str) -> AuditEntry | None: ...

    def story(self, connection: ConnectionName, record: RecordKey) -> Iterable[AuditEntry]:
        """The record's entries, newest first, page by page."""

    def earlier_story(self, order: OrderKey, days: Sequence[date]) -> list[EarlierAuditEntry]:
        """What an earlier version kept of the order on these UTC days, oldest first."""


@dataclass(frozen=True)
class Ending:
    """How one write ended. `refused` are the fields that IFS did not take."""

    outcome: AuditOutcome
    reason: Reason | None = None
    refused: Sequence[str] = ()
    code: str = ""
    http_status: int | None = None
    etag_after: str | None = None


@dataclass(frozen=True)
class Journal:
    """Writes down what `order` did to a record, and why."""

    audit: Audit
    order: OrderKey
    cause: Cause
    mapping_version: str

    def entry(
        self,
        memory: RecordMemory,
        before: Record,
        changes: Mapping[str, FieldChange],
        ending: Ending,
        *,
        at: datetime,
        started: datetime | None = None,
        attempt: int = 1,
        action: str | None = None,
    ) -> AuditEntry:
        others = sorted(order.reference for order in memory.orders if order != self.order)
        return AuditEntry(
            connection=memory.connection,
            record=before.key,
            orders=(self.order.reference, *others),
            at=at,
            cause=self.cause,
            shipments=tuple(shipment.shipment for shipment in memory.shipments),
            changes=dict(changes),
            refused=tuple(map(str, ending.refused)),
            action=action,
            etag_before=before.etag or None,
            etag_after=ending.etag_after,
            outcome=ending.outcome,
            reason=ending.reason,
            code=ending.code or None,
            http_status=ending.http_status,
            attempt=attempt,
            mapping_version=self.mapping_version,
            duration_ms=int((at - started).total_seconds() * 1000) if started else None,
        )


def is_open(memory: RecordMemory, audit: Audit, now: datetime, *, exists: bool) -> bool:
    """Nobody can know yet how its last write ends: somebody may still be carrying it out, or it may still arrive."""
    intent = memory.intent
    if intent is None or not (intent.is_held(now) or intent.may_arrive(now, exists=exists)):
        return False
    return audit.get(memory.connection, memory.key, intent.audit_key) is None
