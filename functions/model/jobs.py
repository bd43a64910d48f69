"""Windows of the past that are read beside the live streams: a backlog, or what an operator asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from functions.model.cursors import Span, Stream
from functions.model.frozen import Frozen
from functions.model.messages import Admission
from functions.model.shipment import ConnectionName

Lane = Literal["webhook", "poll", "sweep", "backfill"]


class Job(Frozen):
    """`unread` is what is still to be read, by stream and ascending; a stream without spans is done. `rows` and `pages`
    count what was read, `expected_rows` is what ShipStation claimed at the start and never trusted for an end.
    A `check` reads the orders of a backlog once more, when their shipments have been read. `fence` grows with every
    new holder and guards every save.
    """

    job_id: str
    connection: ConnectionName
    kind: Literal["backlog", "check", "backfill"]
    lane: Lane
    window: Span
    unread: dict[Stream, tuple[Span, ...]]
    admission: Admission | None = None
    by: str | None = None
    note: str | None = None
    created_at: datetime
    ended_at: datetime | None = None
    is_cancelled: bool = False
    pages: int = 0
    rows: int = 0
    news: int = 0
    expected_rows: int = 0
    fence: int = 0
    holder: str = ""
    held_until: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.is_cancelled or not any(self.unread.values())


JobStanding = Literal["waiting", "running", "done", "cancelled"]


class Progress(Frozen):
    """How a job stands, for the person who started it."""

    job_id: str
    kind: str
    state: JobStanding
    window: Span
    by: str | None = None
    note: str | None = None
    pages: int
    rows: int
    news: int
    percent: float = Field(ge=0, le=100)
    minutes_left: float | None = None
