"""Manual invoke: a dry run with its stored plan, or the plan carried out. Bad input is answered, never raised."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from pydantic import Field, ValidationError

from functions.errors import ConnectorError
from functions.flows.operations.replay import Replay, Selection, apply, draw_up, sendable
from functions.model.frozen import Frozen
from functions.model.outcomes import SENTENCES
from functions.model.plans import Plan, PlannedOrder, PlannedRecord
from functions.model.records import RecordKey
from functions.model.shipment import ConnectionName
from functions.settings import ReplaySettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.delivery_parts import DeliveryParts, DeliveryTables
from functions.wiring.once import Once
from functions.wiring.requests import explained, unknown_connection
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import logger

SHOWN = 100  # differences in one answer; the plan holds them all

ALLOWED = {
    "dry run": {
        "connection": "name",
        "select": [field.alias or name for name, field in Selection.model_fields.items()],
        "by": "who asks",
        "note": "why",
    },
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
        self._runtime = runtime
        tables = DeliveryTables(settings.ledger_table, settings.audit_table, settings.shipments, settings.ifs_secrets)
        self._parts, self._once = DeliveryParts(runtime, tables), Once(runtime, settings.ledger_table)

    def dry_run(self, request: DryRun, event: dict[str, Any], context: Context) -> dict[str, Any]:
        replay = self._replay(request.connection, context)
        answer = self._once.run(event, context, partial(self._planned, request, replay))
        if "run_id" in answer:
            return {**answer, "next": {"plan_id": answer["run_id"], "apply": False}}
        return answer

    def _planned(self, request: DryRun, replay: Replay, plan_id: str) -> dict[str, Any]:
        plan = draw_up(replay, request.select, plan_id=plan_id, by=request.by, note=request.note)
        logger.info("replay_planned", connection=plan.connection, plan_id=plan.plan_id, orders=len(plan.orders))
        return _shown(plan)

    def apply(self, request: Apply, context: Context) -> dict[str, Any]:
        plan = self._plan(request.plan_id)
        if plan.applied_at is not None and request.apply:
            told = {"plan_id": plan.plan_id, "sent": 0, "applied_at": plan.applied_at.isoformat()}
            return {**told, "next": "it was applied before; repeat the dry run to see what is left"}
        if not request.apply:
            return _shown(plan)
        sent = apply(self._replay(plan.connection, context), plan, context.aws_request_id)
        logger.info("replay_applied", connection=plan.connection, plan_id=plan.plan_id, orders=sent)
        return {"plan_id": plan.plan_id, "sent": sent, "next": "repeat the dry run to see what is left"}

    def _plan(self, plan_id: str) -> Plan:
        """DynamoDB removes what has expired up to days later."""
        head = self._parts.plans.head(plan_id)
        if head is None:
            raise _Refused("plan_id: no such plan; plans are kept for 7 days")
        if self._runtime.now() >= head.expires_at:
            raise _Refused(f"plan_id: the plan expired at {head.expires_at.isoformat()}; make a new dry run")
        return self._parts.plans.get(plan_id) or head

    def _replay(self, name: ConnectionName, context: Context) -> Replay:
        if name not in self._runtime.connections:
            raise _Refused(unknown_connection(self._runtime.connections))
        parts = self._parts
        return Replay(parts.lookup(name, context), parts.orders, parts.plans, parts.queue(name))


def build(runtime: Runtime, settings: ReplaySettings) -> Handler:
    service = _Service(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        try:
            request = _parsed(event)
            if isinstance(request, Apply):
                return service.apply(request, context)
            return service.dry_run(request, event, context)
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
    changing = sum(bool(order.records) for order in plan.orders)
    records = {record.key: record for record in plan.records}
    worth_showing = [order for order in plan.orders if order.records or order.reason]
    return {
        "plan_id": plan.plan_id,
        "connection": plan.connection,
        "orders": len(plan.orders),
        "would_change": changing,
        "differences": [_difference(order, records) for order in worth_showing[:SHOWN]],
        "not_shown": max(0, len(worth_showing) - SHOWN),
        "next": {"plan_id": plan.plan_id, "apply": True} if sendable(plan) else "nothing to change",
    }


def _difference(order: PlannedOrder, records: Mapping[RecordKey, PlannedRecord]) -> dict[str, Any]:
    shown: dict[str, Any] = {"order": order.order.reference, "outcome": order.outcome}
    if order.reason is not None:
        shown |= {"reason": order.reason, "means": SENTENCES[order.reason]}
    if order.choices:
        shown["choices"] = list(order.choices)
    changed = [records[key] for key in order.records if key in records]
    if changed:
        shown["changes"] = [
            {"record": record.key.id, **{name: change.model_dump() for name, change in record.changes.items()}}
            for record in changed
        ]
    return shown


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ReplaySettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
