"""Shows what a repeat would write, field by field, and stores it as a plan: of any size, piece by piece.

    request ─▶ drawing ──────────────▶ ready ─────────▶ applying ─────────▶ applied
                 │  a page of orders,    │  a person       │  a portion, and so on
                 │  ten of them, …       │  says so        │
                 └───────────────────────┴─────────────────┴──▶ cancelled, given_up

A run holds the plan until its own time is over. What it looked at stands in the plan before the position that says so:
a run that dies is followed by another, which looks at a page's rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, product
from typing import Protocol, TypeVar

from functions.connections.connection import Connection
from functions.errors import Permanent
from functions.flows.operations.named_orders import NamedOrder, each_named, readable, undecided, unreadable
from functions.flows.operations.selection import selected
from functions.flows.to_ifs.deliver import OrderQueue
from functions.flows.to_ifs.examine import look_at, order_case
from functions.flows.to_ifs.lookup import Lookup
from functions.flows.to_ifs.order_outcome import ENDS
from functions.flows.to_ifs.place import Placement
from functions.flows.to_ifs.proposal import OrderCase, Proposal, RecordProposal
from functions.flows.to_ifs.shipment_outcome import unplaced
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import LIFETIME, STALLS, Asked, Plan, PlannedOrder, PlannedRecord
from functions.model.records import RecordKey
from functions.model.selection import Selection
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.state import OrderState
from functions.model.tenant import Circuit

ORDERS_PER_LOOK = 10  # as in one batch of a delivery
NAMED_PER_PAGE = 200  # reads of the ledger before the position is saved


class Plans(Protocol):
    """The stores of plans: what a plan holds is added by whoever holds it."""

    def open(self, plan: Plan) -> Plan | None:
        """None where a plan of this id stands already."""

    def save(self, plan: Plan) -> Plan | None:
        """As stored; None where somebody else saved it in between."""

    def head(self, plan_id: str) -> Plan | None:
        """The plan without its orders and records."""

    def add(self, plan: Plan, orders: Iterable[PlannedOrder], records: Iterable[PlannedRecord]) -> None:
        """Instead of what stands there of the same."""

    def orders(self, plan_id: str, after: str = "") -> Iterator[tuple[str, PlannedOrder]]:
        """With the position of each, from behind `after`."""

    def order(self, plan_id: str, order: OrderKey) -> PlannedOrder | None: ...

    def standing(self, plan_id: str, orders: Collection[OrderKey]) -> set[OrderKey]:
        """Those of the orders that stand in the plan."""

    def records(self, plan_id: str, keys: Iterable[RecordKey]) -> dict[RecordKey, PlannedRecord]: ...

    def every_record(self, plan_id: str) -> Iterator[PlannedRecord]: ...


class OrderSearch(Protocol):
    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        """Unknown orders are left out."""

    def page(self, connection: ConnectionName, after: str) -> tuple[list[OrderState], str]:
        """Some of the orders that the ledger knows, in no order, from behind `after`; what the next page is behind, ""
        after the last. One that cannot be read is passed over.
        """


class Carried(Protocol):
    def plans_of(self, connection: ConnectionName, keys: Collection[RecordKey]) -> dict[RecordKey, Sequence[str]]:
        """The last plans that were carried out on each record."""


@dataclass(frozen=True)
class Replay:
    """What a replay works with; `lookup` is a delivery's own. `has_time` says whether this run may begin another piece,
    `circuit` how the tenant stands.
    """

    lookup: Lookup
    orders: OrderSearch
    plans: Plans
    carried: Carried
    queue: OrderQueue
    circuit: Callable[[], Circuit]
    has_time: Callable[[], bool]

    @property
    def connection(self) -> Connection:
        return self.lookup.connection


Looked = tuple[Sequence[PlannedOrder], Sequence[PlannedRecord]]


class Keyed(Protocol):
    """What a plan knows an order by."""

    @property
    def key(self) -> OrderKey: ...


Of = TypeVar("Of", bound=Keyed)


class Source(Protocol[Of]):
    """Where a plan's orders come from, and what is found of some of them."""

    def page(self, position: str) -> tuple[list[Of], str]:
        """The next orders, and the position behind them; "" at the end."""

    def look(self, states: Sequence[Of]) -> Looked:
        """Of all of them, but for those that the run had no time for."""


