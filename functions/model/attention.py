"""What waits, is parked or rests, as the list of it says: enough to group it, without reading what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import Field

from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.shipment import OrderKey

ShardKind = Literal["due", "attention", "watch", "kept", "dismissed"]


class ListedPage(NamedTuple):
    """Some of a shard; there may be more behind them unless it `is_last`."""

    entries: list[Listed]
    is_last: bool

    @property
    def end(self) -> Mapping[str, str] | None:
        return self.entries[-1].place if self.entries else None


class Listed(Frozen):
    """`at` is when it is due, or how old it is where nothing is due; `since` how long its trouble lasts. `calls`: a
    person is asked. `also` are reasons beside the first. Items of an earlier version tell no reason. `order` is None
    where it is no order: `subject` names it then. `place` names its entry of the index.
    """

    order: OrderKey | None = None
    subject: str = ""
    reason: Reason | None = None
    also: tuple[Reason, ...] = ()
    at: datetime
    since: datetime | None = None
    stores: tuple[int, ...] = ()
    calls: bool = False
    place: Mapping[str, str] = Field(default_factory=dict)

    @property
    def reasons(self) -> tuple[Reason | None, ...]:
        """All that it is listed for."""
        return self.reason, *self.also

    @property
    def began(self) -> datetime:
        return self.since or self.at

    @property
    def is_due_at(self) -> bool:
        """Whether `at` is when it is looked at again."""
        return self.place.get("due_shard", "").startswith("due#")

    @property
    def is_kept(self) -> bool:
        """Nothing waits: what stands in IFS was left alone."""
        return self.place.get("due_shard", "").startswith("kept#")

    @property
    def name(self) -> str:
        """As a person asks for it."""
        return self.order.name if self.order is not None else self.subject
