"""Manual invoke: a dry run with its stored plan, or the plan carried out. Bad input is answered, never raised."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from pydantic import Field, ValidationError

from functions.errors import ConnectorError
from functions.flows.operations.replay import Replay, Selection, apply, draw_up
from functions.ledger.orders import OrderStore
from functions.ledger.plans import PlanStore
from functions.ledger.queues import FifoWorkQueue
from functions.ledger.shared import SharedStore
from functions.model.frozen import Frozen
from functions.model.outcomes import SENTENCES
from functions.model.plans import Plan, PlannedOrder
from functions.model.shipment import ConnectionName
from functions.settings import ReplaySettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.requests import explained, unknown_connection
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import logger
from functions.wiring.vendors import IfsRoom

SHOWN = 100  # differences in one answer; the plan holds them all

ALLOWED = {
    "dry run": {"connection": "name", "select": list(Selection.model_fields), "by": "who asks", "note": "why"},
    "apply": {"plan_id": "from a dry run", "apply": True},
}


class DryRun(Frozen):
    connection: ConnectionName
    select: Selection
    by: str = Field(min_length=1, max_length=100)
    note: str = Field(min_length=1, max_length=500)


class Apply(Frozen):
    plan_id: str = Field(min_length=1, max_length=100)
    apply: bool


class _Refused(Exception):
    """The request cannot be served; the text says why."""


class _Service:
    def __init__(self, runtime: Runtime, settings: ReplaySettings) -> None:
        self._runtime, self._settings = runtime, settings
        self._ledger = runtime.table(settings.ledger_table)
        self._plans = PlanStore(self._ledger)
        self._ifs = IfsRoom(runtime, settings.ifs_secrets).open

    def dry_run(self, request: DryRun) -> dict[str, Any]:
        own = self._replay(request.connection)
        plan = draw_up(own, request.select, plan_id=self._runtime.new_id(), by=request.by, note=request.note)
        logger.info("replay_planned", connection=plan.connection, plan_id=plan.plan_id, orders=len(plan.orders))
        return _shown(plan)

    def apply(self, request: Apply, correlation_id: str) -> dict[str, Any]:
        plan = self._plans.get(request.plan_id)
        if plan is None:
            raise _Refused("plan_id: no such plan; plans are kept for 7 days")
        if not request.apply:
            return _shown(plan)
        sent = apply(self._replay(plan.connection), plan, correlation_id)
        logger.info("replay_applied", connection=plan.connection, plan_id=plan.plan_id, orders=sent)
        return {"plan_id": plan.plan_id, "sent": sent, "next": "repeat the dry run to see what is left"}

    def _replay(self, name: ConnectionName) -> Replay:
        if name not in self._runtime.connections:
            raise _Refused(unknown_connection(self._runtime.connections))
        connection = self._runtime.connections[name]
        return Replay(
            connection=connection,
            ifs=self._ifs,
            orders=OrderStore(self._ledger),
            plans=self._plans,
            queue=FifoWorkQueue(self._runtime.queue(self._settings.shipments[name])),
            shared=SharedStore(self._ledger).load,
            now=self._runtime.now,
        )


def build(runtime: Runtime, settings: ReplaySettings) -> Handler:
    service = _Service(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        try:
            request = _parsed(event)
            if isinstance(request, Apply):
                return service.apply(request, context.aws_request_id)
            return service.dry_run(request)
        except _Refused as refused:
            return {"error": str(refused), "allowed": ALLOWED}
        except ConnectorError as fault:
            return {"error": SENTENCES[fault.reason], "reason": fault.reason, "next": "try again later"}

    return handle


def _parsed(event: dict[str, Any]) -> DryRun | Apply:
    model = Apply if "plan_id" in event else DryRun
    try:
        return model.model_validate(event)
    except ValidationError as error:
        raise _Refused(explained(error)) from None


def _shown(plan: Plan) -> dict[str, Any]:
    changing = sum(bool(order.changes) for order in plan.orders)
    worth_showing = [order for order in plan.orders if order.changes or order.reason]
    return {
        "plan_id": plan.plan_id,
        "connection": plan.connection,
        "orders": len(plan.orders),
        "would_change": changing,
        "differences": [_difference(order) for order in worth_showing[:SHOWN]],
        "not_shown": max(0, len(worth_showing) - SHOWN),
        "next": {"plan_id": plan.plan_id, "apply": True} if changing else "nothing to change",
    }


def _difference(order: PlannedOrder) -> dict[str, Any]:
    shown: dict[str, Any] = {"order": order.order.reference, "outcome": order.outcome}
    if order.reason is not None:
        shown |= {"reason": order.reason, "means": SENTENCES[order.reason]}
    if order.choices:
        shown["choices"] = list(order.choices)
    if order.changes:
        shown["changes"] = [
            {"target": change.target, **{n: f.model_dump() for n, f in change.changes.items()}}
            for change in order.changes
        ]
    return shown


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ReplaySettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
