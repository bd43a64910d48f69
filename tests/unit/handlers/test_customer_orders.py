"""Customer orders become ShipStation orders, one a place and site, follow IFS, and come back. Wired as in AWS."""

from __future__ import annotations

from typing import Any

import pytest

from functions.model.outcomes import Outcome, Reason
from tests.equipment.http import json_response
from tests.equipment.order_desk import OrderDesk
from tests.equipment.push_desk import STORE

ELSEWHERE = {"Address1": "99 Beacon Hill", "City": "Salem", "ZipCode": "01970"}


def settled(desk: OrderDesk) -> OrderDesk:
    desk.run(minutes=3)
    return desk


def test_a_released_order_is_an_order_ready_to_pack() -> None:
    desk = OrderDesk(warehouses={"CHI": 4711})
    desk.enter(lines=2, CustRefName="Kim")
    settled(desk)
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
    settled(desk)
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
    settled(desk)
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
    settled(desk)
    parked = desk.part("P1-A")
    assert (parked.outcome, parked.reason, parked.field) == (Outcome.PARKED, Reason.FIELD_UNUSABLE, "order number")
    assert len(desk.orders()) == 1


def test_what_has_not_changed_is_not_written_again_whatever_shipstation_makes_of_the_address() -> None:
    desk = OrderDesk()
    desk.account.switches.is_address_rewritten = True
    desk.enter()
    settled(desk)
    before = desk.writes()
    desk.run(hours=2)
    assert (before, desk.writes(), len(desk.orders())) == (1, 1, 1)
    assert desk.orders()[0].ship_to["addressVerified"]


def look(desk: OrderDesk) -> None:
    desk.world.functions["pull"].invoke({"connection": "acme"})
    desk.run(minutes=6)


# --- where it goes


def test_a_line_that_goes_elsewhere_is_an_order_of_its_own() -> None:
    desk = OrderDesk()
    desk.enter(lines=3)
    key = desk.line(line="2")
    desk.tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=True)
    desk.tenant.add_own_address(key, **ELSEWHERE)
    settled(desk)
    assert (desk.goods(), desk.goods(group="2-1-0")) == ({"P1-1-1-0": 2, "P1-3-1-0": 2}, {"P1-2-1-0": 2})
    assert desk.packed().ship_to["street1"].upper().startswith("12 H")
    other = desk.packed(group="2-1-0")
    assert (other.ship_to["street1"].upper()[:4], other.order_number) == ("99 B", "P1")
    assert other.body["advancedOptions"]["customField3"] == "CHI 2-1-0"


def test_lines_with_one_address_of_their_own_travel_together() -> None:
    desk = OrderDesk()
    desk.enter(lines=3)
    for line in ("2", "3"):
        key = desk.line(line=line)
        desk.tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=True)
        desk.tenant.add_own_address(key, **ELSEWHERE)
    settled(desk)
    assert len(desk.orders()) == 2
    assert desk.goods(group="2-1-0") == {"P1-2-1-0": 2, "P1-3-1-0": 2}


def test_an_address_of_its_own_that_is_the_headers_makes_no_second_order() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    key = desk.line(line="2")
    desk.tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=True)
    desk.tenant.add_own_address(key)
    settled(desk)
    assert desk.goods() == {"P1-1-1-0": 2, "P1-2-1-0": 2}


def test_an_address_belongs_to_the_customer_that_the_line_is_delivered_to() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.tenant.add_customer_address("C200", "1", **ELSEWHERE)
    desk.tenant.edit_line(desk.line(), DefaultAddrFlag=False, DeliverToCustomerNo="C200", ShipAddrNo="1")
    settled(desk)
    assert desk.packed(group="1-1-0").ship_to["city"].upper() == "SALEM"
    assert len(desk.orders()) == 1


