"""How the latest comparison of a connection stands, by its counts: what differs stands in its report."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from functions.model.frozen import Frozen
from functions.model.outcomes import SENTENCES, Reason
from functions.model.reconciled import ReconcileRun

State = Literal["never", "under way", "done", "failed"]


class ReconcileStanding(Frozen):
    """`start` and `until` bound the labels and voids that are compared. `agree`: something was `compared`, and nothing
    of it is unexplained. Counts are of fields, but `shipments` and `records`; `reasons` counts what explains.
    """

    connection: str
    run_id: str = ""
    state: State = "never"
    percent: float = 0.0
    start: datetime | None = None
    until: datetime | None = None
    by: str = ""
    note: str = ""
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    shipments: int = 0
    records: int = 0
    compared: bool = False
    agree: bool = False
    equal: int = 0
    missing: int = 0
    different: int = 0
    extra: int = 0
    explained: int = 0
    unexplained: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)
    reason: Reason | None = None
    means: str = ""
    report: str = ""
    plan_id: str | None = None


def reconcile_standing(called: str, run: ReconcileRun | None) -> ReconcileStanding:
    """`called` is the connection as people call it."""
    if run is None:
        return ReconcileStanding(connection=called)
    found = run.totals
    return ReconcileStanding(
        connection=called,
        run_id=run.run_id,
        state="failed" if run.failed else "done" if run.ended_at else "under way",
        percent=run.percent,
        start=run.window.start,
        until=run.window.end,
        by=run.by,
        note=run.note,
        begun_at=run.begun_at,
        ended_at=run.ended_at,
        shipments=found.shipments,
        records=found.records,
        compared=found.is_compared,
        agree=found.is_compared and found.unexplained == 0,
        equal=found.count("equal"),
        missing=found.count("missing"),
        different=found.count("different"),
        extra=found.count("extra"),
        explained=found.count("explained"),
        unexplained=found.unexplained,
        reasons=found.reasons,
        reason=run.failed,
        means=SENTENCES[run.failed] if run.failed else "",
        report=run.report.name if run.report else "",
        plan_id=run.plan_id,
    )
