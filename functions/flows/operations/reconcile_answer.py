"""What a person is told of one comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import RootModel

from functions.flows.operations.reconcile_standing import State, reconcile_standing
from functions.model.answer import UNSAID, Answer, Refusal
from functions.model.frozen import Frozen
from functions.model.outcomes import SENTENCES, Reason
from functions.model.reconciled import ReconcileRun

COUNTS = ("shipments", "records", "unexplained", "explained", "equal", "missing", "different", "extra")
TOLD = ("run_id", "state", "percent", "agree", "compared", *COUNTS)


class Window(Frozen):
    start: datetime
    end: datetime


class ComparisonShown(Answer):
    """Counts as in `ReconcileStanding`. `text` is the report for people, line by line; `report` the object that has it
    all. `error` where it failed, or keeps another from being begun.
    """

    connection: str
    run_id: str
    state: State
    percent: float
    agree: bool
    compared: bool
    shipments: int
    records: int
    unexplained: int
    explained: int
    equal: int
    missing: int
    different: int
    extra: int
    window: Window
    error: Annotated[str | None, UNSAID] = None
    reason: Annotated[Reason | None, UNSAID] = None
    report: Annotated[str | None, UNSAID] = None
    sha256: Annotated[str | None, UNSAID] = None
    text: Annotated[tuple[str, ...] | None, UNSAID] = None
    next: Annotated[str | Mapping[str, Any] | None, UNSAID] = None


class ReconcileAnswer(RootModel[ComparisonShown | Refusal]):
    """One of them."""


def comparison_shown(
    called: str,
    run: ReconcileRun,
    *,
    error: str | None = None,
    text: Sequence[str] | None = None,
    next_: str | None = None,
) -> ComparisonShown:
    """`called` is the connection as people call it; `error` and `next_` take the place of the run's own."""
    found = reconcile_standing(called, run)
    return ComparisonShown(
        connection=called,
        **{name: getattr(found, name) for name in TOLD},
        window=Window(start=run.window.start, end=run.window.end),
        error=error or (SENTENCES[run.failed] if run.failed else None),
        reason=run.failed,
        report=run.report.name if run.report else None,
        sha256=run.report.sha256 if run.report else None,
        text=None if text is None else tuple(text),
        next=next_ or ({"plan_id": run.plan_id, "apply": False} if run.plan_id else None),
    )
