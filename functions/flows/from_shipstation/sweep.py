"""The slow sweep: days gone by are read again, for voids that no filter finds and rows that became visible late."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.model.cursors import Cursor, Span, Stream

DAYS = (1, 3, 7, 30)
MORE_DAYS = (2, 5, 10, 14, 21)  # where it is written what became of a parcel on its way
STREAMS = (Stream.LABELS_CREATED, Stream.FULFILMENTS)
DAY = timedelta(days=1)
PORTION = timedelta(hours=4)  # of the first reading again: what was listed late is found within a day of that


@dataclass(frozen=True)
class Track:
    """One stream read again so many days later, under a cursor of its own."""

    stream: Stream
    days: int

    @property
    def name(self) -> str:
        return f"{self.stream}@{self.days}d"

    @property
    def portion(self) -> timedelta:
        """How much is read at once."""
        return PORTION if self.days == min(DAYS) else DAY


TRACKS = tuple(Track(stream, days) for days in DAYS for stream in STREAMS)
MORE_TRACKS = tuple(Track(stream, days) for days in sorted((*DAYS, *MORE_DAYS)) for stream in STREAMS)


def begun(cursors: Mapping[str, Cursor], tracks: Iterable[Track], now: datetime) -> dict[str, Cursor]:
    """A new track begins where it would stand had it always been there: what is older was read a moment ago."""
    fresh = {track.name: now - track.days * DAY for track in tracks if track.name not in cursors}
    return {**cursors, **{name: Cursor(head=start, settled=start) for name, start in fresh.items()}}


def due(
    cursors: Mapping[str, Cursor], tracks: Iterable[Track], beginning: datetime, now: datetime
) -> Iterator[tuple[Track, Span]]:
    """The tracks that have a whole portion to read, none of it before `beginning`."""
    for track in tracks:
        end = now - track.days * DAY
        start = max(cursors[track.name].head, beginning)
        if end - start >= track.portion:
            yield track, Span(start=start, end=end)
