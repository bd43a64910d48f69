"""How far ShipStation has been read, and who may read on.

The marks of one stream, on the vendor's clock. Both come from rows that were read, and only move forwards.

              settled             head            newest row
    --------------+-----------------+-----------------+----->  time
      done: read  |  read once; a   |  not read yet   |
      again after |  row may appear |                 |
      the margin  |  here late      |                 |
                  |                 |================>|  A look reads this. `head` moves page by page, after every row
                  |                 |                    of the page was queued or recorded.
                  |================>|                    The settle pass, once per margin, reads this again;
                           ^                             `settled` then moves here, one margin before `head`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, ConfigDict, Field, field_validator

from functions.model.facts import OrderReading
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName, Shipment


class Stream(StrEnum):
    """In the order of a walk: orders tell where shipments belong, a void is known before the label that replaces it."""

    ORDERS = "orders"
    LABELS_VOIDED = "labels_voided"
    LABELS_CREATED = "labels_created"
    FULFILMENTS = "fulfilments"


KNOWN = frozenset(Stream)
MOST_GAPS = 500  # remembered: an eighth of what the position's item can hold


class Cursor(Frozen):
    """`head`: where the next look starts. `settled`: everything before it was read again after the margin, so that a
    row which became visible late is not lost. `settled_at`: when the last settle pass ended by our clock, for pacing.
    `head` and `settled` come from the vendor's data, never from our clock.
    """

    head: datetime
    settled: datetime
    settled_at: datetime | None = None

    def reaching(self, instant: datetime) -> Cursor:
        """Forwards only."""
        return self.model_copy(update={"head": max(self.head, instant)})

    def settled_once(self, at: datetime) -> Cursor:
        """The next settle pass is paced from `at` on."""
        return self.model_copy(update={"settled_at": at})


class Span(Frozen):
    """Instants from `start` to `end`, both inclusive; an end at or before the start holds nothing more to read. `page`
    is where reading goes on in the second it starts with, which may hold more rows than one run can read.
    """

    start: datetime
    end: datetime
    page: int = 1

    @classmethod
    def of_day(cls, day: date, zone: ZoneInfo) -> Span:
        """From its midnight to the next one: 23 to 25 hours."""
        start, end = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
        return cls(start=start, end=end)


class Gap(Frozen):
    """Rows that ShipStation cannot show: somewhere between their neighbours, whose instants these are; `before` is None
    where no later row was seen yet.
    """

    stream: Stream
    after: datetime
    before: datetime | None = None
    rows: int = 1


class Withheld(Frozen):
    """A ShipStation order whose shipments cannot be placed as they stand, and why; `detail` names them."""

    order_id: int
    reason: Reason
    detail: str


def _stream_of(stored: Any) -> Any:
    """Of a gap, as a value or as it is stored, or of a stream's name; none of what is damaged."""
    named = stored.get("stream") if isinstance(stored, Mapping) else stored
    named = named.stream if isinstance(named, Gap) else named
    return named if isinstance(named, str) else None