class Drawing(Protocol):
    """What any plan is drawn up with."""

    @property
    def plans(self) -> Plans: ...

    @property
    def has_time(self) -> Callable[[], bool]: ...


def planned(
    connection: ConnectionName,
    plan_id: str,
    asked: Asked,
    *,
    select: Selection | None = None,
    reverts: str | None = None,
    overwrites: Iterable[str] = (),
    is_to_shipstation: bool = False,
) -> Plan:
    """A plan that nothing was looked at for yet."""
    return Plan(
        plan_id=plan_id,
        connection=connection,
        by=asked.by,
        note=asked.note,
        made_at=asked.at,
        expires_at=asked.at + LIFETIME,
        select=select.model_dump(mode="json", by_alias=True, exclude_none=True) if select else {},
        reverts=reverts,
        overwrites=tuple(overwrites),
        is_to_shipstation=is_to_shipstation,
        status="drawing",
    )


def held(plans: Plans, plan: Plan, until: datetime) -> Plan | None:
    """For this run alone; None where another has it. One that came no further several times is given up."""
    if plan.stalls >= STALLS:
        plans.save(plan.ended("given_up"))
        return None
    return plans.save(plan.held(until))


def draw(drawing: Drawing, plan: Plan, source: Source[Of], at_once: int = ORDERS_PER_LOOK) -> Plan:
    """Goes on with the dry run, which the run holds: reads IFS, writes nothing there. The plan as it stands then."""
    is_redone = True  # whoever was here before may have died in the middle of this page
    while drawing.has_time():
        states, position = source.page(plan.position)
        new = _unseen(drawing, plan, states) if is_redone else states
        seen = sum(_add(drawing, plan, chunk, source) for chunk in _in_time(drawing, _chunks(new, at_once)))
        if seen < len(new):
            return _saved(drawing, plan, plan.looked(plan.position, seen) if seen else plan)
        is_redone = False
        if not position:
            return _close(drawing, plan.looked(plan.position, seen))
        moved = drawing.plans.save(plan.looked(position, seen))
        # Whoever cancels saves the plan, and this save then fails.
        if moved is None:
            return plan  # it was cancelled
        plan = moved
    return plan


def _saved(drawing: Drawing, before: Plan, plan: Plan) -> Plan:
    return drawing.plans.save(plan) or before


def _unseen(drawing: Drawing, plan: Plan, states: Sequence[Of]) -> list[Of]:
    standing = drawing.plans.standing(plan.plan_id, [state.key for state in states])
    return [state for state in states if state.key not in standing]


def _add(drawing: Drawing, plan: Plan, states: Sequence[Of], source: Source[Of]) -> int:
    """What one order meets in the ledger ends that order alone."""
    try:
        # Ten at once share their searches; one that the ledger refuses is then found by looking at each alone.
        orders, records = source.look(states)
    except Permanent as fault:
        if len(states) > 1:
            return sum(_add(drawing, plan, [state], source) for state in states)
        orders, records = [PlannedOrder(order=states[0].key, outcome=Outcome.RETRY, reason=fault.reason)], []
    drawing.plans.add(plan, orders, records)
    return len(orders)


def _close(drawing: Drawing, plan: Plan) -> Plan:
    """All orders are placed: each says what its records say now. Interrupted, it is done again."""
    # Gists alone: a plan of any size has to fit into a Lambda's memory.
    records = {record.key: record.gist for record in drawing.plans.every_record(plan.plan_id)}
    ended: list[PlannedOrder] = []
    for _, order in drawing.plans.orders(plan.plan_id):
        if not drawing.has_time():
            return _saved(drawing, plan, plan)
        final = order.among(records) if order.touches else order
        if final != order:
            drawing.plans.add(plan, [final], ())
        ended.append(final)
    return _saved(drawing, plan, plan.drawn(ended))


def _chunks(states: Iterable[Of], at_once: int) -> Iterator[list[Of]]:
    iterator = iter(states)
    while chunk := list(islice(iterator, at_once)):
        yield chunk


