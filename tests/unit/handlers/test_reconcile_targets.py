"""Every profile and every way of finding, read by the reconcile's own code: what was delivered agrees, and a fault of
the mapper shows in each of them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.shipstation.reading import normalise
from tests.equipment.ifs.rows import EACH_A_ROW
from tests.equipment.quiet_connection import START, quiet_world
from tests.equipment.reconcile_desk import compare, deliver, differences, sell
from tests.equipment.world import Site, World

ORDER: dict[str, Any] = {
    "profile": "order_header",
    "tracking": {"attribute": "Cf_Tracking_No"},
    "carrier": {"attribute": "Cf_Carrier"},
    "ship_date": {"attribute": "Cf_Ship_Date", "type": "date"},
    "cost": {"attribute": "Cf_Ship_Cost"},
}
ENTITY: dict[str, Any] = {
    **EACH_A_ROW,
    "company_attribute": "Company",
    "tracking": {"attribute": "TrackingNo"},
    "ship_date": {"attribute": "ShipDate", "type": "date"},
    "status": {"attribute": "Status", "policy": "always"},
}
HEADER: dict[str, Any] = {"profile": "shipment_header"}
BY_FIELD = {"find": ["custom_field"], "find_attribute": "Cf_Web_Order_No"}
TARGETS = [
    pytest.param([HEADER], id="the IFS shipment"),
    pytest.param([{**HEADER, "find": ["customer_po"]}], id="by the purchase order"),
    pytest.param([{**HEADER, **BY_FIELD}], id="by a custom field"),
    pytest.param([ORDER], id="the customer order"),
    pytest.param([{**ORDER, "find": ["customer_po"]}], id="the customer order, by the purchase order"),
    pytest.param([ENTITY], id="a row each"),
    pytest.param([{**ENTITY, **BY_FIELD}], id="a row each, by a custom field"),
    pytest.param([{**HEADER, "find": ["customer_po"]}, ENTITY], id="the second of two"),
]


def sold(targets: list[dict[str, Any]], api: str) -> tuple[World, Site]:
    """Two orders, one with two parcels. Their IFS numbers are other ones where they are found by another way."""
    world, site = quiet_world(ifs={"targets": targets}, api=api)
    is_named = targets[-1].get("find", ["order_number"]) == ["order_number"]
    for reference in ("P1", "P2"):
        number = reference if is_named else f"IFS-{reference}"
        asked = {} if is_named else {"CustomerPoNo": reference, "Cf_Web_Order_No": reference}
        site.tenant.add_order(number, **asked)
        if len(targets) == 1:
            record = site.tenant.add_shipment([(number, "BOLT", 1)])
            site.tenant.deliver(record, at=START - timedelta(days=3))
        order = site.account.add_order(reference, items=[{"sku": "BOLT", "quantity": 1}])
        for _ in range(2 if reference == "P1" else 1):
            site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
    return world, site


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize("targets", TARGETS)
def test_what_was_delivered_agrees(targets: list[dict[str, Any]], api: str) -> None:
    world, _ = sold(targets, api)
    deliver(world)
    answer = compare(world)
    assert (answer["state"], answer["shipments"], differences(world, answer)) == ("done", 3, set())
    assert answer["explained"] == 0
    assert answer["equal"] >= 6


@pytest.mark.parametrize("targets", TARGETS)
def test_numbers_that_lose_their_last_digit_show(
    targets: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, _ = sold(targets, "v1")
    monkeypatch.setattr(normalise, "_short", lambda text: (text or "")[:-1] or None)
    deliver(world)
    found = differences(world, compare(world))
    assert {("P1", "tracking", "different"), ("P2", "tracking", "different")} <= found


@pytest.mark.parametrize("shared", ["park", "join"])
def test_an_ifs_shipment_of_two_orders(shared: str) -> None:
    world, site = quiet_world(ifs={"targets": [{**HEADER, "shared": shared}]})
    record = site.tenant.add_shipment([("P1", "BOLT", 1), ("P2", "NUT", 1)])
    site.tenant.deliver(record, at=START - timedelta(days=3))
    for reference, sku in (("P1", "BOLT"), ("P2", "NUT")):
        order = site.account.add_order(reference, items=[{"sku": sku, "quantity": 1}])
        site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
    deliver(world)
    answer = compare(world)
    assert (answer["agree"], answer["explained"] > 0) == (True, shared == "park")


def test_a_store_that_goes_elsewhere() -> None:
    world, site = quiet_world()
    store = site.account.default_store_id
    told = site.connection.model_dump(mode="json", exclude_defaults=True)
    site.connection = Connection.model_validate({**told, "stores": {str(store): {"targets": [ORDER]}}})
    site.tenant.add_order("P1")
    (record,) = sell(site, "P1")
    deliver(world)
    answer = compare(world)
    assert (answer["agree"], answer["equal"]) == (True, 4)
    assert site.tenant.shipment(record)["ProNo"] is None
    site.tenant.edit_order("P1", Cf_Tracking_No=None)
    assert differences(world, compare(world)) == {("P1", "tracking", "missing")}
