"""What a person, or the schedule, asks of reference data."""

from __future__ import annotations

from pydantic import Field, model_validator

from functions.model.audit import Cause
from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName
from functions.model.signed import NameOrNone, NoteOrNone


class AlignRequest(Frozen):
    """`is_scheduled` is the schedule's own: it looks and carries out in one."""

    connection: ConnectionName
    profile: str = Field(max_length=50)
    dry_run: bool = True
    plan: str = Field(default="", max_length=100)
    by: NameOrNone = ""
    note: NoteOrNone = ""
    is_scheduled: bool = False

    @model_validator(mode="after")
    def _says_what_is_carried_out(self) -> AlignRequest:
        if not self.dry_run and not self.is_scheduled and not (self.plan and self.by and self.note):
            raise ValueError("dry_run: false carries out a plan: give plan, by and note")
        return self

    @property
    def writes(self) -> bool:
        return self.is_scheduled or not self.dry_run

    def cause(self, correlation_id: str) -> Cause:
        if self.is_scheduled:
            return Cause(kind="poll", correlation_id=correlation_id)
        return Cause(
            kind="replay", correlation_id=correlation_id, by=self.by, note=self.note, plan_id=self.plan or None
        )
