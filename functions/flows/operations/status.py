"""One line for each connection: whether a person has to look closer."""

from __future__ import annotations

from datetime import datetime

from functions.flows.operations.attention import AttentionList
from functions.flows.operations.standing import DeskStanding, ReadingStanding, TenantStanding
from functions.model.cursors import Stream
from functions.model.frozen import Frozen


class ConnectionStatus(Frozen):
    """`is_well`: nobody has to do anything. `minutes_behind` is that of the stream that is furthest behind; the
    sweep is behind by its days.
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


class StatusAnswer(Frozen):
    """`version` is that of the connector and its commit; earlier ones did not say it."""

    version: str = "unknown"
    connections: tuple[ConnectionStatus, ...]


def status_line(
    reading: ReadingStanding, tenant: TenantStanding, desk: DeskStanding, waiting: AttentionList, now: datetime
) -> ConnectionStatus:
    calling = [group for group in waiting.groups if group.calls]
    shipstation, ifs = _shipstation(reading), "answers" if tenant.is_answering else tenant.means
    return ConnectionStatus(
        connection=reading.connection,
        mode=reading.mode,
        is_well=not waiting.calls and shipstation == "answers" and tenant.is_answering and not desk.forgotten,
        waiting=waiting.total - waiting.calls,
        calls=waiting.calls,
        oldest_call_hours=max((_hours(group.oldest, now) for group in calling), default=0.0),
        minutes_behind=max(
            (reading.streams[name].minutes_behind for name in Stream if name in reading.streams), default=None
        ),
        shipstation=shipstation,
        ifs=ifs,
        paused=tuple(pause.name for pause in desk.pauses),
        parked=len(reading.parked) + reading.parked_not_shown,
    )


def _hours(since: datetime, now: datetime) -> float:
    return round((now - since).total_seconds() / 3600, 1)


def _shipstation(reading: ReadingStanding) -> str:
    if reading.not_configured:
        return reading.not_configured
    if reading.refused_since:
        return f"refuses the key since {reading.refused_since:%Y-%m-%d %H:%M} UTC"
    if reading.silent_since:
        return f"answers nothing since {reading.silent_since:%Y-%m-%d %H:%M} UTC"
    return "answers" if reading.last_poll_at else "not read yet"
