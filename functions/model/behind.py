"""How long ago each stream of ShipStation was read to its end. A stream in which nothing happens is not behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from functions.model.cursors import ReadingPosition, Stream
from functions.model.jobs import Job


def read_to_the_end_at(position: ReadingPosition, stream: Stream) -> datetime | None:
    """When the last look that came to its end began; earlier versions noted only when everything was looked at."""
    return position.read_at.get(stream, position.last_poll_at)


def behind(position: ReadingPosition, jobs: Iterable[Job], now: datetime) -> dict[Stream, timedelta]:
    """Of the streams that were read at all. A backlog counts from where it is still unread; what a person asked for of
    the past is no delay.
    """
    backlogs = [job for job in jobs if job.kind == "backlog" and job.ended_at is None]
    known = {stream: read_to_the_end_at(position, stream) for stream in Stream if stream in position.cursors}
    return {
        stream: max(timedelta(), now - min(read_at, *_unread(backlogs, stream), now))
        for stream, read_at in known.items()
        if read_at is not None
    }


def _unread(backlogs: Iterable[Job], stream: Stream) -> Iterator[datetime]:
    return (span.start for job in backlogs for span in job.unread.get(stream, ()))
