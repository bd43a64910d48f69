"""Pushed orders that must not be made, cancelled or forgotten by mistake."""

from __future__ import annotations

from datetime import timedelta

from functions.ledger.tenants import TenantStore
from functions.model.outcomes import Outcome, Reason
from tests.equipment.http import Request, Response, json_response
from tests.equipment.ifs.orders import HOME
from tests.equipment.order_desk import ELSEWHERE, OrderDesk
from tests.equipment.push_desk import ACME


def statuses(desk: OrderDesk) -> list[str]:
    return sorted(order.status for order in desk.orders())


def test_a_connection_in_shadow_writes_no_orders() -> None:
    desk = OrderDesk()
    desk.site.connection = desk.site.connection.model_copy(update={"mode": "shadow"})
    desk.enter()
    desk.settled()
    assert (desk.orders(), desk.part().outcome) == ([], Outcome.WOULD_WRITE)


def test_a_site_that_the_file_leaves_out_cancels_nothing() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.deploy(sites=("NO",))
    desk.settled()
    desk.run(hours=1)
    assert statuses(desk) == ["awaiting_shipment"]
    assert desk.part().attention is Reason.LINES_VANISHED


def test_a_line_that_is_delivered_stays_of_its_part() -> None:
    """Else what is left of the part would be another order."""
    desk = OrderDesk()
    desk.enter(lines=3)
    for line in ("2", "3"):
        desk.tenant.add_customer_address("C100", line, **ELSEWHERE)
        desk.tenant.edit_line(desk.line(line=line), DefaultAddrFlag=False, ShipAddrNo=line)
    desk.settled()
    for order in desk.orders():
        desk.account.ship(order.order_id)
    desk.settled()
    desk.tenant.edit_line(desk.line(line="2"), DeliveredQtySalesUom=2, Objstate="Delivered")
    desk.tenant.edit_order("P1", Objstate="PartiallyDelivered")
    desk.settled()
    assert statuses(desk) == ["shipped", "shipped"]


def test_a_line_that_is_delivered_in_part_asks_a_person() -> None:
    desk = OrderDesk()
    desk.enter(quantity=10)
    desk.settled()
    desk.account.ship(desk.packed().order_id)
    desk.settled()
    desk.tenant.edit_line(desk.line(), DeliveredQtySalesUom=4, Objstate="PartiallyDelivered")
    desk.tenant.edit_order("P1", Objstate="PartiallyDelivered")
    desk.settled()
    assert desk.part().attention is Reason.ORDER_IMMUTABLE


def test_a_cancellation_waits_for_no_pause() -> None:
    desk = OrderDesk()
    serve, is_out = desk.account.application, [False]

    def served(request: Request) -> Response:
        return json_response(503, {}) if is_out[0] and request.method == "POST" else serve(request)

    desk.account.application = served
    desk.enter()
    desk.settled()
    is_out[0] = True
    desk.tenant.edit_line(desk.line(), BuyQtyDue=3)
    desk.run(hours=5)
    is_out[0] = False
    desk.tenant.edit_order("P1", Objstate="Cancelled")
    desk.settled()
    assert statuses(desk) == ["cancelled"]


def test_asked_again_at_once_it_is_tried_again() -> None:
    desk = OrderDesk(functions=("poll", "release"))
    serve, is_closed = desk.account.application, [True]

    def served(request: Request) -> Response:
        is_made = request.method == "POST" and "createorders" in request.path
        return json_response(400, {"Message": "no"}) if is_made and is_closed[0] else serve(request)

    desk.account.application = served
    desk.enter()
    desk.pull()
    desk.run(minutes=10)
    again = {"again": True, "by": "anna", "note": "the store is open again"}
    desk.pull(**again)
    is_closed[0] = False
    desk.run(minutes=2)
    desk.pull(**again)
    desk.run(minutes=2)
    assert statuses(desk) == ["awaiting_shipment"]


def test_a_question_is_answered_by_no_other_change() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.account.ship(desk.packed().order_id)
    desk.tenant.edit_customer_address("C100", "1", **ELSEWHERE)
    desk.settled()
    assert desk.part().attention is Reason.ORDER_IMMUTABLE
    desk.tenant.edit_line(desk.line(), PlannedShipDate="2026-07-09T00:00:00Z")
    desk.settled()
    assert desk.part().attention is Reason.ORDER_IMMUTABLE
    desk.tenant.edit_customer_address("C100", "1", **HOME)
    desk.settled()
    assert desk.part().attention is None


def test_ifs_is_left_alone_for_as_long_as_it_asked() -> None:
    desk = OrderDesk(functions=())
    desk.enter()
    tenants = TenantStore(desk.world.tables["ledger"])
    until = desk.world.now() + timedelta(minutes=10)
    assert tenants.save_circuit(tenants.circuit(ACME).held(until))
    desk.look()
    assert desk.tenant.requests == []
    desk.run(minutes=10)
    desk.look()
    assert statuses(desk) == ["awaiting_shipment"]
