"""Keeps an intent before each write to IFS and a result after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from functions.model.audit import AuditEntry, Cause, FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.records import Record
from functions.model.shipment import OrderKey, Shipment


class Audit(Protocol):
    def put(self, entry: AuditEntry) -> None: ...

    def story(self, order: OrderKey, days: Sequence[date]) -> list[AuditEntry]:
        """The order's entries of these UTC days, oldest first."""


@dataclass(frozen=True)
class Attempt:
    """One write: try `number` from 1, what it changes, the reading it is based on, when it began (UTC)."""

    number: int
    changes: Mapping[str, FieldChange]
    before: Record
    started: datetime


@dataclass
class Journal:
    """One order's entries; `days` (UTC) are where they stand."""

    audit: Audit
    order: OrderKey
    cause: Cause
    mapping_version: str
    now: Callable[[], datetime]
    days: set[date] = field(default_factory=set)

    def intend(self, attempt: Attempt, shipments: Sequence[Shipment]) -> None:
        self.keep(self._entry("intent", attempt, shipments))

    def end(
        self,
        attempt: Attempt,
        shipments: Sequence[Shipment],
        outcome: Outcome,
        reason: Reason | None = None,
        **told: object,
    ) -> None:
        """`told` are further fields of the entry."""
        entry = self._entry("result", attempt, shipments)
        duration = int((entry.at - attempt.started).total_seconds() * 1000)
        self.keep(entry.model_copy(update={"outcome": outcome, "reason": reason, "duration_ms": duration, **told}))

    def keep(self, entry: AuditEntry) -> None:
        self.audit.put(entry)
        self.days.add(entry.at.date())

    def _entry(self, kind: str, attempt: Attempt, shipments: Sequence[Shipment]) -> AuditEntry:
        return AuditEntry.model_validate(
            {
                "kind": kind,
                "order": self.order,
                "at": self.now(),
                "cause": self.cause,
                "shipments": tuple(shipments),
                "target": attempt.before.key,
                "changes": dict(attempt.changes),
                "etag_before": attempt.before.etag,
                "attempt": attempt.number,
                "mapping_version": self.mapping_version,
            }
        )
