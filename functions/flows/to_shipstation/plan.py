"""What a person was shown of a write to ShipStation, and whether it still is that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from functions.flows.to_shipstation.step import PERSONAL, Audit, Push, Step, audited_as, changes_of, texts_of
from functions.model.audit import AuditEntry, Cause, FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import PlannedRecord
from functions.model.pushed_order import PushedOrder
from functions.model.records import RecordKey
from functions.model.shipment import ConnectionName
from functions.model.text import digest

NOT_SHOWN = "not shown: it names a person"
CANCELLED = "cancelled"
CARRIED_OUT = {"applying", "applied"}


@dataclass(frozen=True)
class SilentAudit:
    """It tells what `audit` knows, and keeps nothing of what a dry run finds."""

    audit: Audit

    def new_key(self, at: datetime) -> str:
        return self.audit.new_key(at)

    def put(self, key: str, entry: AuditEntry) -> bool:
        del key, entry
        return True

    def story(self, connection: ConnectionName, record: RecordKey) -> Iterator[AuditEntry]:
        return self.audit.story(connection, record)


def planned_record(flow: Push, step: Step) -> PlannedRecord:
    """What would be written of one order that has not ended, under the key that it would be written under."""
    return PlannedRecord(key=audited_as(flow, step.pushed), changes=_shown(step), digest=_digest(step))


def outdated(flow: Push, step: Step, cause: Cause) -> PushedOrder | None:
    """How an order ends that a plan has shown otherwise than it would be written now. Nothing else of it changes: the
    next look decides as if there had been no plan.
    """
    if cause.plan_id is None or _is_as_shown(flow, step, cause.plan_id):
        return None
    return step.loaded.carried(cause.plan_id, None, Reason.PLAN_OUTDATED, at=flow.now())


def with_plan(ended: PushedOrder, cause: Cause, at: datetime) -> PushedOrder:
    """With what came of a plan's order. One that waits, or that shadow mode has shown, was not carried out."""
    is_open = ended.outcome in {None, Outcome.RETRY, Outcome.WOULD_WRITE}
    if cause.plan_id is None or is_open or is_of_plan(ended, cause):
        return ended
    return ended.carried(cause.plan_id, ended.outcome, ended.reason, at=at)


def is_of_plan(pushed: PushedOrder, cause: Cause) -> bool:
    """What came of the plan's order is known."""
    return any(each.plan_id == cause.plan_id for each in pushed.plans)


def _is_as_shown(flow: Push, step: Step, plan_id: str) -> bool:
    plan, key = flow.planned.head(plan_id), audited_as(flow, step.pushed)
    if plan is None or plan.status not in CARRIED_OUT or flow.now() >= plan.expires_at:
        return False
    shown = flow.planned.records(plan_id, [key]).get(key)
    return shown is not None and shown.digest == _digest(step)


def _shown(step: Step) -> dict[str, FieldChange]:
    if step.outbound.content is None:
        return {"status": FieldChange(before=step.current.status if step.current else None, after=CANCELLED)}
    return {name: _impersonal(name, change) for name, change in changes_of(step).items()}


def _impersonal(name: str, change: FieldChange) -> FieldChange:
    if name not in PERSONAL:
        return change
    before, after = (NOT_SHOWN if text else None for text in (change.before, change.after))
    return FieldChange(before=before, after=after, attribute=name)


def _digest(step: Step) -> str:
    """Of the whole texts: what is shown is cut, and holds no person."""
    kind = CANCELLED if step.outbound.content is None else "change" if step.current else "create"
    said = (f"{name}\x1f{before or ''}\x1f{after}" for name, (before, after) in sorted(texts_of(step).items()))
    return digest("\x1e".join([kind, *said]))
