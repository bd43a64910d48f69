"""Sends the orders of a plan on their way once a person says so, in portions, and says how far that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from functions.flows.operations.replay import Replay
from functions.flows.to_ifs.release import orders_a_minute
from functions.model.audit import Cause
from functions.model.messages import DeliverOrder
from functions.model.plans import Asked, Plan, PlannedOrder
from functions.model.records import RecordKey

PORTIONS = 2  # what is due by itself has the other one
ROUND = timedelta(minutes=15)  # longer than a message is hidden
MINUTE = timedelta(minutes=1)
LOOKED_UP = 200  # orders whose records are asked for at once


@dataclass(frozen=True)
class Progress:
    """Of the orders that a plan sends: `settled` were carried out, `left` were not yet."""

    orders: int
    sent: int
    settled: int

    @property
    def left(self) -> int:
        return self.orders - self.settled


def apply(replay: Replay, plan: Plan, asked: Asked, until: datetime, correlation_id: str) -> Plan:
    """Begins it, once, and holds it `until` then. What cannot be sent now is sent by the runs that follow."""
    begun = replay.plans.save(plan.applying(asked).held(until))
    return plan if begun is None else send(replay, begun, correlation_id)


def send(replay: Replay, plan: Plan, correlation_id: str) -> Plan:
    """One portion, those included that it shows as parked, so that the ledger says so. Sent twice, the second finds
    nothing to do.
    """
    # What was shown a week ago is not what a person would say yes to now.
    if replay.lookup.now() >= plan.expires_at:
        return _saved(replay, plan, plan.ended("given_up"))
    allowed = _portion(replay)
    portion = list(islice(_left_of(replay, plan), allowed.orders))
    _queue(replay, plan, [order for _, order in portion], plan.plan_id, correlation_id, is_probe=allowed.is_probe)
    sent = plan.sending(portion[-1][0] if portion else plan.position, len(portion))
    # A full portion says nothing of what is behind it.
    if len(portion) == allowed.orders:
        return _later(replay, plan, sent, allowed.pause)
    # A replay's orders have a next attempt of their own; what a revert or an overwrite could not write, nobody else
    # asks for.
    if plan.kind == "replay":
        return _saved(replay, plan, sent.ended("applied"))
    return _later(replay, plan, sent) if portion else _again(replay, plan, sent, allowed, correlation_id)


def progress(replay: Replay, plan: Plan) -> Progress:
    """Reads what is remembered of every record that the plan changes."""
    sent = (order for position, order in replay.plans.orders(plan.plan_id) if position <= plan.position)
    open_now = sum(1 for _ in _unsettled(replay, plan, (order for order in sent if order.is_sent)))
    return Progress(plan.to_send, plan.sent, plan.sent - open_now)


def _left_of(replay: Replay, plan: Plan) -> Iterator[tuple[str, PlannedOrder]]:
    return (found for found in replay.plans.orders(plan.plan_id, plan.position) if found[1].is_sent)


@dataclass(frozen=True)
class _Portion:
    orders: int
    is_probe: bool
    pause: timedelta


def _portion(replay: Replay) -> _Portion:
    """Now and then a probe while IFS is out: it may be that nothing else is due, and nobody else would learn that IFS
    is back. No more than that: what cannot be decided goes on without its plan.
    """
    circuit = replay.circuit()
    limit = orders_a_minute(replay.connection, circuit, replay.lookup.now())
    if circuit.is_open:
        return _Portion(limit, is_probe=True, pause=ROUND)
    # One at least, where any is allowed at all: a slow tenant's plan must come to its end.
    return _Portion(max(limit // PORTIONS, min(limit, 1)), is_probe=False, pause=MINUTE)


def _again(replay: Replay, before: Plan, plan: Plan, allowed: _Portion, correlation_id: str) -> Plan:
    """A revert or an overwrite waits for nobody: what could not be written is tried again until it is, or the plan
    expires.
    """
    every = (order for _, order in replay.plans.orders(plan.plan_id) if order.is_sent)
    unsettled = list(islice(_unsettled(replay, plan, every), allowed.orders))
    if not unsettled:
        return _saved(replay, before, plan.ended("applied"))
    # Under the same one the queue would take it for the message that it had.
    attempt = f"{plan.plan_id}:{plan.rounds + 1}"
    _queue(replay, plan, unsettled, attempt, correlation_id, is_probe=allowed.is_probe)
    return _later(replay, before, plan.sent_again())


def _later(replay: Replay, before: Plan, plan: Plan, pause: timedelta = ROUND) -> Plan:
    return _saved(replay, before, plan.let_go(replay.lookup.now() + pause))


def _saved(replay: Replay, before: Plan, plan: Plan) -> Plan:
    return replay.plans.save(plan) or before


def _unsettled(replay: Replay, plan: Plan, orders: Iterable[PlannedOrder]) -> Iterator[PlannedOrder]:
    iterator = iter(orders)
    while some := list(islice(iterator, LOOKED_UP)):
        keys = {key for order in some for key in order.records}
        carried = replay.carried.plans_of(plan.connection, keys)
        yield from (order for order in some if not _is_settled(plan, order.records, carried))


def _is_settled(plan: Plan, keys: Iterable[RecordKey], carried: dict[RecordKey, Sequence[str]]) -> bool:
    return all(plan.plan_id in carried.get(key, ()) for key in keys)


def _queue(
    replay: Replay, plan: Plan, orders: Iterable[PlannedOrder], attempt: str, correlation_id: str, *, is_probe: bool
) -> None:
    asked = plan.applied
    cause = Cause(
        kind=plan.kind,
        correlation_id=correlation_id,
        # The audit names who said yes, not who drew it up.
        by=asked.by if asked else plan.by,
        note=asked.note if asked else plan.note,
        plan_id=plan.plan_id,
        reverts=plan.reverts,
    )
    # What shows no write was only skipped while its mode was off. By now it may have one, as any order that waits.
    woken = Cause(kind="release", correlation_id=correlation_id)
    replay.queue.send(
        DeliverOrder(order=each.order, cause=woken if each.is_only_woken else cause, attempt=attempt, is_probe=is_probe)
        for each in orders
    )
