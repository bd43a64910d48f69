"""What a person, or the schedule, asks of a connection's webhooks."""

from __future__ import annotations

from pydantic import model_validator

from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName
from functions.model.signed import NameOrNone, NoteOrNone


class RegisterRequest(Frozen):
    """`is_scheduled` is the schedule's own."""

    connection: ConnectionName
    dry_run: bool = True
    by: NameOrNone = ""
    note: NoteOrNone = ""
    is_scheduled: bool = False

    @model_validator(mode="after")
    def _says_who_asks(self) -> RegisterRequest:
        if not self.dry_run and not self.is_scheduled and not (self.by and self.note):
            raise ValueError("dry_run: false subscribes and removes: give by and note")
        return self

    @property
    def is_dry(self) -> bool:
        return self.dry_run and not self.is_scheduled
