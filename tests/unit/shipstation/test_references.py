from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.model.cursors import Reading, Stream
from functions.model.outcomes import Reason
from functions.shipstation.reading.models import ShipStationOrder, ShipStationShipment
from functions.shipstation.reading.normalise import needs_order, normalised, order_reading, resolve
from tests.equipment.account_fixture import Rig
from tests.equipment.builders import NOON, a_connection

BY_FIELD: dict[str, Any] = {"order_reference": {"source": "custom_field_1"}}


def by(**rule: Any) -> Connection:
    return a_connection(shipstation={"order_reference": rule})


def walked(rig: Rig) -> Reading:
    (reading,) = rig.source.walk(Stream.LABELS_CREATED, NOON - timedelta(hours=1), "poll")
    return reading


def fields(name: str) -> dict[str, Any]:
    return {"advancedOptions": {"customField1": name}}


@pytest.mark.parametrize(
    ("rule", "text", "reference"),
    [
        pytest.param({}, " P1001 ", "P1001", id="as it stands"),
        pytest.param({}, "", None, id="empty"),
        pytest.param({}, None, None, id="null"),
        pytest.param({"pattern": r"WEB-(?P<n>\d+)", "template": "P{n}"}, "WEB-77", "P77", id="a template"),
        pytest.param({"pattern": r"WEB-(?P<n>\d+)", "template": "P{n}"}, "WEB-77-B", None, id="not the whole text"),
        pytest.param({"pattern": r"(?P<reference>\d+)(-(?P<part>\d))?"}, "77-1", "77", id="a group left out"),
        pytest.param({"pattern": r"(?P<a>\d+)(?P<b>X)?", "template": "{a}{b}"}, "77", "77", id="a group without text"),
        pytest.param({"pattern": r"(?P<reference>.+)/A"}, "77 /A", "77", id="trimmed again"),
        pytest.param({"pattern": r"(?P<reference>X*)-"}, "-", None, id="nothing in the group"),
        pytest.param({"ignore": [r"TEST.*"]}, "TEST-1", None, id="ignored"),
        pytest.param({"ignore": [r"TEST"]}, "TEST-1", "TEST-1", id="ignored only as a whole"),
    ],
)
def test_an_order_reference_is_read_by_the_rule(rule: dict[str, Any], text: str | None, reference: str | None) -> None:
    assert resolve(text, by(**rule)) == reference


@pytest.mark.parametrize(
    ("source", "row", "order", "reference"),
    [
        ("order_number", {}, {"orderNumber": "OTHER"}, "OTHER"),
        ("order_number", {}, None, "P1001"),
        ("order_number", {"orderNumber": None}, {"orderNumber": "P2"}, "P2"),
        ("order_key", {"orderKey": "K1"}, None, "K1"),
        ("order_key", {}, {"orderKey": "K2"}, "K2"),
        ("custom_field_1", {}, {"advancedOptions": {"customField1": "C1", "customField2": "C2"}}, "C1"),
        ("custom_field_2", {}, {"advancedOptions": {"customField1": "C1", "customField2": "C2"}}, "C2"),
        ("custom_field_3", {}, {"advancedOptions": {"customField3": "C3"}}, "C3"),
        ("custom_field_1", {}, {"advancedOptions": None}, None),
        ("custom_field_1", {}, None, None),
    ],
)
def test_the_reference_comes_from_where_the_rule_says(
    source: str, row: dict[str, Any], order: dict[str, Any] | None, reference: str | None
) -> None:
    label = {"shipmentId": 7, "orderNumber": "P1001", "createDate": "2026-03-05T04:00:00", **row}
    written = {"orderId": 500, "modifyDate": "2026-03-05T04:00:00", **(order or {})}
    known = order_reading(ShipStationOrder.model_validate(written), by(source=source)).facts if order else None
    parcel = ShipStationShipment.model_validate(label)
    assert normalised(parcel, known, by(source=source), NOON).reference == reference
    assert needs_order(parcel, by(source=source)) is (reference not in {"P1001", "K1", "OTHER"})


def test_custom_fields_come_from_the_orders_just_read_or_remembered_and_else_one_by_one() -> None:
    rig = Rig(**BY_FIELD)
    orders = rig.sold(3, **fields("IFS-1"))
    rig.shipped(orders)
    (page,) = rig.source.walk(Stream.ORDERS, NOON - timedelta(hours=1), "poll")
    assert [shipment.reference for shipment in walked(rig).shipments] == ["IFS-1"] * 3
    assert len(rig.sent) == 2
    other = Rig(**BY_FIELD)
    other.facts = {each.facts.order_id: each.facts for each in page.orders[1:]}
    other.shipped(other.sold(3, **fields("IFS-1")))
    assert [shipment.reference for shipment in walked(other).shipments] == ["IFS-1"] * 3
    assert [request.path for request in other.sent] == ["/shipments", f"/orders/{orders[0]}"]


def test_a_label_whose_order_is_gone_is_skipped_with_its_reason() -> None:
    rig = Rig(**BY_FIELD)
    row = {"shipmentId": 7, "orderId": 1, "orderNumber": "P1", "createDate": "2026-03-05T04:00:00"}
    rig.serve(row)
    (shipment,) = walked(rig).shipments
    assert (shipment.reference, shipment.skip) == (None, Reason.NO_ORDER_REFERENCE)


def test_order_numbers_need_no_look_at_orders() -> None:
    rig = Rig()
    rig.shipped(rig.sold(3))
    walked(rig)
    assert [request.path for request in rig.sent] == ["/shipments"]
