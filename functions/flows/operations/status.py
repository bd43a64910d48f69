"""One line for each connection: whether a person has to look closer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from functions.flows.operations.attention import AttentionList
from functions.flows.operations.standing import DeskStanding, ReadingStanding, TenantStanding
from functions.flows.operations.troubles import WELL, Trouble, remarks, shipstation_says, troubles
from functions.model.cursors import Stream
from functions.model.frozen import Frozen


class ConnectionStatus(Frozen):
    """`is_well`: nobody has to do anything; else `troubles` says what is wrong and which question tells more. `remarks`
    say what is under way.
    `minutes_behind` is that of the stream that is furthest behind; the sweep is behind by its days.
    """

    connection: str
    mode: str
    is_well: bool
    waiting: int
    calls: int
    oldest_call_hours: float
    minutes_behind: float | None
    shipstation: str
    ifs: str
    paused: tuple[str, ...]
    parked: int
    troubles: tuple[Trouble, ...] = ()
    remarks: tuple[str, ...] = ()


class StatusAnswer(Frozen):
    """`version` is that of the connector and its commit; earlier ones did not say it."""

    version: str = "unknown"
    connections: tuple[ConnectionStatus, ...]


def status_line(
    reading: ReadingStanding, tenant: TenantStanding, desk: DeskStanding, waiting: AttentionList, now: datetime
) -> ConnectionStatus:
    calling = [group for group in waiting.groups if group.calls]
    found = (*_asked_for(waiting), *troubles(reading, tenant, desk))
    return ConnectionStatus(
        connection=reading.connection,
        mode=reading.mode,
        is_well=not found,
        waiting=waiting.total - waiting.calls,
        calls=waiting.calls,
        oldest_call_hours=max((_hours(group.oldest, now) for group in calling), default=0.0),
        minutes_behind=max(
            (reading.streams[name].minutes_behind for name in Stream if name in reading.streams), default=None
        ),
        shipstation=shipstation_says(reading),
        ifs=WELL if tenant.is_answering else tenant.means,
        paused=tuple(pause.name for pause in desk.pauses),
        parked=len(reading.parked) + reading.parked_not_shown,
        troubles=found,
        remarks=tuple(remarks(reading, tenant, desk)),
    )


def _asked_for(waiting: AttentionList) -> Iterator[Trouble]:
    if waiting.calls:
        yield Trouble(look="attention", told=f"{waiting.calls} ask for a person")
    if not waiting.is_whole:
        yield Trouble(look="attention", told="more waits than is counted")


def _hours(since: datetime, now: datetime) -> float:
    return round((now - since).total_seconds() / 3600, 1)
