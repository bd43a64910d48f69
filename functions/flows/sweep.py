"""The slow sweep: days gone by are read again, for voids that no filter finds and rows that became visible late."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.model.cursors import Cursor, Span, Stream

DAYS = (1, 3, 7, 30)
STREAMS = (Stream.LABELS_CREATED, Stream.FULFILMENTS)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Track:
    """One stream read again so many days later, under a cursor of its own."""

    stream: Stream
    days: int

    @property
    def name(self) -> str:
        return f"{self.stream}@{self.days}d"


def due(cursors: Mapping[str, Cursor], beginning: datetime, now: datetime) -> Iterator[tuple[Track, Span]]:
    """The tracks that have a whole day to read. A new one begins one day back, not at the beginning of time."""
    for days in DAYS:
        for stream in STREAMS:
            track = Track(stream, days)
            end = now - days * DAY
            known = cursors.get(track.name)
            start = known.head if known else max(beginning, end - DAY)
            if end - start >= DAY:
                yield track, Span(start=start, end=end)
