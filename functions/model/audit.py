"""What the audit keeps of every write to IFS: an intent before it, a result after it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import OrderKey, Shipment


class Cause(Frozen):
    """Who made us look. `by`, `note` and `plan_id` are an operator's, on replays only."""

    kind: Literal["webhook", "poll", "sweep", "backfill", "release", "replay", "pilot"]
    correlation_id: str
    by: str | None = None
    note: str | None = None
    plan_id: str | None = None


class FieldChange(Frozen):
    """None is an empty field."""

    before: str | None = None
    after: str | None = None


class AuditEntry(Frozen):
    """`attempt` counts tries within one delivery from 1; `duration_ms` is the write's own, on results only."""

    kind: Literal["intent", "result"]
    order: OrderKey
    at: datetime
    cause: Cause
    shipments: tuple[Shipment, ...]
    target: str | None = None
    changes: dict[str, FieldChange] = Field(default_factory=dict)
    etag_before: str | None = None
    etag_after: str | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    detail: str | None = None
    http_status: int | None = None
    attempt: int = 1
    mapping_version: str = ""
    duration_ms: int | None = None
