"""Says when an order is looked at again, for how long it is patient, and what a person should see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from functions.connections.connection import Patience
from functions.model.outcomes import Outcome, Reason
from functions.model.state import FieldState, OrderState

NEVER = {Reason.NOT_IN_IFS_YET: Reason.NEVER_FOUND, Reason.NOT_DELIVERED_YET: Reason.NEVER_DELIVERED}
WORTH_A_LOOK = {
    Reason.CARRIER_UNMAPPED,
    Reason.SERVICE_UNMAPPED,
    Reason.TRACKING_DID_NOT_FIT,
    Reason.NEVER_FOUND,
    Reason.NEVER_DELIVERED,
}
OPERATORS = {Reason.IFS_CREDENTIALS, Reason.IFS_PERMISSION, Reason.IFS_CONFIGURATION, Reason.TARGET_CHANGED}


def outlook(before: OrderState, state: OrderState, patience: Patience, now: datetime) -> OrderState:
    """`state` with its waiting, its next attempt and its call for attention; `before` is what the ledger held."""
    pending = _pending(state)
    since = before.waiting_since if pending and pending is before.waiting_for and before.waiting_since else now
    attempts = before.attempts + 1 if pending and pending is before.waiting_for else 0
    if pending in NEVER and now - since >= _limit(pending, patience):
        state, pending = _given_up(state, pending), None
    return state.model_copy(
        update={
            "waiting_for": pending,
            "waiting_since": since if pending else None,
            "attempts": attempts if pending else 0,
            "unchanged": before.unchanged + int(_same_content(before, state)),
            "next_attempt_at": now + _delay(attempts, patience) if pending else None,
            "attention": _attention(state),
        }
    )


def _states(state: OrderState) -> Iterator[tuple[Outcome, Reason | None]]:
    yield from ((s.outcome, s.reason) for s in state.shipments.values())
    yield from ((f.outcome, f.reason) for target in state.targets.values() for f in target.fields.values())


def _pending(state: OrderState) -> Reason | None:
    """What the order waits for: a fault to pass comes before patience."""
    states = list(_states(state))
    retried = [reason for outcome, reason in states if outcome is Outcome.RETRY and reason]
    waited = [reason for outcome, reason in states if outcome is Outcome.WAITING and reason]
    return next(iter((*retried, *waited)), None)


def _limit(reason: Reason, patience: Patience) -> timedelta:
    found = reason is Reason.NOT_DELIVERED_YET
    return timedelta(days=patience.not_delivered_days if found else patience.not_in_ifs_days)


def _delay(attempts: int, patience: Patience) -> timedelta:
    return timedelta(seconds=min(patience.first_seconds * 2 ** min(attempts, 20), patience.longest_seconds))


def _given_up(state: OrderState, reason: Reason) -> OrderState:
    never = {"outcome": Outcome.PARKED, "reason": NEVER[reason]}
    shipments = {k: s.model_copy(update=never) if s.reason is reason else s for k, s in state.shipments.items()}
    targets = {
        key: target.model_copy(update={"fields": {n: _never(f, reason) for n, f in target.fields.items()}})
        for key, target in state.targets.items()
    }
    return state.model_copy(update={"shipments": shipments, "targets": targets})


def _never(field: FieldState, reason: Reason) -> FieldState:
    return (
        field.model_copy(update={"outcome": Outcome.PARKED, "reason": NEVER[reason]})
        if field.reason is reason
        else field
    )


def _attention(state: OrderState) -> Reason | None:
    for outcome, reason in _states(state):
        if reason and (outcome is Outcome.PARKED or reason in WORTH_A_LOOK or reason in OPERATORS):
            return reason
    return None


def _same_content(before: OrderState, state: OrderState) -> bool:
    return before.shipments == state.shipments and before.targets == state.targets and before.revision > 0
