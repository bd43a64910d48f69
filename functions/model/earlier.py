"""What an earlier version of the connector remembered, as far as it is taken over: records were known by order then."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from pydantic import Field

from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName, Shipment, ShipmentKey


class EarlierField(Frozen):
    """`touched`: we wrote it. `intended` is then what we wrote last and `original` what stood there before our first
    write.
    """

    outcome: Outcome
    reason: Reason | None = None
    touched: bool = False
    intended: str | None = None
    original: str | None = None


class EarlierRecord(Frozen):
    fields: dict[str, EarlierField] = Field(default_factory=dict)
    etag: str | None = None


class EarlierMemory(Frozen):
    """An order's memory of records, by its own keys (`shipment_header/1042`), for the targets that `fingerprint` names.
    `placed` says where its shipments went; `audit_days` (UTC) where its entries stand. What was taken over is gone
    from here, the rest stays unread.
    """

    fingerprint: str = ""
    targets: dict[str, EarlierRecord] = Field(default_factory=dict)
    placed: dict[ShipmentKey, str] = Field(default_factory=dict)
    audit_days: tuple[date, ...] = ()

    def without_targets(self, keys: Iterable[str]) -> EarlierMemory:
        gone = set(keys)
        left = {key: target for key, target in self.targets.items() if key not in gone}
        placed = {shipment: key for shipment, key in self.placed.items() if key not in gone}
        return self.model_copy(update={"targets": left, "placed": placed})

    def without_places(self, shipments: Iterable[ShipmentKey]) -> EarlierMemory:
        gone = set(shipments)
        return self.model_copy(update={"placed": {s: key for s, key in self.placed.items() if s not in gone}})


class EarlierShared(Frozen):
    """A record that several orders were written to: their shipments, by the order's digest, and what was written."""

    connection: ConnectionName
    target: str
    contributions: dict[str, tuple[Shipment, ...]] = Field(default_factory=dict)
    memory: EarlierRecord = EarlierRecord()
    held_until: datetime | None = None
    revision: int = 0
