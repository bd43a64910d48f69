"""Makes IFS agree with what is known of each order: admit, look up, propose, write every record, remember."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Scope
from functions.flows.to_ifs.admission import admitted
from functions.flows.to_ifs.audit_trail import Audit
from functions.flows.to_ifs.examine import examine, order_case
from functions.flows.to_ifs.lookup import Lookup
from functions.flows.to_ifs.next_attempt import GIVEN_UP, next_attempt
from functions.flows.to_ifs.order_outcome import hindered, settled, stated_wait
from functions.flows.to_ifs.outgrown import outgrown
from functions.flows.to_ifs.proposal import OrderCase, Proposal, view_of
from functions.flows.to_ifs.record_session import Records, Tools
from functions.flows.to_ifs.record_write import RecordResult, RecordWrite
from functions.flows.to_ifs.unfinished_write import finish
from functions.model.audit import Cause, FieldChange
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Reason
from functions.model.plans import Plan
from functions.model.record_memory import RecordMemory
from functions.model.records import Record, RecordKey
from functions.model.shipment import OrderKey
from functions.model.state import OrderState

SAVE_ATTEMPTS = 3  # a release or a second consumer may save the same order in between


class Orders(Protocol):
    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        """Unknown orders are left out. Strongly consistent."""

    def save(self, state: OrderState) -> bool:
        """Stores `state` as the revision after `state.revision`; False when somebody saved in between."""

    def is_too_large(self, state: OrderState) -> bool:
        """Whether the ledger cannot hold it."""


class Plans(Protocol):
    def get(self, plan_id: str, order: OrderKey | None = None) -> Plan | None:
        """The plan, or the part of it that concerns an order; without orders and records where it concerns it not."""


class OrderQueue(Protocol):
    def send(self, orders: Iterable[DeliverOrder]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""


@dataclass(frozen=True)
class Delivery:
    """What a batch works with. `pause` waits before try n of a conflict."""

    lookup: Lookup
    ifs: Callable[[Connection], Records]
    orders: Orders
    plans: Plans
    audit: Audit
    queue: OrderQueue
    pause: Callable[[int], None]

    @property
    def connection(self) -> Connection:
        return self.lookup.connection

    def now(self) -> datetime:
        return self.lookup.now()

    def tools(self, view: Connection, *, is_probe: bool) -> Tools:
        look = self.lookup
        return Tools(
            self.ifs(view), look.memories, self.audit, look.breaker, look.now, self.pause, look.has_time, is_probe
        )

    def finished(self, memories: Iterable[RecordMemory], case: OrderCase, cause: Cause) -> dict[RecordKey, datetime]:
        """Brings writes that nobody recorded to an end; when to look again where that is not known yet."""
        ends: dict[RecordKey, datetime] = {}
        for memory in memories:
            view = view_of(memory, self.connection, case.connection)
            until = finish(memory, view, case.state.key, self.tools(view, is_probe=False), cause)
            ends |= {memory.key: until} if until is not None else {}
        return ends


@dataclass(frozen=True)
class DeliveredOrder:
    """How one order ended. `saved` False means that its messages have to come back; without a state it could not even
    be read, and `fault` says why. `calls`: it asks for a person since now.
    """

    key: OrderKey
    cause: Cause
    saved: bool
    state: OrderState | None = None
    fault: str = ""
    calls: bool = False


def deliver(batch: Sequence[DeliverOrder], delivery: Delivery) -> list[DeliveredOrder]:
    """Settles every order named in the batch. IFS faults become outcomes. What one order contains or meets in the
    ledger ends that order alone: whatever ends a batch is tried again order by order.
    """
    held = _held_to_plans(batch)
    if not held:
        return _delivered(batch, delivery)
    first = _delivered([message for message in batch if message not in held], delivery)
    unsaved = {ended.key for ended in first if not ended.saved}
    return [*first, *deliver([message for message in held if message.order not in unsaved], delivery)]


def _held_to_plans(batch: Sequence[DeliverOrder]) -> list[DeliverOrder]:
    """A plan writes what it showed and nothing else: what came beside it, or another plan's for the same record, would
    not be written, or make it outdated.
    """
    free = {message.order for message in batch if message.cause.plan_id is None}
    planned = [message for message in batch if message.cause.plan_id is not None]
    return [each for each in planned if each.order in free or each.cause.plan_id != planned[0].cause.plan_id]


def _delivered(batch: Sequence[DeliverOrder], delivery: Delivery) -> list[DeliveredOrder]:
    grouped = _by_order(batch)
    try:
        return _until_saved(batch, delivery)
    except Exception as error:  # noqa: BLE001 # one order's trouble must not be its neighbours'; the next try names it
        if len(grouped) > 1:
            return [ended for messages in grouped.values() for ended in _delivered(messages, delivery)]
        fault = str(error) if isinstance(error, ConnectorError) else type(error).__name__
        return [DeliveredOrder(key, messages[-1].cause, saved=False, fault=fault) for key, messages in grouped.items()]


def _until_saved(batch: Sequence[DeliverOrder], delivery: Delivery) -> list[DeliveredOrder]:
    """An order that somebody saved in between is settled again from what stands in the ledger then."""
    ended: dict[OrderKey, DeliveredOrder] = {}
    left = list(batch)
    for _ in range(SAVE_ATTEMPTS):
        again = _once(left, delivery)
        ended |= {order.key: order for order in again}
        unsaved = {order.key for order in again if not order.saved}
        # A repeated message asks, even where it tells nothing new: the first round may have written and not saved.
        left = [message.repeated() for message in left if message.order in unsaved]
        if not left:
            break
    return list(ended.values())


def _once(batch: Sequence[DeliverOrder], delivery: Delivery) -> list[DeliveredOrder]:
    try:
        return _deliver(batch, delivery)
    except _Outrun:
        causes = {message.order: message.cause for message in batch}
        return [DeliveredOrder(key, cause, saved=False) for key, cause in causes.items()]


class _Outrun(Exception):
    """Somebody saved the order in between."""


@dataclass
class _Look:
    """One order of the batch: what the ledger held, and why it is looked at."""

    before: OrderState
    cause: Cause
    case: OrderCase
    last_saved: OrderState = field(init=False)

    def __post_init__(self) -> None:
        self.last_saved = self.before


def _deliver(batch: Sequence[DeliverOrder], delivery: Delivery) -> list[DeliveredOrder]:
    # All messages of an order are one look: the newest reading of each shipment counts.
    grouped = _by_order(_still_wanted(batch, delivery))
    states = delivery.orders.load(list(grouped))
    looks = {key: look for key, own in grouped.items() if (look := _look(key, own, states.get(key), delivery))}
    plan = _planned(looks, delivery)
    is_probe = any(message.is_probe for message in batch)
    # All orders of the batch are placed before any record is decided: two of them may stand on one.
    proposal = examine([look.case for look in looks.values()], delivery.lookup, plan, is_probe=is_probe)
    results = _write(proposal, looks, delivery, plan, is_probe=is_probe)
    cause = next((look.cause for look in looks.values()), None)
    told = [result.memory for (order, _), result in results.items() if order is None]
    if cause is not None:
        tell_neighbours(told, looks, cause, delivery.queue)
    return [_finish(looks[case.state.key], case, proposal, results, delivery) for case in proposal.cases]


def _by_order(batch: Iterable[DeliverOrder]) -> dict[OrderKey, list[DeliverOrder]]:
    grouped: dict[OrderKey, list[DeliverOrder]] = {}
    for message in batch:
        grouped.setdefault(message.order, []).append(message)
    return grouped


def _look(
    key: OrderKey, messages: Sequence[DeliverOrder], known: OrderState | None, delivery: Delivery
) -> _Look | None:
    """None where the messages tell nothing new and nobody asks. One that comes again asks: what a run began and did not
    end stands in the record's item alone.
    """
    before = known or OrderState(key=key)
    state = admitted(before, messages, delivery.connection)
    state = state.owing(message.record for message in messages if message.record is not None)
    cause = _cause(messages, before)
    is_replay = cause.kind == "replay"
    # What IFS refused is sent again only where a person asks or something is new.
    retries_parked = cause.is_asked_for or state != before
    case = order_case(state, delivery.connection, retries_parked=retries_parked, is_replay=is_replay)
    if case.state == before and not any(_asks(message, before) for message in messages):
        return None
    # Before anything is written: a write that no item can remember would be made again and again.
    if delivery.orders.is_too_large(case.state):
        case = replace(case, hindrance=Reason.ORDER_TOO_LARGE)
    return _Look(before, cause, case)


def _cause(messages: Sequence[DeliverOrder], before: OrderState) -> Cause:
    """What a person asked for is still asked for where nothing could be decided then, and beside whatever else comes
    with it. What his plan showed is past.
    """
    asked = [message.cause for message in messages if message.cause.is_asked_for]
    is_news = any(message.shipment is not None for message in messages)
    if asked or is_news or before.asked_by is None:
        return asked[-1] if asked else messages[-1].cause
    return before.asked_by


def _asks(message: DeliverOrder, state: OrderState) -> bool:
    return (message.shipment is None or message.is_repeated) and not _is_late(message, state)


def _is_late(message: DeliverOrder, state: OrderState) -> bool:
    """The second copy of a due order's message: what was given up in between must not begin to wait anew."""
    # A queue may deliver a message twice.
    is_due = state.waiting_for is not None or state.earlier is not None or message.record is not None
    return message.cause.kind == "release" and not is_due and state.attention in GIVEN_UP.values()


