"""The reconcile beside people: what they paused, dismissed, took back, placed, cancelled and typed is told as that, and
a fault beside it still shows.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from functions.shipstation.reading import normalise
from tests.equipment.ifs.rows import EACH_A_ROW
from tests.equipment.quiet_connection import START, asked, quiet_world, run
from tests.equipment.reconcile_desk import WHO, compare, deliver, differences, report, sell
from tests.equipment.world import World

ACME = {"connection": "acme", **WHO}
LATER = {"from": (START - timedelta(minutes=15)).isoformat()}


def explained(world: World) -> set[tuple[str, str, str]]:
    """Order, field and reason; nothing is left unexplained."""
    answer = compare(world)
    assert answer["agree"], differences(world, answer)
    return {(each["order"], each["field"], each["explained_by"]) for each in report(world, answer)["differences"]}


def do(world: World, action: str, **more: Any) -> dict[str, Any]:
    return asked(world, {"do": action, **ACME, **more}, "control")


@pytest.mark.parametrize("pause", [{"scope": "connection"}, {"scope": "site", "of": "CHI"}], ids=["all", "a site"])
def test_what_rests_under_a_pause(pause: dict[str, str]) -> None:
    world, site = quiet_world()
    record, *_ = sell(site, "P1")
    site.tenant.edit(record, Contract="CHI")
    do(world, "pause", **pause)
    deliver(world)
    assert explained(world) == {("P1", field, "paused") for field in ("tracking", "carrier", "ship_date")}
    do(world, "resume", **pause)
    deliver(world)
    assert explained(world) == set()


def test_a_void_under_a_pause() -> None:
    world, site = quiet_world()
    sell(site, "P1")
    deliver(world)
    do(world, "pause", scope="connection")
    site.account.void(next(iter(site.account.shipments.current)))
    deliver(world)
    assert explained(world) == {("P1", "tracking", "paused")}


def test_what_a_person_dismissed() -> None:
    world, site = quiet_world()
    for _ in range(2):
        site.tenant.add_shipment([("P1", "BOLT", 1)])
    order = site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
    deliver(world)
    assert explained(world) == {("P1", "record", "ambiguous_target")}
    do(world, "dismiss", orders=["P1"])
    assert explained(world) == {("P1", "record", "dismissed")}


def test_where_a_person_placed_it() -> None:
    world, site = quiet_world()
    records = [site.tenant.add_shipment([("P1", sku, 1)]) for sku in ("BOLT", "BOLT")]
    order = site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    label = site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
    for record in records:
        site.tenant.deliver(record, at=START - timedelta(days=3))
    deliver(world)
    do(world, "place", order="P1", shipment=f"L{label}", record=str(records[1]))
    deliver(world)
    assert site.tenant.shipment(records[1])["ProNo"]
    assert explained(world) == set()
    site.tenant.edit(records[1], ProNo=None)
    assert differences(world, compare(world)) == {("P1", "tracking", "missing")}


def test_what_a_person_took_back() -> None:
    world, site = quiet_world()
    (record,) = sell(site, "P1")
    deliver(world)
    site.tenant.edit(record, ForwardAgentId=None)
    plan = go_on(world, asked(world, {**ACME, "select": {"outcome": "written"}}, "replay"))
    go_on(world, asked(world, {**plan["next"], **WHO}, "replay"))
    assert explained(world) == set()
    back = go_on(world, asked(world, {"plan_id": plan["plan_id"], "revert": True, **WHO}, "replay"))
    go_on(world, asked(world, {**back["next"], **WHO}, "replay"))
    assert site.tenant.shipment(record)["ForwardAgentId"] is None
    assert explained(world) == {("P1", "carrier", "reverted")}


def go_on(world: World, begun: dict[str, Any]) -> dict[str, Any]:
    """As it stands once the schedule has gone on with it."""
    for _ in range(3):
        asked(world, {"connection": "acme", "is_scheduled": True}, "replay")
        run(world, world.now() + timedelta(minutes=2))
    return asked(world, {"plan_id": begun["plan_id"]}, "replay")


def test_what_ifs_cancelled_after_it_was_written() -> None:
    world, site = quiet_world()
    first, _ = sell(site, "P1", "P2")
    deliver(world)
    site.tenant.set_state(first, "Cancelled")
    assert explained(world) == {("P1", "record", "cancelled_in_ifs")}


ENTITY: dict[str, Any] = {
    **EACH_A_ROW,
    "company_attribute": "Company",
    "tracking": {"attribute": "TrackingNo"},
}


def test_what_ifs_cancelled_is_written_to_no_other_target() -> None:
    world, site = quiet_world(ifs={"targets": [{"profile": "shipment_header"}, ENTITY]})
    (record,) = sell(site, "P1")
    site.tenant.add_order("P1")
    deliver(world)
    site.tenant.set_state(record, "Cancelled")
    assert explained(world) == {("P1", "record", "cancelled_in_ifs")}


@pytest.mark.parametrize("find", ["order_number", "customer_po"])
def test_an_order_that_was_cancelled_after_it_was_written(find: str) -> None:
    header = {"profile": "order_header", "find": [find], "tracking": {"attribute": "Cf_Tracking_No"}}
    world, site = quiet_world(ifs={"targets": [header]})
    sell(site, "P1")
    number = "P1" if find == "order_number" else "IFS-P1"
    site.tenant.add_order(number, CustomerPoNo="P1")
    deliver(world)
    assert site.tenant.order(number)["Cf_Tracking_No"]
    site.tenant.edit_order(number, Objstate="Cancelled")
    assert explained(world) == {("P1", "record", "cancelled_in_ifs")}


def test_what_was_typed_into_a_record_that_shadow_alone_had_seen() -> None:
    world, site = quiet_world()
    site.connection = site.connection.in_mode("shadow")
    (record,) = sell(site, "P1")
    deliver(world)
    site.account.void(next(iter(site.account.shipments.current)))
    site.tenant.edit(record, ProNo="typed by a person")
    site.connection = site.connection.in_mode("write")
    deliver(world)
    assert explained(world) == {("P1", "tracking", "typed_by_a_person")}


@pytest.mark.parametrize("day", ["right", "wrong"])
def test_an_order_of_the_day_before_on_the_same_record(day: str) -> None:
    world, site = quiet_world(ifs={"targets": [{"profile": "shipment_header", "shared": "join"}]})
    record = site.tenant.add_shipment([("P1", "BOLT", 1), ("P2", "NUT", 1)])
    site.tenant.deliver(record, at=START - timedelta(days=3))
    for reference, minutes, shipped in (("P1", 30, date(2026, 5, 30)), ("P2", 10, date(2026, 6, 1))):
        order = site.account.add_order(reference, items=[{"sku": "BOLT", "quantity": 1}])
        at = START - timedelta(minutes=minutes)
        site.account.ship(order, at=at, is_silent=True, ship_date=shipped)
    deliver(world)
    if day == "wrong":
        site.tenant.edit(record, ActualShipDate=None)
    answer = compare(world, **LATER)
    assert answer["shipments"] == 1
    assert differences(world, answer) == (set() if day == "right" else {("P2", "ship_date", "missing")})


def test_a_fault_of_the_mapper_on_a_record_of_two_parcels_is_no_persons_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    world, site = quiet_world()
    sell(site, "P1")
    (order,) = site.account.orders.current
    site.account.ship(order, at=START - timedelta(minutes=20), is_silent=True)
    monkeypatch.setattr(normalise, "_short", lambda text: (text or "")[:-1] or None)
    deliver(world)
    assert differences(world, compare(world)) >= {("P1", "tracking", "different"), ("P1", "tracking", "extra")}
