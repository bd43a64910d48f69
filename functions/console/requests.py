"""What is asked of replay and reconcile, so that bad input is told before anything is invoked. The handlers judge it
again.
"""

from __future__ import annotations

from pydantic import AwareDatetime, Field, model_validator

from functions.flows.operations.replay import Selection
from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName


class Signed(Frozen):
    by: str = Field(min_length=1, max_length=100)
    note: str = Field(min_length=1, max_length=500)


class PlanRequest(Signed):
    connection: ConnectionName
    select: Selection


class ShowPlan(Frozen):
    plan_id: str = Field(min_length=1, max_length=100)
    apply: bool
    page: int = Field(default=1, ge=1)


class PlanAction(Signed):
    """One of the three."""

    plan_id: str = Field(min_length=1, max_length=100)
    apply: bool = False
    revert: bool = False
    cancel: bool = False


class ReconcileRequest(Frozen):
    """`start` is written `from`."""

    connection: ConnectionName
    start: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = None
    repair: bool = False
    by: str = Field(default="", max_length=100)
    note: str = Field(default="", max_length=500)
    run_id: str | None = Field(default=None, min_length=1, max_length=100)
    status: bool = False

    @model_validator(mode="after")
    def _is_a_window(self) -> ReconcileRequest:
        if self.start and self.until and self.start >= self.until:
            raise ValueError("from must be before until")
        if self.until and not self.start:
            raise ValueError("until needs from")
        return self