# --- plans


def _still_wanted(batch: Sequence[DeliverOrder], delivery: Delivery) -> list[DeliverOrder]:
    """What a person cancelled while it waited in the queue is as if it had never been asked for."""
    plans = {each.cause.plan_id for each in batch if each.cause.plan_id is not None}
    heads = (delivery.plans.get(plan_id, batch[0].order) for plan_id in plans)
    gone = {head.plan_id for head in heads if head is not None and head.cancelled is not None}
    return [message for message in batch if message.cause.plan_id not in gone]


def _planned(looks: Mapping[OrderKey, _Look], delivery: Delivery) -> Plan | None:
    """The parts of the plan that a person wants carried out, of all orders of the batch that belong to one. One that
    has expired counts as gone, whether DynamoDB has removed it yet or not.
    """
    now = delivery.lookup.now()
    parts = [
        part
        for key, look in looks.items()
        if look.cause.plan_id is not None
        and (part := delivery.plans.get(look.cause.plan_id, key)) is not None
        and now < part.expires_at
    ]
    if not parts:
        return None
    return parts[0].joined(parts[1:])


def _planned_changes(plan: Plan | None, concerned: Sequence[_Look], record: Record) -> Mapping[str, FieldChange] | None:
    """What the plan showed for the record, nothing once it is gone; None where somebody else asks for it too."""
    if any(look.cause.plan_id is None for look in concerned):
        return None
    records = plan.records if plan is not None else ()
    return next((planned.changes for planned in records if planned.is_of(record)), {})


