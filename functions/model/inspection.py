"""What a person asks to see: one request for each question."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, RootModel, model_validator

from functions.model.frozen import Frozen
from functions.model.instants import Instant
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName
from functions.model.signed import OrderNumber, seen

Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(seen)]
SearchedBy = Literal["order", "shipstation_order", "tracking", "shipment"]


class Question(Frozen):
    connection: ConnectionName


class AttentionQuestion(Question):
    """What waits, was kept, rests or is parked. Filters that are given have to hold; `calls: true` shows only what asks
    a person.
    """

    show: Literal["attention"]
    reason: Reason | None = None
    store: int | None = None
    since: Instant | None = None
    calls: bool = False
    page: int = Field(default=1, ge=1, le=10_000)


class OrderQuestion(Question):
    """The story of one order, by one of: its IFS number, its ShipStation number, a tracking number, a shipment
    (`L123` a label, `F123` a fulfilment).
    """

    show: Literal["order"]
    order: OrderNumber | None = None
    shipstation_order: Text | None = None
    tracking: Text | None = None
    shipment: str | None = Field(default=None, pattern=r"^[LF]?[0-9]{1,19}$")

    @model_validator(mode="after")
    def _names_one(self) -> OrderQuestion:
        if sum(value is not None for value in self._given.values()) != 1:
            raise ValueError("give exactly one of order, shipstation_order, tracking, shipment")
        return self

    @property
    def _given(self) -> dict[SearchedBy, str | None]:
        return {
            "order": self.order,
            "shipstation_order": self.shipstation_order,
            "tracking": self.tracking,
            "shipment": self.shipment,
        }

    @property
    def sought(self) -> tuple[SearchedBy, str]:
        return next((by, value) for by, value in self._given.items() if value is not None)


class ReadingQuestion(Question):
    """How far ShipStation is read."""

    show: Literal["reading"]


class TenantQuestion(Question):
    """Whether IFS answers and fits the file."""

    show: Literal["tenant"]


class DeskQuestion(Question):
    """What a person has paused, mapped and asked to be looked at again."""

    show: Literal["desk"]


class PlansQuestion(Question):
    """The plans of the last 30 days, the newest twenty, and how far each has come."""

    show: Literal["plans"]


class ReconcileQuestion(Question):
    """How the latest comparison of both systems stands, by its counts."""

    show: Literal["reconcile"]


class StatusQuestion(Frozen):
    """One line for each connection, or for the one that is named."""

    show: Literal["status"]
    connection: ConnectionName | None = None


AnyQuestion = Annotated[
    AttentionQuestion
    | OrderQuestion
    | ReadingQuestion
    | TenantQuestion
    | DeskQuestion
    | PlansQuestion
    | ReconcileQuestion
    | StatusQuestion,
    Field(discriminator="show"),
]


class InspectRequest(RootModel[AnyQuestion]):
    """Any of them."""
