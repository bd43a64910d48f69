"""What becomes of a pushed customer order as IFS blocks, cancels, changes, hides and delivers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.ledger.pushes import PushStore
from functions.model.outbound import OutboundKey
from functions.model.outcomes import Outcome, Reason
from functions.model.pushed_order import PushedOrder
from tests.equipment.http import json_response
from tests.equipment.order_desk import ELSEWHERE, OrderDesk, OrderDeskV2
from tests.equipment.push_desk import ACME
from tests.equipment.push_people import told_in
from tests.equipment.quiet_connection import START

OVER_DAYS = 15  # minutes between two looks, where a test lasts longer than a day
EITHER = pytest.mark.parametrize("kind", [OrderDesk, OrderDeskV2])


def test_a_blocked_order_is_held_without_a_date_and_released_again() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.hold()
    desk.tenant.edit_line(desk.line(), Objstate="Blocked")
    desk.settled()
    assert desk.packed().status == "on_hold"
    assert desk.goods() == {"P1-1-1-0": 2}
    desk.run(hours=2)
    assert (desk.packed().status, desk.writes()) == ("on_hold", 2)
    desk.tenant.edit_line(desk.line(), Objstate="Released")
    desk.release()
    desk.settled()
    assert (desk.packed().status, desk.part().attention) == ("awaiting_shipment", None)


def test_blocked_lines_are_held_where_nothing_else_is_packed_and_left_out_where_something_is() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.settled()
    desk.tenant.edit_line(desk.line(line="2"), Objstate="Blocked")
    desk.settled()
    assert (desk.goods(), desk.packed().status) == ({"P1-1-1-0": 2}, "awaiting_shipment")
    desk.tenant.edit_line(desk.line(line="1"), Objstate="Blocked")
    desk.settled()
    assert (desk.packed().status, desk.part().attention) == ("on_hold", None)
    for line in ("1", "2"):
        desk.tenant.edit_line(desk.line(line=line), Objstate="Released")
    desk.settled()
    assert (len(desk.goods()), desk.packed().status) == (2, "awaiting_shipment")


@pytest.mark.parametrize("state", ["Blocked", "Planned", "SomethingNew"])
def test_an_order_in_a_state_that_is_not_packed_is_held_and_never_cancelled(state: str) -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.tenant.edit_order("P1", Objstate=state)
    desk.settled()
    assert desk.packed().status == "on_hold"


def test_a_hold_by_an_attribute_of_the_tenants() -> None:
    desk = OrderDesk(customer_orders={"order": {"blocked": "BlockedReason"}})
    desk.enter("P1")
    desk.enter("P2", BlockedReason="credit")
    desk.settled()
    assert [order.order_number for order in desk.orders()] == ["P1"]
    desk.tenant.edit_order("P1", BlockedReason="credit")
    desk.tenant.edit_order("P2", BlockedReason="")
    desk.settled()
    assert (desk.packed("P1").status, desk.packed("P2").status) == ("on_hold", "awaiting_shipment")


def test_a_hold_of_the_warehouses_own_is_not_lifted_by_ifs() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.account.set_status(desk.packed().order_id, "on_hold")
    desk.hold()
    desk.settled()
    desk.release()
    desk.settled()
    assert desk.packed().status == "on_hold"
    assert (desk.part().attention, desk.part().field) == (Reason.CHANGED_IN_WAREHOUSE, "held")


@pytest.mark.parametrize("end", ["\u2028", "\u2029"], ids=ascii)
def test_the_end_of_a_line_in_a_part_number_keeps_no_order_from_following_ifs(end: str) -> None:
    desk = OrderDesk()
    desk.enter("P1", lines=0)
    desk.tenant.add_order_line("P1", part=f"BO{end}LT")
    desk.enter("P2")
    desk.settled()
    typed = [{**item.body, "quantity": item.quantity} for item in desk.packed("P2").items]
    desk.account.edit_order(desk.packed("P2").order_id, {"items": [*typed, {"sku": f"GIFT{end}WRAP", "quantity": 1}]})
    for order in ("P1", "P2"):
        desk.tenant.edit_line(desk.line(order), BuyQtyDue=5)
    desk.settled()
    assert desk.goods("P1") == {"P1-1-1-0": 5}
    assert (desk.part("P2").attention, desk.part("P2").field) == (Reason.CHANGED_IN_WAREHOUSE, "items")
    assert desk.packed("P1").items[0].body["sku"] == "BO LT"


@EITHER
def test_a_blocked_order_stays_held_when_the_warehouses_own_hold_ends(kind: type[OrderDesk]) -> None:
    desk = kind(minutes=OVER_DAYS, warehouses={"CHI": 4711})
    desk.enter()
    desk.settled()
    desk.account.hold_order(desk.packed().order_id, desk.world.now() + timedelta(days=1))
    desk.hold()
    desk.settled()
    desk.run(hours=30)
    assert (desk.packed().status, desk.part().attention) == ("on_hold", None)
    desk.release()
    desk.settled()
    assert desk.packed().status == "on_hold"
    assert (desk.part().attention, desk.part().field) == (Reason.CHANGED_IN_WAREHOUSE, "held")


def test_a_hold_whose_answer_was_lost_stays_the_warehouses_own() -> None:
    desk = OrderDesk(minutes=OVER_DAYS)
    desk.enter()
    desk.settled()
    desk.account.hold_order(desk.packed().order_id, desk.world.now() + timedelta(days=1))
    desk.account.add_fault("lost", method="POST")
    desk.hold()
    desk.run(hours=30)
    assert (desk.packed().status, desk.part().attention) == ("on_hold", None)
    desk.release()
    desk.settled()
    assert (desk.packed().status, desk.part().attention) == ("on_hold", Reason.CHANGED_IN_WAREHOUSE)


@EITHER
def test_a_hold_of_the_warehouses_that_is_not_met_by_ifs_ends_at_its_day(kind: type[OrderDesk]) -> None:
    desk = kind(minutes=OVER_DAYS, warehouses={"CHI": 4711})
    desk.enter()
    desk.settled()
    desk.account.hold_order(desk.packed().order_id, desk.world.now() + timedelta(days=1))
    desk.tenant.edit_line(desk.line(), BuyQtyDue=5)
    desk.settled()
    assert (desk.packed().status, desk.goods()) == ("on_hold", {"P1-1-1-0": 5})
    desk.run(hours=30)
    assert desk.packed().status == "awaiting_shipment"


def test_an_order_that_is_blocked_a_second_time_is_held_though_the_warehouse_let_go_of_it_the_first_time() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.hold()
    desk.settled()
    desk.account.set_status(desk.packed().order_id, "awaiting_shipment")
    desk.release()
    desk.settled()
    desk.hold()
    desk.settled()
    assert desk.packed().status == "on_hold"
    desk.release()
    desk.settled()
    assert (desk.packed().status, desk.part().attention) == ("awaiting_shipment", None)


def test_what_the_warehouse_released_stays_released() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.hold()
    desk.settled()
    desk.account.set_status(desk.packed().order_id, "awaiting_shipment")
    desk.run(hours=2)
    assert desk.packed().status == "awaiting_shipment"


def test_a_blocked_order_that_was_never_made_waits() -> None:
    desk = OrderDesk()
    desk.tenant.add_customer_address(Country="Sweden")
    desk.enter()
    desk.settled()
    desk.hold()
    desk.tenant.edit_customer_address("C100", "1", Country="SE")
    desk.settled()
    assert (desk.orders(), desk.part().reason, desk.part().attention) == ([], Reason.HELD_IN_IFS, None)
    desk.release()
    desk.settled()
    assert len(desk.orders()) == 1


def test_a_blocked_order_that_cannot_be_held_is_told() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.tenant.edit_customer_address("C100", "1", Country="Sweden")
    desk.settled()
    assert desk.part().attention is Reason.FIELD_UNUSABLE
    desk.hold()
    desk.settled()
    assert (desk.packed().status, desk.part().attention) == ("awaiting_shipment", Reason.HELD_IN_IFS)
    desk.tenant.edit_customer_address("C100", "1", Country="SE")
    desk.settled()
    assert (desk.packed().status, desk.part().attention) == ("on_hold", None)


def test_a_split_order_that_is_blocked_asks_a_person() -> None:
    desk = OrderDesk()
    desk.enter(quantity=3)
    desk.settled()
    desk.account.split_order(desk.packed().order_id, [{"P1-1-1-0": 1}])
    desk.hold()
    desk.settled()
    assert desk.part().attention is Reason.ORDER_IMMUTABLE


def test_a_cancelled_order_is_cancelled_in_all_its_parts_and_opened_again_is_a_new_one() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.tenant.add_order_line("P1", "2", Contract="DAL")
    desk.settled()
    first = {order.order_id for order in desk.orders()}
    desk.tenant.edit_order("P1", Objstate="Cancelled")
    desk.settled()
    assert {order.status for order in desk.orders()} == {"cancelled"}
    assert not desk.part().is_open
    desk.release()
    desk.settled()
    keys = sorted(order.order_key for order in desk.orders() if order.order_id not in first)
    assert keys == ["ifs:acme:oP1:2-1-0:g2", "ifs:acme:oP1:g2"]


def test_a_cancelled_line_leaves_its_order_and_the_last_one_of_a_part_cancels_that_part() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.tenant.add_order_line("P1", "3", Contract="DAL")
    desk.settled()
    desk.tenant.edit_line(desk.line(line="2"), Objstate="Cancelled")
    desk.tenant.edit_line(desk.line(line="3"), Objstate="Cancelled")
    desk.settled()
    assert desk.goods() == {"P1-1-1-0": 2}
    assert desk.packed(group="3-1-0").status == "cancelled"


def test_a_line_that_moves_to_another_place_leaves_the_one_and_joins_the_other() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.tenant.add_order_line("P1", "3", Contract="DAL")
    desk.settled()
    desk.tenant.edit_line(desk.line(line="3"), Contract="CHI")
    desk.settled()
    assert desk.goods() == {"P1-1-1-0": 2, "P1-2-1-0": 2, "P1-3-1-0": 2}
    assert desk.packed(group="3-1-0").status == "cancelled"
    assert not desk.part(group="3-1-0").is_open


def test_a_line_whose_goods_come_from_a_supplier_after_all_is_taken_out() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.tenant.edit_line(desk.line(), SupplyCodeDb="PD")
    desk.settled()
    assert desk.packed().status == "cancelled"


def test_a_line_that_was_deleted_is_taken_out_once_it_is_missing_twice() -> None:
    desk = OrderDesk(("poll", "release"))
    desk.enter(lines=2)
    desk.look()
    desk.tenant.delete_order_line(desk.line(line="2"))
    desk.look()
    assert len(desk.goods()) == 2
    assert (desk.part().reason, desk.part().attention) == (Reason.LINES_VANISHED, None)
    desk.look()
    assert (desk.goods(), desk.part().reason) == ({"P1-1-1-0": 2}, None)


def test_a_line_that_was_missing_once_stays() -> None:
    desk = OrderDesk(("poll", "release"))
    desk.enter(lines=2)
    desk.look()
    record = desk.tenant.sets["CustomerOrderLineSet"].pop(desk.line(line="2"))
    desk.look()
    desk.tenant.sets["CustomerOrderLineSet"][desk.line(line="2")] = record
    desk.look()
    desk.look()
    assert (len(desk.goods()), desk.part().reason, desk.writes()) == (2, None, 1)


def test_an_order_that_was_never_made_follows_whatever_goes() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.tenant.edit_line(desk.line(line="2"), BuyQtyDue=2.5)
    desk.settled()
    assert desk.part().outcome is Outcome.PARKED
    desk.tenant.delete_order_line(desk.line(line="2"))
    desk.settled()
    assert desk.goods() == {"P1-1-1-0": 2}


@pytest.mark.parametrize("hide", ["the line's site", "every line", "the line itself"])
def test_a_line_that_is_not_shown_any_more_takes_nothing_out(hide: str) -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.tenant.edit_line(desk.line(line="2"), Contract="DAL")
    desk.settled()
    match hide:
        case "the line's site":
            desk.tenant.sites = {"CHI"}
        case "every line":
            desk.tenant.unseen.add("CustomerOrderLineSet")
        case _:
            desk.tenant.delete_order_line(desk.line(line="2"))
    desk.settled()
    assert {order.status for order in desk.orders()} == {"awaiting_shipment"}
    assert (desk.part(group="2-1-0").outcome, desk.part(group="2-1-0").attention) == (
        Outcome.PARKED,
        Reason.LINES_VANISHED,
    )


def test_an_order_that_ifs_does_not_show_at_all_changes_nothing() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.tenant.sites = {"DAL"}
    desk.run(hours=2)
    assert (desk.packed().status, desk.part().attention, desk.writes()) == ("awaiting_shipment", None, 1)


def test_what_was_sold_less_follows_while_it_is_open() -> None:
    desk = OrderDesk()
    desk.enter(quantity=10)
    desk.settled()
    desk.tenant.edit_line(desk.line(), BuyQtyDue=7)
    desk.settled()
    assert desk.goods() == {"P1-1-1-0": 7}
    desk.tenant.edit_line(desk.line(), DeliveredQtySalesUom=4, Objstate="PartiallyDelivered")
    desk.tenant.edit_order("P1", Objstate="PartiallyDelivered")
    desk.settled()
    assert desk.goods() == {"P1-1-1-0": 3}


def test_what_was_shipped_and_is_delivered_line_by_line_asks_nobody() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.settled()
    desk.account.ship(desk.packed().order_id)
    desk.settled()
    writes = desk.writes()
    for line, state in (("1", "PartiallyDelivered"), ("2", "Delivered")):
        desk.tenant.edit_line(desk.line(line=line), DeliveredQtySalesUom=2, Objstate="Delivered")
        desk.tenant.edit_order("P1", Objstate=state)
        desk.settled()
        assert desk.part().attention is None
    assert (desk.part().is_open, desk.writes()) == (False, writes)


def test_another_address_after_it_was_shipped_asks_a_person() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.account.ship(desk.packed().order_id)
    desk.tenant.edit_customer_address("C100", "1", **ELSEWHERE)
    desk.settled()
    assert desk.part().attention is Reason.ORDER_IMMUTABLE


def test_a_changed_quantity_after_a_part_was_shipped_asks_a_person() -> None:
    desk = OrderDesk()
    desk.enter(quantity=10)
    desk.settled()
    (child,) = desk.account.split_order(desk.packed().order_id, [{"P1-1-1-0": 4}])
    desk.account.ship(child)
    desk.tenant.edit_line(desk.line(), BuyQtyDue=12)
    writes = desk.writes()
    desk.settled()
    assert (desk.part().attention, desk.writes()) == (Reason.ORDER_IMMUTABLE, writes)


def test_a_line_that_is_closed_short_has_nothing_to_ship() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.settled()
    desk.tenant.edit_line(desk.line(line="2"), DeliveredQtySalesUom=1, Objstate="Delivered")
    desk.settled()
    assert desk.goods() == {"P1-1-1-0": 2}


def test_what_ifs_delivered_by_another_way_is_left_as_it_stands() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.tenant.edit_line(desk.line(), DeliveredQtySalesUom=2, Objstate="Delivered")
    desk.tenant.edit_order("P1", Objstate="Delivered")
    desk.settled()
    assert (desk.packed().status, desk.part().is_open, desk.part().attention) == ("awaiting_shipment", False, None)


def test_what_ifs_takes_back_as_undelivered_is_followed_again() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    for state in ("Delivered", "Released", "Cancelled"):
        desk.tenant.edit_line(desk.line(), Objstate=state)
        desk.tenant.edit_order("P1", Objstate=state)
        desk.settled()
    assert (desk.packed().status, desk.writes()) == ("cancelled", 2)


def test_what_ifs_delivered_is_not_read_again_although_shipstation_never_answered() -> None:
    desk = OrderDesk()
    serve = desk.account.application
    desk.account.application = lambda request: json_response(503, {}) if request.method == "POST" else serve(request)
    desk.enter()
    desk.settled()
    assert desk.part().next_attempt_at is not None
    desk.tenant.edit_order("P1", Objstate="Delivered")
    desk.run(hours=1)
    assert (desk.part().is_open, desk.part().next_attempt_at) == (False, None)


def test_a_shipped_order_that_is_cancelled_in_ifs_asks_a_person() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    desk.account.ship(desk.packed().order_id)
    desk.tenant.edit_order("P1", Objstate="Cancelled")
    desk.settled()
    assert (desk.packed().status, desk.part().attention) == ("shipped", Reason.ORDER_IMMUTABLE)


def test_shadow_mode_writes_nothing() -> None:
    desk = OrderDesk(mode="shadow")
    desk.enter()
    desk.run(minutes=10)
    assert (desk.orders(), desk.writes(), desk.part().outcome) == ([], 0, Outcome.WOULD_WRITE)


def test_a_tenant_that_takes_no_batch_is_read_list_by_list() -> None:
    desk = OrderDesk()
    desk.tenant.switches.takes_batch = False
    for number in range(120):
        desk.enter(f"P{number:03}")
    desk.run(minutes=6)
    assert len(desk.orders()) == 120
    assert sum(request.path.endswith("$batch") for request in desk.tenant.requests) == 1


def test_no_name_address_or_contact_is_logged_or_kept() -> None:
    desk = OrderDesk(customer_orders={"contact": {"set": "CustomerInfoCommMethodSet"}})
    desk.tenant.add_contact("C100", 1, "EMail", "kim@example.com")
    desk.tenant.add_contact("C100", 2, "Phone", "555-0199")
    desk.enter(CustRefName="Kim Larsson")
    desk.settled()
    desk.tenant.edit_customer_address("C100", "1", Address1="99 Beacon Hill")
    desk.settled()
    kept = str([dict(item) for table in desk.world.tables.values() for item in table.scan(prefix="")])
    words = ("Larsson", "Harbor", "Beacon", "02110", "kim@example.com", "555-0199")
    assert told_in(kept + desk.world.logs.getvalue(), words) == []


def test_a_shipment_that_was_pushed_before_is_no_order_of_that_number() -> None:
    desk = OrderDesk(customer_orders={"types": ["NO"]})
    desk.enter("19", OrderId="EX")
    shipment = PushedOrder(key=OutboundKey(connection=ACME, shipment_id="19"), order_id=7, read_at=START)
    PushStore(desk.world.tables["ledger"]).save(shipment)
    desk.settled()
    assert desk.orders() == []
