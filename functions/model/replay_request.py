"""What a person asks of a replay."""

from __future__ import annotations

from pydantic import Field, model_validator

from functions.model.frozen import Frozen
from functions.model.selection import Selection
from functions.model.shipment import ConnectionName
from functions.model.signed import Name, Note


class DryRun(Frozen):
    connection: ConnectionName
    select: Selection
    by: Name
    note: Note


class OfAPlan(Frozen):
    """Shown, unless something is to be done with it. `"apply": false` shows it too."""

    plan_id: str = Field(min_length=1, max_length=100)
    page: int = Field(default=1, ge=1)
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
