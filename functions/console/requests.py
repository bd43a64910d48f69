"""What is asked of replay, so that bad input is told before anything is invoked. The handlers judge it
again.
"""

from __future__ import annotations

from pydantic import Field

from functions.flows.operations.selection import Selection
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
