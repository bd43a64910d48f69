"""What a person, or the schedule, asks of a reconcile."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, Field, field_validator, model_validator

from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName
from functions.model.signed import NameOrNone, NoteOrNone

FIRST_YEAR, LAST_YEAR = 1970, 9998  # beyond them no other zone can name an instant


class ReconcileRequest(Frozen):
    """`start` is written `from`. `is_scheduled` is the schedule's own: it begins what is due and goes on with what is
    not read to its end. `action_id` makes a second copy of a request the first one's status, where one is given.
    """

    connection: ConnectionName
    start: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None
    repair: bool = False
    by: NameOrNone = ""
    note: NoteOrNone = ""
    run_id: str | None = Field(default=None, min_length=1, max_length=100)
    status: bool = False
    action_id: str = Field(default="", max_length=100)
    is_scheduled: bool = False

    @field_validator("start", "until")
    @classmethod
    def _has_a_day_everywhere(cls, at: datetime | None) -> datetime | None:
        if at is not None and not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise ValueError(f"is of none of the years {FIRST_YEAR} to {LAST_YEAR}")
        return at

    @model_validator(mode="after")
    def _is_whole(self) -> ReconcileRequest:
        if self.start and self.until and self.start >= self.until:
            raise ValueError("from must be before until")
        if self.until and not self.start:
            raise ValueError("until needs from")
        if self._begins_one and not (self.by and self.note):
            raise ValueError("give by and note, or run_id or status: true to see how one stands")
        return self

    @property
    def _begins_one(self) -> bool:
        """And a person asks for it."""
        return not (self.is_scheduled or self.run_id or self.status)
