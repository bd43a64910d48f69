"""Makes IFS agree with what is known of an order: reads, writes only the difference, records what it did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from functions.model.audit import AuditEntry
from functions.model.shipment import OrderKey
from functions.model.state import OrderState
from functions.model.targets import Candidate, Conflict, FieldName, Record, Written


class Ifs(Protocol):
    """IFS Cloud. Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    def find(self, orders: Sequence[OrderKey]) -> dict[OrderKey, list[Candidate]]:
        """The records that carry lines of these orders, batched; orders without any are left out.

        A candidate's lines include those of other orders on the same record.
        """

    def read(self, keys: Sequence[str]) -> dict[str, Record]:
        """Fresh readings by record key, batched; records that no longer exist are left out."""

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """PATCH exactly these fields under the ETag of `record`."""


class Orders(Protocol):
    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        """Unknown orders are left out. Strongly consistent."""

    def save(self, state: OrderState) -> bool:
        """Stores `state` as the revision after `state.revision`; False when somebody saved in between."""


class Audit(Protocol):
    def put(self, entry: AuditEntry) -> None: ...

    def story(self, order: OrderKey, days: Sequence[date]) -> list[AuditEntry]:
        """The order's entries of these UTC days, oldest first."""
