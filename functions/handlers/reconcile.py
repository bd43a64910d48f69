"""Schedule → what ShipStation says against what IFS says, day by day; a long one goes on with every tick. Manual
invoke: the same for a window, or how one stands. Writes to neither system. Bad input is answered, never raised.
"""

from __future__ import annotations

import os
from datetime import date
from functools import cache
from typing import Any

from functions.errors import ConnectorError, Retryable
from functions.flows.operations.reconcile import LONGEST_WINDOW, awaited, day_due, piece_length, window_of
from functions.flows.operations.reconcile_answer import comparison_shown
from functions.flows.operations.reconcile_text import as_text, lines
from functions.flows.operations.replay import planned
from functions.ledger.plans import PlanStore
from functions.model.answer import Refusal, out_of_reach, refused
from functions.model.cursors import Span
from functions.model.plans import Asked
from functions.model.reconcile_request import ReconcileRequest
from functions.model.reconciled import ReconcileRun
from functions.model.selection import Selection
from functions.model.shipment import ConnectionName
from functions.page.compared_page import compared_page
from functions.page.widget_event import on_a_page
from functions.settings import ReconcileSettings
from functions.version import VERSION
from functions.wiring.aws import AwsRuntime
from functions.wiring.reconcile_parts import ReconcileParts
from functions.wiring.reconcile_runs import Runs, TakenOverError, summary
from functions.wiring.requests import parsed
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import heartbeat, logger, of_the_stack

AT_ONCE = 500  # labels that are compared while whoever asks waits
SHOWN = 40  # lines of one answer
DAILY = "schedule"
UNDER_WAY = "a reconcile of this connection is under way"
TICK_MINUTES = 5  # of the schedule: of an hour's ticks one looks whether the day was compared
ALLOWED = {
    "reconcile": {
        "connection": "name",
        "from": "instant; yesterday in the connection's zone without it",
        "until": "instant; now, or the end of yesterday",
        "repair": "true: a plan of the differences, for Replay to apply",
        "by": "who asks",
        "note": "why",
    },
    "progress": {"connection": "name", "run_id": "of an answer; without it the latest with status: true"},
}


def build(runtime: Runtime, settings: ReconcileSettings) -> Handler:
    service = _Service(runtime, settings)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        request = parsed(event, ReconcileRequest, runtime.connections, lambda asked: asked.connection)
        if isinstance(request, str):
            return refused(request, ALLOWED)
        try:
            return service.serve(request, context)
        except TakenOverError:
            return Refusal(error="another run goes on with it", next="ask with status: true").told()
        except ConnectorError as fault:
            return out_of_reach(fault.reason)

    return handle


