"""Makes IFS agree with what is known of each order: merge, assign, settle every record, remember what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from functions.connections.connection import Connection
from functions.connections.vendors import Targets
from functions.errors import ConnectorError, Permanent
from functions.flows.to_ifs.admission import concerning, is_ours, joins, merged, pointed, sought, store_view
from functions.flows.to_ifs.audit_trail import Audit
from functions.flows.to_ifs.circuit_breaker import TENANT_WIDE, Breaker
from functions.flows.to_ifs.next_attempt import outlook
from functions.flows.to_ifs.place import Assignment, assign
from functions.flows.to_ifs.record_write import Records, Settlement, Tools
from functions.flows.to_ifs.shared_records import Sharing
from functions.flows.to_ifs.shipment_outcome import verdicts
from functions.model.audit import Cause, FieldChange
from functions.model.messages import Work
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Plan
from functions.model.records import Candidate, Record, Sought
from functions.model.shipment import OrderKey, ShipmentKey
from functions.model.state import OrderState, TargetState


class Ifs(Records, Protocol):
    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        """The records these orders may go to, batched; orders without any are left out.

        A candidate's lines include those of other orders on the same record. Raises Retryable or Permanent.
        """


class Orders(Protocol):
    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        """Unknown orders are left out. Strongly consistent."""

    def save(self, state: OrderState) -> bool:
        """Stores `state` as the revision after `state.revision`; False when somebody saved in between."""


class Plans(Protocol):
    def get(self, plan_id: str) -> Plan | None: ...


@dataclass(frozen=True)
class Delivery:
    """What a batch works with. `ifs` opens IFS as a connection, or a store's view of it, describes its targets; `unfit`
    says why nothing may be written there, `breaker` whether IFS serves the tenant, `sharing` lets orders write one
    record together. `now` is a UTC clock, `pause` waits before try n of a conflict, `has_time` says whether another
    order may still be started.
    """

    connection: Connection
    ifs: Callable[[Connection], Ifs]
    unfit: Callable[[Connection], ConnectorError | None]
    breaker: Breaker
    sharing: Sharing
    orders: Orders
    plans: Plans
    audit: Audit
    now: Callable[[], datetime]
    pause: Callable[[int], None]
    has_time: Callable[[], bool]

    def tools(self, connection: Connection) -> Tools:
        return Tools(connection, self.ifs(connection), self.audit, self.now, self.pause)


@dataclass(frozen=True)
class Settled:
    """How one order ended. `saved` False means that its messages have to come back."""

    state: OrderState
    cause: Cause
    saved: bool


SAVE_ATTEMPTS = 3  # a release or a second consumer may save the same order in between


def deliver(batch: Sequence[Work], delivery: Delivery) -> list[Settled]:
    """Settle every order named in the batch. Ledger faults raise; IFS faults become outcomes.

    An order that somebody saved in between is settled again from what stands in the ledger then.
    """
    settled = _deliver(batch, delivery)
    for _ in range(SAVE_ATTEMPTS - 1):
        unsaved = {each.state.key for each in settled if not each.saved}
        if not unsaved:
            break
        again = _deliver([work for work in batch if work.order in unsaved], delivery)
        settled = [each for each in settled if each.saved] + again
    return settled


def _deliver(batch: Sequence[Work], delivery: Delivery) -> list[Settled]:
    grouped = _by_order(batch)
    states = delivery.orders.load(list(grouped))
    cases = [_case(key, work, states.get(key), delivery) for key, work in grouped.items()]
    asking = [case for case in cases if case.needs_ifs and case.connection.mode != "off"]
    answers = _find(asking, delivery, is_probe=any(work.is_probe for work in batch))
    return [_finish(case, answers.get(case.state.key, []), delivery) for case in cases if case.is_news]


@dataclass(frozen=True)
class _Case:
    """One order's merged state, why it is looked at, and the connection as the order's store sees it."""

    connection: Connection
    before: OrderState
    state: OrderState
    cause: Cause
    is_news: bool
    needs_ifs: bool


def _by_order(batch: Iterable[Work]) -> dict[OrderKey, list[Work]]:
    grouped: dict[OrderKey, list[Work]] = {}
    for work in batch:
        grouped.setdefault(work.order, []).append(work)
    return grouped


def _case(key: OrderKey, work: Sequence[Work], known: OrderState | None, delivery: Delivery) -> _Case:
    before = state = known or OrderState(key=key)
    for item in work:
        if item.shipment is not None:
            state = merged(state, item.shipment, delivery.connection, item.admission)
    connection = store_view(state, delivery.connection)
    state = pointed(state, connection.fingerprint)
    asked = any(item.shipment is None for item in work)
    is_news = asked or state != before
    return _Case(connection, before, state, work[-1].cause, is_news, needs_ifs=is_news and bool(concerning(state)))


Answer = Sequence[Candidate] | ConnectorError


def _find(cases: Sequence[_Case], delivery: Delivery, *, is_probe: bool) -> dict[OrderKey, Answer]:
    """One search a target, for the orders that may be sent there. A fault is a value that ends in their outcomes."""
    refusal = None if is_probe else delivery.breaker.refusal()
    if refusal is not None:
        return {case.state.key: refusal for case in cases}
    by_targets: dict[Targets, list[_Case]] = {}
    answers: dict[OrderKey, Answer] = {}
    for case in cases:
        unfit = delivery.unfit(case.connection) if case.connection.mode == "write" else None
        if unfit is None:
            by_targets.setdefault(case.connection.ifs.targets, []).append(case)
        else:
            answers[case.state.key] = unfit
    for own in by_targets.values():
        answers |= _search(own, delivery)
    return answers


def _search(cases: Sequence[_Case], delivery: Delivery) -> dict[OrderKey, Answer]:
    """What IFS refuses for all of them is asked for one by one: it may be one order's reference that it cannot read."""
    try:
        found = delivery.ifs(cases[0].connection).find([sought(case.state) for case in cases])
    except ConnectorError as fault:
        delivery.breaker.failed(fault)
        if len(cases) > 1 and isinstance(fault, Permanent) and fault.reason not in TENANT_WIDE:
            return {key: answer for case in cases for key, answer in _search([case], delivery).items()}
        return {case.state.key: fault for case in cases}
    delivery.breaker.served()
    return {**found}


