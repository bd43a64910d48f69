"""orders.fifo → ShipStation: makes each order say what IFS says, a hundred in one request.

    save what is tried ──▶ one request for all ──▶ see that changes stand there ──▶ save what came of each

A run that dies between the two leaves a note, and the next one asks ShipStation before it writes again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from functions.errors import ConnectorError, Retryable
from functions.flows.to_shipstation.look import LISTED, look
from functions.flows.to_shipstation.lost_order import recalled
from functions.flows.to_shipstation.merge import Decision, loose_after, written_after
from functions.flows.to_shipstation.plan import is_of_plan, outdated, with_plan
from functions.flows.to_shipstation.standing import standing
from functions.flows.to_shipstation.step import OF_SHIPSTATION, Push, Step, audit, changes_of, delayed, told
from functions.flows.to_shipstation.wave import left_over
from functions.model.audit import Cause
from functions.model.outbound import Outbound, PushOrders, texts
from functions.model.outcomes import Outcome, Reason
from functions.model.pushed_order import PushedOrder, Upserted
from functions.model.waves import goods_of

__all__ = ["Push", "push"]

WAITING = {Reason.NOTHING_TO_PACK, Reason.HELD_IN_IFS}  # of what is no order yet


def push(flow: Push, message: PushOrders) -> list[PushedOrder]:
    """How each order ended; those that a later reading has overtaken are left out. Raises Retryable or Permanent of the
    ledger: what was saved is not done again.
    """
    steps = _steps(flow, message)
    with _delaying(flow, steps):
        look(flow, _left(steps), message.cause)
        _write(flow, _left(steps), message.cause)
    ended = [with_plan(step.ended, message.cause, flow.now()) for step in steps if step.ended is not None]
    return _saved(flow, ended)


def propose(flow: Push, message: PushOrders) -> list[Step]:
    """Every order up to the first save: those that have not ended would be written. Of a flow that keeps nothing."""
    steps = _steps(flow, message)
    with _delaying(flow, steps):
        look(flow, _left(steps), message.cause)
    for step in _left(steps):
        _prepare(flow, step)
    return steps


@contextmanager
def _delaying(flow: Push, steps: Sequence[Step]) -> Iterator[None]:
    """What ShipStation cannot answer now waits."""
    try:
        yield
    except ConnectorError as fault:
        if fault.reason not in OF_SHIPSTATION:
            raise
        for step in _left(steps):
            step.ended = delayed(flow, step, fault)


def _steps(flow: Push, message: PushOrders) -> list[Step]:
    known = flow.pushed.load([each.key for each in message.outbound])
    every = [_step(each, known.get(each.key) or PushedOrder(key=each.key)) for each in message.outbound]
    return [step for step in every if _goes_on(step, message.cause)]


def _goes_on(step: Step, cause: Cause) -> bool:
    """A plan hears once of each of its orders, also of one that is over."""
    if is_of_plan(step.pushed, cause):
        return False
    if not _is_over(step):
        _end_without_asking(step)
        return True
    step.ended = step.pushed
    return cause.plan_id is not None


def _step(outbound: Outbound, pushed: PushedOrder) -> Step:
    return Step(pushed.rest(outbound), pushed)


def _left(steps: Sequence[Step]) -> list[Step]:
    """Those that have not ended."""
    return [step for step in steps if step.ended is None]


def _is_over(step: Step) -> bool:
    """A later reading has overtaken it, or the message has come before. What was refused is sent only to be tried."""
    pushed, outbound = step.pushed, step.outbound
    if pushed.read_at is not None and pushed.read_at > outbound.read_at:
        return True
    if pushed.is_refused and pushed.read_at != outbound.read_at:
        return False
    is_settled = pushed.next_attempt_at is None and pushed.outcome not in {None, Outcome.WOULD_WRITE}
    return is_settled and pushed.has_heard(outbound)


def _end_without_asking(step: Step) -> None:
    """What cannot become an order is no order of ShipStation's either, unless it is one already."""
    pushed, outbound = step.pushed, step.outbound
    is_unknown = not pushed.may_stand
    if outbound.problem is not None:
        # What was never made cannot be wrong: it waits until IFS says what to make of it.
        is_of_none = (is_unknown or pushed.is_cancelled) and outbound.problem.reason in WAITING
        waits = is_of_none or outbound.problem.is_passing
        outcome = Outcome.WAITING if waits else Outcome.PARKED
        step.ended = pushed.ended(outbound, outcome, outbound.problem.reason, outbound.problem.field, is_waiting=waits)
    elif outbound.wish != "pack" and is_unknown and not pushed.former:
        step.ended = pushed.ended(outbound, Outcome.UNCHANGED)


def _write(flow: Push, steps: Sequence[Step], cause: Cause) -> None:
    """Whoever saved one of them in between goes first: the next look sees to the rest."""
    # Each order names in the ledger what is about to be written: a run that dies leaves that behind, and the next look
    # finds what became of it.
    begun = [step for step in steps if _begin(flow, step, cause)]
    if not begun:
        return
    results = _by_key(flow.writer.upsert([_body(flow, step) for step in begun]))
    for step in begun:
        _judge_result(flow, step, results.get(step.pushed.order_key), cause)
    changed = _left(begun)
    for step in standing(flow, changed):
        _end(flow, step, results[step.pushed.order_key].order_id, cause)
    for step in _left(changed):
        step.ended = delayed(flow, step, Retryable(Reason.REFUSED_BY_SHIPSTATION, "the order took no update"))


