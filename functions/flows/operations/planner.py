"""What a plan is drawn up, carried out and looked after with, whichever system it writes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.flows.operations import carry_out
from functions.flows.operations.carry_out import Progress
from functions.flows.operations.overwrite import KeptOrders
from functions.flows.operations.replay import Replay, SelectedOrders, draw
from functions.flows.operations.revert import AppliedOrders
from functions.model.plans import Asked, Plan


class Planner(Protocol):
    def draw(self, plan: Plan) -> Plan:
        """Goes on with the dry run, as far as there is time."""

    def apply(self, plan: Plan, asked: Asked, until: datetime, correlation_id: str) -> Plan:
        """Begins it, once."""

    def send(self, plan: Plan, correlation_id: str) -> Plan:
        """Goes on with it."""

    def progress(self, plan: Plan) -> Progress: ...


@dataclass(frozen=True)
class Deliveries:
    """Of plans that write to IFS. `plan_of` raises for one that is not kept."""

    replay: Replay
    plan_of: Callable[[str], Plan]

    def draw(self, plan: Plan) -> Plan:
        if plan.reverts is not None:
            return draw(self.replay, plan, AppliedOrders(self.replay, plan, self.plan_of(plan.reverts)))
        source = SelectedOrders if plan.kind == "replay" else KeptOrders
        return draw(self.replay, plan, source(self.replay, plan))

    def apply(self, plan: Plan, asked: Asked, until: datetime, correlation_id: str) -> Plan:
        return carry_out.apply(self.replay, plan, asked, until, correlation_id)

    def send(self, plan: Plan, correlation_id: str) -> Plan:
        return carry_out.send(self.replay, plan, correlation_id)

    def progress(self, plan: Plan) -> Progress:
        return carry_out.progress(self.replay, plan)
