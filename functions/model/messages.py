"""The two kinds of queue message. Both are read back through these models, so a tampered one is refused at the door."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from functions.model.audit import Cause
from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName, OrderKey, Shipment


class Pointer(Frozen):
    """Where a webhook points, reduced to ids: the address itself is never kept and never contacted. `go_on` is no
    webhook's: a run that ended with work left sends it to itself.
    """

    kind: Literal["shipments_batch", "orders_import", "order", "fulfilment", "anything", "go_on"]
    id: str = ""


class Notification(Frozen):
    connection: ConnectionName
    event: str
    pointer: Pointer
    received_at: datetime
    correlation_id: str


# A backfill by name admits labels older than go-live; a baseline is recorded and never written.
Admission = Literal["named", "baseline"]


class Work(Frozen):
    """One order to settle. `shipment` is the reading that caused it; None re-examines what the ledger already knows.
    A probe is sent although the tenant's circuit is open.
    """

    order: OrderKey
    cause: Cause
    shipment: Shipment | None = None
    admission: Admission | None = None
    attempt: str = ""
    is_probe: bool = False

    @property
    def deduplication_id(self) -> str:
        """FIFO deduplication: shipment + content + attempt or replay id, at most 128 characters."""
        subject = f"{self.shipment.key}:{self.shipment.mark('')}" if self.shipment else self.order.digest
        return f"{subject}:{self.admission or ''}{self.attempt}"[:128]
