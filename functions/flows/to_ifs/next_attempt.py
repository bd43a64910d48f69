"""Schedules the next attempt, gives up when the configured patience ends, and raises the attention flag."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.connections.patience import Patience
from functions.flows.to_ifs.ended_write import STATE
from functions.model.outcomes import Outcome, Reason
from functions.model.state import FieldOutcome, OrderRecord, OrderState, Wait

WAITS: dict[Reason, Wait] = {
    Reason.NOT_IN_IFS_YET: "find",
    Reason.NOT_DELIVERED_YET: "delivery",
    Reason.RECORD_LOCKED: "lock",
    Reason.OUTCOME_UNKNOWN: "answer",
    Reason.PAUSED: "pause",
}
COMES_BY_ITSELF = {Reason.NOT_DELIVERED_YET, Reason.PAUSED}  # no attempt of its own brings it on
FAULTS: set[Wait] = {"fault", "lock", "answer"}
GIVEN_UP = {
    Reason.NOT_IN_IFS_YET: Reason.NEVER_FOUND,
    Reason.NOT_DELIVERED_YET: Reason.NEVER_DELIVERED,
    Reason.RECORD_LOCKED: Reason.LOCKED_TOO_LONG,
    Reason.OUTCOME_UNKNOWN: Reason.NEVER_ANSWERED,
}
WORTH_A_LOOK = {
    Reason.CARRIER_UNMAPPED,
    Reason.SERVICE_UNMAPPED,
    Reason.TRACKING_DID_NOT_FIT,
    Reason.COST_UNKNOWN,
    Reason.NEVER_FOUND,
    Reason.NEVER_DELIVERED,
    Reason.VOIDED,
}
OPERATORS = {
    Reason.IFS_CREDENTIALS,
    Reason.IFS_NOT_CONFIGURED,
    Reason.IFS_PERMISSION,
    Reason.IFS_CONFIGURATION,
    Reason.TARGET_CHANGED,
}


def next_attempt(
    before: OrderState,
    state: OrderState,
    patience: Patience,
    now: datetime,
    until: datetime | None = None,
    *,
    is_lost: bool = False,
    is_outage: bool = False,
) -> OrderState:
    """`state` with its waiting, its next attempt and its call for attention; `before` is what the ledger held. `until`:
    a lease or a wait that was stated ends then, and no look before is of use. `is_lost`: this very attempt had no
    answer, and is asked about less and less often, unless `is_outage`: IFS serves nobody.
    """
    pending = _pending(state)
    waits = _waits(before, pending, now)
    if pending in GIVEN_UP and _may_end(state, pending) and now - waits[_kind(pending)] >= _limit(pending, patience):
        given_up = {_kind(pending): waits[_kind(pending)]}  # stays given up while something else is waited for
        state = _give_up(state, pending)
        pending = _pending(state)
        waits = {**_waits(before, pending, now), **(given_up if pending else {})}
    # A wait that IFS stated is no failure of the order's, nor is an outage, whose end it need not wait beyond.
    attempts = _attempts(before, pending, is_put_off=is_outage or (until is not None and not is_lost))
    return state.scheduled(
        waiting_for=pending,
        waits=waits,
        attempts=attempts,
        next_attempt_at=_due(pending, now, _delay(attempts, patience), until, tries=attempts if is_lost else 1),
        attention=_attention(state, waits, patience, now),
    )


def called(state: OrderState, patience: Patience, now: datetime) -> OrderState:
    """`state` with the call for attention that its outcomes make; what it waits for stays."""
    return state.calling(_attention(state, state.waits, patience, now))


def _kind(reason: Reason) -> Wait:
    return WAITS.get(reason, "fault")


def _waits(before: OrderState, pending: Reason | None, now: datetime) -> dict[Wait, datetime]:
    """Since when it waits for what. A fault or a pause in between makes what IFS was asked for no younger, nor a lock;
    once it is found, or delivered, or nothing fails any more, that waiting is over. A lock and an answer that was lost
    are faults too.
    """
    if pending is None:
        return {}
    kind = _kind(pending)
    is_fault = kind in FAULTS
    ages = is_fault or kind == "pause"
    kept = {wait: at for wait, at in before.waits.items() if wait == kind or (ages and wait != "pause")}
    kinds: set[Wait] = {kind, "fault"} if is_fault else {kind}
    return {**kept, **{each: kept.get(each, now) for each in kinds}}


def _attempts(before: OrderState, pending: Reason | None, *, is_put_off: bool) -> int:
    """A lost answer between faults, or after them, is the same trouble: the pauses go on growing. A delivery is watched
    for beside them.
    """
    known = before.waiting_for
    if pending is None or known is None or pending in COMES_BY_ITSELF:
        return 0
    is_one_trouble = Reason.OUTCOME_UNKNOWN in {pending, known} and {_kind(pending), _kind(known)} <= FAULTS
    if pending is not known and not is_one_trouble:
        return 0
    return before.attempts + (0 if is_put_off else 1)


def _pending(state: OrderState) -> Reason | None:
    """What the order waits for: a fault to pass comes before patience, and what has to be looked for before a delivery,
    which is watched for.
    """
    retried = [reason for outcome, reason in state.outcomes if outcome is Outcome.RETRY and reason]
    waited = [reason for outcome, reason in state.outcomes if outcome is Outcome.WAITING and reason]
    sought = [reason for reason in waited if reason is not Reason.NOT_DELIVERED_YET]
    return next(iter((*retried, *sought, *waited)), None)


def _may_end(state: OrderState, pending: Reason) -> bool:
    """A write whose answer was lost is asked about until it is known; only a state action is given up."""
    fields = (record.fields.get(STATE) for record in state.records)
    return pending is not Reason.OUTCOME_UNKNOWN or any(f is not None and f.reason is pending for f in fields)


def _limit(reason: Reason, patience: Patience) -> timedelta:
    limits = {
        Reason.NOT_IN_IFS_YET: timedelta(days=patience.not_in_ifs_days),
        Reason.NOT_DELIVERED_YET: timedelta(days=patience.not_delivered_days),
        Reason.RECORD_LOCKED: timedelta(days=patience.locked_days),
        Reason.OUTCOME_UNKNOWN: timedelta(hours=patience.attention_hours),
    }
    return limits[reason]


def _due(
    pending: Reason | None, now: datetime, pause: timedelta, until: datetime | None, *, tries: int
) -> datetime | None:
    """A delivery is watched for, a pause ends: each comes by itself. A write that is never answered waits for one lease
    more each time.
    """
    if pending is None:
        return None
    if until is not None:
        # Not before `until` in any case: a look before it can decide nothing.
        return min(now + (until - now) * max(1, tries), max(until, now + pause))
    return None if pending in COMES_BY_ITSELF else now + pause


def _delay(attempts: int, patience: Patience) -> timedelta:
    return timedelta(seconds=min(patience.first_seconds * 2 ** min(attempts, 20), patience.longest_seconds))


def _give_up(state: OrderState, reason: Reason) -> OrderState:
    records = [
        OrderRecord(key=r.key, fields={n: _given_up(n, f, reason) for n, f in r.fields.items()}, shown=r.shown)
        for r in state.records
    ]
    # The record says it for all of its shipments.
    left = {record.key for record in records if any(field.reason is reason for field in record.fields.values())}
    shipments = {
        key: s.waiting(Outcome.PARKED, GIVEN_UP[reason]) if s.reason is reason and not s.is_on(left) else s
        for key, s in state.shipments.items()
    }
    return state.with_shipments(shipments).with_records(records, state.debts, state.past)


def _given_up(name: str, field: FieldOutcome, reason: Reason) -> FieldOutcome:
    if field.reason is not reason or (reason is Reason.OUTCOME_UNKNOWN and name != STATE):
        return field
    return FieldOutcome(outcome=Outcome.PARKED, reason=GIVEN_UP[reason])


def _is_worth_a_look(outcome: Outcome, reason: Reason) -> bool:
    """A label that was voided calls somebody where ours was left standing."""
    is_over = reason is Reason.VOIDED and outcome is not Outcome.KEPT
    return outcome is Outcome.PARKED or (reason in WORTH_A_LOOK | OPERATORS and not is_over)


def _attention(state: OrderState, waits: dict[Wait, datetime], patience: Patience, now: datetime) -> Reason | None:
    """What a person has seen to calls nobody."""
    worth_a_look = [reason for outcome, reason in state.outcomes if reason and _is_worth_a_look(outcome, reason)]
    is_old = "fault" in waits and now - waits["fault"] >= timedelta(hours=patience.attention_hours)
    pending = _pending(state) if is_old else None
    calling = [*worth_a_look, *([pending] if pending else [])]
    return next((reason for reason in calling if not state.is_dismissed(reason)), None)
