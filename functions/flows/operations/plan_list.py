"""The plans of one connection, the newest first: what each is for, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from functions.model.frozen import Frozen
from functions.model.plans import Plan, PlanKind, PlanStatus

LISTED = 20
SHOWN = 5  # values of one criterion


class PlanLine(Frozen):
    """`select` says what it is drawn up for, `overwrites` which fields it writes over, `reverts` the plan that it takes
    back. While it is drawn `looked_at` counts orders; then `orders` are its own, `would_change` those that would
    change, `to_send` those that are sent, `sent` those on their way. It may be applied until `apply_until`.
    """

    plan_id: str
    kind: PlanKind
    state: PlanStatus
    by: str
    note: str
    made_at: datetime
    apply_until: datetime
    select: str = ""
    reverts: str | None = None
    overwrites: tuple[str, ...] = ()
    looked_at: int = 0
    orders: int = 0
    would_change: int = 0
    undecided: int = 0
    to_send: int = 0
    sent: int = 0
    applied_by: str | None = None
    cancelled_by: str | None = None


class PlanList(Frozen):
    connection: str
    plans: tuple[PlanLine, ...]


def plan_list(called: str, plans: Iterable[Plan]) -> PlanList:
    """`called` is the connection as people call it."""
    return PlanList(connection=called, plans=tuple(map(_line, plans)))


def _line(plan: Plan) -> PlanLine:
    return PlanLine(
        plan_id=plan.plan_id,
        kind=plan.kind,
        state=plan.status,
        by=plan.by,
        note=plan.note,
        made_at=plan.made_at,
        apply_until=plan.expires_at,
        select=_told(plan.select),
        reverts=plan.reverts,
        overwrites=plan.overwrites,
        looked_at=plan.looked_at,
        orders=plan.found,
        would_change=plan.would_change,
        undecided=plan.undecided,
        to_send=plan.to_send,
        sent=plan.sent,
        applied_by=plan.applied.by if plan.applied else None,
        cancelled_by=plan.cancelled.by if plan.cancelled else None,
    )


def _told(select: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} {_values(value)}" for name, value in select.items())


def _values(value: Any) -> str:
    every = value if isinstance(value, list | tuple) else [value]
    more = f" and {len(every) - SHOWN} more" if len(every) > SHOWN else ""
    return ", ".join(map(str, every[:SHOWN])) + more