def test_a_header_with_an_address_of_its_own_is_followed_by_the_lines_that_follow_it() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    key = desk.line(line="2")
    desk.tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=False, ShipAddrNo="1")
    settled(desk)
    assert len(desk.orders()) == 1
    desk.tenant.edit_order("P1", AddrFlagDb=True)
    desk.tenant.add_own_address(("P1",), **ELSEWHERE)
    settled(desk)
    assert (desk.goods(), desk.packed().ship_to["street1"].upper()[:4]) == ({"P1-1-1-0": 2}, "99 B")
    assert desk.packed(group="2-1-0").ship_to["street1"].upper().startswith("12 H")


def test_a_corrected_address_changes_the_order_that_is_there_and_keeps_what_the_warehouse_typed() -> None:
    desk = OrderDesk()
    desk.account.switches.is_address_rewritten = True
    desk.enter()
    settled(desk)
    number = desk.packed().order_id
    desk.account.edit_order(number, {"internalNotes": "glass"})
    desk.tenant.edit_customer_address("C100", "1", Address1="99 Beacon Hill")
    settled(desk)
    order = desk.packed()
    assert (order.order_id, order.ship_to["street1"].upper()[:4], order.body["internalNotes"]) == (
        number,
        "99 B",
        "glass",
    )
    assert len(desk.orders()) == 1


def test_what_both_changed_stays_as_the_warehouse_has_it_and_a_person_is_told() -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    order = desk.packed()
    desk.account.edit_order(order.order_id, {"shipTo": {**order.ship_to, "street1": "1 Other Road"}})
    desk.tenant.edit_customer_address("C100", "1", Address1="99 Beacon Hill")
    settled(desk)
    assert desk.packed().ship_to["street1"] == "1 Other Road"
    assert (desk.part().attention, desk.part().field) == (Reason.CHANGED_IN_WAREHOUSE, "ship_to")


def test_a_line_at_another_site_is_an_order_of_that_site() -> None:
    desk = OrderDesk(warehouses={"CHI": 4711, "DAL": 4712})
    desk.enter()
    desk.tenant.add_order_line("P1", "2", Contract="DAL")
    settled(desk)
    warehouses = {order.body["advancedOptions"]["warehouseId"]: order.order_key for order in desk.orders()}
    assert warehouses == {4711: "ifs:acme:oP1", 4712: "ifs:acme:oP1:2-1-0"}


def test_sites_of_others_are_left_to_them() -> None:
    desk = OrderDesk(sites=["CHI"])
    desk.enter()
    desk.tenant.add_order_line("P1", "2", Contract="DAL")
    settled(desk)
    assert [desk.goods()] == [{"P1-1-1-0": 2}]
    assert len(desk.orders()) == 1


def test_the_tenants_sites_hold_where_no_others_are_named() -> None:
    class Ours(OrderDesk):
        @staticmethod
        def tenant_has() -> dict[str, Any]:
            return {"sites": ["CHI"]}

    desk = Ours()
    desk.enter()
    desk.tenant.add_order_line("P1", "2", Contract="DAL")
    desk.enter("P2", Contract="DAL")
    settled(desk)
    assert [(order.order_number, len(order.items)) for order in desk.orders()] == [("P1", 1)]


def test_address_sets_bear_the_names_of_the_file() -> None:
    names = {"order_addresses": "CustOrderAddrSet", "line_addresses": "LineAddrSet", "customer_addresses": "Addresses"}
    desk = OrderDesk(customer_orders=names)
    desk.tenant.renamed = {
        "CustomerOrderAddressSet": "CustOrderAddrSet",
        "CustOrderLineAddressSet": "LineAddrSet",
        "Reference_CustomerInfoAddress": "Addresses",
    }
    desk.enter(lines=2, AddrFlagDb=True)
    desk.tenant.add_own_address(("P1",))
    key = desk.line(line="2")
    desk.tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=True)
    desk.tenant.add_own_address(key, **ELSEWHERE)
    settled(desk)
    assert len(desk.orders()) == 2