# --- writing


Results = dict[tuple[OrderKey | None, RecordKey], RecordResult]


def _write(
    proposal: Proposal, looks: Mapping[OrderKey, _Look], delivery: Delivery, plan: Plan | None, *, is_probe: bool
) -> Results:
    """Each record once, by the first of the batch's orders that it concerns; in shadow mode by nobody."""
    results: Results = {}
    for key, record in proposal.records.items():
        concerned = [look for order, look in looks.items() if look.case.is_writing and key in proposal.touching[order]]
        first = concerned[0]
        if record.memory != record.stored:
            _announce(key, concerned, delivery)
        tools = delivery.tools(record.view, is_probe=is_probe)
        planned = _planned_changes(plan, concerned, record.record)
        carried = record.carrying_out(planned, next((look.cause.plan_id for look in concerned), None))
        results[None, key] = RecordWrite(tools, carried, first.before.key, first.cause).run()
    for (order, key), record in proposal.shows.items():
        look = looks[order]
        tools = delivery.tools(record.view, is_probe=is_probe)
        results[order, key] = _shown(RecordWrite(tools, record, order, look.cause), look, delivery)
    return results


def _shown(write: RecordWrite, look: _Look, delivery: Delivery) -> RecordResult:
    """Shadow mode: audited once per proposal."""
    result = write.show()
    before = next((record.shown for record in look.before.records if record.key == result.record.key), {})
    if result.shown and result.shown != before:
        entry = write.shown_entry(result.shown)
        delivery.audit.put(delivery.audit.new_key(entry.at), entry)
    return result


