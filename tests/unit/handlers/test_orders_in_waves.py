"""Goods of a customer order that become ready later, or stay behind: another order, and never the same goods twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from functions.model.outcomes import Outcome, Reason
from tests.equipment.http import Request, Response, json_response
from tests.equipment.order_desk import ELSEWHERE, OrderDesk

FIRST, SECOND = "P1-1-1-0", "P1-2-1-0"


def shipped(quantity: int = 10, lines: int = 1, typed: int | None = None) -> OrderDesk:
    """A first order that has left, perhaps with fewer pieces than asked for."""
    desk = OrderDesk()
    desk.enter(quantity=quantity, lines=lines)
    desk.settled()
    order = desk.packed()
    if typed is not None:
        desk.account.edit_order(order.order_id, {"items": [{**order.items[0].body, "quantity": typed}]})
    desk.account.ship(order.order_id)
    desk.settled()
    return desk


def deliver(desk: OrderDesk, quantity: int, line: str = "1", state: str = "PartiallyDelivered") -> None:
    desk.tenant.edit_line(desk.line(line=line), DeliveredQtySalesUom=quantity, Objstate=state)
    desk.tenant.edit_order("P1", Objstate="PartiallyDelivered")


def contents(desk: OrderDesk) -> list[tuple[str, str, dict[str, int]]]:
    """Key, status and goods of every order."""
    return sorted(
        (order.order_key, order.status, {str(item.body["lineItemKey"]): item.quantity for item in order.items})
        for order in desk.orders()
    )


def test_a_line_that_is_released_later_is_another_order() -> None:
    desk = shipped(2)
    desk.tenant.add_order_line("P1", "2", quantity=3)
    desk.settled()
    assert contents(desk) == [
        ("ifs:acme:oP1", "shipped", {FIRST: 2}),
        ("ifs:acme:oP1:g2", "awaiting_shipment", {SECOND: 3}),
    ]
    assert (desk.part().outcome, desk.part().attention) == (Outcome.WRITTEN, None)
    desk.run(hours=2)
    assert (len(desk.orders()), desk.writes()) == (2, 2)


def test_what_was_left_behind_is_another_order_once_ifs_has_delivered_the_rest() -> None:
    desk = shipped(10, typed=4)
    assert len(desk.orders()) == 1
    deliver(desk, 4)
    desk.settled()
    assert desk.goods() == {FIRST: 6}
    desk.account.ship(desk.packed().order_id)
    deliver(desk, 10, state="Delivered")
    desk.tenant.edit_order("P1", Objstate="Delivered")
    desk.settled()
    assert (len(desk.orders()), desk.part().attention, desk.part().is_open) == (2, None, False)


def test_more_that_is_sold_is_another_order() -> None:
    desk = shipped(2)
    desk.tenant.edit_line(desk.line(), BuyQtyDue=9)
    desk.settled()
    assert desk.goods() == {FIRST: 7}
    deliver(desk, 2)
    desk.settled()
    assert (desk.goods(), len(desk.orders()), desk.part().attention) == ({FIRST: 7}, 2, None)


def test_a_third_wave_knows_of_both_before() -> None:
    desk = shipped(2)
    desk.tenant.add_order_line("P1", "2", quantity=3)
    desk.settled()
    desk.account.ship(desk.packed().order_id)
    desk.tenant.add_order_line("P1", "3", quantity=5)
    desk.settled()
    assert [goods for *_, goods in contents(desk)] == [{FIRST: 2}, {SECOND: 3}, {"P1-3-1-0": 5}]
    deliver(desk, 2, state="Delivered")
    desk.settled()
    assert (len(desk.orders()), desk.part().attention) == (3, None)


def test_a_wave_that_is_open_follows_ifs() -> None:
    desk = shipped(2)
    desk.tenant.add_order_line("P1", "2", quantity=3)
    desk.settled()
    desk.tenant.edit_line(desk.line(line="2"), BuyQtyDue=8)
    desk.tenant.add_order_line("P1", "3", quantity=5)
    desk.settled()
    assert desk.goods() == {SECOND: 8, "P1-3-1-0": 5}
    desk.hold()
    desk.settled()
    assert desk.packed().status == "on_hold"
    desk.release()
    desk.settled()
    assert (desk.packed().status, len(desk.orders())) == ("awaiting_shipment", 2)


def test_a_wave_of_which_nothing_is_wanted_any_more_is_cancelled_and_comes_back_as_another() -> None:
    desk = shipped(2)
    desk.tenant.add_order_line("P1", "2", quantity=3)
    desk.settled()
    desk.tenant.edit_line(desk.line(line="2"), Objstate="Cancelled")
    desk.settled()
    assert [status for _, status, _ in contents(desk)] == ["shipped", "cancelled"]
    assert desk.part().attention is None
    desk.tenant.edit_line(desk.line(line="2"), Objstate="Released")
    desk.settled()
    assert contents(desk)[-1] == ("ifs:acme:oP1:g3", "awaiting_shipment", {SECOND: 3})


def test_a_wave_that_has_left_as_asked_needs_nobody_when_ifs_delivers_it_first() -> None:
    desk = shipped(2)
    desk.tenant.add_order_line("P1", "2", quantity=3)
    desk.settled()
    desk.account.ship(desk.packed().order_id)
    deliver(desk, 3, line="2", state="Delivered")
    desk.settled()
    assert (len(desk.orders()), desk.part().attention) == (2, None)


def test_a_blocked_line_is_no_wave_before_it_is_released() -> None:
    desk = shipped(2)
    desk.tenant.add_order_line("P1", "2", quantity=3)
    desk.hold()
    desk.settled()
    assert (len(desk.orders()), desk.part().attention) == (1, None)
    desk.release()
    desk.settled()
    assert len(desk.orders()) == 2


def test_an_order_that_is_cancelled_after_its_first_wave_left_is_cancelled_and_told() -> None:
    desk = shipped(2)
    desk.tenant.add_order_line("P1", "2", quantity=3)
    desk.settled()
    desk.tenant.edit_order("P1", Objstate="Cancelled")
    desk.settled()
    assert [status for _, status, _ in contents(desk)] == ["shipped", "cancelled"]
    assert desk.part().attention is Reason.ORDER_IMMUTABLE


def staff_added_it(desk: OrderDesk) -> None:
    """By hand, before the label: IFS's line is in the parcel, under no key of ours."""
    order = desk.packed()
    desk.account.void(next(iter(desk.account.shipments.current)))
    added = {"sku": "NUT", "name": "Nut", "quantity": 3}
    desk.account.edit_order(order.order_id, {"items": [*(item.body for item in order.items), added]})
    desk.account.ship(order.order_id)
    desk.tenant.add_order_line("P1", "2", quantity=3, CatalogNo="NUT", PartNo="NUT")


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda desk: deliver(desk, 3), id="delivered in part"),
        pytest.param(lambda desk: desk.tenant.edit_line(desk.line(), BuyQtyDue=7), id="sold less"),
        pytest.param(staff_added_it, id="added by the warehouse"),
    ],
)
def test_what_is_not_certain_asks_a_person(act: Callable[[OrderDesk], None]) -> None:
    desk = shipped(10)
    act(desk)
    desk.settled()
    assert (len(desk.orders()), desk.part().attention) == (1, Reason.ORDER_IMMUTABLE)


