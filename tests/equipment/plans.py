"""Dry runs and plans as a person has them made, whole and at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from functions.flows.operations import carry_out
from functions.flows.operations.named_orders import NamedOrder
from functions.flows.operations.overwrite import KeptOrders
from functions.flows.operations.replay import Replay, SelectedOrders, Source, draw, planned
from functions.flows.operations.revert import AppliedOrders
from functions.model.plans import Asked, Plan
from functions.model.selection import Selection
from functions.model.tenant import Circuit
from tests.equipment.delivery_fakes import World

HOUR = timedelta(hours=1)


def a_replay(world: World) -> Replay:
    return Replay(
        lookup=world.lookup,
        orders=world.orders,
        plans=world.plans,
        carried=world.memories,
        queue=world.queue,
        circuit=lambda: Circuit(connection=world.connection.name),
        has_time=lambda: True,
    )


def draw_up(replay: Replay, selection: Selection, *, plan_id: str, by: str, note: str) -> Plan:
    """With its orders, and the records that it changes."""
    asked = Asked(by=by, note=note, at=replay.lookup.now())
    plan = _drawn(replay, planned(replay.connection.name, plan_id, asked, select=selection))
    return plan.part(plan.orders, [record for record in plan.records if record.changes])


def draw_revert(replay: Replay, applied: Plan, *, plan_id: str, by: str, note: str) -> Plan:
    """With its orders, and all that is told of their records."""
    asked = Asked(by=by, note=note, at=replay.lookup.now())
    return _drawn(replay, planned(replay.connection.name, plan_id, asked, reverts=applied.plan_id))


def draw_overwrite(replay: Replay, orders: Sequence[str], *fields: str, plan_id: str = "over") -> Plan:
    """With its orders, and all that is told of their records."""
    asked, select = Asked(by="kim", note="the label is right", at=replay.lookup.now()), Selection(orders=tuple(orders))
    return _drawn(replay, planned(replay.connection.name, plan_id, asked, select=select, overwrites=fields))


def apply(replay: Replay, plan: Plan, correlation_id: str) -> int:
    """How many orders were sent, all portions together."""
    asked = Asked(by=plan.by, note=plan.note, at=replay.lookup.now())
    head = replay.plans.head(plan.plan_id)
    assert head is not None
    now = carry_out.apply(replay, head, asked, replay.lookup.now() + HOUR, correlation_id)
    while now.status == "applying" and now.sent < now.to_send:
        now = carry_out.send(replay, now, correlation_id)
    return now.sent


def _drawn(replay: Replay, plan: Plan) -> Plan:
    opened = replay.plans.open(plan)
    assert opened is not None
    source: Source[NamedOrder] = SelectedOrders(replay, plan)
    if plan.kind == "overwrite":
        source = KeptOrders(replay, plan)
    if plan.reverts is not None:
        applied = replay.plans.head(plan.reverts)
        assert applied is not None
        source = AppliedOrders(replay, plan, applied)
    drawn = draw(replay, opened, source)
    assert drawn.status == "ready"
    orders = [order for _, order in replay.plans.orders(plan.plan_id)]
    return drawn.part(orders, replay.plans.every_record(plan.plan_id))
