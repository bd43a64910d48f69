"""What a person changes while a connection runs: one request for each action, one answer for all. Each says who and
why.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, RootModel, StringConstraints, model_validator

from functions.model.desk import MapName, PauseScope, pause_name
from functions.model.frozen import Frozen
from functions.model.instants import Instant
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName, ShipmentKey
from functions.model.signed import Name, Note, OrderNumber
from functions.model.text import cleaned

MOST_ORDERS = 100  # of one request
# A length has it read as Unicode: half a character is answered, not raised.
Subject = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
OrderNumbers = Annotated[tuple[OrderNumber, ...], Field(max_length=MOST_ORDERS)]


class Change(Frozen):
    """`by` is who asks, `note` why; both are kept in the audit. `action_id` makes a second copy of a request harmless
    where one is given.
    """

    connection: ConnectionName
    by: Name
    note: Note
    action_id: str = Field(default="", max_length=100)


class OfOrders(Change):
    """`company` is IFS's, where an order number is known in several; without it all of them are meant."""

    company: str = Field(default="", max_length=20)


class OfAPause(Change):
    """Of the connection, of a ShipStation store or of an IFS site (`of`)."""

    do: Literal["pause", "resume"]
    scope: PauseScope
    of: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50), AfterValidator(cleaned)] = ""

    @property
    def pause(self) -> str:
        return pause_name(self.scope, self.which)

    @property
    def which(self) -> str:
        """As deliveries call it: a store's number without zeros before it."""
        return str(int(self.of)) if self.scope == "store" else self.of

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.scope == "connection" and self.of:
            raise ValueError("of: is given for a store or a site only")
        if self.scope == "store" and not (self.of.isascii() and self.of.isdecimal()):
            raise ValueError("of: is the number of a ShipStation store")
        if self.scope == "site" and not self.of:
            raise ValueError("of: names an IFS site")
        return self


class PauseRequest(OfAPause):
    """Nothing is written for the connection, for a ShipStation store or for an IFS site (`of`), until `until` or until
    it is resumed. Reading goes on.
    """

    do: Literal["pause"]
    until: Instant | None = None


class ResumeRequest(OfAPause):
    do: Literal["resume"]


class ReleaseRequest(OfOrders):
    """Looks at orders now: at those that are named, or at the tenant's rate at all that wait for one of `reasons`, of a
    `store` where one is named. `everything` looks at all but those that only wait for their delivery.
    """

    do: Literal["release"]
    orders: OrderNumbers = ()
    reasons: tuple[Reason, ...] = ()
    store: int | None = None
    everything: bool = False

    @model_validator(mode="after")
    def _asks_for_something(self) -> ReleaseRequest:
        if sum((bool(self.orders), bool(self.reasons), self.everything)) != 1:
            raise ValueError("give exactly one of orders, reasons, everything: true")
        return self


class DismissRequest(OfOrders):
    """A person has seen to it: the orders, or what is no order (`subjects`), call nobody any more. What comes after it
    calls again.
    """

    do: Literal["dismiss"]
    orders: OrderNumbers = ()
    subjects: tuple[Subject, ...] = Field(default=(), max_length=MOST_ORDERS)

    @model_validator(mode="after")
    def _names_something(self) -> DismissRequest:
        if not self.orders and not self.subjects:
            raise ValueError("name orders or subjects")
        return self


class PlaceRequest(OfOrders):
    """The shipment belongs to this IFS record, and says which order of that number is meant; `profile` says of which
    target where the file has several.
    """

    do: Literal["place"]
    order: OrderNumber
    shipment: ShipmentKey = Field(pattern=r"^[LF][0-9]{1,19}$")
    record: Name
    profile: str = Field(default="", max_length=50)


class MapRequest(Change):
    """What the file's map lacks: ShipStation's `code`, alone or with `/service`, and what IFS calls it. Of `warehouses`
    the id of one of ShipStation's, and its site in IFS.
    """

    do: Literal["map"]
    table: MapName
    code: Name
    value: Name


class UnmapRequest(Change):
    do: Literal["unmap"]
    table: MapName
    code: Name


class AdoptRequest(OfOrders):
    """What a person typed into these fields (`tracking`, `carrier`, …) is ours from now on: the next look writes what
    the shipments say, and a void takes it back.
    """

    do: Literal["adopt"]
    order: OrderNumber
    fields: tuple[str, ...] = Field(min_length=1, max_length=10)


AnyChange = Annotated[
    PauseRequest
    | ResumeRequest
    | ReleaseRequest
    | DismissRequest
    | PlaceRequest
    | MapRequest
    | UnmapRequest
    | AdoptRequest,
    Field(discriminator="do"),
]


class ControlRequest(RootModel[AnyChange]):
    """Any of them."""


class Changed(Frozen):
    """What was done: `told` says it in a sentence, `concerned` how many orders or entries, `left` what was not done and
    why, by what it is about.
    """

    done: str
    told: str
    concerned: int = 0
    left: dict[str, str] = Field(default_factory=dict)
    next: str = ""
