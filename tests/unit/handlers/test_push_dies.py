"""A push run dies before and after every call to the outside, once and twice in a row: the order is there once, says
what IFS says, keeps the warehouse's edit, and every write is in the audit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.equipment.deaths import Deaths
from tests.equipment.order_desk import OrderDesk
from tests.equipment.push_desk import Desk, Number

HOURS = 2  # a message whose run died comes back after half an hour, twice
Act = Callable[[Any, Any], None]


def nothing(desk: Desk, shipment: int) -> None: ...


def changes(desk: Desk, shipment: int) -> None:
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")


def cancels(desk: Desk, shipment: int) -> None:
    desk.tenant.set_state(shipment, "Cancelled")


def opens_again(desk: Desk, shipment: int) -> None:
    desk.tenant.set_state(shipment, "Preliminary")


def blocks(desk: OrderDesk, order: str) -> None:
    desk.hold(order)


def releases(desk: OrderDesk, order: str) -> None:
    desk.release(order)


def withdraws(desk: OrderDesk, order: str) -> None:
    desk.tenant.edit_order(order, Objstate="Cancelled")


STORIES: dict[str, tuple[type[Desk], list[Act], str, int]] = {
    "create": (Desk, [nothing], "awaiting_shipment", 1),
    "update": (Desk, [nothing, changes], "awaiting_shipment", 2),
    "cancel": (Desk, [nothing, cancels], "cancelled", 2),
    "open again": (Desk, [nothing, cancels, opens_again], "awaiting_shipment", 3),
    "block": (OrderDesk, [nothing, blocks], "on_hold", 2),
    "release": (OrderDesk, [nothing, blocks, releases], "awaiting_shipment", 3),
    "cancel what is blocked": (OrderDesk, [nothing, blocks, withdraws], "cancelled", 3),
}


def play(story: str, at: tuple[int, ...]) -> tuple[Desk, Number, Deaths]:
    kind, acts, _, _ = STORIES[story]
    desk = kind(("pull",), minutes=15)
    shipment = desk.enter() if isinstance(desk, OrderDesk) else desk.ask()
    for act in acts[:-1]:
        act(desk, shipment)
        desk.run(minutes=35)
    deaths = Deaths(desk.world, "push", at)
    acts[-1](desk, shipment)
    desk.run(minutes=35)
    for order in desk.orders():  # the warehouse works on what it sees
        if order.status != "cancelled":
            desk.account.edit_order(order.order_id, {"internalNotes": "glass", "customerUsername": "Kim"})
    desk.run(hours=HOURS)
    return desk, shipment, deaths


def daily_and_nightly() -> list[object]:
    """What is made, changed and cancelled in `make test`, the others at night."""
    daily = ("create", "update", "cancel")
    return [pytest.param(story, marks=() if story in daily else pytest.mark.nightly) for story in STORIES]


def steps_of(story: str) -> int:
    return play(story, ())[2].steps


@pytest.mark.parametrize("story", daily_and_nightly())
@pytest.mark.parametrize("times", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_a_death_at_any_step_leaves_one_order_with_the_right_content(story: str, times: int) -> None:
    _, _, status, writes = STORIES[story]
    for step in range(steps_of(story)):
        desk, shipment, deaths = play(story, (step,) * times)
        told = f"{story}, died {deaths.died} times at step {step}"
        assert deaths.died, told
        orders = desk.orders()
        pushed = desk.pushed(shipment)
        assert len(orders) == max(pushed.generation, 1), told
        order = desk.order(shipment)
        assert order.status == status, told
        assert sum(each.status != "cancelled" for each in orders) == (status != "cancelled"), told
        assert order.ship_to["street1"].upper().startswith("99 B" if story == "update" else "12 H"), told
        assert len(desk.audited()) == writes, told
        assert pushed.attention is None, told
        assert not pushed.trying, told


def test_the_warehouse_edit_after_a_lost_create_stays() -> None:
    for step in range(steps_of("create")):
        desk, shipment, deaths = play("create", (step,))
        order = desk.order(shipment)
        is_made_before_the_edit = order.created < desk.world.start + timedelta(minutes=35)
        assert deaths.died
        assert (order.body.get("internalNotes") == "glass") == is_made_before_the_edit, step
