"""Schedule, or a person → orders.fifo: what IFS wants packed and ShipStation does not know yet, or knows otherwise. A
fault leaves nothing behind; the next look does it all. A person has what ShipStation refused tried again, sees what the
next look would send, or has that drawn up as a plan and carries it out.
"""

from __future__ import annotations

import os
from functools import cache, partial
from typing import Any

from functions.connections.connection import Connection
from functions.connections.orders import Orders
from functions.errors import ConnectorError
from functions.flows.from_ifs.pull import Pull, look, pull
from functions.flows.operations.planner import Planner
from functions.flows.operations.push_preview import Sent, preview
from functions.flows.operations.replay import planned
from functions.handlers.plan_service import OF_A_PLAN, WHO, PlanService, Refused, Run, parsed_as, run_of
from functions.model.answer import out_of_reach, refused
from functions.model.audit import Cause
from functions.model.plans import Plan
from functions.model.pull_request import Again, DryRun, PlanDryRun
from functions.model.replay_request import OfAPlan
from functions.model.selection import Selection
from functions.model.shipment import ConnectionName
from functions.page.plan_page import plan_page
from functions.page.widget_event import on_a_page
from functions.settings import PullSettings
from functions.version import VERSION
from functions.wiring.aws import AwsRuntime
from functions.wiring.ifs_tenant import leave_alone
from functions.wiring.pauses import is_paused
from functions.wiring.push_parts import pull_parts, push_plans, with_warehouses
from functions.wiring.requests import NO_ORDERS, as_kept
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import heartbeat, logger

ALLOWED = {
    "again": {"connection": "name", "again": True, **WHO},
    "dry_run": {"connection": "name", "dry_run": True},
    "plan": {"connection": "name", "to_shipstation": True, "orders": ["number"], **WHO},
    **OF_A_PLAN,
}
RESTS = "a person paused it; resume it first"
OFF = "it is switched off"
FINAL = "revert: an order in ShipStation can only be cancelled, which IFS decides"

Asked = Again | DryRun | PlanDryRun | OfAPlan


