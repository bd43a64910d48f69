"""What a person decided for a connection while it runs: what rests, what is mapped beside the file, what is looked at
again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.model.text import cleaned

PauseScope = Literal["connection", "store", "site"]
MapName = Literal["carriers", "services", "warehouses"]
FORGOTTEN = timedelta(hours=24)  # a pause without an end that is older was forgotten
MOST_PAUSES, MOST_ENTRIES, MOST_RECALLS = 50, 500, 20  # one ledger item holds them all
ACTIONS_KNOWN = 50  # by which a second copy of a request is told


def pause_name(scope: PauseScope, of: str = "") -> str:
    """IFS writes its sites in capitals, people do not."""
    return f"{scope} {of.upper() if scope == 'site' else of}".strip()


class Pause(Frozen):
    """Nothing is written for a connection, a store or an IFS site (`of`), from `at` to `until`, or to `ended_at` where
    a person resumed it. What is over stands here until `release` has sent what it held back.
    """

    scope: PauseScope
    of: str = ""
    by: str
    note: str
    at: datetime
    until: datetime | None = None
    ended_at: datetime | None = None

    @property
    def name(self) -> str:
        return pause_name(self.scope, self.of)

    def holds(self, now: datetime) -> bool:
        return self.ended_at is None and (self.until is None or now < self.until)

    @property
    def end(self) -> datetime:
        """Of one that does not hold any more."""
        return min(at for at in (self.ended_at, self.until) if at is not None)

    def is_forgotten(self, now: datetime) -> bool:
        return self.holds(now) and self.until is None and now - self.at >= FORGOTTEN

    def resumed(self, at: datetime) -> Pause:
        return self.model_copy(update={"ended_at": at})


class MapEntry(Frozen):
    """What the file lacks. Of `[carriers]` and `[services]`: ShipStation's code, with or without a service, and what
    IFS calls it. Of `warehouses`: the id of one of ShipStation's, and its site in IFS.
    """

    table: MapName
    code: Annotated[str, AfterValidator(cleaned)]  # an earlier version kept characters that nobody sees
    value: str
    by: str
    note: str
    at: datetime


class Recall(Frozen):
    """Orders that are looked at once more, at the tenant's rate: those whose trouble is one of `reasons`, all but those
    that only wait for their delivery where none is named, of a store where one is named. `left` are the shards of the
    list that are still to be gone through, `reached` how far in the first.
    """

    recall_id: str
    reasons: tuple[Reason, ...] = ()
    store: int | None = None
    by: str
    note: str
    at: datetime
    left: tuple[str, ...] = ()
    reached: dict[str, str] = Field(default_factory=dict)

    def wants(self, reasons: Collection[Reason | None], stores: Collection[int]) -> bool:
        """An order that is listed for these reasons, the first of them before all."""
        is_of_store = self.store is None or self.store in stores
        if self.reasons:
            return is_of_store and not set(self.reasons).isdisjoint(reasons)
        return is_of_store and set(reasons) != {Reason.NOT_DELIVERED_YET}

    def moved_to(self, reached: Mapping[str, str]) -> Recall:
        return self.model_copy(update={"reached": dict(reached)})

    def next_shard(self) -> Recall:
        return self.model_copy(update={"left": self.left[1:], "reached": {}})


class Desk(Frozen):
    """Of one connection. `actions` are the ids of the last requests. `revision` guards every save."""

    connection: ConnectionName
    pauses: tuple[Pause, ...] = ()
    entries: tuple[MapEntry, ...] = ()
    recalls: tuple[Recall, ...] = ()
    actions: tuple[str, ...] = ()
    revision: int = 0

    def holding(self, now: datetime) -> list[Pause]:
        return [pause for pause in self.pauses if pause.holds(now)]

    def over(self, now: datetime) -> list[Pause]:
        """Pauses that ended and whose orders are still to be sent."""
        held = {pause.name for pause in self.holding(now)}
        return [pause for pause in self.pauses if not pause.holds(now) and pause.name not in held]

    def paused_names(self, now: datetime) -> frozenset[str]:
        return frozenset(pause.name for pause in self.holding(now))

    def map_of(self, table: MapName) -> Mapping[str, str]:
        return {entry.code: entry.value for entry in self.entries if entry.table == table}

    def pausing(self, pause: Pause) -> Desk:
        """One pause a name: a new one takes the place of the one before."""
        kept = (each for each in self.pauses if each.name != pause.name)
        return self.model_copy(update={"pauses": (*kept, pause)})

    def resuming(self, name: str, at: datetime) -> Desk:
        resumed = (each.resumed(at) if each.name == name and each.holds(at) else each for each in self.pauses)
        return self.model_copy(update={"pauses": tuple(resumed)})

    def drained(self, name: str, now: datetime) -> Desk:
        """Nothing waits for this pause any more."""
        kept = (each for each in self.pauses if each.name != name or each.holds(now))
        return self.model_copy(update={"pauses": tuple(kept)})

    def mapping(self, entry: MapEntry) -> Desk:
        kept = self._entries_but(entry.table, entry.code)
        return self.model_copy(update={"entries": (*kept, entry)})

    def unmapping(self, table: MapName, code: str) -> Desk:
        return self.model_copy(update={"entries": tuple(self._entries_but(table, code))})

    def recalling(self, recall: Recall) -> Desk:
        """Asked for again, it begins anew."""
        kept = (each for each in self.recalls if (each.reasons, each.store) != (recall.reasons, recall.store))
        return self.model_copy(update={"recalls": (*kept, recall)})

    def recalled(self, recall: Recall) -> Desk:
        """With how far that one came; it goes once nothing is left."""
        changed = (recall if each.recall_id == recall.recall_id else each for each in self.recalls)
        return self.model_copy(update={"recalls": tuple(each for each in changed if each.left)})

    def acting(self, action_id: str) -> Desk:
        """With the id of a request that was carried out; none where it has none."""
        kept = (each for each in self.actions if each != action_id)
        return self.model_copy(update={"actions": (*kept, action_id)[-ACTIONS_KNOWN:]}) if action_id else self

    def stored(self) -> Desk:
        """As the ledger holds it after a save."""
        return self.model_copy(update={"revision": self.revision + 1})

    def _entries_but(self, table: MapName, code: str) -> Iterable[MapEntry]:
        return (each for each in self.entries if (each.table, each.code) != (table, code))
