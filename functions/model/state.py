"""What the ledger remembers of one order: its shipments, the IFS records they went to, and what happens next."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from functions.model.frozen import Frozen
from functions.model.messages import Admission
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import OrderKey, Shipment, ShipmentKey

SCHEMA_VERSION = 1


class FieldState(Frozen):
    """`touched`: we wrote this field. `intended` is then what we wrote last and `original` what stood there before our
    first write; None is an empty field.
    """

    outcome: Outcome
    reason: Reason | None = None
    touched: bool = False
    intended: str | None = None
    original: str | None = None


class TargetState(Frozen):
    """One IFS record this order's shipments were written to, e.g. key `shipment_header/1042`."""

    fields: dict[str, FieldState] = Field(default_factory=dict)
    etag: str | None = None


class ShipmentState(Frozen):
    """`admission` is how a backfill let the shipment in; it stays. A person chooses from `choices`."""

    shipment: Shipment
    outcome: Outcome
    reason: Reason | None = None
    target: str | None = None
    choices: tuple[str, ...] = ()
    admission: Admission | None = None


class OrderState(Frozen):
    """`revision` guards every save; `next_attempt_at` puts the order on the due list; `audit_days` (UTC) are where its
    audit entries stand; `fingerprint` names the IFS target configuration all of it was decided against.
    """

    key: OrderKey
    schema_version: int = SCHEMA_VERSION
    revision: int = 0
    fingerprint: str = ""
    shipments: dict[ShipmentKey, ShipmentState] = Field(default_factory=dict)
    targets: dict[str, TargetState] = Field(default_factory=dict)
    attempts: int = 0
    unchanged: int = 0
    waiting_for: Reason | None = None
    waiting_since: datetime | None = None
    next_attempt_at: datetime | None = None
    attention: Reason | None = None
    audit_days: tuple[date, ...] = ()

    @property
    def known(self) -> list[Shipment]:
        """Every shipment ever seen, voided ones included, oldest first."""
        return sorted((s.shipment for s in self.shipments.values()), key=lambda s: (s.created_at, s.key))
