"""Shows what a repeat would write, field by field, and carries out exactly that once a person says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, product
from typing import Protocol

from pydantic import AwareDatetime, Field, model_validator

from functions.connections.connection import Connection
from functions.flows.to_ifs.deliver import OrderQueue, Orders
from functions.flows.to_ifs.examine import look_at, order_case
from functions.flows.to_ifs.lookup import Lookup
from functions.flows.to_ifs.order_outcome import ENDS
from functions.flows.to_ifs.place import Placement
from functions.flows.to_ifs.proposal import OrderCase, Proposal, RecordProposal, Remembered, propose
from functions.flows.to_ifs.shipment_outcome import unplaced
from functions.model.audit import Cause
from functions.model.frozen import Frozen
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Plan, PlannedOrder, PlannedRecord
from functions.model.records import RecordKey
from functions.model.shipment import ConnectionName, OrderKey, Shipment
from functions.model.state import OrderState

PLAN_LIFETIME = timedelta(days=7)
ORDERS_PER_PLAN = 500
ORDERS_PER_SEARCH = 10


class Selection(Frozen):
    """Every criterion given must hold; at least one has to be given. `from` and `to` bound the label's instant."""

    orders: tuple[str, ...] = ()
    shipments: tuple[int, ...] = ()
    from_: AwareDatetime | None = Field(default=None, alias="from")
    to: AwareDatetime | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None

    def names(self, shipment: Shipment) -> bool:
        """Whether its id and its instant are asked for."""
        is_named = not self.shipments or shipment.shipment_id in self.shipments
        is_late_enough = self.from_ is None or shipment.created_at >= self.from_
        return is_named and is_late_enough and (self.to is None or shipment.created_at <= self.to)

    @model_validator(mode="after")
    def _asks_for_something(self) -> Selection:
        if not self.model_fields_set:
            raise ValueError("name at least one of orders, shipments, from, to, outcome, reason")
        return self


class Plans(Protocol):
    def put(self, plan: Plan) -> bool:
        """False when a plan of this id stands already."""

    def get(self, plan_id: str, order: OrderKey | None = None) -> Plan | None: ...

    def mark_applied(self, plan_id: str, at: datetime) -> bool:
        """False when it was applied before."""


class OrderSearch(Orders, Protocol):
    def scan(self, connection: ConnectionName) -> Iterator[OrderState]:
        """Every order of the connection the ledger knows, page by page, in no order."""


@dataclass(frozen=True)
class Replay:
    """What a replay works with; `lookup` is a delivery's own."""

    lookup: Lookup
    orders: OrderSearch
    plans: Plans
    queue: OrderQueue

    @property
    def connection(self) -> Connection:
        return self.lookup.connection


@dataclass
class _Seen:
    """What was looked at, some orders at a time: `kept` need something or bring news, `quiet` need nothing."""

    kept: list[OrderCase] = field(default_factory=list)
    quiet: list[PlannedOrder] = field(default_factory=list)
    placements: dict[OrderKey, Placement] = field(default_factory=dict)
    memories: dict[RecordKey, Remembered] = field(default_factory=dict)

    def add(self, proposal: Proposal, memories: dict[RecordKey, Remembered]) -> None:
        self.placements |= proposal.placements
        self.memories |= memories
        for case in proposal.cases:
            order = planned_order(proposal, case)
            if _is_worth_showing(order) or any(record.brings_news for record in proposal.of(order.order)):
                self.kept.append(case)
            else:
                self.quiet.append(order)


def draw_up(replay: Replay, selection: Selection, *, plan_id: str, by: str, note: str) -> Plan:
    """The dry run: reads IFS, writes nothing there, stores the plan. One proposal for all its orders; those that need
    nothing take nobody's place. At most ORDERS_PER_PLAN orders.
    """
    seen = _Seen()
    for states in _chunks(_selected(replay, selection)):
        seen.add(*look_at([order_case(state, replay.connection) for state in states], replay.lookup))
        if len(seen.kept) >= ORDERS_PER_PLAN:
            break
    proposal = propose(seen.kept[:ORDERS_PER_PLAN], seen.placements, seen.memories, replay.connection)
    shown = [planned_order(proposal, case) for case in proposal.cases]
    now = replay.lookup.now()
    plan = Plan(
        plan_id=plan_id,
        connection=replay.connection.name,
        by=by,
        note=note,
        made_at=now,
        expires_at=now + PLAN_LIFETIME,
        orders=(*shown, *seen.quiet[: max(0, ORDERS_PER_PLAN - len(shown))]),
        records=tuple(_planned_record(record) for record in proposal.every if record.changes),
    )
    replay.plans.put(plan)
    return plan