def _announce(key: RecordKey, concerned: Sequence[_Look], delivery: Delivery) -> None:
    """An order knows of every record that is written for it, should this run die: nothing else leads back there."""
    for look in concerned:
        if key not in look.last_saved.remembered:
            announced = look.last_saved.owing([key])
            if not delivery.orders.save(announced):
                raise _Outrun
            look.last_saved = announced.stored()


def tell_neighbours(
    memories: Iterable[RecordMemory], looking: Collection[OrderKey], cause: Cause, queue: OrderQueue
) -> None:
    """Other orders whose outcome changed on a record that was written for them too. Told again by every look, until
    they have looked.
    """
    told = Cause(kind="neighbour", correlation_id=cause.correlation_id)
    for memory in memories:
        # Sorted and numbered by the revision: the queue drops what it was sent before.
        others = sorted(memory.unheard - set(looking), key=lambda other: other.digest)
        attempt = f"{memory.key.digest}:{memory.revision}"
        queue.send([DeliverOrder(order=o, cause=told, attempt=attempt, record=memory.key) for o in others])


# --- remembering


def _finish(look: _Look, case: OrderCase, proposal: Proposal, results: Results, delivery: Delivery) -> DeliveredOrder:
    own = {key: found for key in proposal.touching[case.state.key] if (found := _result(results, case, key))}
    if case.hindrance is Reason.ORDER_TOO_LARGE:
        state = outgrown(
            case.state, delivery.lookup.memories, lambda memories: delivery.finished(memories, case, look.cause)
        )
        return _saved(look, state, delivery)
    state, until = _ended(look, case, proposal, own, delivery)
    # What a person asked for is kept until something was decided for him, however often it has to wait.
    is_decided = case.hindrance in {None, Reason.MODE_OFF} and all(each.is_decided for each in own.values())
    state = state.asked(look.cause.later() if look.cause.is_asked_for and not is_decided else None)
    is_lost = any(result.is_lost for result in own.values())
    is_outage = _is_outage(case, own.values(), delivery)
    state = next_attempt(
        look.before, state, case.connection.patience, delivery.now(), until, is_lost=is_lost, is_outage=is_outage
    )
    return _saved(look, state, delivery)


def _is_outage(case: OrderCase, own: Iterable[RecordResult], delivery: Delivery) -> bool:
    """IFS serves nobody, and it is not this order's own requests that say so: one that spoils them would be tried every
    minute.
    """
    is_own = case.fault is not None and case.fault.scope is Scope.UNCLEAR
    is_own = is_own or any(result.memory.failing_since is not None for result in own)
    return not is_own and delivery.lookup.breaker.refusal() is not None


def _ended(
    look: _Look, case: OrderCase, proposal: Proposal, own: Mapping[RecordKey, RecordResult], delivery: Delivery
) -> tuple[OrderState, datetime | None]:
    """And before when no look is of use."""
    if case.hindrance is not None:
        return hindered(case), stated_wait(case, delivery.now())
    held = delivery.finished(proposal.unfinished.get(case.state.key, ()), case, look.cause)
    untils = (*(result.until for result in own.values()), *held.values())
    until = min((at for at in untils if at is not None), default=None)
    return settled(case, proposal.placements[case.state.key], own, held), until


def _saved(look: _Look, state: OrderState, delivery: Delivery) -> DeliveredOrder:
    """What has not changed costs nothing."""
    state = state.dated(look.before, delivery.now())
    # Most looks find nothing new: they cost a read and no write.
    saved = state == look.last_saved or delivery.orders.save(state.following(look.last_saved))
    calls = state.attention is not None and look.before.attention is None
    return DeliveredOrder(state.key, look.cause, saved, state, calls=calls)


def _result(results: Results, case: OrderCase, key: RecordKey) -> RecordResult | None:
    return results.get((None, key)) if case.is_writing else results.get((case.state.key, key))
