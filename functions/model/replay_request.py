"""What a person asks of a replay."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel, model_validator

from functions.model.frozen import Frozen
from functions.model.records import FieldName
from functions.model.selection import Selection
from functions.model.shipment import ConnectionName
from functions.model.signed import Name, Note

MOST_OVERWRITTEN = 100  # orders
MOST_PAGES = 1_000_000


class DryRun(Frozen):
    """`overwrite` names the fields in which a value that is kept for a person is written over; nothing else of the
    orders is decided then.
    """

    connection: ConnectionName
    select: Selection
    overwrite: Annotated[tuple[FieldName, ...], Field(max_length=len(FieldName))] = ()
    by: Name
    note: Note

    @model_validator(mode="after")
    def _overwrites_what_is_named(self) -> DryRun:
        # A person's values are written over order by order, never by a criterion that may hold for more than was meant.
        if self.overwrite and (self.select.orders is None or len(self.select.orders) > MOST_OVERWRITTEN):
            raise ValueError(f"select.orders has to name the orders to overwrite, {MOST_OVERWRITTEN} at most")
        return self


class OfAPlan(Frozen):
    """Shown, unless something is to be done with it. `"apply": false` shows it too."""

    plan_id: str = Field(min_length=1, max_length=100)
    page: int = Field(default=1, ge=1, le=MOST_PAGES)
    apply: bool = False
    cancel: bool = False
    revert: bool = False
    by: Name | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def _asks_one_thing(self) -> OfAPlan:
        asked = sum((self.apply, self.cancel, self.revert))
        if asked > 1:
            raise ValueError("give at most one of apply, cancel, revert")
        if asked and not (self.by and self.note):
            raise ValueError("by and note have to be given: who asks, and why")
        return self


class Tick(Frozen):
    """The schedule's own: it goes on with what is under way."""

    connection: ConnectionName
    is_scheduled: Literal[True]


class ReplayRequest(RootModel[DryRun | OfAPlan]):
    """Either of them."""
