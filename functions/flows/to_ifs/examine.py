"""Looks at orders and proposes: what delivery writes, a dry run shows and a pilot writes comes from here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from functions.connections.connection import Connection
from functions.flows.to_ifs.admission import store_of, store_view
from functions.flows.to_ifs.earlier_version import placed_again
from functions.flows.to_ifs.lookup import Lookup
from functions.flows.to_ifs.proposal import AsPlanned, OrderCase, Proposal, propose
from functions.model.outcomes import Reason
from functions.model.plans import Plan, PlannedRecord
from functions.model.records import RecordKey
from functions.model.state import OrderState

Others = Callable[[Collection[RecordKey]], Iterable[PlannedRecord]]


def examine(
    cases: Sequence[OrderCase], lookup: Lookup, plan: Plan | None = None, *, is_probe: bool = False
) -> Proposal:
    """What would be written for these orders. Everything that shows or writes asks here."""
    return look_at(cases, lookup, lambda _: plan.records if plan is not None else (), is_probe=is_probe)


def look_at(cases: Sequence[OrderCase], lookup: Lookup, others: Others, *, is_probe: bool = False) -> Proposal:
    """The same, where what a person's plan holds is asked for once the records are known."""
    asked_at = lookup.now()
    found = lookup.found(cases, is_probe=is_probe)
    placements = {case.state.key: case.placed() for case in found}
    found, memories = lookup.remembered(found, placements, asked_at)
    planned = {
        record.key: AsPlanned(record.revision, {e.order(lookup.connection.name): e for e in record.entries})
        for record in others(memories.keys())
    }
    return propose(found, placements, memories, lookup.connection, planned)


def order_case(
    state: OrderState, connection: Connection, *, retries_parked: bool = True, is_replay: bool = False
) -> OrderCase:
    """The order as its store sees it, in the places of today's file. `is_replay`: a person asks for it."""
    view = store_view(state, connection)
    state = _retargeted(placed_again(state, view), view)
    hindrance, state = _hindrance(state, view), state.delivering_to(view.delivery_place)
    return OrderCase(view, state, hindrance=hindrance, retries_parked=retries_parked, is_replay=is_replay)


def _hindrance(state: OrderState, view: Connection) -> Reason | None:
    """Why nothing of it is even looked for."""
    if view.mode == "off":
        return Reason.MODE_OFF
    if state.stub:
        return Reason.ORDER_TOO_LARGE
    return Reason.PAUSED if view.pause_of(store_of(state)) and state.has_something_to_do else None


def _retargeted(state: OrderState, view: Connection) -> OrderState:
    """What was placed where the file points no more counts for nothing here, and is not touched there."""
    away = [key for key in state.remembered if view.ifs.target_of(key.place) is None]
    return state.leaving(away) if away else state
