"""What Replay and Pull do with their plans alike: drawn, shown, applied, cancelled, and gone on with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from functions.connections.connection import Connection
from functions.errors import ConnectorError
from functions.flows.operations.planner import Planner
from functions.flows.operations.replay import held
from functions.handlers.plan_answers import told
from functions.ledger.plans import PlanStore
from functions.model.answer import Refusal, out_of_reach
from functions.model.plans import Asked, Plan
from functions.model.replay_answer import AppliedBefore, PlanApplied, PlanCancelled
from functions.model.replay_request import OfAPlan
from functions.model.shipment import ConnectionName
from functions.wiring.once import Once
from functions.wiring.requests import explained, names, unknown_connection
from functions.wiring.runtime import Context, Runtime
from functions.wiring.telemetry import logger

PATIENCE = timedelta(seconds=20)  # a person is answered by then; the AWS command line hangs up after a minute
TIME_TO_END = timedelta(seconds=90)  # a look at ten orders under way, and the last save
SAVES = 5  # a run saves a plan every few seconds
LONGEST_HOLD = timedelta(minutes=10)  # a run's own time

WHO = {"by": "who asks", "note": "why"}
OF_A_PLAN = {
    "show": {"plan_id": "from a dry run", "page": "from 1"},
    "apply": {"plan_id": "from a dry run", "apply": True, **WHO},
    "cancel": {"plan_id": "from a dry run", "cancel": True, **WHO},
}


Asked_ = TypeVar("Asked_", bound=BaseModel)


class Refused(Exception):
    """The request cannot be served; the text says why."""


@dataclass(frozen=True)
class Run:
    """One invocation: until when it holds a plan, and until when it begins another piece."""

    context: Context
    ends_at: datetime
    begins_until: datetime


def run_of(runtime: Runtime, context: Context, *, is_scheduled: bool) -> Run:
    """A person is not kept waiting."""
    now = runtime.now()
    ends_at = now + timedelta(milliseconds=context.get_remaining_time_in_millis())
    return Run(context, ends_at, ends_at - TIME_TO_END if is_scheduled else now + PATIENCE)


class PlanService:
    """Of the plans that write to one of the systems; those of the other are no plans here."""

    def __init__(
        self, runtime: Runtime, ledger: str, planner: Callable[[Plan, Run], Planner], *, is_to_shipstation: bool
    ) -> None:
        self._runtime, self._planner, self._is_to_shipstation = runtime, planner, is_to_shipstation
        self._plans, self._once = PlanStore(runtime.table(ledger)), Once(runtime, ledger)

    def plan(self, plan_id: str) -> Plan:
        """DynamoDB removes what has expired up to days later."""
        head = self._plans.head(plan_id)
        is_ours = head is not None and head.is_to_shipstation is self._is_to_shipstation
        if head is None or not is_ours or self._runtime.now() >= head.kept_until:
            raise Refused("plan_id: no such plan; plans are kept for 30 days")
        return head

    def asked(self, by: str | None, note: str | None) -> Asked:
        return Asked(by=by or "", note=note or "", at=self._runtime.now())

    def connection(self, name: ConnectionName) -> Connection:
        if name not in self._runtime.connections:
            raise Refused(unknown_connection(names(self._runtime.connections), name))
        return self._runtime.connections[name]

    # --- what a person asks for

    def drawn(
        self, event: dict[str, Any], run: Run, name: ConnectionName, make: Callable[[str], Plan]
    ) -> dict[str, Any]:
        """What is not drawn by then is drawn by the runs that follow. Meanwhile the same request finds this plan."""
        digest = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()

        def begin(plan_id: str) -> dict[str, Any]:
            under_way = self._under_way(name, digest)
            plan = self._taken(under_way, run) if under_way else self._opened(make(plan_id), digest, run)
            if plan is None:
                return _goes_on(under_way)
            try:
                drawn = self._draw(self._planner(plan, run), plan)
            except ConnectorError as fault:
                return out_of_reach(fault.reason, {"plan_id": plan.plan_id})  # the runs that follow go on with it
            logger.info("replay_planned", connection=drawn.connection, plan_id=drawn.plan_id, state=drawn.status)
            return self._told(drawn, run, 1)

        answer = self._once.run(event, run.context, begin)
        return {**answer, "next": {"plan_id": answer["run_id"]}} if "run_id" in answer else answer

    def of_a_plan(self, request: OfAPlan, run: Run) -> dict[str, Any]:
        if request.apply:
            return self._apply(request, run)
        return self._cancel(request) if request.cancel else self._told(self.plan(request.plan_id), run, request.page)

    def _apply(self, request: OfAPlan, run: Run) -> dict[str, Any]:
        plan = self.plan(request.plan_id)
        if plan.status == "drawing":
            raise Refused("apply: the dry run still goes on; ask for the plan")
        if plan.status == "ready" and self._runtime.now() >= plan.expires_at:
            raise Refused(f"plan_id: the plan expired at {plan.expires_at.isoformat()}; make a new dry run")
        if plan.status != "ready":
            return self._applied_before(plan)
        planner, asked = self._planner(plan, run), self.asked(request.by, request.note)
        try:
            applied = planner.apply(plan, asked, run.ends_at, run.context.aws_request_id)
        except ConnectorError as fault:
            # It may have begun, and goes on by itself then.
            return out_of_reach(fault.reason, {"plan_id": plan.plan_id})
        logger.info("replay_applied", connection=plan.connection, plan_id=plan.plan_id, orders=applied.sent)
        waits = applied.to_send - applied.sent
        next_ = {"plan_id": plan.plan_id}
        return PlanApplied(plan_id=plan.plan_id, sent=applied.sent, left=waits, next=next_).told()

    def _cancel(self, request: OfAPlan) -> dict[str, Any]:
        """Whoever works on it learns at the next save."""
        asked = self.asked(request.by, request.note)
        for _ in range(SAVES):
            plan = self.plan(request.plan_id)
            if not (plan.is_under_way or plan.status == "ready"):
                raise Refused(f"cancel: the plan is {plan.status}")
            if self._plans.save(plan.cancelling(asked)) is not None:
                logger.info("replay_cancelled", connection=plan.connection, plan_id=plan.plan_id, sent=plan.sent)
                return PlanCancelled(plan_id=plan.plan_id, state="cancelled", sent=plan.sent).told()
        raise Refused("cancel: the plan is being worked on; ask again")

    # --- what goes on by itself

    def go_on(self, name: ConnectionName, run: Run) -> dict[str, Any]:
        """One fault keeps no other plan from its turn. The first one has it whatever time is left: one that never has
        enough is given up.
        """
        self.connection(name)
        found = self._due(name, self._runtime.now())
        for number, plan_id in enumerate(found):
            if number and self._runtime.now() >= run.begins_until:
                break
            try:
                self._work(plan_id, run)
            except ConnectorError as fault:
                logger.warning(
                    "replay_failed", connection=name, plan_id=plan_id, reason=fault.reason, detail=str(fault)
                )
            except Refused as refusal:
                logger.warning("replay_refused", connection=name, plan_id=plan_id, detail=str(refusal))
        return {"plans": len(found)}

    def _work(self, plan_id: str, run: Run) -> None:
        plan = self._plans.head(plan_id)
        if plan is None:
            return
        taken = self._taken(plan, run)
        if taken is not None:
            self._piece(self._planner(taken, run), taken, run)

    def _piece(self, planner: Planner, plan: Plan, run: Run) -> None:
        if plan.status == "applying":
            after = planner.send(plan, run.context.aws_request_id)
        else:
            after = self._draw(planner, plan)
        logger.info("replay_went_on", connection=plan.connection, plan_id=plan.plan_id, state=after.status)

    def _draw(self, planner: Planner, plan: Plan) -> Plan:
        drawn = planner.draw(plan)
        return (self._plans.save(drawn.let_go()) or drawn) if drawn.status == "drawing" else drawn

    # --- parts

    def _due(self, name: ConnectionName, until: datetime) -> list[str]:
        return self._plans.due(name, until, is_to_shipstation=self._is_to_shipstation)

    def _under_way(self, name: ConnectionName, digest: str) -> Plan | None:
        heads = self._plans.heads(self._due(name, self._runtime.now() + LONGEST_HOLD))
        return next((head for head in heads if head.request == digest and head.status == "drawing"), None)

    def _opened(self, plan: Plan, digest: str, run: Run) -> Plan | None:
        return self._plans.open(plan.asked_as(digest).held(run.ends_at))

    def _taken(self, plan: Plan, run: Run) -> Plan | None:
        """None while another run has it, or where it is given up."""
        is_due = plan.due_at is not None and plan.due_at <= self._runtime.now()
        return held(self._plans, plan, run.ends_at) if is_due else None

    def _told(self, plan: Plan, run: Run, page: int) -> dict[str, Any]:
        gone = self._planner(plan, run).progress(plan) if plan.applied is not None else None
        return told(plan, self._plans, page, gone, self.connection(plan.connection).called).told()

    def _applied_before(self, plan: Plan) -> dict[str, Any]:
        text = "was applied before" if plan.applied_at is not None else f"is {plan.status}"
        next_ = f"it {text}; repeat the dry run to see what is left"
        return AppliedBefore(plan_id=plan.plan_id, sent=0, applied_at=plan.applied_at, next=next_).told()


def _goes_on(plan: Plan | None) -> dict[str, Any]:
    assert plan is not None, "or it would have been opened"
    since = plan.made_at.isoformat(timespec="seconds")
    told_of = f"the same request is under way since {since}; it goes on, and this one began nothing"
    return Refusal(error=told_of, next={"plan_id": plan.plan_id}).told()


def parsed_as(model: type[Asked_], event: dict[str, Any]) -> Asked_:
    """Raises Refused for what is asked wrongly."""
    try:
        return model.model_validate(event)
    except ValidationError as error:
        raise Refused(explained(error, model)) from None