def _finish(case: _Case, found: Answer, delivery: Delivery) -> Settled:
    state, audited = case.state, set(case.before.audit_days)
    hindrance = _hindrance(case, found, delivery) if case.needs_ifs else None
    if hindrance is not None:
        state = _hindered(state, hindrance)
    elif case.needs_ifs and not isinstance(found, ConnectorError):
        state = _settle(case, found, delivery, audited)
    state = outlook(case.before, state, case.connection.patience, delivery.now())
    state = state.model_copy(update={"audit_days": tuple(sorted(audited))})
    return Settled(state, case.cause, delivery.orders.save(state))


def _hindrance(case: _Case, found: Answer, delivery: Delivery) -> Reason | None:
    if isinstance(found, ConnectorError):
        return found.reason
    if case.connection.mode == "off":
        return Reason.MODE_OFF
    return None if delivery.has_time() else Reason.OUT_OF_TIME


def _hindered(state: OrderState, reason: Reason) -> OrderState:
    retry = {"outcome": Outcome.RETRY, "reason": reason}
    return _with_shipments(state, {s.key: retry for s in concerning(state)})


def _settle(case: _Case, candidates: Sequence[Candidate], delivery: Delivery, audited: set[date]) -> OrderState:
    state, shipments = case.state, concerning(case.state)
    remembered = {key: s.target for key, s in state.shipments.items() if s.target is not None}
    assignment = assign(shipments, candidates, remembered, is_ours(case.connection), joins(case.connection))
    records = {candidate.record.key: candidate.record for candidate in candidates}
    targets = dict(state.targets)
    for key in sorted(set(assignment.targets.values())):
        settlement = _settlement(case, records[key], assignment, delivery)
        targets[key] = _together(settlement, delivery) if key in assignment.shared else settlement.run()
        audited |= settlement.journal.days
    state = state.model_copy(update={"targets": targets})
    return _with_shipments(state, verdicts(shipments, assignment, targets))


def _together(settlement: Settlement, delivery: Delivery) -> TargetState:
    """The record is written for every order that contributed to it."""
    held = delivery.sharing.enter(settlement.order, settlement.record.key, settlement.assigned)
    if held is None:
        return settlement.put_off(Reason.RECORD_SHARED)
    settlement.memory, settlement.assigned, settlement.known = held.memory, held.shipments, held.shipments
    memory = settlement.run()
    delivery.sharing.leave(held, memory)
    return memory


def _settlement(case: _Case, record: Record, assignment: Assignment, delivery: Delivery) -> Settlement:
    shipments = concerning(case.state)
    return Settlement(
        tools=delivery.tools(case.connection),
        order=case.state.key,
        cause=case.cause,
        record=record,
        assigned=[s for s in shipments if assignment.targets.get(s.key) == record.key],
        known=shipments,
        memory=case.state.targets.get(record.key, TargetState()),
        revives=case.cause.kind == "replay" or case.state != case.before,
        planned=_planned(case, record.key, delivery.plans),
    )


def _planned(case: _Case, target: str, plans: Plans) -> Mapping[str, FieldChange] | None:
    if case.cause.plan_id is None:
        return None
    plan = plans.get(case.cause.plan_id)
    changes = [c for order in plan.orders if order.order == case.state.key for c in order.changes] if plan else []
    return next((change.changes for change in changes if change.target == target), {})


def _with_shipments(state: OrderState, updates: Mapping[ShipmentKey, Mapping[str, object]]) -> OrderState:
    changed = {key: state.shipments[key].model_copy(update=dict(update)) for key, update in updates.items()}
    return state.model_copy(update={"shipments": {**state.shipments, **changed}})
