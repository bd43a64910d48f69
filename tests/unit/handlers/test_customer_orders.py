"""Customer orders become ShipStation orders, and their labels come back. Wired as in AWS."""

from __future__ import annotations

from typing import Any

from functions.model.outcomes import Outcome, Reason
from tests.equipment.order_desk import OrderDesk
from tests.equipment.push_desk import STORE


def test_a_released_order_is_an_order_ready_to_pack() -> None:
    desk = OrderDesk(warehouses={"CHI": 4711})
    desk.enter(lines=2, CustRefName="Kim")
    desk.settled()
    (order,) = desk.orders()
    assert (order.order_number, order.status, order.store_id) == ("P1", "awaiting_shipment", STORE)
    assert (order.order_key, order.ship_to["name"], order.ship_to["city"].upper()) == (
        "ifs:acme:oP1",
        "Kim Larsson",
        "BOSTON",
    )
    assert order.body["advancedOptions"] == {"storeId": STORE, "customField3": "CHI", "warehouseId": 4711}
    assert desk.goods() == {"P1-1-1-0": 2, "P1-2-1-0": 2}
    assert [item.body["sku"] for item in order.items] == ["BOLT", "BOLT"]
    assert order.body["customerUsername"] == "C100"
    assert desk.part().outcome is Outcome.WRITTEN


def test_the_label_comes_back_to_the_order_whatever_part_it_was() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.tenant.add_order_line("P1", "2", Contract="DAL")
    desk.settled()
    for group in ("", "2-1-0"):
        desk.account.ship(desk.packed(group=group).order_id)
    desk.run(minutes=10)
    assert len(desk.tenant.order("P1")["Cf_Tracking_No"].split(",")) == 2
    assert desk.part().attention is None


def test_the_label_comes_back_through_a_custom_field_where_the_reference_is_read_there() -> None:
    class ByField(OrderDesk):
        @staticmethod
        def named() -> dict[str, Any]:
            return {"order_reference": {"source": "custom_field_1"}}

    desk = ByField(order_number_in="custom_field_1")
    desk.enter()
    desk.settled()
    assert desk.packed().body["advancedOptions"]["customField1"] == "P1"
    desk.account.ship(desk.packed().order_id)
    desk.run(minutes=10)
    assert desk.tenant.order("P1")["Cf_Tracking_No"]


def test_an_order_number_that_the_way_back_reads_otherwise_is_parked() -> None:
    class Cut(OrderDesk):
        @staticmethod
        def named() -> dict[str, Any]:
            return {"order_reference": {"pattern": r"(?P<reference>P\d+)(-.*)?"}}

    desk = Cut()
    desk.enter("P1")
    desk.enter("P1-A")
    desk.settled()
    parked = desk.part("P1-A")
    assert (parked.outcome, parked.reason, parked.field) == (Outcome.PARKED, Reason.FIELD_UNUSABLE, "order number")
    assert len(desk.orders()) == 1


def test_what_has_not_changed_is_not_written_again_whatever_shipstation_makes_of_the_address() -> None:
    desk = OrderDesk()
    desk.account.switches.is_address_rewritten = True
    desk.enter()
    desk.settled()
    before = desk.writes()
    desk.run(hours=2)
    assert (before, desk.writes(), len(desk.orders())) == (1, 1, 1)
    assert desk.orders()[0].ship_to["addressVerified"]