class ReadingPosition(Frozen):
    """One connection's reading position. `fence` grows with every new holder and guards every save.

    `cursors` are by stream, those of the sweep by stream and days (`fulfilments@7d`). `last_poll_at` is when the last
    poll of every stream began, `streams_left` are those that it did not come to; of a ShipStation that answers nothing
    the first of them is probed next. `last_answered` is when the last look
    at a stream began, which answers every webhook before it, `read_at` when the last one that came to the stream's end
    did; `answer_due` paces the looks for webhooks. `refused_at` is
    since when ShipStation refuses the key, `silent_at` since when it answers nothing, `next_probe_at` when it is tried
    again. Aliases are the names that earlier versions stored.
    """

    model_config = ConfigDict(validate_by_name=True)

    connection: ConnectionName
    fence: int = 0
    holder: str = ""
    held_until: datetime | None = None
    cursors: dict[str, Cursor] = Field(default_factory=dict)
    gaps: tuple[Gap, ...] = Field(default=(), validation_alias=AliasChoices("gaps", "holes"))
    last_poll_at: datetime | None = Field(default=None, validation_alias=AliasChoices("last_poll_at", "looked_at"))
    streams_left: tuple[Stream, ...] = Field(default=(), validation_alias=AliasChoices("streams_left", "left"))
    last_answered: dict[Stream, datetime] = Field(
        default_factory=dict, validation_alias=AliasChoices("last_answered", "answered")
    )
    read_at: dict[Stream, datetime] = Field(default_factory=dict)
    answer_due: datetime | None = None
    refused_at: datetime | None = None
    silent_at: datetime | None = None
    next_probe_at: datetime | None = Field(default=None, validation_alias=AliasChoices("next_probe_at", "probe_at"))

    @field_validator("gaps", "streams_left", "last_answered", "read_at", mode="before")
    @classmethod
    def _of_known_streams(cls, stored: Any) -> Any:
        """What a later version kept of a stream of its own would stop the reading of all: it is passed over."""
        if isinstance(stored, Mapping):
            return {stream: value for stream, value in stored.items() if stream in KNOWN}
        is_list = isinstance(stored, Collection) and not isinstance(stored, str)
        return [each for each in stored if _stream_of(each) in KNOWN] if is_list else stored

    def held_by(self, holder: str, until: datetime) -> ReadingPosition:
        """Under the next fence: an older holder can store nothing."""
        return self.model_copy(update={"fence": self.fence + 1, "holder": holder, "held_until": until})

    def released(self) -> ReadingPosition:
        return self.model_copy(update={"holder": "", "held_until": None})

    def read_to(self, name: str, cursor: Cursor) -> ReadingPosition:
        return self.with_cursors({**self.cursors, name: cursor})

    def with_cursors(self, cursors: Mapping[str, Cursor]) -> ReadingPosition:
        return self.model_copy(update={"cursors": dict(cursors)})

    def with_gaps(self, found: Sequence[Gap], oldest: datetime) -> ReadingPosition:
        """One entry a place; the later reading knows better where the row after it is. Those before `oldest` go, but
        for what was met just now, and of very many those that were met first.
        """
        met = {(gap.stream, gap.after): gap for gap in found}
        kept = [gap for gap in self.gaps if gap.after >= oldest and (gap.stream, gap.after) not in met]
        return self.model_copy(update={"gaps": (*kept, *met.values())[-MOST_GAPS:]})

    def is_new(self, found: Gap) -> bool:
        """Nothing of it is known, or not that it is so large."""
        place = found.stream, found.after
        return all((gap.stream, gap.after) != place or gap.rows < found.rows for gap in self.gaps)

    def polling(self, at: datetime) -> ReadingPosition:
        return self.model_copy(update={"last_poll_at": at})

    def leaving(self, streams: Sequence[Stream]) -> ReadingPosition:
        """The next poll begins with these."""
        return self.model_copy(update={"streams_left": tuple(streams)})

    def answering(self, stream: Stream, at: datetime) -> ReadingPosition:
        return self.model_copy(update={"last_answered": {**self.last_answered, stream: at}})

    def read_whole(self, stream: Stream, at: datetime) -> ReadingPosition:
        """To its end, by a look that began at `at`."""
        return self.model_copy(update={"read_at": {**self.read_at, stream: at}})

    def paced_until(self, due: datetime) -> ReadingPosition:
        return self.model_copy(update={"answer_due": due})

    def refused(self, at: datetime, next_probe_at: datetime) -> ReadingPosition:
        return self.model_copy(update={"refused_at": self.refused_at or at, "next_probe_at": next_probe_at})

    def silent(self, at: datetime, next_probe_at: datetime) -> ReadingPosition:
        return self.model_copy(update={"silent_at": self.silent_at or at, "next_probe_at": next_probe_at})

    def accepted(self) -> ReadingPosition:
        """ShipStation answers, and takes the key."""
        return self.model_copy(update={"refused_at": None, "silent_at": None, "next_probe_at": None})


class Reading(Frozen):
    """One page of a walk, normalised. `reached` is the newest cursor instant of the contiguous prefix read so far
    (None while the page proves nothing); `complete` says that the window was walked to its end.
    `unreadable` are the ids of rows that lack a required field, 0 where even the id is missing; `gaps` what
    ShipStation could not show; `withheld` shipments that were read and need a person. `orders` are those of the rows,
    of a page of shipments those that had to be asked for. `page` is the number of the page that follows, counted from
    the second of `reached`; beyond 1 where that second holds more than a page, or where the list is not sorted.
    """

    shipments: tuple[Shipment, ...]
    reached: datetime | None
    complete: bool
    unreadable: tuple[int, ...] = ()
    orders: tuple[OrderReading, ...] = ()
    gaps: tuple[Gap, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    page: int = 1
    is_sorted: bool = True

    def beside(self, unreadable: tuple[int, ...]) -> Reading:
        """The same rows, and others that nobody can read."""
        return self.model_copy(update={"unreadable": (*unreadable, *self.unreadable)}) if unreadable else self

    def of_page(
        self, *, reached: datetime | None, complete: bool, gaps: tuple[Gap, ...], page: int, is_sorted: bool
    ) -> Reading:
        """The same rows, and what their page proves."""
        proven = {"reached": reached, "complete": complete, "gaps": gaps, "page": page, "is_sorted": is_sorted}
        return self.model_copy(update=proven)
