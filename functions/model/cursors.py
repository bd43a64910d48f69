"""How far ShipStation has been read, and who may read on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName, Shipment


class Stream(StrEnum):
    LABELS_CREATED = "labels_created"
    LABELS_VOIDED = "labels_voided"


class Cursor(Frozen):
    """`head`: where the next look starts. `settled`: everything before it was read again after the margin, so that a
    row which became visible late is not lost. `settled_at`: when the last settle pass ended by our clock, for pacing.
    `head` and `settled` come from the vendor's data, never from our clock.
    """

    head: datetime
    settled: datetime
    settled_at: datetime | None = None


class Reader(Frozen):
    """One connection's reading position. `fence` grows with every new holder and guards every save."""

    connection: ConnectionName
    fence: int = 0
    holder: str = ""
    held_until: datetime | None = None
    cursors: dict[Stream, Cursor] = Field(default_factory=dict)


class Reading(Frozen):
    """One page of a walk, normalised. `reached` is the newest cursor instant of the contiguous prefix read so far
    (None while the page proves nothing); `complete` says that the window was walked to its end.
    `unreadable` are the ids of rows that lack a required field, 0 where even the id is missing.
    """

    shipments: tuple[Shipment, ...]
    reached: datetime | None
    complete: bool
    unreadable: tuple[int, ...] = ()