def test_fewer_pieces_than_asked_for_are_no_wave_while_ifs_has_not_delivered_them() -> None:
    desk = shipped(10, typed=4)
    desk.tenant.edit_line(desk.line(), BuyQtyDue=12)
    desk.settled()
    assert (len(desk.orders()), desk.part().attention) == (1, Reason.ORDER_IMMUTABLE)


def test_a_label_that_is_voided_after_the_next_wave_was_made_stops_what_follows() -> None:
    desk = shipped(2)
    label = next(iter(desk.account.shipments.current))
    desk.tenant.add_order_line("P1", "2", quantity=3)
    desk.settled()
    desk.account.void(label)
    desk.tenant.edit_line(desk.line(), BuyQtyDue=5)
    desk.settled()
    assert [goods for *_, goods in contents(desk)] == [{FIRST: 2}, {SECOND: 3}]
    assert desk.part().attention is Reason.ORDER_IMMUTABLE
    desk.account.ship(next(order.order_id for order in desk.orders() if order.order_key == "ifs:acme:oP1"))
    desk.run(hours=3)
    assert desk.goods() == {FIRST: 3, SECOND: 3}
    assert desk.part().attention is None


def test_a_wave_whose_answer_is_lost_is_made_once() -> None:
    desk = shipped(2)
    serve, is_lost = desk.account.application, [True]

    def served(request: Request) -> Response:
        answer = serve(request)
        if request.method == "POST" and is_lost[0]:
            is_lost[0] = False
            return json_response(503, {})
        return answer

    desk.account.application = served
    desk.tenant.add_order_line("P1", "2", quantity=3)
    desk.run(hours=2)
    assert [goods for *_, goods in contents(desk)] == [{FIRST: 2}, {SECOND: 3}]
    assert desk.part().attention is None


def test_shadow_mode_makes_no_wave() -> None:
    desk = shipped(2)
    desk.deploy(mode="shadow")
    desk.tenant.add_order_line("P1", "2", quantity=3)
    desk.settled()
    assert (len(desk.orders()), desk.part().outcome, desk.part().generation) == (1, Outcome.WOULD_WRITE, 1)
    desk.deploy(mode="write")
    desk.settled()
    assert len(desk.orders()) == 2


@pytest.mark.parametrize("away", [ELSEWHERE, None], ids=["another address", "another site"])
def test_a_line_that_has_left_and_moves_to_another_part_is_not_packed_again(away: dict[str, str] | None) -> None:
    desk = shipped(2, lines=2)
    if away:
        desk.tenant.add_customer_address("C100", "2", **away)
        desk.tenant.edit_line(desk.line(line="2"), DefaultAddrFlag=False, ShipAddrNo="2")
    else:
        desk.tenant.edit_line(desk.line(line="2"), Contract="DAL")
    desk.settled()
    part = desk.part(group="2-1-0")
    assert (len(desk.orders()), part.reason, part.attention) == (1, Reason.LINE_ELSEWHERE, Reason.LINE_ELSEWHERE)


def test_the_rest_of_a_line_may_go_to_another_place_once_ifs_has_delivered_what_left() -> None:
    desk = shipped(10, typed=4)
    desk.tenant.edit_line(desk.line(), Contract="DAL")
    desk.settled()
    assert len(desk.orders()) == 1
    deliver(desk, 4)
    desk.settled()
    assert desk.goods(group="1-1-0") == {FIRST: 6}


def test_a_line_that_moves_waits_for_nobody_to_hear_of_it() -> None:
    desk = OrderDesk(("poll", "release"))
    desk.enter(lines=2)
    desk.look()
    desk.tenant.edit_line(desk.line(line="2"), Contract="DAL")
    desk.look()
    part = desk.part(group="2-1-0")
    assert (desk.goods(), part.outcome, part.attention) == ({FIRST: 2}, Outcome.WAITING, None)
    desk.look()
    assert desk.goods(group="2-1-0") == {SECOND: 2}
