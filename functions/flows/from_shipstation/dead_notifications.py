"""A webhook says only "look": however many of its notifications died, one look answers them all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from functions.model.messages import Notification, Pointer
from functions.model.shipment import ConnectionName

LOOK = "LOOK"  # no webhook's event


def look_again(
    connection: ConnectionName, dead: Iterable[Notification], *, now: datetime, correlation_id: str
) -> Notification | None:
    """None where all that died were notes of this kind: the schedule looks anyway."""
    if all(notification.event == LOOK for notification in dead):
        return None
    return Notification(
        connection=connection,
        event=LOOK,
        pointer=Pointer(kind="anything"),
        received_at=now,
        correlation_id=correlation_id,
    )