def build(runtime: Runtime, settings: PullSettings) -> Handler:
    looks, plans = _Looks(runtime, settings), _Plans(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        event = as_kept(event, runtime.connections)
        try:
            asked = _asked(event)
            run = run_of(runtime, context, is_scheduled=asked is None)
            if isinstance(asked, PlanDryRun | OfAPlan):
                return plans.served(asked, event, run)
            connection = plans.connection(event["connection"], is_asked=asked is not None)
            answer = _served(looks, connection, asked, _cause(asked, context))
        except Refused as refusal:
            return refused(str(refusal), ALLOWED)
        except ConnectorError as fault:
            return out_of_reach(fault.reason)
        if asked is None:
            plans.go_on(connection, run)
        return answer

    return handle


def _served(looks: _Looks, connection: Connection, asked: Again | DryRun | None, cause: Cause) -> dict[str, Any]:
    """A schedule, which nobody reads, is answered none of the reasons; they stand in its log."""
    orders = connection.orders
    try:
        if orders is None:
            return Sent(sent=0).told()
        if isinstance(asked, DryRun):
            return looks.shown(connection, orders, cause)
        if connection.pulls is None:
            return Sent(sent=0, next=OFF if asked else None).told()
        return looks.sent(connection, orders, cause)
    except ConnectorError:
        if asked:
            raise
        return Sent(sent=0).told()


class _Plans:
    """Plans of what goes to ShipStation."""

    def __init__(self, runtime: Runtime, settings: PullSettings) -> None:
        self._runtime, self._settings = runtime, settings
        self.service = PlanService(runtime, settings.ledger_table, self._planner, is_to_shipstation=True)

    def served(self, request: PlanDryRun | OfAPlan, event: dict[str, Any], run: Run) -> dict[str, Any]:
        if isinstance(request, PlanDryRun):
            return self._dry_run(request, event, run)
        if request.revert:
            self.service.plan(request.plan_id)
            raise Refused(FINAL)
        return self.service.of_a_plan(request, run)

    def connection(self, name: ConnectionName, *, is_asked: bool = True) -> Connection:
        """With `[orders]`, where it is asked for. Raises Refused."""
        connection = self.service.connection(name)
        if connection.orders is None and is_asked:
            raise Refused(NO_ORDERS)
        return connection

    def go_on(self, connection: Connection, run: Run) -> None:
        """After a look: what the ledger does not tell now is told to the next one."""
        try:
            self.service.go_on(connection.name, run)
        except ConnectorError as fault:
            logger.warning("plans_unknown", connection=connection.name, reason=fault.reason, detail=str(fault))

    def _dry_run(self, request: PlanDryRun, event: dict[str, Any], run: Run) -> dict[str, Any]:
        asked, name = self.service.asked(request.by, request.note), self.connection(request.connection).name
        select = Selection(orders=request.orders) if request.orders else None
        return self.service.drawn(
            event, run, name, lambda id_: planned(name, id_, asked, select=select, is_to_shipstation=True)
        )

    def _planner(self, plan: Plan, run: Run) -> Planner:
        connection = self.connection(plan.connection)
        return push_plans(self._runtime, self._settings, connection, lambda: self._runtime.now() < run.begins_until)


class _Looks:
    def __init__(self, runtime: Runtime, settings: PullSettings) -> None:
        self._runtime, self._settings = runtime, settings
        self._ledger = runtime.table(settings.ledger_table)
        self._parts: dict[ConnectionName, Pull] = {}

    def sent(self, connection: Connection, orders: Orders, cause: Cause) -> dict[str, Any]:
        told: dict[str, Any] = {"connection": connection.name, "correlation_id": cause.correlation_id}
        now = self._runtime.now()
        try:
            if is_paused(self._ledger, connection, now, orders.store_id):
                heartbeat(connection.name, PullSucceeded=True)
                return Sent(sent=0, next=RESTS).told()
            leave_alone(self._ledger, connection.name, now)
            report = pull(self._of(connection, orders), connection, self._known(connection, orders), now, cause)
        except ConnectorError as fault:
            logger.warning("pull_failed", reason=fault.reason, detail=str(fault), **told)
            heartbeat(connection.name, PullSucceeded=False)
            raise
        logger.info("pull_ended", read=report.read, sent=report.sent, unseen=report.unseen, **told)
        heartbeat(connection.name, PullSucceeded=True)
        return Sent(sent=report.sent).told()

    def shown(self, connection: Connection, orders: Orders, cause: Cause) -> dict[str, Any]:
        """What would be sent, in any mode."""
        now = self._runtime.now()
        leave_alone(self._ledger, connection.name, now)
        seen = look(self._of(connection, orders), connection, self._known(connection, orders), now, cause)
        return preview(seen).told()

    def _of(self, connection: Connection, orders: Orders) -> Pull:
        if connection.name not in self._parts:
            self._parts[connection.name] = pull_parts(self._runtime, self._settings, connection, orders)
        return self._parts[connection.name]

    def _known(self, connection: Connection, orders: Orders) -> Orders:
        return with_warehouses(self._runtime, self._settings, connection, orders)


def _asked(event: dict[str, Any]) -> Asked | None:
    """None of a schedule, which names the connection alone. Raises Refused for what a person asked wrongly."""
    if event.keys() == {"connection"} and isinstance(event["connection"], str):
        return None
    if "plan_id" in event:
        return parsed_as(OfAPlan, event)
    if "to_shipstation" in event:
        return parsed_as(PlanDryRun, event)
    return parsed_as(DryRun, event) if "dry_run" in event else parsed_as(Again, event)


def _cause(asked: Again | DryRun | None, context: Context) -> Cause:
    if isinstance(asked, Again):
        return Cause(kind="replay", correlation_id=context.aws_request_id, by=asked.by, note=asked.note)
    return Cause(kind="poll", correlation_id=context.aws_request_id)


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), PullSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    page = partial(plan_page, is_to_shipstation=True)
    return on_a_page(event, lambda asked: _wired()(asked, context), page, VERSION)
