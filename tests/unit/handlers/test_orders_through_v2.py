"""IFS shipments become orders through V2, and through each API in turn. Wired as in AWS."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from functions.model.outcomes import Outcome, Reason
from tests.equipment.http import Request, Response
from tests.equipment.push_desk import STORE, Desk, DeskV2

LONGEST_RUN = 320.0  # seconds


def move(desk: Desk, api: str) -> None:
    """The file with the other API; what runs ends with the old one."""
    connection = desk.site.connection
    if connection.shipstation.api != api:
        desk.site.connection = connection.through_the_other_api()
    for function in desk.world.functions.values():
        for seconds in (0.0, LONGEST_RUN):
            desk.world.clockwork.after(seconds, function.redeploy)


def test_a_shipment_is_an_order_is_followed_and_comes_back() -> None:
    desk = DeskV2(warehouses={"CHI": 4711})
    shipment, other = desk.ask(), desk.ask("P2")
    desk.run(minutes=3)
    order = desk.order(shipment)
    assert (order.order_number, order.status, order.store_id) == ("P1", "awaiting_shipment", STORE)
    assert order.body["advancedOptions"]["warehouseId"] == 4711
    desk.account.edit_order(desk.number(shipment), {"internalNotes": "glass"})
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.tenant.set_state(other, "Cancelled")
    desk.run(minutes=3)
    after = desk.order(shipment)
    assert (after.ship_to["street1"], after.body["internalNotes"]) == ("99 Beacon Hill", "glass")
    assert desk.order(other).status == "cancelled"
    desk.account.ship(desk.number(shipment))
    desk.run(minutes=10)
    assert desk.tenant.shipment(shipment)["ProNo"]
    assert [request for request in desk.account.requests if not request.path.startswith("/v2/")] == []


def test_without_a_telephone_the_file_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"orders\.phone is missing"):
        DeskV2(phone="")


def test_what_has_not_changed_costs_no_request() -> None:
    desk = DeskV2(("pull",), warehouses={"CHI": 4711})
    desk.ask()
    desk.run(minutes=3)
    before = len(desk.account.requests)
    desk.run(hours=2)
    assert (len(desk.account.requests), desk.writes(), len(desk.orders())) == (before, 1, 1)


def test_an_edit_of_the_warehouse_is_kept_and_told() -> None:
    desk = DeskV2(("pull",), warehouses={"CHI": 4711})
    shipment = desk.ask()
    desk.run(minutes=3)
    ship_to = {**desk.order(shipment).ship_to, "street1": "1 Staff Road"}
    desk.account.edit_order(desk.number(shipment), {"shipTo": ship_to})
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.run(minutes=3)
    assert desk.order(shipment).ship_to["street1"] == "1 Staff Road"
    assert desk.pushed(shipment).attention is Reason.CHANGED_IN_WAREHOUSE


@pytest.mark.parametrize("end", ["shipped", "split"])
@pytest.mark.parametrize("wish", ["change", "cancel"])
def test_an_order_that_takes_no_change_asks_a_person(end: str, wish: str) -> None:
    desk = DeskV2(("pull",), warehouses={"CHI": 4711})
    shipment = desk.ask()
    desk.run(minutes=3)
    if end == "shipped":
        desk.account.ship(desk.number(shipment))
    else:
        desk.account.split_order(desk.number(shipment), [{"BOLT": 1}])
    before = desk.writes()
    if wish == "change":
        desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    else:
        desk.tenant.set_state(shipment, "Cancelled")
    desk.run(minutes=3)
    assert (desk.pushed(shipment).attention, desk.writes()) == (Reason.ORDER_IMMUTABLE, before)


def test_a_shipment_that_is_opened_again_is_another_order() -> None:
    desk = DeskV2(("pull",), warehouses={"CHI": 4711})
    shipment = desk.ask()
    for state in ("Preliminary", "Cancelled", "Preliminary"):
        desk.tenant.set_state(shipment, state)
        desk.run(minutes=3)
    assert sorted(order.status for order in desk.orders()) == ["awaiting_shipment", "cancelled"]
    assert len({order.order_key for order in desk.orders()}) == 2


def test_an_order_that_v2_refuses_asks_a_person() -> None:
    desk = DeskV2(("pull",), warehouses={"CHI": 4711})
    desk.account.refused_numbers.add("P1")
    shipment = desk.ask()
    desk.run(minutes=3)
    assert desk.pushed(shipment).attention is Reason.REFUSED_BY_SHIPSTATION


@pytest.mark.parametrize("status", [500, 503])
def test_an_answer_that_is_lost_makes_no_second_order(status: int) -> None:
    desk = DeskV2(("pull",), warehouses={"CHI": 4711})
    served = desk.account.application

    def losing(request: Request) -> Response:
        answer = served(request)
        if request.method != "POST":
            return answer
        desk.account.application = served
        return Response(status)

    desk.account.application = losing
    shipment = desk.ask()
    desk.run(hours=1)
    assert [order.order_id for order in desk.orders()] == [desk.number(shipment)]
    assert desk.pushed(shipment).outcome in {Outcome.WRITTEN, Outcome.UNCHANGED}


def test_the_warehouse_may_end_an_order_while_it_is_written() -> None:
    desk = DeskV2(("pull",), warehouses={"CHI": 4711})
    shipment = desk.ask()
    desk.run(minutes=3)
    replaced = desk.account.v2_replaced

    def ended(number: int, request: Request) -> Response:
        if desk.order(shipment).status != "shipped":
            desk.account.ship(number)
        return replaced(number, request)

    desk.account.v2_replaced = ended  # type: ignore[method-assign] # the route calls it by its name
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.run(hours=1)
    assert desk.pushed(shipment).attention is Reason.ORDER_IMMUTABLE


@pytest.mark.parametrize(("before", "after"), [("v1", "v2"), ("v2", "v1")])
@pytest.mark.parametrize("moment", ["settled", "lost", "cancelled"])
def test_a_connection_that_is_moved_makes_no_second_order(before: str, after: str, moment: str) -> None:
    desk = DeskV2(warehouses={"CHI": 4711})
    desk.account.switches.is_address_rewritten = True
    move(desk, before)
    served = desk.account.application

    def deaf(request: Request) -> Response:
        answer = served(request)
        return answer if request.method == "GET" else Response(503)

    if moment == "lost":
        desk.account.application = deaf
    shipment = desk.ask()
    desk.run(minutes=10)
    if moment == "cancelled":
        desk.tenant.set_state(shipment, "Cancelled")
        desk.run(minutes=3)
    desk.account.application = served
    move(desk, after)
    desk.run(minutes=10)
    desk.tenant.set_state(shipment, "Preliminary")
    desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.run(hours=1)
    (order,) = [order for order in desk.orders() if order.status != "cancelled"]
    assert order.order_id == desk.number(shipment)
    assert order.ship_to["street1"].upper().startswith("99 BEACON")
    assert len(desk.orders()) == (2 if moment == "cancelled" else 1)
    desk.account.ship(order.order_id)
    desk.run(minutes=20)
    assert desk.tenant.shipment(shipment)["ProNo"]
