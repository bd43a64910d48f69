"""What is remembered of a ShipStation order: which IFS order it means, its store, what was merged into it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic import AliasChoices, ConfigDict, Field

from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName, Item

MOST_FORMER = 10  # an item must not grow with every correction
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class SentTo(Frozen):
    """An IFS order that a shipment of this ShipStation order was sent to."""

    company: str
    reference: str


class OrderFacts(Frozen):
    """`merged` are the ids of the orders that were combined into this one and vanished; not every API tells them
    (`tells_merged`). `items` are its goods, empty where there are too many to remember. `crosschecked`: it is shipped,
    and its shipments were asked for by its id. `sent_to` are IFS orders that its shipments were sent to and that it
    does not stand for: a label may show a reference that the orders stream never sees. `former` are the references
    that it had before, the newest first. Earlier versions stored `checked`.
    """

    model_config = ConfigDict(validate_by_name=True)

    connection: ConnectionName
    order_id: int
    reference: str | None = None
    ifs_shipment: str | None = None
    company: str
    store_id: int | None = None
    merged: tuple[int, ...] = ()
    tells_merged: bool = True
    items: tuple[Item, ...] = ()
    modified_at: datetime
    crosschecked: bool = Field(default=False, validation_alias=AliasChoices("crosschecked", "checked"))
    sent_to: tuple[SentTo, ...] = ()
    former: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether the orders stream came to it; before, only its shipments are known."""
        return self.modified_at > LONG_AGO

    @property
    def content(self) -> OrderFacts:
        """What a reading says, whenever it was modified and whatever was cross-checked since."""
        read = {"modified_at": LONG_AGO, "crosschecked": False, "former": (), "tells_merged": True}
        return self.model_copy(update=read)

    def stamped_by(self, at: datetime) -> OrderFacts:
        """Not later than it was read."""
        return self.model_copy(update={"modified_at": min(self.modified_at, at)})

    def succeeding(self, before: OrderFacts) -> OrderFacts:
        """The later reading of the same order, which knows what the earlier one was called, and what was combined into
        it where nobody tells any more.
        """
        names = (before.reference, *before.former, *self.former)
        former = tuple(dict.fromkeys(name for name in names if name and name != self.reference))
        merged = self.merged if self.tells_merged else before.merged
        return self.model_copy(update={"former": former[:MOST_FORMER], "merged": merged})

    def as_crosschecked(self) -> OrderFacts:
        return self.model_copy(update={"crosschecked": True})

    def sending_to(self, keys: Iterable[SentTo]) -> OrderFacts:
        return self.model_copy(update={"sent_to": tuple(dict.fromkeys((*self.sent_to, *keys)))})


class OrderReading(Frozen):
    """One row of the orders stream. `is_elsewhere`: a marketplace shipped it, ShipStation holds no shipment."""

    facts: OrderFacts
    status: str
    is_elsewhere: bool = False

    def read_at(self, at: datetime) -> OrderReading:
        """A stamp that is still to come would keep every later reading from replacing this one."""
        return self.model_copy(update={"facts": self.facts.stamped_by(at)})

    def succeeding(self, before: OrderFacts) -> OrderReading:
        return self.model_copy(update={"facts": self.facts.succeeding(before)})
