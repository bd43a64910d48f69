"""What a person asks of the reading of ShipStation: a window of the past, how it stands, to stop a job."""

from __future__ import annotations

from pydantic import Field, model_validator

from functions.model.cursors import Stream
from functions.model.frozen import Frozen
from functions.model.instants import Instant
from functions.model.shipment import ConnectionName
from functions.model.signed import Name, Note


class Backfill(Frozen):
    """`start` and `end` are written `from` and `to`."""

    start: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    streams: tuple[Stream, ...] = tuple(Stream)
    dry_run: bool = True
    baseline: bool = False
    by: Name
    note: Note

    @model_validator(mode="after")
    def _is_a_window(self) -> Backfill:
        if self.start >= self.end:
            raise ValueError("from must be before to")
        if not self.streams:
            raise ValueError("streams must name at least one")
        return self


class ReadingRequest(Frozen):
    connection: ConnectionName
    backfill: Backfill | None = None
    status: bool = False
    cancel: str | None = Field(default=None, min_length=1, max_length=100)

    @model_validator(mode="after")
    def _asks_one_thing(self) -> ReadingRequest:
        if sum((self.backfill is not None, self.status, self.cancel is not None)) != 1:
            raise ValueError("give exactly one of backfill, status: true, cancel")
        return self