def _in_time(drawing: Drawing, chunks: Iterable[list[Of]]) -> Iterator[list[Of]]:
    """The first one in any case: a page may take all the time of every run that reads it."""
    for number, chunk in enumerate(chunks):
        if number and not drawing.has_time():
            return
        yield chunk


# --- what a delivery would do


@dataclass(frozen=True)
class SelectedOrders:
    """The orders that a person's selection names, and what a delivery would write for them."""

    replay: Replay
    plan: Plan

    def page(self, position: str) -> tuple[list[NamedOrder], str]:
        """Of those that are named one that cannot be read is told; else it is passed over."""
        selection, look = Selection.model_validate(self.plan.select), self.replay.lookup
        named, following = self._pool(selection, position)
        chosen = selected(readable(named), selection, look.memories, look.audit)
        return [*chosen, *unreadable(named)], following

    def _pool(self, selection: Selection, position: str) -> tuple[Sequence[NamedOrder], str]:
        connection = self.replay.connection
        if selection.orders is None:
            return self.replay.orders.page(connection.name, position)
        named = product(connection.companies, dict.fromkeys(selection.orders))
        keys = [OrderKey(connection=connection.name, company=company, reference=order) for company, order in named]
        # The ledger is not gone through for orders that a person names.
        start = int(position or 0)
        end = start + NAMED_PER_PAGE
        return each_named(self.replay.orders, keys[start:end]), str(end) if end < len(keys) else ""

    def look(self, states: Sequence[NamedOrder]) -> Looked:
        """What other orders of the plan place on the same records counts."""
        replay = self.replay
        cases = [order_case(state, replay.connection, is_replay=True) for state in readable(states)]

        def others(keys: Collection[RecordKey]) -> Iterable[PlannedRecord]:
            return replay.plans.records(self.plan.plan_id, keys).values()

        proposal = look_at(cases, replay.lookup, others)
        records = [_planned_record(each) for each in proposal.every if _is_worth_keeping(each)]
        return [*(planned_order(proposal, case) for case in proposal.cases), *undecided(states)], records


def planned_order(proposal: Proposal, case: OrderCase) -> PlannedOrder:
    """What a delivery would do for one order as far as it alone says so, or what hinders it; and what it touches."""
    state, placement = case.state, proposal.placements[case.state.key]
    if case.hindrance is not None:
        outcome = ENDS.get(case.hindrance, Outcome.RETRY)
        was_off = state.is_off and case.hindrance is not Reason.MODE_OFF
        return PlannedOrder(order=state.key, outcome=outcome, reason=case.hindrance, was_off=was_off)
    outcome, reason, choices = _alone(state, placement)
    touches = tuple(record.record.key for record in proposal.of(state.key))
    return PlannedOrder(
        order=state.key, outcome=outcome, reason=reason, choices=choices, touches=touches, was_off=state.is_off
    )


def _alone(state: OrderState, placement: Placement) -> tuple[Outcome, Reason | None, tuple[str, ...]]:
    """Nothing would be written: why, where it is not that everything agrees."""
    if not state.in_scope:
        first = next(iter(state.shipments.values()), None)
        return (first.outcome, first.reason, ()) if first else (Outcome.SKIPPED, None, ())
    hindered = next(iter(placement.unplaced), None)
    if hindered is None:
        return Outcome.UNCHANGED, None, ()
    return (*unplaced(placement.unplaced[hindered]), tuple(placement.choices.get(hindered, ())))


def _is_worth_keeping(record: RecordProposal) -> bool:
    """A later order of the plan may stand there too."""
    return bool(record.changes) or record.brings_news or _reason(record) is not None


def _reason(record: RecordProposal) -> Reason | None:
    return record.hindrance or (Reason.SHARED_TARGET if record.is_shared else None)


def _planned_record(record: RecordProposal) -> PlannedRecord:
    # Orders of the plan that were looked at earlier stand on it as well, and are written with it.
    entries = {**record.as_planned.on(record.stored), **record.entries}
    return PlannedRecord(
        key=record.record.key,
        changes=record.changes,
        revision=record.stored.revision,
        entries=tuple(entries.values()),
        reason=_reason(record),
    )
