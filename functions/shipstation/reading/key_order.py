"""How far the keys of a page are in order, and up to which of them a walk may go on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

MOST_AHEAD = timedelta(hours=1)  # of a narrow page's last row; one further ahead of the others leads nowhere


def leading(keys: Sequence[datetime], *, is_whole: bool) -> datetime:
    """The last row of a page may show a wrong clock: of a whole page its neighbour leads. A narrow one would lead on by
    half as many rows.
    """
    newest, others = max(keys), max(keys[:-1], default=keys[-1])
    return others if is_whole or newest - others > MOST_AHEAD else newest


def displaced(keys: Sequence[datetime], newest: datetime | None) -> timedelta:
    """By how much a row at most is older than one before it; `newest` came before them all."""
    most = timedelta(0)
    for key in keys:
        newest = key if newest is None else max(newest, key)
        most = max(most, newest - key)
    return most
