"""A reconcile as the operator reads it: a few lines, the differences first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from functions.model.outcomes import SENTENCES, Reason
from functions.model.reconciled import MOST_REPAIRED, Checked, ReconcileRun

SHOWN = 20
NAMES = {"missing": "missing in IFS", "different": "different in IFS", "extra": "only in IFS"}


def as_text(called: str, run: ReconcileRun, checked: Sequence[Checked], now: datetime) -> str:
    """`called` is the connection's name for people."""
    about = f"{called}, labels made or voided from {_window(run)}"
    return "\n".join([about, *_head(run, now), *_differences(checked, now), *_reasons(run), *_next(run)]) + "\n"


def _window(run: ReconcileRun) -> str:
    return " to ".join(at.isoformat(timespec="minutes") for at in (run.window.start, run.window.end))


def _head(run: ReconcileRun, now: datetime) -> Iterator[str]:
    found = run.totals
    agree = "The systems disagree." if found.unexplained else "The systems agree."
    agree = agree if found.is_compared else "Nothing was compared."
    yield (
        f"{agree} {found.shipments} shipments, {found.records} IFS records: {found.count('equal')} fields equal, "
        f"{found.count('explained')} explained."
    )
    if found.unexplained:
        yield (
            f"Not explained: {found.count('missing')} missing in IFS, {found.count('different')} different, "
            f"{found.count('extra')} only in IFS."
        )
    if found.oldest_unexplained is not None:
        yield f"The oldest of them is {_age(found.oldest_unexplained, now)} old."
    if found.unreadable:
        yield f"{found.unreadable} rows of ShipStation could not be read."


def _differences(checked: Sequence[Checked], now: datetime) -> Iterator[str]:
    found = sorted((each for each in checked if each.is_unexplained), key=lambda each: each.since)
    for each in found[:SHOWN]:
        where = f", record {each.record}" if each.record else ""
        said = f"ShipStation {each.shipstation or '-'}, IFS {each.ifs or '-'}"
        names = ", ".join(each.shipments[:3]) or "no shipment"
        yield f"  {each.order} {names}{where}: {each.field} {NAMES[each.kind]}: {said}; {_age(each.since, now)}"
    if len(found) > SHOWN:
        yield f"  and {len(found) - SHOWN} more in the report"


def _reasons(run: ReconcileRun) -> Iterator[str]:
    for code, number in sorted(run.totals.reasons.items(), key=lambda each: -each[1]):
        yield f"  {number} explained by {code}{_sentence(code)}"


def _sentence(code: str) -> str:
    """The reasons of the vocabulary have sentences; what a reconcile finds itself says it in its name."""
    return f": {SENTENCES[Reason(code)]}" if code in set(Reason) else ""


def _next(run: ReconcileRun) -> Iterator[str]:
    if run.totals.unknown:
        yield f"{run.totals.unknown} shipments are unknown to the ledger: a backfill of the window reads them again."
    if run.plan_id:
        yield f"Plan {run.plan_id} repairs what a delivery would write: look at it with Replay, then apply it."
    if run.plan_id and len(run.disagreeing) >= MOST_REPAIRED:
        yield f"It is of the first {MOST_REPAIRED} orders that disagree: repair the rest once it is applied."


def _age(since: datetime, now: datetime) -> str:
    minutes = max(0, int((now - since).total_seconds() // 60))
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min"


def lines(text: str, most: int) -> list[str]:
    return text.splitlines()[:most]