@pytest.mark.parametrize("hidden", ["Reference_CustomerInfoAddress", "CustOrderLineAddressSet"])
def test_an_address_that_ifs_does_not_show_keeps_the_whole_order_and_no_other_is_taken(hidden: str) -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    key = desk.line(line="2")
    desk.tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=True)
    desk.tenant.add_own_address(key)  # the header's own: both lines are one order as long as IFS shows it
    settled(desk)
    desk.tenant.unseen.add(hidden)
    desk.enter("P2")
    settled(desk)
    assert (desk.part().outcome, desk.part().field) == (Outcome.PARKED, "receiver address in IFS")
    assert all(order.order_number in {"P1", "P2"} and order.order_key.count(":") == 2 for order in desk.orders())
    assert desk.goods() == {"P1-1-1-0": 2, "P1-2-1-0": 2}
    desk.tenant.unseen.clear()
    settled(desk)
    assert (desk.part().attention, len(desk.orders())) == (None, 2)


def test_an_expired_address_is_told() -> None:
    desk = OrderDesk()
    desk.tenant.add_customer_address(ValidTo="2026-05-31T00:00:00Z")
    desk.enter()
    settled(desk)
    assert (desk.part().outcome, desk.part().field) == (Outcome.PARKED, "receiver address valid to")
    desk.tenant.edit_customer_address("C100", "1", ValidTo="2026-06-01T00:00:00Z")
    settled(desk)
    assert len(desk.orders()) == 1


def test_an_address_of_six_lines_fits_three() -> None:
    desk = OrderDesk()
    desk.tenant.add_customer_address(**{f"Address{number}": f"{number} Long Street" for number in range(1, 7)})
    desk.enter()
    settled(desk)
    assert desk.packed().body["shipTo"]["street3"] == "3 Long Street, 4 Long Street, 5 Long Street, 6 Long Street"


def test_the_contacts_of_the_address_come_before_the_customers() -> None:
    desk = OrderDesk(customer_orders={"contact": {"set": "CustomerInfoCommMethodSet"}}, phone="000-000-0000")
    add = desk.tenant.add_contact
    add("C100", 1, "Phone", "1", AddressId=None)
    add("C100", 2, "Phone", "2", AddressId="1", ValidTo="2025-01-01T00:00:00Z")
    add("C100", 3, "PHONE", "3", AddressId="1")
    add("C100", 4, "Phone", "4", AddressId="1", AddressDefault=True)
    add("C100", 5, "EMail", "first@example.com", AddressId=None)
    add("C100", 6, "EMail", "second@example.com", AddressId=None)
    desk.enter()
    desk.tenant.add_customer_address("C300")
    desk.enter("P2", CustomerNo="C300")
    settled(desk)
    assert (desk.packed().body["shipTo"]["phone"], desk.packed().body["customerEmail"]) == ("4", "first@example.com")
    assert desk.packed("P2").body["shipTo"]["phone"] == "000-000-0000"
    assert "customerEmail" not in desk.packed("P2").body
    desk.run(minutes=30)
    assert desk.writes() == 1


# --- what goes


def test_a_package_goes_as_its_components_or_as_what_was_sold() -> None:
    for packages, expected in (("components", {"P1-1-1-1": 2, "P1-1-1-2": 4}), ("header", {"P1-1-1--1": 2})):
        desk = OrderDesk(customer_orders={"packages": packages})
        desk.enter(lines=0)
        for item, quantity in ((-1, 2), (1, 2), (2, 4)):
            desk.tenant.add_order_line("P1", "1", quantity=quantity, LineItemNo=item)
        settled(desk)
        assert desk.goods() == expected


@pytest.mark.parametrize("left_out", [{"SupplyCodeDb": "PD"}, {"SupplyCodeDb": "IPD"}, {"CatalogType": "NON"}])
def test_what_leaves_from_a_supplier_or_is_no_goods_stays_away(left_out: dict[str, Any]) -> None:
    desk = OrderDesk(customer_orders={"left_out_types": ["NON"]})
    desk.enter()
    desk.tenant.add_order_line("P1", "2", **left_out)
    desk.enter("P2", lines=0)
    desk.tenant.add_order_line("P2", "1", **left_out)
    settled(desk)
    assert [order.order_number for order in desk.orders()] == ["P1"]
    assert desk.goods() == {"P1-1-1-0": 2}


