from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from functions.model.outcomes import Reason
from functions.model.shipment import Item, Shipment
from functions.shipstation.reading.models import ShipStationShipment
from functions.shipstation.reading.normalise import normalised
from tests.equipment.builders import NOON, a_connection

NAME = "Jane Example"
READ = NOON + timedelta(minutes=1)


def shipment(**row: Any) -> Shipment:
    values = {"shipmentId": 7, "orderNumber": "P1001", "createDate": "2026-03-05T04:00:00.0000000", **row}
    return normalised(ShipStationShipment.model_validate(values), None, a_connection(), READ)


def item(sku: str | None = "BOLT", quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, **more}


def test_a_label_becomes_a_shipment_without_names() -> None:
    found = shipment(
        orderId=500,
        shipDate="2026-03-04",
        carrierCode="ups",
        serviceCode="ups_ground",
        trackingNumber="1Z0001",
        shipTo={"name": NAME},
        customerEmail="jane@example.com",
        advancedOptions={"storeId": 9},
        shipmentItems=[item(quantity=2)],
    )
    assert found == Shipment(
        kind="label",
        shipment_id=7,
        connection=a_connection().name,
        company="10",
        reference="P1001",
        order_id=500,
        store_id=9,
        carrier_code="ups",
        service_code="ups_ground",
        tracking_number="1Z0001",
        created_at=datetime(2026, 3, 5, 12, tzinfo=UTC),
        ship_date=date(2026, 3, 4),
        items=(Item(sku="BOLT", quantity=2),),
        read_at=READ,
    )


def test_a_label_with_nothing_but_an_id_and_a_time_is_still_a_shipment() -> None:
    nothing = dict.fromkeys(
        ("orderId", "orderNumber", "shipDate", "trackingNumber", "shipmentItems", "advancedOptions")
    )
    found = shipment(**nothing, carrierCode=None, voided=None, voidDate=None, isReturnLabel=None)
    assert (found.skip, found.items, found.voided_at) == (Reason.NO_ORDER_REFERENCE, (), None)
    assert (found.tracking_number, found.ship_date, found.store_id) == (None, None, None)


@pytest.mark.parametrize(
    ("row", "skip"),
    [
        pytest.param({}, None, id="a delivery"),
        pytest.param({"isReturnLabel": True}, Reason.RETURN_LABEL, id="a return"),
        pytest.param({"orderNumber": None}, Reason.NO_ORDER_REFERENCE, id="a loose label"),
        pytest.param({"orderNumber": None, "isReturnLabel": True}, Reason.RETURN_LABEL, id="a loose return"),
    ],
)
def test_a_shipment_says_why_it_is_none_of_our_business(row: dict[str, Any], skip: Reason | None) -> None:
    assert shipment(**row).skip is skip


@pytest.mark.parametrize(
    ("row", "voided_at"),
    [
        pytest.param({"voided": False, "voidDate": None}, None, id="live"),
        pytest.param({"voided": True, "voidDate": "2026-03-05T05:00:00"}, NOON + timedelta(hours=1), id="voided"),
        pytest.param({"voided": True}, NOON, id="no date: when it was made"),
        pytest.param({"voided": True, "voidDate": "0001-01-01T00:00:00"}, NOON, id="the year 1"),
        pytest.param({"voidDate": "2026-03-05T05:00:00"}, NOON + timedelta(hours=1), id="the date alone"),
    ],
)
def test_a_void_is_told_by_its_flag_or_its_date(row: dict[str, Any], voided_at: datetime | None) -> None:
    assert shipment(**row).voided_at == voided_at


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        pytest.param(None, {}, id="items off"),
        pytest.param([item("B"), item("A", 2), item("B", 3)], {"A": 2, "B": 4}, id="one entry a SKU, sorted"),
        pytest.param([item(" A "), item("A")], {"A": 2}, id="trimmed"),
        pytest.param([item("A"), item("SALE", adjustment=True)], {"A": 1}, id="a discount"),
        pytest.param([item("A", 0), item("B", -1), item("C")], {"C": 1}, id="no quantity"),
        pytest.param([item(None), item(""), None, item("A")], {"A": 1}, id="no SKU, no item"),
    ],
)
def test_only_goods_are_items(items: list[Any] | None, expected: dict[str, int]) -> None:
    found = shipment(shipmentItems=items).items
    assert [(each.sku, each.quantity) for each in found] == list(expected.items())


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        pytest.param("", None, id="empty"),
        pytest.param(" \t\r\n", None, id="blank"),
        pytest.param(" 1Z 0001 ", "1Z 0001", id="trimmed, inner blanks kept"),
        pytest.param("1Z\x000001\u200b\x7f", "1Z0001", id="control and invisible characters"),
        pytest.param("1Z1\u2028\u20291Z2", "1Z1 1Z2", id="several lines"),
        pytest.param("1Z\x1d0001", "1Z0001", id="a scanner's separator"),
        pytest.param("e\u0301", "\u00e9", id="composed"),
        pytest.param("9" * 150, "9" * 100, id="far too long"),
        pytest.param("9" * 99 + " 9", "9" * 99, id="cut at a blank"),
    ],
)
def test_a_tracking_number_is_cleaned_not_judged(typed: str, stored: str | None) -> None:
    assert shipment(trackingNumber=typed).tracking_number == stored
