"""Where the lines of customer orders go: one ShipStation order a place and site, and no place is ever guessed."""

from __future__ import annotations

from typing import Any

import pytest

from functions.model.outcomes import Outcome, Reason
from tests.equipment.order_desk import ELSEWHERE, OrderDesk


def test_a_line_that_goes_elsewhere_is_an_order_of_its_own() -> None:
    desk = OrderDesk()
    desk.enter(lines=3)
    key = desk.line(line="2")
    desk.tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=True)
    desk.tenant.add_own_address(key, **ELSEWHERE)
    desk.settled()
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
    desk.settled()
    assert len(desk.orders()) == 2
    assert desk.goods(group="2-1-0") == {"P1-2-1-0": 2, "P1-3-1-0": 2}


def test_an_address_of_its_own_that_is_the_headers_makes_no_second_order() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    key = desk.line(line="2")
    desk.tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=True)
    desk.tenant.add_own_address(key)
    desk.settled()
    assert desk.goods() == {"P1-1-1-0": 2, "P1-2-1-0": 2}


def test_an_address_belongs_to_the_customer_that_the_line_is_delivered_to() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.tenant.add_customer_address("C200", "1", **ELSEWHERE)
    desk.tenant.edit_line(desk.line(), DefaultAddrFlag=False, DeliverToCustomerNo="C200", ShipAddrNo="1")
    desk.settled()
    assert desk.packed(group="1-1-0").ship_to["city"].upper() == "SALEM"
    assert len(desk.orders()) == 1


def test_a_header_with_an_address_of_its_own_is_followed_by_the_lines_that_follow_it() -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    key = desk.line(line="2")
    desk.tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=False, ShipAddrNo="1")
    desk.settled()
    assert len(desk.orders()) == 1
    desk.tenant.edit_order("P1", AddrFlagDb=True)
    desk.tenant.add_own_address(("P1",), **ELSEWHERE)
    desk.settled()
    assert (desk.goods(), desk.packed().ship_to["street1"].upper()[:4]) == ({"P1-1-1-0": 2}, "99 B")
    assert desk.packed(group="2-1-0").ship_to["street1"].upper().startswith("12 H")


def test_a_corrected_address_changes_the_order_that_is_there_and_keeps_what_the_warehouse_typed() -> None:
    desk = OrderDesk()
    desk.account.switches.is_address_rewritten = True
    desk.enter()
    desk.settled()
    number = desk.packed().order_id
    desk.account.edit_order(number, {"internalNotes": "glass"})
    desk.tenant.edit_customer_address("C100", "1", Address1="99 Beacon Hill")
    desk.settled()
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
    desk.settled()
    order = desk.packed()
    desk.account.edit_order(order.order_id, {"shipTo": {**order.ship_to, "street1": "1 Other Road"}})
    desk.tenant.edit_customer_address("C100", "1", Address1="99 Beacon Hill")
    desk.settled()
    assert desk.packed().ship_to["street1"] == "1 Other Road"
    assert (desk.part().attention, desk.part().field) == (Reason.CHANGED_IN_WAREHOUSE, "ship_to")


def test_a_line_at_another_site_is_an_order_of_that_site() -> None:
    desk = OrderDesk(warehouses={"CHI": 4711, "DAL": 4712})
    desk.enter()
    desk.tenant.add_order_line("P1", "2", Contract="DAL")
    desk.settled()
    warehouses = {order.body["advancedOptions"]["warehouseId"]: order.order_key for order in desk.orders()}
    assert warehouses == {4711: "ifs:acme:oP1", 4712: "ifs:acme:oP1:2-1-0"}


def test_sites_of_others_are_left_to_them() -> None:
    desk = OrderDesk(sites=["CHI"])
    desk.enter()
    desk.tenant.add_order_line("P1", "2", Contract="DAL")
    desk.settled()
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
    desk.settled()
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
    desk.settled()
    assert len(desk.orders()) == 2


@pytest.mark.parametrize("hidden", ["Reference_CustomerInfoAddress", "CustOrderLineAddressSet"])
def test_an_address_that_ifs_does_not_show_keeps_the_whole_order_and_no_other_is_taken(hidden: str) -> None:
    desk = OrderDesk()
    desk.enter(lines=2)
    key = desk.line(line="2")
    desk.tenant.edit_line(key, DefaultAddrFlag=False, AddrFlag=True)
    desk.tenant.add_own_address(key)  # the header's own: both lines are one order as long as IFS shows it
    desk.settled()
    desk.tenant.unseen.add(hidden)
    desk.enter("P2")
    desk.settled()
    assert (desk.part().outcome, desk.part().field) == (Outcome.PARKED, "receiver address in IFS")
    assert all(order.order_number in {"P1", "P2"} and order.order_key.count(":") == 2 for order in desk.orders())
    assert desk.goods() == {"P1-1-1-0": 2, "P1-2-1-0": 2}
    desk.tenant.unseen.clear()
    desk.settled()
    assert (desk.part().attention, len(desk.orders())) == (None, 2)


def test_an_expired_address_is_told() -> None:
    desk = OrderDesk()
    desk.tenant.add_customer_address(ValidTo="2026-05-31T00:00:00Z")
    desk.enter()
    desk.settled()
    assert (desk.part().outcome, desk.part().field) == (Outcome.PARKED, "receiver address valid to")
    desk.tenant.edit_customer_address("C100", "1", ValidTo="2026-06-01T00:00:00Z")
    desk.settled()
    assert len(desk.orders()) == 1


def test_an_address_of_six_lines_fits_three() -> None:
    desk = OrderDesk()
    desk.tenant.add_customer_address(**{f"Address{number}": f"{number} Long Street" for number in range(1, 7)})
    desk.enter()
    desk.settled()
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
    add("C300", 7, "Phone", "7", AddressId="1", ValidTo="2025-01-01T00:00:00Z")
    add("C300", 8, "EMail", "later@example.com", AddressId="1", ValidFrom="2027-01-01T00:00:00Z")
    desk.tenant.add_customer_address("C300")
    desk.enter("P2", CustomerNo="C300")
    desk.settled()
    assert (desk.packed().body["shipTo"]["phone"], desk.packed().body["customerEmail"]) == ("4", "first@example.com")
    assert desk.packed("P2").body["shipTo"]["phone"] == "000-000-0000"
    assert "customerEmail" not in desk.packed("P2").body
    desk.run(minutes=30)
    assert desk.writes() == 1
