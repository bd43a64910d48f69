"""How long an order waits, and how often it is looked at."""

from __future__ import annotations

from pydantic import Field, model_validator

from functions.connections.values import Whole
from functions.model.frozen import Frozen


class Patience(Frozen):
    """How long an order waits before a person is asked, and how the looks in between are spaced. A fault that has not
    passed after `attention_hours` calls for attention, whatever its reasons were in between.
    """

    first_seconds: Whole = Field(default=60, ge=1, le=3600)
    longest_seconds: Whole = Field(default=3600, ge=1, le=86400)
    not_in_ifs_days: Whole = Field(default=14, ge=1, le=365)
    not_delivered_days: Whole = Field(default=60, ge=1, le=365)
    locked_days: Whole = Field(default=7, ge=1, le=365)
    attention_hours: Whole = Field(default=4, ge=1, le=720)

    @model_validator(mode="after")
    def _pauses_grow(self) -> Patience:
        if self.longest_seconds < self.first_seconds:
            raise ValueError("longest_seconds is shorter than first_seconds")
        return self
