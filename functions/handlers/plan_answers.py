"""What a person is told of a plan: how it stands, what it shows page by page, and what may be asked next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from math import ceil
from typing import Any

from functions.flows.operations.carry_out import Progress
from functions.flows.operations.replay import Plans
from functions.model.outcomes import SENTENCES
from functions.model.plans import Plan, PlannedOrder, PlannedRecord
from functions.model.records import RecordKey
from functions.model.replay_answer import ChangedRecord, Difference, LeftRecord, PlanShown

SHOWN = 100  # differences on one page
UNDECIDED = "what could not be decided needs another dry run, once the reason is over"
WHO = {"by": "…", "note": "…"}


def told(plan: Plan, plans: Plans, page: int, progress: Progress | None, called: str) -> PlanShown:
    """Its differences once it is drawn, those that need something alone. `called` is the connection's name."""
    answer = PlanShown(
        plan_id=plan.plan_id,
        connection=called,
        state=plan.status,
        by=plan.by,
        note=plan.note,
        expires_at=plan.expires_at,
        reverts=plan.reverts or None,
        overwrites=plan.overwrites or None,
        to_shipstation=plan.is_to_shipstation or None,
        applied=plan.applied,
        cancelled=plan.cancelled,
        next=_next(plan),
    )
    if plan.status == "drawing" or (plan.cancelled is not None and not plan.found):
        return answer.while_drawn(plan.looked_at)
    answer = answer.counted(orders=plan.found, would_change=plan.would_change, undecided=plan.undecided)
    if progress is not None:
        answer = answer.applied_so_far(sent=progress.sent, settled=progress.settled, left=progress.left)
    return _with_page(answer, plan, plans, page)


def _with_page(answer: PlanShown, plan: Plan, plans: Plans, page: int) -> PlanShown:
    shown = (order for _, order in plans.orders(plan.plan_id) if order.is_worth_showing)
    orders = list(islice(shown, (page - 1) * SHOWN, page * SHOWN))
    records = plans.records(plan.plan_id, {key for order in orders for key in (*order.records, *order.touches)})
    differences = tuple(_difference(order, records) for order in orders)
    return answer.on_page(page, max(1, ceil(plan.shown / SHOWN)), differences, max(0, plan.shown - len(orders)))


def _next(plan: Plan) -> Any:
    if plan.status == "ready":
        if plan.to_send:
            return {"plan_id": plan.plan_id, "apply": True, **WHO}
        return UNDECIDED if plan.undecided else "nothing to change"
    if plan.is_under_way:
        return {"plan_id": plan.plan_id}
    if plan.status == "applied" and plan.reverts is None and not plan.is_to_shipstation:
        return {"plan_id": plan.plan_id, "revert": True, **WHO}
    return "repeat the dry run to see what is left"


def _difference(order: PlannedOrder, records: Mapping[RecordKey, PlannedRecord]) -> Difference:
    """What is empty is not shown."""
    concerned = [records[key] for key in (*order.records, *order.touches) if key in records]
    changes, left = _changes(concerned), _left(concerned)
    return Difference(
        order=order.name,
        part=order.push.part if order.push is not None else None,
        outcome=order.outcome,
        reason=order.reason,
        means=SENTENCES[order.reason] if order.reason is not None else None,
        field=order.field or None,
        choices=order.choices or None,
        changes=changes or None,
        left=left or None,
    )


def _changes(records: Iterable[PlannedRecord]) -> tuple[ChangedRecord, ...]:
    return tuple(ChangedRecord(record=each.key.id, **each.changes) for each in records if each.changes)


def _left(records: Iterable[PlannedRecord]) -> tuple[LeftRecord, ...]:
    return tuple(LeftRecord(record=each.key.id, **each.left) for each in records if each.left)
