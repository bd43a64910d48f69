"""Manual invoke: a dry run with its stored plan, the plan carried out, cancelled or taken back. Bad input is answered,
never raised. Every minute: what is under way goes on; a missed run only delays.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from pydantic import ValidationError

from functions.connections.connection import Connection
from functions.errors import ConnectorError
from functions.flows.operations.planner import Deliveries, Planner
from functions.flows.operations.replay import Replay, held, planned
from functions.handlers.plan_answers import told
from functions.model.answer import Refusal, out_of_reach, refused
from functions.model.plans import Asked, Plan
from functions.model.replay_answer import AppliedBefore, PlanApplied, PlanCancelled
from functions.model.replay_request import DryRun, OfAPlan, PushDryRun, Tick
from functions.model.selection import Selection
from functions.model.shipment import ConnectionName
from functions.page.plan_page import plan_page
from functions.page.widget_event import on_a_page
from functions.settings import ReplaySettings
from functions.version import VERSION
from functions.wiring.aws import AwsRuntime
from functions.wiring.delivery_parts import DeliveryParts, DeliveryTables
from functions.wiring.once import Once
from functions.wiring.push_parts import push_plans
from functions.wiring.requests import NO_ORDERS, as_kept, explained, names, unknown_connection
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import logger

PATIENCE = timedelta(seconds=20)  # a person is answered by then; the AWS command line hangs up after a minute
TIME_TO_END = timedelta(seconds=90)  # a look at ten orders under way, and the last save

WHO = {"by": "who asks", "note": "why"}
ALLOWED = {
    "dry run": {
        "connection": "name",
        "select": [field.alias or name for name, field in Selection.model_fields.items()],
        **WHO,
    },
    "overwrite": {"connection": "name", "select": {"orders": ["number"]}, "overwrite": ["tracking"], **WHO},
    "to ShipStation": {"connection": "name", "to_shipstation": True, "orders": ["number"], **WHO},
    "show": {"plan_id": "from a dry run", "page": "from 1"},
    "apply": {"plan_id": "from a dry run", "apply": True, **WHO},
    "cancel": {"plan_id": "from a dry run", "cancel": True, **WHO},
    "revert": {"plan_id": "of an applied plan", "revert": True, **WHO},
}


class _Refused(Exception):
    """The request cannot be served; the text says why."""


@dataclass(frozen=True)
class _Run:
    """One invocation: until when it holds a plan, and until when it begins another piece."""

    context: Context
    ends_at: datetime
    begins_until: datetime


class _Service:
    def __init__(self, runtime: Runtime, settings: ReplaySettings) -> None:
        self._runtime, self._settings = runtime, settings
        tables = DeliveryTables(settings.ledger_table, settings.audit_table, settings.shipments, settings.ifs_secrets)
        self._parts, self._once = DeliveryParts(runtime, tables), Once(runtime, settings.ledger_table)
        self._plans = self._parts.plans

    # --- what a person asks for

    def dry_run(self, request: DryRun, event: dict[str, Any], run: _Run) -> dict[str, Any]:
        connection, name = self._connection(request.connection), request.connection
        strange = [field for field in request.overwrite if not connection.writes(field)]
        if strange:
            raise _Refused(f"overwrite: no target of the connection has {', '.join(strange)}")
        asked, over = self._asked(request.by, request.note), request.overwrite
        return self._drawn(
            event, run, name, lambda id_: planned(name, id_, asked, select=request.select, overwrites=over)
        )

    def push_dry_run(self, request: PushDryRun, event: dict[str, Any], run: _Run) -> dict[str, Any]:
        name, asked = request.connection, self._asked(request.by, request.note)
        if self._connection(name).orders is None:
            raise _Refused(NO_ORDERS)
        select = Selection(orders=request.orders) if request.orders else None
        return self._drawn(
            event, run, name, lambda id_: planned(name, id_, asked, select=select, is_to_shipstation=True)
        )

    def revert(self, request: OfAPlan, event: dict[str, Any], run: _Run) -> dict[str, Any]:
        applied = self._plan(request.plan_id)
        if (refusal := _is_no_ground(applied)) is not None:
            raise _Refused(refusal)
        asked, name = self._asked(request.by, request.note), applied.connection
        return self._drawn(event, run, name, lambda id_: planned(name, id_, asked, reverts=applied.plan_id))

    def apply(self, request: OfAPlan, run: _Run) -> dict[str, Any]:
        plan = self._plan(request.plan_id)
        if plan.status == "drawing":
            raise _Refused("apply: the dry run still goes on; ask for the plan")
        if plan.status == "ready" and self._runtime.now() >= plan.expires_at:
            raise _Refused(f"plan_id: the plan expired at {plan.expires_at.isoformat()}; make a new dry run")
        if plan.status != "ready":
            return self._applied_before(plan)
        planner, asked = self._planner(plan, run), self._asked(request.by, request.note)
        applied = planner.apply(plan, asked, run.ends_at, run.context.aws_request_id)
        logger.info("replay_applied", connection=plan.connection, plan_id=plan.plan_id, orders=applied.sent)
        waits = applied.to_send - applied.sent
        next_ = {"plan_id": plan.plan_id}
        return PlanApplied(plan_id=plan.plan_id, sent=applied.sent, left=waits, next=next_).told()

    def cancel(self, request: OfAPlan) -> dict[str, Any]:
        """Whoever works on it learns at the next save."""
        asked = self._asked(request.by, request.note)
        for _ in range(SAVES):
            plan = self._plan(request.plan_id)
            if not (plan.is_under_way or plan.status == "ready"):
                raise _Refused(f"cancel: the plan is {plan.status}")
            if self._plans.save(plan.cancelling(asked)) is not None:
                logger.info("replay_cancelled", connection=plan.connection, plan_id=plan.plan_id, sent=plan.sent)
                return PlanCancelled(plan_id=plan.plan_id, state="cancelled", sent=plan.sent).told()
        raise _Refused("cancel: the plan is being worked on; ask again")

    def show(self, request: OfAPlan, run: _Run) -> dict[str, Any]:
        return self._told(self._plan(request.plan_id), run, request.page)

    # --- what goes on by itself

    def go_on(self, name: ConnectionName, run: _Run) -> dict[str, Any]:
        """One fault keeps no other plan from its turn."""
        self._connection(name)
        found = self._plans.due(name, self._runtime.now())
        for plan_id in found:
            try:
                self._work(plan_id, run)
            except ConnectorError as fault:
                logger.warning(
                    "replay_failed", connection=name, plan_id=plan_id, reason=fault.reason, detail=str(fault)
                )
            except _Refused as refusal:
                logger.warning("replay_refused", connection=name, plan_id=plan_id, detail=str(refusal))
        return {"plans": len(found)}

    def _work(self, plan_id: str, run: _Run) -> None:
        plan = self._plans.head(plan_id)
        if plan is None:
            return
        taken = self._taken(plan, run)
        if taken is not None:
            self._piece(self._planner(taken, run), taken, run)

    def _piece(self, planner: Planner, plan: Plan, run: _Run) -> None:
        if plan.status == "applying":
            after = planner.send(plan, run.context.aws_request_id)
        else:
            after = self._draw(planner, plan)
        logger.info("replay_went_on", connection=plan.connection, plan_id=plan.plan_id, state=after.status)

    def _draw(self, planner: Planner, plan: Plan) -> Plan:
        drawn = planner.draw(plan)
        return (self._plans.save(drawn.let_go()) or drawn) if drawn.status == "drawing" else drawn

    # --- parts

    def _drawn(
        self, event: dict[str, Any], run: _Run, name: ConnectionName, make: Callable[[str], Plan]
    ) -> dict[str, Any]:
        """What is not drawn by then is drawn by the runs that follow. Meanwhile the same request finds this plan."""
        digest = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()

        def begin(plan_id: str) -> dict[str, Any]:
            under_way = self._under_way(name, digest)
            plan = self._taken(under_way, run) if under_way else self._opened(make(plan_id), digest, run)
            if plan is None:
                return _goes_on(under_way)
            drawn = self._draw(self._planner(plan, run), plan)
            logger.info("replay_planned", connection=drawn.connection, plan_id=drawn.plan_id, state=drawn.status)
            return self._told(drawn, run, 1)

        answer = self._once.run(event, run.context, begin)
        return {**answer, "next": {"plan_id": answer["run_id"]}} if "run_id" in answer else answer

    def _under_way(self, name: ConnectionName, digest: str) -> Plan | None:
        heads = self._plans.heads(self._plans.due(name, self._runtime.now() + LONGEST_HOLD))
        return next((head for head in heads if head.request == digest and head.status == "drawing"), None)

    def _opened(self, plan: Plan, digest: str, run: _Run) -> Plan | None:
        return self._plans.open(plan.asked_as(digest).held(run.ends_at))

    def _taken(self, plan: Plan, run: _Run) -> Plan | None:
        """None while another run has it, or where it is given up."""
        is_due = plan.due_at is not None and plan.due_at <= self._runtime.now()
        return held(self._plans, plan, run.ends_at) if is_due else None

    def _told(self, plan: Plan, run: _Run, page: int) -> dict[str, Any]:
        gone = self._planner(plan, run).progress(plan) if plan.applied is not None else None
        return told(plan, self._plans, page, gone, self._connection(plan.connection).called).told()

    def _applied_before(self, plan: Plan) -> dict[str, Any]:
        text = "was applied before" if plan.applied_at is not None else f"is {plan.status}"
        next_ = f"it {text}; repeat the dry run to see what is left"
        return AppliedBefore(plan_id=plan.plan_id, sent=0, applied_at=plan.applied_at, next=next_).told()

    def _plan(self, plan_id: str) -> Plan:
        """DynamoDB removes what has expired up to days later."""
        head = self._plans.head(plan_id)
        if head is None or self._runtime.now() >= head.kept_until:
            raise _Refused("plan_id: no such plan; plans are kept for 30 days")
        return head

    def _asked(self, by: str | None, note: str | None) -> Asked:
        return Asked(by=by or "", note=note or "", at=self._runtime.now())

    def _connection(self, name: ConnectionName) -> Connection:
        if name not in self._runtime.connections:
            raise _Refused(unknown_connection(names(self._runtime.connections), name))
        return self._runtime.connections[name]

    def _planner(self, plan: Plan, run: _Run) -> Planner:
        connection = self._connection(plan.connection)
        if not plan.is_to_shipstation:
            return Deliveries(self._replay(plan.connection, run), self._plan)
        if connection.orders is None:
            raise _Refused(NO_ORDERS)
        return push_plans(self._runtime, self._settings, connection, lambda: self._runtime.now() < run.begins_until)

    def _replay(self, name: ConnectionName, run: _Run) -> Replay:
        parts = self._parts
        return Replay(
            lookup=parts.lookup(name, run.context),
            orders=parts.orders,
            plans=parts.plans,
            carried=parts.records,
            queue=parts.queue(name),
            circuit=lambda: parts.tenants.circuit(name),
            has_time=lambda: self._runtime.now() < run.begins_until,
        )


SAVES = 5  # a run saves a plan every few seconds
LONGEST_HOLD = timedelta(minutes=10)  # a run's own time


def build(runtime: Runtime, settings: ReplaySettings) -> Handler:
    service = _Service(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        now = runtime.now()
        ends_at = now + timedelta(milliseconds=context.get_remaining_time_in_millis())
        try:
            asked = as_kept(event, runtime.connections)
            request = _parsed(asked)
            if isinstance(request, Tick):
                return service.go_on(request.connection, _Run(context, ends_at, ends_at - TIME_TO_END))
            return _served(service, request, asked, _Run(context, ends_at, now + PATIENCE))
        except _Refused as refusal:
            return refused(str(refusal), ALLOWED)
        except ConnectorError as fault:
            return out_of_reach(fault.reason)

    return handle


def _is_no_ground(plan: Plan) -> str | None:
    """Why there is nothing to take back of it."""
    if plan.applied_at is None:
        return "revert: the plan was never applied"
    if plan.is_to_shipstation:
        return "revert: an order in ShipStation can only be cancelled, which IFS decides"
    if plan.status == "applying":
        return "revert: the plan is still being applied; cancel it first, or wait"
    return "revert: a revert is not reverted; replay its orders" if plan.reverts is not None else None


def _goes_on(plan: Plan | None) -> dict[str, Any]:
    assert plan is not None, "or it would have been opened"
    since = plan.made_at.isoformat(timespec="seconds")
    told_of = f"the same request is under way since {since}; it goes on, and this one began nothing"
    return Refusal(error=told_of, next={"plan_id": plan.plan_id}).told()


def _served(
    service: _Service, request: DryRun | PushDryRun | OfAPlan, event: dict[str, Any], run: _Run
) -> dict[str, Any]:
    if isinstance(request, DryRun):
        return service.dry_run(request, event, run)
    if isinstance(request, PushDryRun):
        return service.push_dry_run(request, event, run)
    if request.apply:
        return service.apply(request, run)
    if request.cancel:
        return service.cancel(request)
    return service.revert(request, event, run) if request.revert else service.show(request, run)


def _parsed(event: dict[str, Any]) -> DryRun | PushDryRun | OfAPlan | Tick:
    model = _model(event)
    try:
        return model.model_validate(event)
    except ValidationError as error:
        raise _Refused(explained(error, model)) from None


def _model(event: dict[str, Any]) -> type[DryRun | PushDryRun | OfAPlan | Tick]:
    if event.get("is_scheduled") is True:
        return Tick
    if "plan_id" in event:
        return OfAPlan
    return PushDryRun if "to_shipstation" in event else DryRun


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ReplaySettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return on_a_page(event, lambda asked: _wired()(asked, context), plan_page, VERSION)
