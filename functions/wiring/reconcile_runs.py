"""Carries a reconcile on, piece by piece: under a lease, each piece kept before the next begins, so that one whose run
died goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from functions.errors import ConnectorError
from functions.flows.operations.reconcile import compare_window, next_piece, shorter
from functions.flows.operations.reconcile_text import as_text
from functions.model.outcomes import Reason
from functions.model.reconciled import Checked, Part, ReconcileRun
from functions.wiring.reconcile_parts import ReconcileParts
from functions.wiring.runtime import Context
from functions.wiring.telemetry import logger

MOST_IN_VAIN = 50  # tries of one piece, five minutes apart: longer than most outages
AROUND = timedelta(seconds=30)  # for the report, at the end of a run
MOST_PARTS = 2000  # they stand in the ledger's item, which holds 400 KB
Plan = Callable[[ReconcileRun], str | None]
Tell = Callable[[ReconcileRun], None]


class Runs:
    """`plan` makes the plan of a repair and tells its id; `tell` hears of a reconcile that has ended."""

    def __init__(self, parts: ReconcileParts, plan: Plan, tell: Tell) -> None:
        self._parts, self._plan, self._tell = parts, plan, tell

    def go_on(self, run: ReconcileRun, context: Context) -> ReconcileRun:
        """As far as this invocation comes; the run itself where somebody else is at it. Raises ConnectorError."""
        now = self._parts.now()
        if run.ended_at is not None or run.is_held(now):
            return run
        if run.in_vain >= MOST_IN_VAIN:
            return self._given_up(run, Reason.OUT_OF_TIME)
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        # Who died never let go: the piece was too long. As a try until it has succeeded.
        length = shorter(run) if run.held_until is not None else run.piece_seconds
        held = self._parts.runs.save(run.taken(now + left).stumbled(piece_seconds=length))
        if held is None:
            return run
        try:
            return self._pieces(held, context)
        except ConnectorError as fault:
            self._stumble(held, fault)
            raise

    def _pieces(self, run: ReconcileRun, context: Context) -> ReconcileRun:
        reconcile, longest, around = self._parts.reconcile(), timedelta(), AROUND + self._parts.patience
        while not run.is_read:
            began = self._parts.now()
            if longest and timedelta(milliseconds=context.get_remaining_time_in_millis()) < 2 * longest + around:
                return self._saved(run.let_go())
            if len(run.parts) >= MOST_PARTS:
                return self._given_up(run, Reason.OUT_OF_TIME)
            piece = next_piece(run)
            found = compare_window(reconcile, piece)
            part = self._parts.reports.keep(_name(run, f"part-{len(run.parts):05}"), _document(found.checked))
            run = self._saved(run.compared(piece.end, part, found.totals, found.disagreeing))
            longest = max(longest, self._parts.now() - began)
        return self._ended(run)

    def _ended(self, run: ReconcileRun) -> ReconcileRun:
        plan_id = self._plan(run) if run.repair and run.disagreeing and run.plan_id is None else None
        run = run.planned(plan_id) if plan_id else run
        now = self._parts.now()
        differing = [each for each in self._checked(run.parts) if each.kind != "equal"]
        text = as_text(self._parts.connection.called, run, differing, now)
        self._parts.reports.keep(_name(run, "summary", "txt"), text, "text/plain")
        report = self._parts.reports.keep(_name(run, "report"), _report(run, differing))
        ended = self._saved(run.ended(now, report))
        self._tell(ended)
        return ended

    def _checked(self, parts: Sequence[Part]) -> list[Checked]:
        return [Checked.model_validate(each) for part in parts for each in json.loads(self._parts.reports.read(part))]

    def _saved(self, run: ReconcileRun) -> ReconcileRun:
        """Another holder has taken over where it is refused, which only a run beyond its time can meet."""
        stored = self._parts.runs.save(run)
        if stored is None:
            raise TakenOverError(run.run_id)
        return stored

    def _stumble(self, run: ReconcileRun, fault: ConnectorError) -> None:
        """Let go for the next tick; after enough of them it ends without a report."""
        name, why = run.connection, fault.reason
        logger.warning("reconcile_stumbled", connection=name, run_id=run.run_id, reason=why, detail=str(fault))
        latest = self._parts.runs.latest(run.connection)
        if latest is None or latest.run_id != run.run_id:
            return
        if latest.in_vain >= MOST_IN_VAIN:
            self._given_up(latest, fault.reason)
        # As who died: the piece was too long, where this run had come to none before it.
        elif fault.reason is Reason.OUT_OF_TIME and latest.read_up_to == run.read_up_to:
            self._parts.runs.save(latest.let_go().in_pieces_of(shorter(latest)))
        else:
            self._parts.runs.save(latest.let_go())

    def _given_up(self, run: ReconcileRun, reason: Reason) -> ReconcileRun:
        logger.error("reconcile_given_up", connection=run.connection, run_id=run.run_id, reason=reason)
        return self._saved(run.given_up(self._parts.now(), reason))


class TakenOverError(Exception):
    """Another run goes on with this reconcile."""


def summary(parts: ReconcileParts, run: ReconcileRun) -> str:
    """Of a run that ended with a report."""
    return parts.reports.text(_name(run, "summary", "txt"))


def _name(run: ReconcileRun, name: str, ending: str = "json") -> str:
    return f"{run.connection}/{run.begun_at:%Y/%m/%d}/{run.run_id}/{name}.{ending}"


def _document(checked: Sequence[Checked]) -> str:
    return json.dumps([_plain(each) for each in checked], separators=(",", ":"))


def _plain(each: Checked) -> dict[str, Any]:
    return each.model_dump(mode="json", exclude_none=True)


def _report(run: ReconcileRun, differing: Sequence[Checked]) -> str:
    """Everything that is not equal; what is equal stands in the parts, which their SHA-256 names."""
    told = {
        "connection": run.connection,
        "run_id": run.run_id,
        "window": run.window.model_dump(mode="json", exclude={"page"}),
        "by": run.by,
        "note": run.note,
        "totals": {**run.totals.model_dump(mode="json"), "unexplained": run.totals.unexplained},
        "plan_id": run.plan_id,
        "differences": [{**_plain(each), "status": each.status} for each in differing],
        "parts": [part.model_dump() for part in run.parts],
    }
    return json.dumps(told, indent=1)