def apply(replay: Replay, plan: Plan, correlation_id: str) -> int:
    """Sends the plan's orders on their way, also those that it shows as parked, so that the ledger says so; how many.
    Sent twice, the second finds nothing to do.
    """
    cause = Cause(kind="replay", correlation_id=correlation_id, by=plan.by, note=plan.note, plan_id=plan.plan_id)
    messages = [DeliverOrder(order=order.order, cause=cause, attempt=plan.plan_id) for order in sendable(plan)]
    replay.queue.send(messages)
    replay.plans.mark_applied(plan.plan_id, replay.lookup.now())
    return len(messages)


def sendable(plan: Plan) -> list[PlannedOrder]:
    """Those that a delivery would change, in IFS or in the ledger."""
    return [order for order in plan.orders if order.records or order.outcome is Outcome.PARKED]


def planned_order(proposal: Proposal, case: OrderCase) -> PlannedOrder:
    """What a delivery would do for one order, or what hinders it."""
    state, placement = case.state, proposal.placements[case.state.key]
    changing = [record for record in proposal.of(state.key) if record.changes]
    if case.hindrance is not None:
        outcome = ENDS.get(case.hindrance, Outcome.RETRY)
        return PlannedOrder(order=state.key, outcome=outcome, reason=case.hindrance)
    if changing:
        keys = tuple(record.record.key for record in changing)
        return PlannedOrder(order=state.key, outcome=Outcome.WOULD_WRITE, records=keys)
    if not state.in_scope:
        first = next(iter(state.shipments.values()), None)
        outcome, reason = (first.outcome, first.reason) if first else (Outcome.SKIPPED, None)
        return PlannedOrder(order=state.key, outcome=outcome, reason=reason)
    return _unchanged(proposal, case, placement)


def _unchanged(proposal: Proposal, case: OrderCase, placement: Placement) -> PlannedOrder:
    """Nothing would be written: why, where it is not that everything agrees."""
    hindered = next(iter(placement.unplaced), None)
    if hindered is not None:
        outcome, reason = unplaced(placement.unplaced[hindered])
        choices = placement.choices.get(hindered, ())
        return PlannedOrder(order=case.state.key, outcome=outcome, reason=reason, choices=choices)
    for record in proposal.of(case.state.key):
        if record.hindrance is not None:
            outcome = ENDS.get(record.hindrance, Outcome.RETRY)
            return PlannedOrder(order=case.state.key, outcome=outcome, reason=record.hindrance)
        if record.is_shared:
            choices = (record.record.key.id,)
            shared = Reason.SHARED_TARGET
            return PlannedOrder(order=case.state.key, outcome=Outcome.PARKED, reason=shared, choices=choices)
    return PlannedOrder(order=case.state.key, outcome=Outcome.UNCHANGED)


def _is_worth_showing(order: PlannedOrder) -> bool:
    return bool(order.records) or order.reason is not None


def _planned_record(record: RecordProposal) -> PlannedRecord:
    entries, revision = tuple(record.entries.values()), record.stored.revision
    return PlannedRecord(key=record.record.key, changes=record.changes, revision=revision, entries=entries)


def _selected(replay: Replay, selection: Selection) -> Iterator[OrderState]:
    return (state for state in _pool(replay, selection) if _matches(state, selection))


def _pool(replay: Replay, selection: Selection) -> Iterable[OrderState]:
    connection = replay.connection
    if not selection.orders:
        return replay.orders.scan(connection.name)
    named = product(connection.companies, selection.orders)
    keys = [OrderKey(connection=connection.name, company=company, reference=order) for company, order in named]
    return replay.orders.load(keys).values()


def _matches(state: OrderState, selection: Selection) -> bool:
    """Of an order that is too large only that is known."""
    if state.stub and not selection.shipments:
        return selection.reason in {None, Reason.ORDER_TOO_LARGE} and selection.outcome in {None, Outcome.PARKED}
    named = (s for s in state.shipments.values() if selection.names(s.shipment))
    return any(_says(state, s.outcome, s.reason, selection) for s in named)


def _says(state: OrderState, outcome: Outcome, reason: Reason | None, selection: Selection) -> bool:
    """Outcome and reason may stand on the shipment or on one of its record's fields."""
    said = [(outcome, reason), *state.outcomes]
    return any(selection.outcome in {None, o} and selection.reason in {None, r} for o, r in said)


def _chunks(states: Iterable[OrderState]) -> Iterator[list[OrderState]]:
    iterator = iter(states)
    while chunk := list(islice(iterator, ORDERS_PER_SEARCH)):
        yield chunk
