"""What waits, was kept, rests or is parked, grouped by reason: how much, how old, one example, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from functions.model.advice import ADVICE
from functions.model.attention import Listed
from functions.model.desk import Desk
from functions.model.frozen import Frozen
from functions.model.outcomes import SENTENCES, Reason
from functions.model.shipment import ConnectionName

PAGE = 100  # entries shown at once
MOST = 20_000  # entries that one answer groups


class WaitingLists(Protocol):
    def everything(self, connection: ConnectionName, pauses: Sequence[str]) -> Iterable[Listed]:
        """All that stands on a list of the connection, those of these pauses included, page by page."""


@dataclass(frozen=True)
class Filters:
    """What is given has to hold. `since`: its trouble began then or later. `calls`: only what asks a person."""

    reason: Reason | None = None
    store: int | None = None
    since: datetime | None = None
    calls: bool = False

    def let_in(self, listed: Listed) -> bool:
        is_of_store = self.store is None or self.store in listed.stores
        is_young = self.since is None or listed.began >= self.since
        return is_of_store and is_young and self.reason in {None, listed.reason} and (listed.calls or not self.calls)


class Group(Frozen):
    """`calls` are those for which a person is asked; `example` is the one that has lasted longest."""

    reason: Reason | None
    means: str
    do: str
    count: int
    calls: int
    oldest: datetime
    oldest_hours: float
    example: str


class Entry(Frozen):
    """`next_at` is when it is looked at again, where an instant is known."""

    order: str
    reason: Reason | None
    since: datetime
    next_at: datetime | None
    calls: bool
    stores: tuple[int, ...] = ()


class AttentionList(Frozen):
    """Groups by how many they call for, then by size; entries from the oldest on, `page` by page where there are more
    (`next_page`). `is_whole` False: there are more than one answer groups, and the rest is not counted.
    """

    connection: ConnectionName
    total: int
    calls: int
    groups: tuple[Group, ...]
    entries: tuple[Entry, ...]
    page: int = 1
    next_page: int | None = None
    is_whole: bool = True

    def told_as(self, called: str) -> AttentionList:
        """Of a connection that people call otherwise than it is kept."""
        return self.model_copy(update={"connection": called})


def attention_list(desk: Desk, lists: WaitingLists, filters: Filters, page: int, now: datetime) -> AttentionList:
    """Of the connection at whose desk a person sits."""
    pauses = sorted({pause.name for pause in desk.pauses})
    found = list(islice(lists.everything(desk.connection, pauses), MOST + 1))
    wanted = sorted(filter(filters.let_in, found[:MOST]), key=lambda listed: listed.began)
    start = (page - 1) * PAGE
    return AttentionList(
        connection=desk.connection,
        total=len(wanted),
        calls=sum(listed.calls for listed in wanted),
        groups=tuple(_groups(wanted, now)),
        entries=tuple(_entry(listed, now) for listed in wanted[start : start + PAGE]),
        page=page,
        next_page=page + 1 if len(wanted) > start + PAGE else None,
        is_whole=len(found) <= MOST,
    )


def _groups(wanted: Iterable[Listed], now: datetime) -> list[Group]:
    by_reason: dict[Reason | None, list[Listed]] = {}
    for listed in wanted:
        by_reason.setdefault(listed.reason, []).append(listed)
    groups = [_group(reason, own, now) for reason, own in by_reason.items()]
    return sorted(groups, key=lambda group: (-group.calls, -group.count, group.oldest))


def _group(reason: Reason | None, own: Sequence[Listed], now: datetime) -> Group:
    """`own` begin with the oldest."""
    oldest = next((listed for listed in own if listed.calls), own[0])
    return Group(
        reason=reason,
        means=told(SENTENCES, reason, "An earlier version listed it; its reason is told once it is looked at."),
        do=told(ADVICE, reason, "Nothing: it is looked at by itself."),
        count=len(own),
        calls=sum(listed.calls for listed in own),
        oldest=own[0].began,
        oldest_hours=round((now - own[0].began).total_seconds() / 3600, 1),
        example=oldest.name,
    )


def told(texts: Mapping[Reason, str], reason: Reason | None, otherwise: str = "") -> str:
    return otherwise if reason is None else texts[reason]


def _entry(listed: Listed, now: datetime) -> Entry:
    return Entry(
        order=listed.name,
        reason=listed.reason,
        since=listed.began,
        next_at=listed.at if listed.is_due_at and listed.at > now else None,
        calls=listed.calls,
        stores=listed.stores,
    )
