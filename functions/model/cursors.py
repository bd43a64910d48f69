"""How far ShipStation has been read, and who may read on."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from functions.model.facts import OrderReading
from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName, Shipment


class Stream(StrEnum):
    """In the order of a walk: orders tell where shipments belong, a void is known before the label that replaces it."""

    ORDERS = "orders"
    LABELS_VOIDED = "labels_voided"
    LABELS_CREATED = "labels_created"
    FULFILMENTS = "fulfilments"


class Cursor(Frozen):
    """`head`: where the next look starts. `settled`: everything before it was read again after the margin, so that a
    row which became visible late is not lost. `settled_at`: when the last settle pass ended by our clock, for pacing.
    `head` and `settled` come from the vendor's data, never from our clock.
    """

    head: datetime
    settled: datetime
    settled_at: datetime | None = None


class Span(Frozen):
    """Instants from `start` to `end`, both inclusive; an end at or before the start holds nothing more to read."""

    start: datetime
    end: datetime


class Hole(Frozen):
    """A row that ShipStation cannot show: somewhere between its neighbours, whose instants these are; `before` is None
    where no later row was seen yet.
    """

    stream: Stream
    after: datetime
    before: datetime | None = None


class Reader(Frozen):
    """One connection's reading position. `fence` grows with every new holder and guards every save.

    `cursors` are by stream, those of the sweep by stream and days (`fulfilments@7d`). `looked_at` is when the last
    whole look began, `left` what it did not come to; `answered` when the last look at a stream did, which answers every
    ring before it; `answer_due` paces the looks for webhooks. `refused_at` is since when ShipStation refuses the key,
    `probe_at` when it is tried again.
    """

    connection: ConnectionName
    fence: int = 0
    holder: str = ""
    held_until: datetime | None = None
    cursors: dict[str, Cursor] = Field(default_factory=dict)
    holes: tuple[Hole, ...] = ()
    looked_at: datetime | None = None
    left: tuple[Stream, ...] = ()
    answered: dict[Stream, datetime] = Field(default_factory=dict)
    answer_due: datetime | None = None
    refused_at: datetime | None = None
    probe_at: datetime | None = None


class Reading(Frozen):
    """One page of a walk, normalised. `reached` is the newest cursor instant of the contiguous prefix read so far
    (None while the page proves nothing); `complete` says that the window was walked to its end.
    `unreadable` are the ids of rows that lack a required field, 0 where even the id is missing; `holes` what
    ShipStation could not show.
    """

    shipments: tuple[Shipment, ...]
    reached: datetime | None
    complete: bool
    unreadable: tuple[int, ...] = ()
    orders: tuple[OrderReading, ...] = ()
    holes: tuple[Hole, ...] = ()
