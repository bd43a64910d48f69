"""Manual invoke: a dry run with its stored plan, the plan carried out, cancelled or taken back. Bad input is answered,
never raised. Every minute: what is under way goes on; a missed run only delays.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from functions.errors import ConnectorError
from functions.flows.operations.planner import Deliveries, Planner
from functions.flows.operations.replay import Replay, planned
from functions.handlers.plan_service import OF_A_PLAN, WHO, PlanService, Refused, Run, parsed_as, run_of
from functions.model.answer import out_of_reach, refused
from functions.model.plans import Plan
from functions.model.replay_request import DryRun, OfAPlan, Tick
from functions.model.selection import Selection
from functions.model.shipment import ConnectionName
from functions.page.plan_page import plan_page
from functions.page.widget_event import on_a_page
from functions.settings import ReplaySettings
from functions.version import VERSION
from functions.wiring.aws import AwsRuntime
from functions.wiring.delivery_parts import DeliveryParts, DeliveryTables
from functions.wiring.requests import as_kept
from functions.wiring.runtime import Context, Handler, Runtime

ALLOWED = {
    "dry run": {
        "connection": "name",
        "select": [field.alias or name for name, field in Selection.model_fields.items()],
        **WHO,
    },
    "overwrite": {"connection": "name", "select": {"orders": ["number"]}, "overwrite": ["tracking"], **WHO},
    **OF_A_PLAN,
    "revert": {"plan_id": "of an applied plan", "revert": True, **WHO},
}


class _Replays:
    """Plans that write to IFS."""

    def __init__(self, runtime: Runtime, settings: ReplaySettings) -> None:
        self._runtime = runtime
        tables = DeliveryTables(settings.ledger_table, settings.audit_table, settings.shipments, settings.ifs_secrets)
        self._parts = DeliveryParts(runtime, tables)
        self.plans = PlanService(runtime, settings.ledger_table, self._planner, is_to_shipstation=False)

    def served(self, request: DryRun | OfAPlan | Tick, event: dict[str, Any], run: Run) -> dict[str, Any]:
        if isinstance(request, Tick):
            return self.plans.go_on(request.connection, run)
        if isinstance(request, DryRun):
            return self._dry_run(request, event, run)
        return self._revert(request, event, run) if request.revert else self.plans.of_a_plan(request, run)

    def _dry_run(self, request: DryRun, event: dict[str, Any], run: Run) -> dict[str, Any]:
        connection, name = self.plans.connection(request.connection), request.connection
        strange = [field for field in request.overwrite if not connection.writes(field)]
        if strange:
            raise Refused(f"overwrite: no target of the connection has {', '.join(strange)}")
        asked, over = self.plans.asked(request.by, request.note), request.overwrite
        return self.plans.drawn(
            event, run, name, lambda id_: planned(name, id_, asked, select=request.select, overwrites=over)
        )

    def _revert(self, request: OfAPlan, event: dict[str, Any], run: Run) -> dict[str, Any]:
        applied = self.plans.plan(request.plan_id)
        if (refusal := _is_no_ground(applied)) is not None:
            raise Refused(refusal)
        asked, name = self.plans.asked(request.by, request.note), applied.connection
        return self.plans.drawn(event, run, name, lambda id_: planned(name, id_, asked, reverts=applied.plan_id))

    def _planner(self, plan: Plan, run: Run) -> Planner:
        self.plans.connection(plan.connection)
        return Deliveries(self._replay(plan.connection, run), self.plans.plan)

    def _replay(self, name: ConnectionName, run: Run) -> Replay:
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


def build(runtime: Runtime, settings: ReplaySettings) -> Handler:
    replays = _Replays(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        try:
            asked = as_kept(event, runtime.connections)
            request = _parsed(asked)
            run = run_of(runtime, context, is_scheduled=isinstance(request, Tick))
            return replays.served(request, asked, run)
        except Refused as refusal:
            return refused(str(refusal), ALLOWED)
        except ConnectorError as fault:
            return out_of_reach(fault.reason)

    return handle


def _is_no_ground(plan: Plan) -> str | None:
    """Why there is nothing to take back of it."""
    if plan.applied_at is None:
        return "revert: the plan was never applied"
    if plan.status == "applying":
        return "revert: the plan is still being applied; cancel it first, or wait"
    return "revert: a revert is not reverted; replay its orders" if plan.reverts is not None else None


def _parsed(event: dict[str, Any]) -> DryRun | OfAPlan | Tick:
    if event.get("is_scheduled") is True:
        return parsed_as(Tick, event)
    return parsed_as(OfAPlan, event) if "plan_id" in event else parsed_as(DryRun, event)


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ReplaySettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return on_a_page(event, lambda asked: _wired()(asked, context), plan_page, VERSION)