class _Service:
    def __init__(self, runtime: Runtime, settings: ReconcileSettings) -> None:
        self._runtime, self._settings = runtime, settings
        self._plans = PlanStore(runtime.table(settings.ledger_table))
        self._parts = cache(self._opened)

    def _opened(self, name: ConnectionName) -> ReconcileParts:
        return ReconcileParts(self._runtime, self._settings, self._runtime.connections[name])

    def serve(self, request: ReconcileRequest, context: Context) -> dict[str, Any]:
        parts = self._parts(request.connection)
        if request.run_id or request.status:
            return _status(request, parts)
        latest = parts.runs.latest(request.connection)
        runs = Runs(parts, self._planned, _tell)
        if request.is_scheduled:
            return self._tick(parts, runs, latest, context)
        if latest is not None and request.action_id and latest.action_id == request.action_id:
            return _status_of(latest, parts)
        if latest is not None and latest.ended_at is None:
            return comparison_shown(parts.connection.called, latest, error=UNDER_WAY).told()
        return self._asked(request, parts, runs, latest, context)

    def _tick(self, parts: ReconcileParts, runs: Runs, latest: ReconcileRun | None, context: Context) -> dict[str, Any]:
        # Once an hour is often enough to learn of a day.
        if latest is not None and parts.connection.mode != "off" and parts.now().minute < TICK_MINUTES:
            of_the_stack(NotCompared=int(_is_late(parts)))
        if latest is not None and latest.ended_at is None:
            return _gone_on(parts, runs, latest, context)
        now = parts.now()
        day = day_due(parts.connection, latest.daily if latest else None, now)
        if day is None:
            return {"next": "nothing is due"}
        window = window_of(None, None, parts.connection, now)
        wanted = ReconcileRequest(connection=parts.connection.name, by=DAILY, note=str(day), is_scheduled=True)
        run = self._begun(parts, window, latest, wanted, parts.claimed(window), daily=day)
        if run is None:
            return {"next": "nothing is due"}
        return _gone_on(parts, runs, run, context)

    def _asked(
        self,
        request: ReconcileRequest,
        parts: ReconcileParts,
        runs: Runs,
        latest: ReconcileRun | None,
        context: Context,
    ) -> dict[str, Any]:
        window = window_of(request.start, request.until, parts.connection, parts.now())
        if window.start >= window.end:
            return refused("from: the window holds nothing yet", ALLOWED)
        if window.end - window.start > LONGEST_WINDOW:
            return refused(f"from: {LONGEST_WINDOW.days} days are compared at once at most; ask for parts", ALLOWED)
        claimed = parts.claimed(window)
        run = self._begun(parts, window, latest, request, claimed, daily=latest.daily if latest else None)
        if run is None:
            return Refusal(error=UNDER_WAY, next="ask with status: true").told()
        # The command line of AWS hangs up after a minute.
        if claimed > AT_ONCE:
            next_ = "it begins within five minutes; ask with run_id"
            return comparison_shown(parts.connection.called, run, next_=next_).told()
        return _gone_on(parts, runs, run, context, is_shown=True)

    def _begun(  # noqa: PLR0917 # what a run is made of
        self,
        parts: ReconcileParts,
        window: Span,
        latest: ReconcileRun | None,
        request: ReconcileRequest,
        claimed: int,
        daily: date | None,
    ) -> ReconcileRun | None:
        """None where somebody else began one meanwhile."""
        run = ReconcileRun(
            run_id=self._runtime.new_id()[:12],
            connection=parts.connection.name,
            window=window,
            by=request.by,
            note=request.note,
            repair=request.repair,
            action_id=request.action_id,
            begun_at=parts.now(),
            read_up_to=window.start,
            piece_seconds=piece_length(window, claimed),
            daily=daily,
            # Of two that begin at the same time, the save lets one in.
            revision=latest.revision if latest else 0,
        )
        logger.info("reconcile_begun", connection=run.connection, run_id=run.run_id, by=run.by, labels=claimed)
        return parts.runs.save(run)

    def _planned(self, run: ReconcileRun) -> str:
        """A replay's dry run of the orders that disagree, which Replay draws within a minute: nothing is written until
        it is asked to.
        """
        plan_id, asked = f"reconcile-{run.run_id}", Asked(by=run.by, note=run.note, at=self._runtime.now())
        self._plans.open(planned(run.connection, plan_id, asked, select=Selection(orders=run.disagreeing)))
        return plan_id


def _gone_on(
    parts: ReconcileParts, runs: Runs, run: ReconcileRun, context: Context, *, is_shown: bool = False
) -> dict[str, Any]:
    """With its text, where a person asks."""
    try:
        after = runs.go_on(run, context)
    except ConnectorError as fault:  # it was begun, which is kept
        return out_of_reach(fault.reason, "it goes on by itself")
    return _status_of(after, parts) if is_shown else comparison_shown(parts.connection.called, after).told()


def _is_late(parts: ReconcileParts) -> bool:
    """Whatever the reason: one that fails each day, one that never ends."""
    store, name, now = parts.runs, parts.connection.name, parts.now()
    return not any(store.of_window(name, day) for day in awaited(parts.connection, now))


def _tell(run: ReconcileRun) -> None:
    """Zeros are sent too: a day that agrees ends the alarm of the day before."""
    found = run.totals
    heartbeat(
        run.connection,
        ReconcileDifferences=found.differences,
        ReconcileMissing=found.count("missing"),
        ReconcileUnexplained=found.unexplained,
    )
    logger.info(
        "reconciled",
        connection=run.connection,
        run_id=run.run_id,
        by=run.by,
        shipments=found.shipments,
        records=found.records,
        differences=found.differences,
        unexplained=found.unexplained,
        report=run.report and run.report.name,
        sha256=run.report and run.report.sha256,
    )


def _status(request: ReconcileRequest, parts: ReconcileParts) -> dict[str, Any]:
    name = request.connection
    run = parts.runs.get(name, request.run_id) if request.run_id else parts.runs.latest(name)
    if run is None:
        return Refusal(error="run_id: no such reconcile", next="ask with status: true for the latest").told()
    return _status_of(run, parts)


def _status_of(run: ReconcileRun, parts: ReconcileParts) -> dict[str, Any]:
    text = None if run.report is None else _text(run, parts)
    return comparison_shown(parts.connection.called, run, text=text).told()


def _text(run: ReconcileRun, parts: ReconcileParts) -> list[str]:
    """Of the ledger alone where the report is not to be had: a stack that was moved has another bucket."""
    try:
        return lines(summary(parts, run), SHOWN)
    except Retryable:
        known = as_text(parts.connection.called, run, (), run.ended_at or parts.now())
        return [*lines(known, SHOWN), "What differed is not shown: the report could not be read."]


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), ReconcileSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return on_a_page(event, lambda asked: _wired()(asked, context), compared_page, VERSION)
