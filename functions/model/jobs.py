"""Windows of the past that are read beside the live streams: a backlog, or what an operator asked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field

from functions.model.cursors import Span, Stream
from functions.model.frozen import Frozen
from functions.model.messages import Admission
from functions.model.shipment import ConnectionName

Lane = Literal["webhook", "poll", "sweep", "backfill"]
JobKind = Literal["backlog", "crosscheck", "backfill"]


class Job(Frozen):
    """`unread` is what is still to be read, by stream and ascending; a stream without spans is done. `rows` and `pages`
    count what was read, `expected_rows` is what ShipStation claimed at the start and never trusted for an end.
    A `crosscheck` reads the orders of a backlog once more, when their shipments have been read. `in_vain` counts the
    runs since one came further; `not_before` is when the next may begin. `given_up` is what will not be read. `fence`
    grows with every new holder and guards every save. Earlier versions stored `news` and the kind `check`.
    """

    model_config = ConfigDict(validate_by_name=True)

    job_id: str
    connection: ConnectionName
    kind: Annotated[JobKind, BeforeValidator(lambda kind: "crosscheck" if kind == "check" else kind)]
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
    new_shipments: int = Field(default=0, validation_alias=AliasChoices("new_shipments", "news"))
    expected_rows: int = 0
    in_vain: int = 0
    not_before: datetime | None = None
    given_up: dict[Stream, tuple[Span, ...]] = Field(default_factory=dict)
    fence: int = 0
    holder: str = ""
    held_until: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.is_cancelled or not any(self.unread.values())

    def another(self) -> Job:
        """The same once more, where the one of this id has ended."""
        return self.model_copy(update={"job_id": f"{self.job_id}-{self.created_at:%Y%m%dT%H%M%S}"})

    def held_by(self, holder: str, until: datetime) -> Job:
        """Under the next fence: an older holder can store nothing."""
        return self.model_copy(update={"fence": self.fence + 1, "holder": holder, "held_until": until})

    def released(self, at: datetime) -> Job:
        """Ended at that instant where nothing is left to read."""
        ended_at = self.ended_at if any(self.unread.values()) else at
        return self.model_copy(update={"holder": "", "held_until": None, "ended_at": ended_at})

    def failing(self, not_before: datetime, *, came_further: bool) -> Job:
        """The next run begins then; other jobs go first."""
        return self.model_copy(update={"in_vain": 0 if came_further else self.in_vain + 1, "not_before": not_before})

    def resting(self, not_before: datetime) -> Job:
        """As far as it can go now."""
        return self.model_copy(update={"not_before": not_before})

    def giving_up(self, stream: Stream) -> Job:
        """The rest of the stream will not be read."""
        rest = {stream: self.unread.get(stream, ())}
        return self.model_copy(update={"unread": {**self.unread, stream: ()}, "given_up": {**self.given_up, **rest}})

    def cancelled(self, at: datetime) -> Job:
        """Under the next fence, so that whoever works on it learns at its next save."""
        return self.model_copy(update={"is_cancelled": True, "ended_at": at, "fence": self.fence + 1})

    def read_on(self, unread: Mapping[Stream, tuple[Span, ...]], *, pages: int, rows: int, new_shipments: int) -> Job:
        """`unread` is what is left of the streams it names; the counts are those of what was read since."""
        return self.model_copy(
            update={
                "unread": {**self.unread, **unread},
                "pages": self.pages + pages,
                "rows": self.rows + rows,
                "new_shipments": self.new_shipments + new_shipments,
            }
        )


JobStatus = Literal["waiting", "running", "done", "given_up", "cancelled"]


class Progress(Frozen):
    """How a job stands, for the person who started it."""

    job_id: str
    kind: str
    state: JobStatus
    window: Span
    by: str | None = None
    note: str | None = None
    pages: int
    rows: int
    new_shipments: int
    percent: float = Field(ge=0, le=100)
    minutes_left: float | None = None
