"""Plans of what goes to ShipStation: drawn as a push would decide, sent as IFS says it when somebody says yes.

    dry run ─▶ look into IFS ─▶ propose, as a push ─▶ plan: what would be written, and a digest of its whole texts
    apply   ─▶ look into IFS ─▶ orders.fifo ─▶ push writes what still has that digest; the order keeps what came of it

Addresses are kept nowhere, so IFS is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.errors import Retryable
from functions.flows.from_ifs.pull import AT_ONCE, PushQueue, parts
from functions.flows.from_ifs.pull import Looked as LookedIntoIfs
from functions.flows.operations.carry_out import Progress
from functions.flows.operations.push_preview import number_of, proposed
from functions.flows.operations.replay import Looked, Plans, draw
from functions.flows.to_shipstation.plan import planned_record
from functions.flows.to_shipstation.push import Push, propose
from functions.flows.to_shipstation.step import Step
from functions.model.audit import Cause
from functions.model.outbound import Outbound, OutboundKey, PushOrders
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Asked, Plan, PlannedOrder, PlannedRecord
from functions.model.pushed_order import PlanEnd, PushedOrder
from functions.model.selection import Selection
from functions.model.shipment import ConnectionName, OrderKey

LATER = timedelta(minutes=1)
WHOLE = "whole"  # a look is: what is left to do needs no other
ENDS = {Reason.MODE_OFF: Outcome.SKIPPED, Reason.PAUSED: Outcome.WAITING}
OF_THE_RUN = {Reason.OUT_OF_TIME, Reason.BUDGET_EXHAUSTED}  # the run that follows looks at it


@dataclass(frozen=True)
class PushPlans:
    """What they are worked on with. `looked` is one look into IFS, `push` a flow that keeps nothing, `ends` what came
    of the last plans of any number of orders, `hindrance` why nothing is sent now.
    """

    connection: ConnectionName
    looked: Callable[[Cause], LookedIntoIfs]
    push: Push
    ends: Callable[[Sequence[OutboundKey]], Iterable[PlanEnd]]
    queue: PushQueue
    plans: Plans
    hindrance: Callable[[], Reason | None]
    has_time: Callable[[], bool]

    def draw(self, plan: Plan) -> Plan:
        return draw(self, plan, WantedOrders(self, plan), AT_ONCE)

    def apply(self, plan: Plan, asked: Asked, until: datetime, correlation_id: str) -> Plan:
        begun = self.plans.save(plan.applying(asked).held(until))
        return plan if begun is None else self.send(begun, correlation_id)

    def send(self, plan: Plan, correlation_id: str) -> Plan:
        """All at once. What IFS does not ask for any more is not sent."""
        now, waiting = self.push.now(), plan.sending(plan.position, 0)
        if now >= plan.expires_at:
            return self._saved(plan, plan.ended("given_up"))
        if self.hindrance() is not None:
            return self._saved(plan, waiting.let_go(now + LATER))
        try:
            sent = self._sent(plan, correlation_id)
        except Retryable:
            self._saved(plan, waiting.let_go(now + LATER))  # an outage does not count as coming no further
            raise
        return self._saved(plan, plan.sending(plan.position, sent).ended("applied"))

    def progress(self, plan: Plan) -> Progress:
        """Reads what is remembered of every order that the plan sends."""
        keys = [order.push for _, order in self.plans.orders(plan.plan_id) if order.push and order.is_sent]
        settled = sum(end.plan_id == plan.plan_id and end.is_settled for end in self.ends(keys))
        return Progress(plan.to_send, plan.sent, settled)

    def _saved(self, before: Plan, plan: Plan) -> Plan:
        return self.plans.save(plan) or before

    def _sent(self, plan: Plan, correlation_id: str) -> int:
        asked = plan.applied
        by, note = (asked.by, asked.note) if asked else (plan.by, plan.note)
        cause = Cause(kind="replay", correlation_id=correlation_id, by=by, note=note, plan_id=plan.plan_id)
        shown = {order.push for _, order in self.plans.orders(plan.plan_id) if order.is_sent}
        wanted = [each for each in self.looked(cause).wanted if each.key in shown]
        self.queue.send(PushOrders(connection=self.connection, outbound=part, cause=cause) for part in parts(wanted))
        return len(wanted)


@dataclass(frozen=True)
class Wanted:
    """One order of a look into IFS."""

    outbound: Outbound
    known: PushedOrder | None

    @property
    def key(self) -> OrderKey:
        """The plan's; of no customer order that the ledger knows."""
        return OrderKey(connection=self.outbound.key.connection, company="", reference=self.outbound.key.part)

    @property
    def number(self) -> str:
        return number_of(self.outbound, self.known)


@dataclass(frozen=True)
class WantedOrders:
    """What IFS wants of ShipStation: all that is due, or what is named, whatever is remembered of it."""

    flow: PushPlans
    plan: Plan

    def page(self, position: str) -> tuple[list[Wanted], str]:
        if position == WHOLE:
            return [], ""
        looked = self.flow.looked(self._cause)
        named = Selection.model_validate(self.plan.select).orders if self.plan.select else None
        chosen = proposed(looked) if named is None else looked.wanted
        every = [Wanted(each, looked.known.get(each.key)) for each in chosen]
        return [each for each in every if named is None or _is_named(each, named)], WHOLE

    def look(self, states: Sequence[Wanted]) -> Looked:
        hindrance = self.flow.hindrance()
        if hindrance is not None:
            return [_planned(each, ENDS[hindrance], hindrance) for each in states], []
        outbound = tuple(each.outbound for each in states)
        message = PushOrders(connection=self.flow.connection, outbound=outbound, cause=self._cause)
        steps = {step.outbound.key: step for step in propose(self.flow.push, message)}
        records = {key: planned_record(self.flow.push, step) for key, step in steps.items() if step.ended is None}
        looked_at = [each for each in states if not _is_put_off(steps.get(each.outbound.key))]
        return [_found(each, steps, records) for each in looked_at], list(records.values())

    @property
    def _cause(self) -> Cause:
        return Cause(kind="replay", correlation_id=self.plan.plan_id)


def _is_named(wanted: Wanted, named: Sequence[str]) -> bool:
    numbers = {wanted.number, wanted.outbound.key.number}
    return not wanted.outbound.is_left_alone and not numbers.isdisjoint(named)


def _is_put_off(step: Step | None) -> bool:
    return step is not None and step.ended is not None and step.ended.reason in OF_THE_RUN


def _found(
    wanted: Wanted, steps: Mapping[OutboundKey, Step], records: Mapping[OutboundKey, PlannedRecord]
) -> PlannedOrder:
    step, record = steps.get(wanted.outbound.key), records.get(wanted.outbound.key)
    if step is not None and record is not None:
        # A push ends with them, and a person is called.
        kept = step.decision.kept
        reason = Reason.CHANGED_IN_WAREHOUSE if kept else None
        return _planned(wanted, Outcome.WOULD_WRITE, reason, field=", ".join(kept), record=record)
    ended = step.ended if step is not None else wanted.known
    if ended is None or ended.outcome is None:
        return _planned(wanted, Outcome.UNCHANGED)
    return _planned(wanted, ended.outcome, ended.reason, field=ended.field)


def _planned(
    wanted: Wanted,
    outcome: Outcome,
    reason: Reason | None = None,
    *,
    field: str = "",
    record: PlannedRecord | None = None,
) -> PlannedOrder:
    return PlannedOrder(
        order=wanted.key,
        outcome=outcome,
        reason=reason,
        records=() if record is None else (record.key,),
        push=wanted.outbound.key,
        number=wanted.number,
        field=field,
    )
