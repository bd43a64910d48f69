"""Which customer orders and lines are packed, in which units, and what cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from functions.model.outcomes import Outcome, Reason
from tests.equipment.order_desk import OrderDesk


def test_a_package_goes_as_its_components_or_as_what_was_sold() -> None:
    for packages, expected in (("components", {"P1-1-1-1": 2, "P1-1-1-2": 4}), ("header", {"P1-1-1--1": 2})):
        desk = OrderDesk(customer_orders={"packages": packages})
        desk.enter(lines=0)
        for item, quantity in ((-1, 2), (1, 2), (2, 4)):
            desk.tenant.add_order_line("P1", "1", quantity=quantity, LineItemNo=item)
        desk.settled()
        assert desk.goods() == expected


@pytest.mark.parametrize("left_out", [{"SupplyCodeDb": "PD"}, {"SupplyCodeDb": "IPD"}, {"CatalogType": "NON"}])
def test_what_leaves_from_a_supplier_or_is_no_goods_stays_away(left_out: dict[str, Any]) -> None:
    desk = OrderDesk(customer_orders={"left_out_types": ["NON"]})
    desk.enter()
    desk.tenant.add_order_line("P1", "2", **left_out)
    desk.enter("P2", lines=0)
    desk.tenant.add_order_line("P2", "1", **left_out)
    desk.settled()
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
    desk.settled()
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
    desk.settled()
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
    desk.settled()
    assert len(desk.packed("P9").items) == 500
    assert desk.packed("P9").body["shipTo"]["name"] == "Kim 🚚 Larsson"
    assert desk.packed("P'8 #/%").body["shipTo"]["street1"].endswith("…")
    assert desk.goods("P7") == {"P7-2-1-0": 2}


def test_a_number_of_sixty_characters_is_parked() -> None:
    desk = OrderDesk()
    desk.enter("P" * 60)
    desk.enter()
    desk.settled()
    assert desk.part("P" * 60).field == "order number"
    assert len(desk.orders()) == 1


def test_an_order_without_lines_is_none_and_one_whose_lines_are_planned_waits() -> None:
    desk = OrderDesk()
    desk.enter("P8", lines=0)
    desk.enter("P9", lines=0)
    desk.tenant.add_order_line("P9", Objstate="Planned")
    desk.settled()
    assert desk.orders() == []
    desk.tenant.edit_line(desk.line("P9"), Objstate="Released")
    desk.settled()
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
    desk.settled()
    assert [order.order_number for order in desk.orders()] == ["P1"]


def test_an_old_order_that_is_released_today_is_seen() -> None:
    desk = OrderDesk()
    desk.enter(Objstate="Planned")
    desk.run(hours=2)
    assert desk.orders() == []
    desk.release()
    desk.settled()
    assert len(desk.orders()) == 1


def test_an_order_of_before_go_live_is_none_of_ours() -> None:
    desk = OrderDesk()
    desk.enter(DateEntered="2026-01-01T00:00:00Z")
    desk.settled()
    assert desk.orders() == []


def test_days_are_the_sites_and_the_first_ship_date_of_the_lines_counts() -> None:
    desk = OrderDesk()
    desk.enter(lines=2, DateEntered="2026-06-01T23:59:59Z")
    desk.tenant.edit_line(desk.line(line="1"), PlannedShipDate="2026-06-09T00:00:00Z")
    desk.tenant.edit_line(desk.line(line="2"), PlannedShipDate="2026-06-08T00:00:00Z")
    desk.settled()
    body = desk.packed().body
    assert (body["orderDate"][:10], body["shipByDate"]) == ("2026-06-01", "2026-06-08T00:00:00.0000000")


def test_nothing_is_said_that_shipstation_or_another_currency_would_take_amiss() -> None:
    desk = OrderDesk()
    desk.enter()
    desk.settled()
    body = desk.packed().body
    assert not {"amountPaid", "shippingAmount", "taxAmount", "internationalOptions"} & set(body)
    assert not any({"productId", "orderItemId", "unitPrice"} & set(item) for item in body["items"])
    assert None not in body["advancedOptions"].values()
