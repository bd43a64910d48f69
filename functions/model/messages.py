"""The two kinds of queue message. Both are read back through these models, so a tampered one is refused at the door."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from functions.model.audit import Cause
from functions.model.frozen import Frozen
from functions.model.notification import Notification, Pointer
from functions.model.records import RecordKey
from functions.model.shipment import OrderKey, Shipment

__all__ = ["ADMISSIONS", "Admission", "DeliverOrder", "Notification", "Pointer"]

# A backfill by name admits labels older than go-live; a baseline is recorded and never written.
Admission = Literal["named", "baseline"]
ADMISSIONS = get_args(Admission)


class DeliverOrder(Frozen):
    """Look at one order. `shipment` is the reading that caused it; None re-examines what the ledger already knows. A
    probe is sent although the tenant's circuit is open. `withdrawn_at`: as of that reading the shipment belongs to
    another order. `moved_at`: as of that reading it came here from another order. Each is told once. `record` is where
    something changed for the order without its doing. `is_repeated`: a run that took it before may have begun a write.
    """

    order: OrderKey
    cause: Cause
    shipment: Shipment | None = None
    admission: Admission | None = None
    attempt: str = ""
    is_probe: bool = False
    withdrawn_at: datetime | None = None
    moved_at: datetime | None = None
    record: RecordKey | None = None
    is_repeated: bool = False

    def tried_again(self, attempt: str) -> DeliverOrder:
        """The same as another attempt; nobody's probe any more."""
        return self.model_copy(update={"attempt": attempt, "is_probe": False, "is_repeated": True})

    def repeated(self) -> DeliverOrder:
        return self.model_copy(update={"is_repeated": True})

    @property
    def deduplication_id(self) -> str:
        """FIFO deduplication: shipment + content + attempt or replay id, at most 128 characters. A correction that is
        taken back within minutes is no duplicate.
        """
        subject = f"{self.shipment.key}:{self.shipment.mark('')}" if self.shipment else self.order.digest
        moved = self.withdrawn_at or self.moved_at
        kind = "w" if self.withdrawn_at else "m"
        correction = f"{kind}{int(moved.timestamp() * 1000)}" if moved else ""
        return f"{subject}:{correction}{self.admission or ''}{self.attempt}"[:128]
