"""An order that leaves, or that the warehouse edits, while we write, and how ShipStation may answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from functions.model.outcomes import Outcome, Reason
from tests.equipment.http import DroppedError, Request, Response
from tests.equipment.push_desk import Desk, DeskV2

Act = Callable[[Desk, int], object]
CHANGES: dict[str, Act] = {
    "cancelled": lambda desk, shipment: desk.tenant.set_state(shipment, "Cancelled"),
    "address": lambda desk, shipment: desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill"),
    "lines": lambda desk, shipment: desk.tenant.sets["ShipmentLineSet"][shipment, 1].values.update(InventoryQty=7),
}


class Wire:
    """Between the connector and ShipStation. `before` is done once, before the next write; `loses` drops its answer.
    `breaks` is the order that answers 500 by its number.
    """

    def __init__(self, desk: Desk) -> None:
        self.before: list[Callable[[], object]] = []
        self.loses = False
        self.breaks: int | None = None
        self._serve = desk.account.application
        desk.account.application = self._served

    def _served(self, request: Request) -> Response:
        if request.method == "GET" and request.path == f"/orders/{self.breaks}":
            return Response(500)
        if request.method == "GET":
            return self._serve(request)
        if self.before:
            self.before.pop()()
        answer, is_lost, self.loses = self._serve(request), self.loses, False
        if is_lost:
            raise DroppedError
        return answer


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("kind", "locked"), [(Desk, "refused"), (Desk, "whole request"), (Desk, "silent"), (DeskV2, "refused")]
)
def test_what_an_order_that_has_just_left_does_not_take_is_told(
    kind: type[Desk], locked: str, change: str, count: int
) -> None:
    desk = kind(("pull",), minutes=2, warehouses={"CHI": 4711})
    wire = Wire(desk)
    shipments = [desk.ask(f"P{number}") for number in range(count)]
    desk.run(minutes=4)
    desk.account.switches.locked = locked
    wire.before.append(lambda: desk.account.ship(desk.number(shipments[0])))
    for shipment in shipments:
        CHANGES[change](desk, shipment)
    desk.run(minutes=30)
    told = [desk.pushed(shipment).attention for shipment in shipments]
    assert told == [Reason.ORDER_IMMUTABLE, *[None] * (count - 1)]


@pytest.mark.parametrize("count", [1, 6])
def test_an_edit_that_follows_a_write_without_an_answer_is_kept_although_lists_lag(count: int) -> None:
    desk = Desk(("pull",), minutes=2)
    wire = Wire(desk)
    shipments = [desk.ask(f"P{number}") for number in range(count)]
    desk.run(minutes=4)
    desk.account.switches.lag_seconds_min = desk.account.switches.lag_seconds_max = 3600.0
    wire.loses = True
    for shipment in shipments:
        desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    for _ in range(30):
        desk.run(seconds=10 * (desk.pushed(shipments[0]).outcome is not Outcome.RETRY))
    desk.account.edit_order(desk.number(shipments[0]), {"internalNotes": "glass"})
    desk.run(minutes=30)
    assert desk.order(shipments[0]).body["internalNotes"] == "glass"
    assert [desk.pushed(shipment).attention for shipment in shipments] == [None] * count


def test_an_order_that_cannot_be_shown_after_its_write_keeps_no_other_from_its_end() -> None:
    desk = Desk(("pull",), minutes=2)
    wire = Wire(desk)
    shipments = [desk.ask(f"P{number}") for number in range(5)]
    desk.run(minutes=4)
    desk.account.switches.lag_seconds_min = desk.account.switches.lag_seconds_max = 3600.0
    wire.before.append(lambda: setattr(wire, "breaks", desk.number(shipments[1])))
    for shipment in shipments:
        desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    for _ in range(60):
        desk.run(seconds=5 * (wire.breaks is None))
    desk.run(seconds=20)
    told = [desk.pushed(shipment).outcome for shipment in shipments]
    assert told == [Outcome.WRITTEN, Outcome.RETRY, *[Outcome.WRITTEN] * 3]
    wire.breaks = None
    desk.run(minutes=30)
    assert [desk.pushed(shipment).attention for shipment in shipments] == [None] * 5


@pytest.mark.parametrize("loses", [False, True], ids=["", "its answer is lost"])
@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("change", CHANGES)
def test_an_order_that_is_split_while_it_is_written_asks_a_person(change: str, count: int, *, loses: bool) -> None:
    desk = Desk(("pull",), minutes=2)
    wire = Wire(desk)
    shipments = [desk.ask(f"P{number}") for number in range(count)]
    desk.run(minutes=4)
    wire.before.append(lambda: desk.account.split_order(desk.number(shipments[0]), [{"BOLT": 1}]))
    wire.loses = loses
    for shipment in shipments:
        CHANGES[change](desk, shipment)
    desk.run(minutes=30)
    told = [desk.pushed(shipment).attention for shipment in shipments]
    assert told == [Reason.ORDER_IMMUTABLE, *[None] * (count - 1)]


@pytest.mark.parametrize("locked", ["refused", "whole request", "silent"])
def test_an_order_that_was_made_unheard_and_has_left_before_a_list_shows_it_is_not_taken_for_refused(
    locked: str,
) -> None:
    desk = Desk(("pull",), minutes=2)
    wire = Wire(desk)
    desk.account.switches.locked = locked
    desk.account.switches.lag_seconds_min = desk.account.switches.lag_seconds_max = 300.0
    wire.loses = True
    shipment = desk.ask()
    for _ in range(30):
        desk.run(seconds=10 * (not desk.orders()))
    desk.account.ship(int(desk.orders()[0].order_id))
    desk.run(minutes=60)
    assert (desk.pushed(shipment).order_id, desk.pushed(shipment).attention) == (desk.orders()[0].order_id, None)
    desk.tenant.set_state(shipment, "Cancelled")
    desk.run(minutes=10)
    assert desk.pushed(shipment).attention is Reason.ORDER_IMMUTABLE
