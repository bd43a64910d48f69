"""Shows what a repeat would write, field by field, and carries out exactly that once a person says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, product
from typing import Protocol

from pydantic import AwareDatetime, Field, model_validator

from functions.connections.connection import Connection
from functions.connections.vendors import Targets
from functions.flows.to_ifs.admission import concerning, is_ours, joins, sought, store_view
from functions.flows.to_ifs.deliver import Ifs, Orders
from functions.flows.to_ifs.ownership import changes_of, decide
from functions.flows.to_ifs.place import assign
from functions.flows.to_ifs.shipment_outcome import unplaced
from functions.model.audit import Cause, FieldChange
from functions.model.frozen import Frozen
from functions.model.messages import Work
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Plan, PlannedChange, PlannedOrder
from functions.model.records import Candidate
from functions.model.shared import SharedTarget
from functions.model.shipment import ConnectionName, OrderKey
from functions.model.state import OrderState, TargetState

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

    @model_validator(mode="after")
    def _asks_for_something(self) -> Selection:
        if not self.model_fields_set:
            raise ValueError("name at least one of orders, shipments, from, to, outcome, reason")
        return self


class Plans(Protocol):
    def put(self, plan: Plan) -> bool:
        """False when a plan of this id stands already."""

    def get(self, plan_id: str) -> Plan | None: ...

    def mark_applied(self, plan_id: str, at: datetime) -> bool:
        """False when it was applied before."""


class OrderSearch(Orders, Protocol):
    def scan(self, connection: ConnectionName) -> Iterator[OrderState]:
        """Every order of the connection the ledger knows, page by page, in no order."""


class WorkQueue(Protocol):
    def send(self, work: Iterable[Work]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""


Shared = Callable[[ConnectionName, str], SharedTarget]


@dataclass(frozen=True)
class Replay:
    """What a replay works with. `ifs` opens IFS with the targets of the connection or of a store that has its own;
    `shared` is what the ledger holds of a record that several orders are written to.
    """

    connection: Connection
    ifs: Callable[[Connection], Ifs]
    orders: OrderSearch
    plans: Plans
    queue: WorkQueue
    shared: Shared
    now: Callable[[], datetime]


def draw_up(replay: Replay, selection: Selection, *, plan_id: str, by: str, note: str) -> Plan:
    """The dry run: reads IFS, writes nothing there, stores the plan. At most ORDERS_PER_PLAN orders."""
    states = islice(_selected(replay, selection), ORDERS_PER_PLAN)
    planned = [order for chunk in _chunks(states) for order in _examine(replay, chunk)]
    now = replay.now()
    plan = Plan(
        plan_id=plan_id,
        connection=replay.connection.name,
        by=by,
        note=note,
        made_at=now,
        expires_at=now + PLAN_LIFETIME,
        orders=tuple(planned),
    )
    replay.plans.put(plan)
    return plan


def apply(replay: Replay, plan: Plan, correlation_id: str) -> int:
    """Sends the plan's orders on their way; how many. Sent twice, the second finds nothing to do."""
    cause = Cause(kind="replay", correlation_id=correlation_id, by=plan.by, note=plan.note, plan_id=plan.plan_id)
    work = [Work(order=o.order, cause=cause, attempt=plan.plan_id) for o in plan.orders if o.changes]
    replay.queue.send(work)
    replay.plans.mark_applied(plan.plan_id, replay.now())
    return len(work)


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
    return any(
        (not selection.shipments or s.shipment.shipment_id in selection.shipments)
        and (selection.from_ is None or s.shipment.created_at >= selection.from_)
        and (selection.to is None or s.shipment.created_at <= selection.to)
        and _says(state, s.outcome, s.reason, selection)
        for s in state.shipments.values()
    )


def _says(state: OrderState, outcome: Outcome, reason: Reason | None, selection: Selection) -> bool:
    """Outcome and reason may stand on the shipment or on one of its record's fields."""
    said = [(outcome, reason)]
    said += [(f.outcome, f.reason) for target in state.targets.values() for f in target.fields.values()]
    return any(selection.outcome in {None, o} and selection.reason in {None, r} for o, r in said)


def _chunks(states: Iterable[OrderState]) -> Iterator[list[OrderState]]:
    iterator = iter(states)
    while chunk := list(islice(iterator, ORDERS_PER_SEARCH)):
        yield chunk


def _examine(replay: Replay, states: Sequence[OrderState]) -> list[PlannedOrder]:
    views = {state.key: store_view(state, replay.connection) for state in states}
    asked: dict[Targets, list[OrderState]] = {}
    for state in states:
        if concerning(state):
            asked.setdefault(views[state.key].ifs.targets, []).append(state)
    found: dict[OrderKey, list[Candidate]] = {}
    for own in asked.values():
        found |= replay.ifs(views[own[0].key]).find([sought(state) for state in own])
    return [_planned(state, found.get(state.key, []), views[state.key], replay.shared) for state in states]


def _planned(
    state: OrderState, candidates: Sequence[Candidate], connection: Connection, shared: Shared
) -> PlannedOrder:
    shipments = concerning(state)
    if not shipments:
        first = next(iter(state.shipments.values()), None)
        outcome, reason = (first.outcome, first.reason) if first else (Outcome.SKIPPED, None)
        return PlannedOrder(order=state.key, outcome=outcome, reason=reason)
    remembered = {key: s.target for key, s in state.shipments.items() if s.target is not None}
    assignment = assign(shipments, candidates, remembered, is_ours(connection), joins(connection))
    changes = []
    for candidate in candidates:
        record = candidate.record
        assigned = [s for s in shipments if assignment.targets.get(s.key) == record.key]
        if assigned:
            memory, known = state.targets.get(record.key, TargetState()), shipments
            if record.key in assignment.shared:
                own = shared(connection.name, record.key)
                together = own.model_copy(update={"contributions": {**own.contributions, state.key.digest: assigned}})
                memory, known = own.memory, together.shipments
                assigned = known
            decisions = decide(record, assigned, known, memory, connection)
            wanted = changes_of(decisions, decisions)
            shown = {name: FieldChange(before=record.values.get(name), after=value) for name, value in wanted.items()}
            changes += [PlannedChange(order=state.key, target=record.key, changes=dict(shown))] if shown else []
    hindered = next(iter(assignment.unplaced), None)
    hindrance = assignment.unplaced.get(hindered) if hindered else None
    return _verdict(state, changes, hindrance, assignment.choices.get(hindered, ()) if hindered else ())


def _verdict(
    state: OrderState, changes: Sequence[PlannedChange], hindrance: Reason | None, choices: tuple[str, ...]
) -> PlannedOrder:
    if changes:
        return PlannedOrder(order=state.key, outcome=Outcome.WOULD_WRITE, changes=tuple(changes))
    if hindrance is not None:
        outcome, reason = unplaced(hindrance)
        return PlannedOrder(order=state.key, outcome=outcome, reason=reason, choices=choices)
    return PlannedOrder(order=state.key, outcome=Outcome.UNCHANGED)