@pytest.mark.parametrize(
    ("units", "line", "expected"),
    [
        ("sales", {"quantity": 3, "ConvFactor": 12}, ("BOLT", 3)),
        ("inventory", {"quantity": 3, "ConvFactor": 12}, ("BOLT-1", 36)),
        ("inventory", {"quantity": 24, "InvertedConvFactor": 12}, ("BOLT-1", 2)),
        ("inventory", {"quantity": 3, "ConvFactor": None, "InvertedConvFactor": None}, ("BOLT-1", 3)),
        ("sales", {"quantity": 10, "DeliveredQtySalesUom": 4}, ("BOLT", 6)),
        ("inventory", {"quantity": 10, "DeliveredQtySalesUom": 4, "ConvFactor": 12}, ("BOLT-1", 72)),
    ],
)
def test_quantities_are_those_of_the_sale_or_of_the_stock(
    units: str, line: dict[str, Any], expected: tuple[str, int]
) -> None:
    desk = OrderDesk(customer_orders={"units": units})
    desk.enter(lines=0)
    desk.tenant.add_order_line("P1", **line)
    settled(desk)
    (item,) = desk.packed().items
    assert (item.body["sku"], item.quantity) == expected


BAD: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = {
    "a fraction": ({}, {"quantity": 2.5}, {}, "line P9-1-1-0 quantity"),
    "a fraction of the stock": ({}, {"quantity": 1, "InvertedConvFactor": 0}, {}, "line P9-1-1-0 quantity"),
    "below zero": ({}, {"quantity": -1}, {}, "line P9-1-1-0 quantity"),
    "no quantity": ({}, {"quantity": None}, {}, "line P9-1-1-0 quantity"),
    "a country's name": ({}, {}, {"Country": "Sweden"}, "receiver country"),
    "no country": ({}, {}, {"Country": None}, "receiver country"),
    "no street": ({}, {}, {"Address1": None}, "receiver address"),
    "no city": ({}, {}, {"City": " "}, "receiver city"),
    "no name": ({}, {}, {"Name": None}, "receiver name"),
    "a postal code of 60": ({}, {}, {"ZipCode": "1" * 60}, "receiver postal code"),
    "a part of 120": ({}, {"part": "B" * 120}, {}, "line P9-1-1-0 part number"),
    "no date": ({"DateEntered": None}, {}, {}, "created"),
    "no address number": ({"ShipAddrNo": None}, {}, {}, "receiver address in IFS"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_order_that_cannot_be_one_is_parked_with_its_field_and_the_others_go_on(case: str) -> None:
    header, line, address, field = BAD[case]
    desk = OrderDesk(customer_orders={"units": "inventory" if "stock" in case else "sales"})
    desk.enter()
    desk.tenant.add_customer_address("C9", "1", **address)
    desk.enter("P9", lines=0, CustomerNo="C9", **header)
    desk.tenant.add_order_line("P9", **line)
    desk.enter("P10")
    settled(desk)
    parked = desk.part("P9")
    assert (parked.outcome, parked.reason, parked.field) == (Outcome.PARKED, Reason.FIELD_UNUSABLE, field)
    assert sorted(order.order_number for order in desk.orders()) == ["P1", "P10"]


def test_odd_orders_that_can_be_packed_are() -> None:
    desk = OrderDesk()
    desk.tenant.add_customer_address("C9", "1", Name="Kim 🚚\ud83d Larsson", Address1="S" * 300)
    desk.enter("P9", lines=500, CustomerNo="C9")
    desk.enter("P'8 #/%", CustomerNo="C9")
    desk.enter("P7", lines=0)
    desk.tenant.add_order_line("P7", "1", quantity=0)
    desk.tenant.add_order_line("P7", "2")
    settled(desk)
    assert len(desk.packed("P9").items) == 500
    assert desk.packed("P9").body["shipTo"]["name"] == "Kim 🚚 Larsson"
    assert desk.packed("P'8 #/%").body["shipTo"]["street1"].endswith("…")
    assert desk.goods("P7") == {"P7-2-1-0": 2}


def test_a_number_of_sixty_characters_is_parked() -> None:
    desk = OrderDesk()
    desk.enter("P" * 60)
    desk.enter()
    settled(desk)
    assert desk.part("P" * 60).field == "order number"
    assert len(desk.orders()) == 1


def test_an_order_without_lines_is_none_and_one_whose_lines_are_planned_waits() -> None:
    desk = OrderDesk()
    desk.enter("P8", lines=0)
    desk.enter("P9", lines=0)
    desk.tenant.add_order_line("P9", Objstate="Planned")
    settled(desk)
    assert desk.orders() == []
    desk.tenant.edit_line(desk.line("P9"), Objstate="Released")
    settled(desk)
    assert desk.goods("P9") == {"P9-1-1-0": 2}


@pytest.mark.parametrize(
    ("chosen", "of_ours"),
    [
        ({"types": ["NO"]}, {"OrderId": "NO"}),
        ({"customers": ["C100"]}, {"CustomerNo": "C100"}),
        ({"states": ["Picked"]}, {"Objstate": "Picked"}),
        ({}, {"Company": "10"}),
    ],
)
def test_only_what_the_file_chooses_is_sent(chosen: dict[str, Any], of_ours: dict[str, Any]) -> None:
    others = {"OrderId": "EX", "CustomerNo": "C9", "Objstate": "Planned", "Company": "20"}
    desk = OrderDesk(customer_orders=chosen)
    desk.tenant.add_customer_address("C9")
    desk.enter("P1", **of_ours)
    desk.enter("P2", **{**of_ours, **{name: others[name] for name in of_ours}})
    for order in ("P1", "P2"):
        desk.tenant.edit_line(desk.line(order), Objstate=of_ours.get("Objstate", "Released"))
    settled(desk)
    assert [order.order_number for order in desk.orders()] == ["P1"]


def test_an_old_order_that_is_released_today_is_seen() -> None:
    desk = OrderDesk()
    desk.enter(Objstate="Planned")
    desk.run(hours=2)
    assert desk.orders() == []
    desk.release()
    settled(desk)
    assert len(desk.orders()) == 1


def test_an_order_of_before_go_live_is_none_of_ours() -> None:
    desk = OrderDesk()
    desk.enter(DateEntered="2026-01-01T00:00:00Z")
    settled(desk)
    assert desk.orders() == []


def test_days_are_the_sites_and_the_first_ship_date_of_the_lines_counts() -> None:
    desk = OrderDesk()
    desk.enter(lines=2, DateEntered="2026-06-01T23:59:59Z")
    desk.tenant.edit_line(desk.line(line="1"), PlannedShipDate="2026-06-09T00:00:00Z")
    desk.tenant.edit_line(desk.line(line="2"), PlannedShipDate="2026-06-08T00:00:00Z")
    settled(desk)
    body = desk.packed().body
    assert (body["orderDate"][:10], body["shipByDate"]) == ("2026-06-01", "2026-06-08T00:00:00.0000000")


def test_nothing_is_said_that_shipstation_or_another_currency_would_take_amiss() -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    body = desk.packed().body
    assert not {"amountPaid", "shippingAmount", "taxAmount", "internationalOptions"} & set(body)
    assert not any({"productId", "orderItemId", "unitPrice"} & set(item) for item in body["items"])
    assert None not in body["advancedOptions"].values()


# --- what becomes of it


def test_a_blocked_order_is_held_without_a_date_and_released_again() -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    desk.hold()
    desk.tenant.edit_line(desk.line(), Objstate="Blocked")
    settled(desk)
    assert desk.packed().status == "on_hold"
    assert desk.goods() == {"P1-1-1-0": 2}
    desk.run(hours=2)
    assert (desk.packed().status, desk.writes()) == ("on_hold", 2)
    desk.tenant.edit_line(desk.line(), Objstate="Released")
    desk.release()
    settled(desk)
    assert (desk.packed().status, desk.part().attention) == ("awaiting_shipment", None)


def test_blocked_lines_are_held_where_nothing_else_is_packed_and_left_out_where_something_is() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    settled(desk)
    desk.tenant.edit_line(desk.line(line="2"), Objstate="Blocked")
    settled(desk)
    assert (desk.goods(), desk.packed().status) == ({"P1-1-1-0": 2}, "awaiting_shipment")
    desk.tenant.edit_line(desk.line(line="1"), Objstate="Blocked")
    settled(desk)
    assert (desk.packed().status, desk.part().attention) == ("on_hold", None)
    for line in ("1", "2"):
        desk.tenant.edit_line(desk.line(line=line), Objstate="Released")
    settled(desk)
    assert (len(desk.goods()), desk.packed().status) == (2, "awaiting_shipment")


@pytest.mark.parametrize("state", ["Blocked", "Planned", "SomethingNew"])
def test_an_order_in_a_state_that_is_not_packed_is_held_and_never_cancelled(state: str) -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    desk.tenant.edit_order("P1", Objstate=state)
    settled(desk)
    assert desk.packed().status == "on_hold"


def test_a_hold_by_an_attribute_of_the_tenants() -> None:
    desk = OrderDesk(customer_orders={"order": {"blocked": "BlockedReason"}})
    desk.enter("P1")
    desk.enter("P2", BlockedReason="credit")
    settled(desk)
    assert [order.order_number for order in desk.orders()] == ["P1"]
    desk.tenant.edit_order("P1", BlockedReason="credit")
    desk.tenant.edit_order("P2", BlockedReason="")
    settled(desk)
    assert (desk.packed("P1").status, desk.packed("P2").status) == ("on_hold", "awaiting_shipment")


def test_a_hold_of_the_warehouses_own_is_not_lifted_by_ifs() -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    desk.account.set_status(desk.packed().order_id, "on_hold")
    desk.hold()
    settled(desk)
    desk.release()
    settled(desk)
    assert desk.packed().status == "on_hold"
    assert (desk.part().attention, desk.part().field) == (Reason.CHANGED_IN_WAREHOUSE, "held")


def test_what_the_warehouse_released_stays_released() -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    desk.hold()
    settled(desk)
    desk.account.set_status(desk.packed().order_id, "awaiting_shipment")
    desk.run(hours=2)
    assert desk.packed().status == "awaiting_shipment"


def test_a_blocked_order_that_was_never_made_waits() -> None:
    desk = OrderDesk()
    desk.tenant.add_customer_address(Country="Sweden")
    desk.enter()
    settled(desk)
    desk.hold()
    desk.tenant.edit_customer_address("C100", "1", Country="SE")
    settled(desk)
    assert (desk.orders(), desk.part().reason, desk.part().attention) == ([], Reason.HELD_IN_IFS, None)
    desk.release()
    settled(desk)
    assert len(desk.orders()) == 1


def test_a_blocked_order_that_cannot_be_held_is_told() -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    desk.tenant.edit_customer_address("C100", "1", Country="Sweden")
    settled(desk)
    assert desk.part().attention is Reason.FIELD_UNUSABLE
    desk.hold()
    settled(desk)
    assert (desk.packed().status, desk.part().attention) == ("awaiting_shipment", Reason.HELD_IN_IFS)
    desk.tenant.edit_customer_address("C100", "1", Country="SE")
    settled(desk)
    assert (desk.packed().status, desk.part().attention) == ("on_hold", None)


def test_a_split_order_that_is_blocked_asks_a_person() -> None:
    desk = OrderDesk()
    desk.enter(quantity=3)
    settled(desk)
    desk.account.split_order(desk.packed().order_id, [{"P1-1-1-0": 1}])
    desk.hold()
    settled(desk)
    assert desk.part().attention is Reason.ORDER_IMMUTABLE


def test_a_cancelled_order_is_cancelled_in_all_its_parts_and_opened_again_is_a_new_one() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.tenant.add_order_line("P1", "2", Contract="DAL")
    settled(desk)
    first = {order.order_id for order in desk.orders()}
    desk.tenant.edit_order("P1", Objstate="Cancelled")
    settled(desk)
    assert {order.status for order in desk.orders()} == {"cancelled"}
    assert not desk.part().is_open
    desk.release()
    settled(desk)
    keys = sorted(order.order_key for order in desk.orders() if order.order_id not in first)
    assert keys == ["ifs:acme:oP1:2-1-0:g2", "ifs:acme:oP1:g2"]


def test_a_cancelled_line_leaves_its_order_and_the_last_one_of_a_part_cancels_that_part() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.tenant.add_order_line("P1", "3", Contract="DAL")
    settled(desk)
    desk.tenant.edit_line(desk.line(line="2"), Objstate="Cancelled")
    desk.tenant.edit_line(desk.line(line="3"), Objstate="Cancelled")
    settled(desk)
    assert desk.goods() == {"P1-1-1-0": 2}
    assert desk.packed(group="3-1-0").status == "cancelled"


def test_a_line_that_moves_to_another_place_leaves_the_one_and_joins_the_other() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.tenant.add_order_line("P1", "3", Contract="DAL")
    settled(desk)
    desk.tenant.edit_line(desk.line(line="3"), Contract="CHI")
    settled(desk)
    assert desk.goods() == {"P1-1-1-0": 2, "P1-2-1-0": 2, "P1-3-1-0": 2}
    assert desk.packed(group="3-1-0").status == "cancelled"
    assert not desk.part(group="3-1-0").is_open


def test_a_line_whose_goods_come_from_a_supplier_after_all_is_taken_out() -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    desk.tenant.edit_line(desk.line(), SupplyCodeDb="PD")
    settled(desk)
    assert desk.packed().status == "cancelled"


def test_a_line_that_was_deleted_is_taken_out_once_it_is_missing_twice() -> None:
    desk = OrderDesk(("poll", "release"))
    desk.enter(lines=2)
    look(desk)
    desk.tenant.delete_order_line(desk.line(line="2"))
    look(desk)
    assert len(desk.goods()) == 2
    assert (desk.part().reason, desk.part().attention) == (Reason.LINES_VANISHED, None)
    look(desk)
    assert (desk.goods(), desk.part().reason) == ({"P1-1-1-0": 2}, None)


def test_a_line_that_was_missing_once_stays() -> None:
    desk = OrderDesk(("poll", "release"))
    desk.enter(lines=2)
    look(desk)
    record = desk.tenant.sets["CustomerOrderLineSet"].pop(desk.line(line="2"))
    look(desk)
    desk.tenant.sets["CustomerOrderLineSet"][desk.line(line="2")] = record
    look(desk)
    look(desk)
    assert (len(desk.goods()), desk.part().reason, desk.writes()) == (2, None, 1)


def test_an_order_that_was_never_made_follows_whatever_goes() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.tenant.edit_line(desk.line(line="2"), BuyQtyDue=2.5)
    settled(desk)
    assert desk.part().outcome is Outcome.PARKED
    desk.tenant.delete_order_line(desk.line(line="2"))
    settled(desk)
    assert desk.goods() == {"P1-1-1-0": 2}


@pytest.mark.parametrize("hide", ["the line's site", "every line", "the line itself"])
def test_a_line_that_is_not_shown_any_more_takes_nothing_out(hide: str) -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    desk.tenant.edit_line(desk.line(line="2"), Contract="DAL")
    settled(desk)
    match hide:
        case "the line's site":
            desk.tenant.sites = {"CHI"}
        case "every line":
            desk.tenant.unseen.add("CustomerOrderLineSet")
        case _:
            desk.tenant.delete_order_line(desk.line(line="2"))
    settled(desk)
    assert {order.status for order in desk.orders()} == {"awaiting_shipment"}
    assert (desk.part(group="2-1-0").outcome, desk.part(group="2-1-0").attention) == (
        Outcome.PARKED,
        Reason.LINES_VANISHED,
    )


def test_an_order_that_ifs_does_not_show_at_all_changes_nothing() -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    desk.tenant.sites = {"DAL"}
    desk.run(hours=2)
    assert (desk.packed().status, desk.part().attention, desk.writes()) == ("awaiting_shipment", None, 1)


def test_what_was_sold_less_follows_while_it_is_open() -> None:
    desk = OrderDesk()
    desk.enter(quantity=10)
    settled(desk)
    desk.tenant.edit_line(desk.line(), BuyQtyDue=7)
    settled(desk)
    assert desk.goods() == {"P1-1-1-0": 7}
    desk.tenant.edit_line(desk.line(), DeliveredQtySalesUom=4, Objstate="PartiallyDelivered")
    desk.tenant.edit_order("P1", Objstate="PartiallyDelivered")
    settled(desk)
    assert desk.goods() == {"P1-1-1-0": 3}


def test_what_was_shipped_and_is_delivered_line_by_line_asks_nobody() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    settled(desk)
    desk.account.ship(desk.packed().order_id)
    settled(desk)
    writes = desk.writes()
    for line, state in (("1", "PartiallyDelivered"), ("2", "Delivered")):
        desk.tenant.edit_line(desk.line(line=line), DeliveredQtySalesUom=2, Objstate="Delivered")
        desk.tenant.edit_order("P1", Objstate=state)
        settled(desk)
        assert desk.part().attention is None
    assert (desk.part().is_open, desk.writes()) == (False, writes)


@pytest.mark.parametrize("act", ["more is sold", "another line", "another address"])
def test_what_changes_after_it_was_shipped_asks_a_person(act: str) -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    desk.account.ship(desk.packed().order_id)
    match act:
        case "more is sold":
            desk.tenant.edit_line(desk.line(), BuyQtyDue=9)
        case "another line":
            desk.tenant.add_order_line("P1", "2")
        case _:
            desk.tenant.edit_customer_address("C100", "1", **ELSEWHERE)
    settled(desk)
    assert desk.part().attention is Reason.ORDER_IMMUTABLE


def test_a_changed_quantity_after_a_part_was_shipped_asks_a_person() -> None:
    desk = OrderDesk()
    desk.enter(quantity=10)
    settled(desk)
    (child,) = desk.account.split_order(desk.packed().order_id, [{"P1-1-1-0": 4}])
    desk.account.ship(child)
    desk.tenant.edit_line(desk.line(), BuyQtyDue=12)
    writes = desk.writes()
    settled(desk)
    assert (desk.part().attention, desk.writes()) == (Reason.ORDER_IMMUTABLE, writes)


def test_a_line_that_is_closed_short_has_nothing_to_ship() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    settled(desk)
    desk.tenant.edit_line(desk.line(line="2"), DeliveredQtySalesUom=1, Objstate="Delivered")
    settled(desk)
    assert desk.goods() == {"P1-1-1-0": 2}


def test_what_ifs_delivered_by_another_way_is_left_as_it_stands() -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    desk.tenant.edit_line(desk.line(), DeliveredQtySalesUom=2, Objstate="Delivered")
    desk.tenant.edit_order("P1", Objstate="Delivered")
    settled(desk)
    assert (desk.packed().status, desk.part().is_open, desk.part().attention) == ("awaiting_shipment", False, None)


def test_what_ifs_delivered_is_not_read_again_although_shipstation_never_answered() -> None:
    desk = OrderDesk()
    serve = desk.account.application
    desk.account.application = lambda request: json_response(503, {}) if request.method == "POST" else serve(request)
    desk.enter()
    settled(desk)
    assert desk.part().next_attempt_at is not None
    desk.tenant.edit_order("P1", Objstate="Delivered")
    desk.run(hours=1)
    assert (desk.part().is_open, desk.part().next_attempt_at) == (False, None)


def test_a_shipped_order_that_is_cancelled_in_ifs_asks_a_person() -> None:
    desk = OrderDesk()
    desk.enter()
    settled(desk)
    desk.account.ship(desk.packed().order_id)
    desk.tenant.edit_order("P1", Objstate="Cancelled")
    settled(desk)
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
    settled(desk)
    desk.tenant.edit_customer_address("C100", "1", Address1="99 Beacon Hill")
    settled(desk)
    kept = str([dict(item) for table in desk.world.tables.values() for item in table.scan(prefix="")])
    for text in ("Larsson", "Harbor", "Beacon", "02110", "kim@", "555-0199"):
        assert text not in kept
        assert text not in desk.world.logs.getvalue()