def _judge_result(flow: Push, step: Step, result: Upserted | None, cause: Cause) -> None:
    """Whether ShipStation took a change is left to be seen."""
    if result is None:
        # Neither taken nor refused: the next look asks ShipStation which it was.
        step.ended = delayed(flow, step, Retryable(Reason.SHIPSTATION_UNAVAILABLE, "no result for this order"))
    elif result.order_id is None:
        step.ended = _refused(flow, step)
    elif step.current is None:
        _end(flow, step, result.order_id, cause)


def _end(flow: Push, step: Step, order_id: int | None, cause: Cause) -> None:
    # Before the result is saved: under the key of the intent, a second telling is the same entry.
    audit(flow, step.pushed, cause, changes_of(step), is_cancel=step.outbound.content is None)
    step.ended = _done(step, order_id)


def _by_key(told: Sequence[Upserted]) -> dict[str, Upserted]:
    """An order of which an answer says two things has none: what was taken for refused would never be cancelled."""
    results = {each.order_key: each for each in told}
    doubtful = {each.order_key for each in told if each != results[each.order_key]}
    return {key: result for key, result in results.items() if key not in doubtful}


def _begin(flow: Push, step: Step, cause: Cause) -> bool:
    _prepare(flow, step)
    step.ended = step.ended or outdated(flow, step, cause)
    if step.ended is not None:
        return False
    step.pushed = step.pushed.asked_for_by(cause)
    if not flow.pushed.save(step.pushed):
        return False
    step.pushed = step.pushed.saved()
    return True


def _prepare(flow: Push, step: Step) -> None:
    """What is about to be written, and under which key."""
    _follow(step)
    pushed, content, now = step.pushed, step.outbound.content, flow.now()
    key, step.was_tried = flow.audit.new_key(now), pushed.may_exist
    if step.decision.kind != "create" or content is None:
        step.pushed = pushed.about_to_change(step.outbound, step.decision.fields, key, step.current)
        return
    # ShipStation knows the old key as that of a cancelled order, and would change that one.
    step.pushed = fresh = pushed.reopened() if pushed.is_cancelled else pushed
    step.ended = recalled(flow, step, content)
    if step.ended is None:
        step.pushed, step.current = fresh.about_to_make(step.outbound, content, now, key), None


def _follow(step: Step) -> None:
    """What was not in the order that has left is made as another one."""
    content, current = step.outbound.content, step.current
    if step.decision.kind != "follow" or content is None or current is None:
        return
    left = left_over(content, step.pushed, current)
    assert left is not None, "only what is certain follows"
    step.pushed, step.outbound = step.pushed.followed(current), step.outbound.reduced_to(left)
    step.decision = Decision("create")


def _body(flow: Push, step: Step) -> dict[str, Any]:
    content, current = step.outbound.content, step.current
    if content is None and current is not None:
        return flow.writer.cancelling(current)
    assert content is not None, "only an order that stands there is cancelled"
    if current is None:
        return flow.writer.new(step.pushed.order_key, content)
    return flow.writer.merged(current, content, step.decision.fields)


def _done(step: Step, order_id: int | None) -> PushedOrder:
    content, pushed = step.outbound.content, step.pushed.found(order_id)
    if content is None:
        return told(pushed.cancelled(), step, Outcome.WRITTEN)
    fields = step.decision.fields if step.current is not None else tuple(texts(content))
    held = pushed.holding(written_after(content, pushed, fields), loose_after(content, pushed, fields))
    held = held.packing(goods_of(content)) if "items" in fields else held
    return told(held, step, Outcome.WRITTEN)


def _refused(flow: Push, step: Step) -> PushedOrder:
    """An order that changed under us is read again, one that may stand there and be listed late is looked for; one that
    cannot be made asks a person.
    """
    is_looked_for = step.was_tried and flow.now() < (step.pushed.since or flow.now()) + LISTED
    if step.current is None and not is_looked_for:
        # Another file may make another body: then it is worth another try.
        refused = step.pushed.refused_under(flow.orders.fingerprint)
        return refused.ended(step.outbound, Outcome.PARKED, Reason.REFUSED_BY_SHIPSTATION)
    return delayed(flow, step, Retryable(Reason.REFUSED_BY_SHIPSTATION, "the order takes no update"))


def _saved(flow: Push, ended: Sequence[PushedOrder]) -> list[PushedOrder]:
    """Raises Retryable where somebody saved one of them in between, once the others are saved: the next look finds what
    he left.
    """
    overtaken = [each.key.part for each in ended if not flow.pushed.save(each)]
    if overtaken:
        raise Retryable(Reason.LEDGER_UNAVAILABLE, f"{overtaken[0]} was saved meanwhile")
    return [each.saved() for each in ended]
