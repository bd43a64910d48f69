"""What a person, or the schedule, asks of a reconcile."""

from __future__ import annotations

from pydantic import Field, model_validator

from functions.model.frozen import Frozen
from functions.model.instants import Instant
from functions.model.shipment import ConnectionName
from functions.model.signed import NameOrNone, NoteOrNone


class ReconcileRequest(Frozen):
    """`start` is written `from`. `is_scheduled` is the schedule's own: it begins what is due and goes on with what is
    not read to its end. `action_id` makes a second copy of a request the first one's status, where one is given.
    """

    connection: ConnectionName
    start: Instant | None = Field(default=None, alias="from")
    until: Instant | None = None
    repair: bool = False
    by: NameOrNone = ""
    note: NoteOrNone = ""
    run_id: str | None = Field(default=None, min_length=1, max_length=100)
    status: bool = False
    action_id: str = Field(default="", max_length=100)
    is_scheduled: bool = False

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
