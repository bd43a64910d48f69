"""Makes IFS agree with what is known of each order: merge, assign, settle every record, remember what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from functions.errors import ConnectorError
from functions.flows.assign import Assignment, assign
from functions.flows.outlook import outlook
from functions.flows.settle import Records, Settlement, Tools
from functions.flows.triage import skip_reason
from functions.model.audit import Cause, FieldChange
from functions.model.messages import Work
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Plan
from functions.model.shipment import OrderKey, Shipment, ShipmentKey, newer
from functions.model.state import FieldState, OrderState, ShipmentState, TargetState
from functions.model.targets import Candidate, Record


class Ifs(Records, Protocol):
    def find(self, orders: Sequence[OrderKey]) -> dict[OrderKey, list[Candidate]]:
        """The records that carry lines of these orders, batched; orders without any are left out.

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
    """What a batch works with. `has_time` says whether another order may still be started."""

    tools: Tools
    ifs: Ifs
    orders: Orders
    plans: Plans
    has_time: Callable[[], bool]


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
    candidates = _find([case for case in cases if case.needs_ifs], delivery.ifs)
    return [_finish(case, candidates, delivery) for case in cases if case.is_news]


@dataclass(frozen=True)
class _Case:
    """One order's merged state and why it is looked at."""

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
    connection = delivery.tools.connection
    before = known or OrderState(key=key, fingerprint=connection.fingerprint)
    state = _repointed(before, connection.fingerprint)
    for arriving in (item.shipment for item in work if item.shipment is not None):
        state = _merged(state, arriving, skip_reason(arriving, connection))
    asked = any(item.shipment is None for item in work)
    is_news = asked or state != before
    return _Case(before, state, work[-1].cause, is_news, needs_ifs=is_news and bool(concerning(state)))


def _repointed(state: OrderState, fingerprint: str) -> OrderState:
    """Pointed at another IFS target, what was delivered to the old one counts for nothing."""
    if state.fingerprint == fingerprint:
        return state
    shipments = {key: s.model_copy(update={"target": None}) for key, s in state.shipments.items()}
    return state.model_copy(update={"fingerprint": fingerprint, "targets": {}, "shipments": shipments})


def _merged(state: OrderState, arriving: Shipment, skip: Reason | None) -> OrderState:
    """Only content counts: another reading of the same content leaves the state equal."""
    known = state.shipments.get(arriving.key)
    if known is not None and newer(known.shipment, arriving).mark("") == known.shipment.mark(""):
        return state
    outcome = Outcome.SKIPPED if skip else Outcome.WAITING
    target = known.target if known else None
    merged = ShipmentState(shipment=arriving, outcome=outcome, reason=skip, target=target)
    return state.model_copy(update={"shipments": {**state.shipments, arriving.key: merged}})


def concerning(state: OrderState) -> list[Shipment]:
    """The order's shipments that are our business, voided ones included, oldest first."""
    skipped = {key for key, s in state.shipments.items() if s.outcome is Outcome.SKIPPED}
    return [shipment for shipment in state.known if shipment.key not in skipped]


Found = dict[OrderKey, list[Candidate]] | ConnectorError


def _find(cases: Sequence[_Case], ifs: Ifs) -> Found:
    """A fault of the one search is every order's fault: it is kept as a value and ends in their outcomes."""
    try:
        return ifs.find([case.state.key for case in cases]) if cases else {}
    except ConnectorError as fault:
        return fault


def _finish(case: _Case, found: Found, delivery: Delivery) -> Settled:
    state, audited = case.state, set(case.before.audit_days)
    hindrance = _hindrance(found, delivery) if case.needs_ifs else None
    if hindrance is not None:
        state = _hindered(state, hindrance)
    elif case.needs_ifs and not isinstance(found, ConnectorError):
        state = _settle(case, found.get(state.key, []), delivery, audited)
    state = outlook(case.before, state, delivery.tools.connection.patience, delivery.tools.now())
    state = state.model_copy(update={"audit_days": tuple(sorted(audited))})
    return Settled(state, case.cause, delivery.orders.save(state))


def _hindrance(found: Found, delivery: Delivery) -> Reason | None:
    if isinstance(found, ConnectorError):
        return found.reason
    if delivery.tools.connection.mode == "off":
        return Reason.MODE_OFF
    return None if delivery.has_time() else Reason.OUT_OF_TIME


def _hindered(state: OrderState, reason: Reason) -> OrderState:
    retry = {"outcome": Outcome.RETRY, "reason": reason}
    return _with_shipments(state, {s.key: retry for s in concerning(state)})


def _settle(case: _Case, candidates: Sequence[Candidate], delivery: Delivery, audited: set[date]) -> OrderState:
    state, shipments = case.state, concerning(case.state)
    remembered = {key: s.target for key, s in state.shipments.items() if s.target is not None}
    assignment = assign(shipments, candidates, remembered, state.key.reference)
    records = {candidate.record.key: candidate.record for candidate in candidates}
    targets = dict(state.targets)
    for key in sorted(set(assignment.targets.values())):
        settlement = _settlement(case, records[key], assignment, delivery)
        targets[key] = settlement.run()
        audited |= settlement.audited
    state = state.model_copy(update={"targets": targets})
    return _with_shipments(state, _shipment_outcomes(shipments, assignment, targets))


def _settlement(case: _Case, record: Record, assignment: Assignment, delivery: Delivery) -> Settlement:
    shipments = concerning(case.state)
    return Settlement(
        tools=delivery.tools,
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


def _shipment_outcomes(
    shipments: Sequence[Shipment], assignment: Assignment, targets: Mapping[str, TargetState]
) -> dict[ShipmentKey, dict[str, object]]:
    outcomes: dict[ShipmentKey, dict[str, object]] = {}
    for shipment in shipments:
        target = assignment.targets.get(shipment.key)
        if target is not None:
            outcome, reason = _worst(targets[target])
        else:
            outcome, reason = _unplaced(assignment.unplaced.get(shipment.key))
        outcomes[shipment.key] = {"outcome": outcome, "reason": reason, "target": target}
    return outcomes


def _unplaced(reason: Reason | None) -> tuple[Outcome, Reason | None]:
    if reason is None:
        return Outcome.UNCHANGED, Reason.VOIDED
    return (Outcome.WAITING if reason is Reason.NOT_IN_IFS_YET else Outcome.PARKED), reason


SEVERITY = (
    Outcome.PARKED,
    Outcome.RETRY,
    Outcome.WOULD_WRITE,
    Outcome.WRITTEN,
    Outcome.KEPT,
    Outcome.UNCHANGED,
    Outcome.WAITING,
    Outcome.SKIPPED,
)


def _worst(target: TargetState) -> tuple[Outcome, Reason | None]:
    """A shipment's outcome is its record's gravest; a ship date that waits does not hide a tracking number written."""
    fields = sorted(target.fields.values(), key=lambda state: SEVERITY.index(state.outcome))
    gravest = fields[0] if fields else FieldState(outcome=Outcome.SKIPPED)
    outcome = Outcome.UNCHANGED if gravest.outcome is Outcome.SKIPPED else gravest.outcome
    return outcome, gravest.reason


def _with_shipments(state: OrderState, updates: Mapping[ShipmentKey, Mapping[str, object]]) -> OrderState:
    changed = {key: state.shipments[key].model_copy(update=dict(update)) for key, update in updates.items()}
    return state.model_copy(update={"shipments": {**state.shipments, **changed}})
