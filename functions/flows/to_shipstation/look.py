"""How each order stands in ShipStation, and what follows: in one list where they can be, else one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from functions.errors import ConnectorError, Retryable
from functions.flows.to_shipstation.merge import (
    caught_up,
    decide,
    decide_to_cancel,
    is_as_left,
    is_typed_over,
    is_unanswered,
)
from functions.flows.to_shipstation.step import (
    AGREE,
    OF_ONE_ORDER,
    OF_SHIPSTATION,
    Push,
    Step,
    asked_again,
    audit,
    delayed,
    told,
)
from functions.model.audit import Cause, FieldChange
from functions.model.outbound import CANCELLING
from functions.model.outcomes import Outcome, Reason
from functions.model.pushed_order import CurrentOrder, PushedOrder
from functions.model.waves import Parcel

LOOKING = timedelta(minutes=2)  # of a run's five; the rest is for writing
LISTED = timedelta(minutes=15)  # after it was made every list shows an order


def look(flow: Push, steps: Sequence[Step], cause: Cause) -> None:
    """How each order stands, and what follows. One that ShipStation cannot show is that order's own trouble."""
    known = [step.pushed for step in steps if step.pushed.may_stand]
    found = flow.writer.read(known) if known else {}
    until, fault_of_all = flow.now() + LOOKING, None
    for step in steps:
        try:
            _go_on(flow, until, fault_of_all)
            _look_at(flow, step, found, cause)
            step.is_open_again = _is_open_again(flow, step)
        except ConnectorError as fault:
            if fault.reason not in OF_SHIPSTATION:
                raise
            fault_of_all = None if fault.reason in OF_ONE_ORDER else fault
            step.ended = delayed(flow, step, fault)
            continue
        step.ended = _put_off(flow, step) or _ended_without_writing(flow, step)


def _go_on(flow: Push, until: datetime, fault_of_all: ConnectorError | None) -> None:
    """Raises where the orders that are left have to wait: those that were looked at are written first."""
    if fault_of_all is not None:
        raise fault_of_all
    if flow.now() >= until:
        raise Retryable(Reason.BUDGET_EXHAUSTED, "the others took the time of this run")


def _look_at(flow: Push, step: Step, found: Mapping[str, CurrentOrder | None], cause: Cause) -> None:
    """In a list, and alone where a list does not show the order, or shows it otherwise than we left it, or not what a
    run may have written.
    """
    key, order_id = step.pushed.order_key, step.pushed.order_id
    listed = found.get(key)
    if listed is not None and order_id in {None, listed.order_id}:
        _judge(flow, step, listed, cause)
        is_trusted = not step.pushed.trying and is_as_left(step.outbound.content, step.pushed, listed)
        if step.decision.kind not in {"leave", "follow"} and is_trusted:
            return
    is_missing = key in found and order_id is None and listed is None
    is_asked = step.pushed.may_stand and not is_missing
    _judge(flow, step, flow.writer.read_one(step.pushed) if is_asked else None, cause)
    _tell_if_typed_over(flow, step, cause)


def _tell_if_typed_over(flow: Push, step: Step, cause: Cause) -> None:
    before = step.loaded
    if step.current is not None and is_typed_over(before, step.current):
        audit(flow, before, before.tried_for or cause, _tried(before), outcome="outcome_unknown")


def _is_open_again(flow: Push, step: Step) -> bool:
    """What has left is taken for packed only while it stands there so: a label may have been voided."""
    if step.outbound.wish == "cancel":
        return bool(step.pushed.former)
    earlier = ((parcel, flow.writer.read_one(step.pushed.as_it_was(parcel))) for parcel in step.pushed.former)
    return any(not _is_packed(parcel, current) for parcel, current in earlier)


def _is_packed(parcel: Parcel, current: CurrentOrder | None) -> bool:
    return (
        current is not None
        and current.status == "shipped"
        and not current.is_split
        and all(current.goods.get(line) == quantity for line, quantity in parcel.goods.items())
    )


def _judge(flow: Push, step: Step, current: CurrentOrder | None, cause: Cause) -> None:
    step.current = current
    if current is not None:
        _catch_up(flow, step, current, cause)
    content, pushed = step.outbound.content, step.pushed
    if step.outbound.is_left_alone:
        step.decision = AGREE
    elif content is not None:
        step.decision = decide(content, pushed, current)
    else:
        step.decision = decide_to_cancel(pushed, current, step.outbound.wish)
    if current is not None:
        step.pushed = step.pushed.packing({} if current.status == "cancelled" else current.goods)


def _catch_up(flow: Push, step: Step, current: CurrentOrder, cause: Cause) -> None:
    """The audit tells of what a run has written that did not come to tell."""
    before, step.pushed = step.pushed, caught_up(step.pushed, current)
    if before.trying and not step.pushed.trying:
        step.is_parted = current.is_split
        audit(flow, before, before.tried_for or cause, _tried(before), is_cancel=CANCELLING in before.trying)


def _tried(pushed: PushedOrder) -> dict[str, FieldChange]:
    tried = pushed.trying.items()
    return {name: FieldChange(after=digest, attribute=name) for name, digest in tried if name != CANCELLING}


def _put_off(flow: Push, step: Step) -> PushedOrder | None:
    """What may be decided otherwise at a later look."""
    decision = step.decision
    is_making = decision.kind in {"create", "follow"}
    if step.is_open_again and (is_making or "items" in decision.fields):
        return asked_again(flow, step)
    if _is_too_early(flow, step):
        return delayed(flow, step, Retryable(Reason.SHIPSTATION_UNAVAILABLE, "the order may not be listed yet"))
    if is_making and step.outbound.is_held:
        return step.pushed.ended(step.outbound, Outcome.WAITING, Reason.HELD_IN_IFS, is_waiting=True)
    return None


def _ended_without_writing(flow: Push, step: Step) -> PushedOrder | None:
    """None where it is to be written."""
    if _asks(step):
        return step.pushed.ended(step.outbound, Outcome.KEPT, Reason.ORDER_IMMUTABLE)
    if step.decision.kind == "agree":
        outcome = Outcome.KEPT if step.decision.kept else Outcome.UNCHANGED
        is_cancelled = step.outbound.content is None and _is_cancelled(step)
        return told(step.pushed.cancelled() if is_cancelled else step.pushed, step, outcome)
    return None if flow.is_pushing else step.pushed.showing(step.outbound)


def _is_cancelled(step: Step) -> bool:
    return step.current is not None and step.current.status == "cancelled"


def _asks(step: Step) -> bool:
    """Something is to be done, or still is, that only a person can do."""
    is_settled = step.decision.kind == "agree"
    return step.decision.kind == "leave" or (
        is_settled and (step.is_parted or is_unanswered(step.outbound.content, step.pushed, step.current))
    )


def _is_too_early(flow: Push, step: Step) -> bool:
    """To say that there is nothing to cancel or to hold: a list may not show yet what a run has made."""
    made_at = step.pushed.pushed_at
    is_to_stop = step.outbound.content is None or step.outbound.is_held
    is_missing = is_to_stop and step.current is None and step.pushed.may_exist
    return is_missing and made_at is not None and flow.now() < made_at + LISTED
