"""What ShipStation's worst habits come to, seen from IFS and from the operator: wired as in AWS, in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from functions.ledger.parked import ParkingStore
from tests.equipment.http import Request, Response, json_response
from tests.equipment.quiet_connection import START, asked, quiet_world, run, schedule
from tests.equipment.world import LEDGER, Site, World

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LINES = [{"sku": "BOLT", "quantity": 1}]
BY_FIELD: dict[str, Any] = {"order_reference": {"source": "custom_field_1"}}


def sold(site: Site, number: str, **fields: Any) -> int:
    return site.account.add_order(number, items=LINES, fields=fields)


def expected(site: Site, number: str) -> int:
    return site.tenant.add_shipment([(number, "BOLT", 1)])


def label(site: Site, order: int, **more: Any) -> tuple[int, str]:
    shipment_id = site.account.ship(order, is_silent=True, **more)
    return shipment_id, str(site.account.shipments.current[shipment_id].tracking_number)


def stands(site: Site, record: int) -> str:
    return str(site.tenant.shipment(record)["ProNo"] or "")


def parked(world: World, site: Site) -> dict[str, str]:
    """Reason by subject."""
    store = ParkingStore(world.tables[LEDGER])
    return {each.subject: str(each.reason) for each in store.list(site.connection.name)}


def polled(world: World, minutes: float = 30) -> None:
    until = world.now() + timedelta(minutes=minutes)
    schedule(world, until - timedelta(minutes=5), "poll", "release")
    run(world, until)


@pytest.mark.parametrize("spoilt", ["P1\ud83d", "P\u200b1", "\ufeffP1", "P\u00ad1"])
def test_what_nobody_sees_in_an_order_number_keeps_no_parcel_from_ifs(spoilt: str) -> None:
    world, site = quiet_world()
    records = [expected(site, "P1"), expected(site, "P2")]
    numbers = [label(site, sold(site, number), carrier_code="ups")[1] for number in (spoilt, "P2")]
    polled(world)
    assert [stands(site, record) for record in records] == numbers


def test_a_refusal_of_one_order_opens_no_circuit_and_parks_it_by_its_number() -> None:
    world, site = quiet_world(**BY_FIELD)
    bad, good = (sold(site, "X", advancedOptions={"customField1": name}) for name in ("P1", "P2"))
    records = [expected(site, "P1"), expected(site, "P2")]
    site.account.broken_rows.add(bad)  # no list shows it either
    site.account.refused_by_id[bad] = 403
    numbers = [label(site, order)[1] for order in (bad, good)]
    polled(world)
    assert [stands(site, record) for record in records] == ["", numbers[1]]
    assert parked(world, site)[f"order {bad}"] == "order_unreadable"
    assert '"ShipStationRefused":[1' not in world.logs.getvalue().replace(" ", "")
    site.account.broken_rows.clear()
    site.account.refused_by_id.clear()
    polled(world, 60 * 26)  # the sweep of the day after
    assert [stands(site, record) for record in records] == numbers


@pytest.mark.parametrize(
    ("timeout", "hanging"), [(45, {0, 1, 2}), (45, {0, 2, 4, 6, 8}), (100, {0})], ids=["in a row", "by turns", "slow"]
)
def test_orders_that_hang_when_they_are_asked_for_are_parked_and_no_label_waits_for_them(
    timeout: int, hanging: set[int]
) -> None:
    world, site = quiet_world(timeout_seconds=timeout, **BY_FIELD)
    records = [expected(site, f"P{n}") for n in range(10)]
    orders = [sold(site, "X", advancedOptions={"customField1": f"P{n}"}) for n in range(10)]
    bad, application = {orders[n] for n in hanging}, site.account.application

    def hangs(request: Request) -> Response:
        if request.path in {f"/orders/{number}" for number in bad}:
            world.clockwork.sleep(timeout)
            raise requests.ReadTimeout
        is_list = request.path == "/orders"  # which shows none of them
        return json_response(200, {"orders": [], "total": 0}) if is_list else application(request)

    site.account.application = hangs
    numbers = [site.account.ship(order, is_silent=True) for order in orders]
    shown = [str(site.account.shipments.current[number].tracking_number) for number in numbers]
    polled(world, 30)
    assert [stands(site, record) for record in records] == ["" if n in hanging else shown[n] for n in range(10)]
    assert {f"order {number}" for number in bad} <= parked(world, site).keys()


@pytest.mark.nightly
def test_a_label_that_was_listed_late_is_found_within_a_day_although_fulfilments_answer_500_for_good() -> None:
    world, site = quiet_world()
    site.account.add_fault("status", status=500, path="/fulfillments", times=-1)
    record = expected(site, "P1")
    order = sold(site, "P1")
    run(world, START + MINUTE)
    _, number = label(site, order, lag_seconds=5 * 3600)
    other = expected(site, "P2")
    world.clockwork.at(START + HOUR, lambda: label(site, sold(site, "P2")))
    polled(world, 60 * 29)
    assert (stands(site, record), bool(stands(site, other))) == (number, True)


def test_an_outage_of_four_hours_costs_one_request_a_minute_and_nothing_else() -> None:
    world, site = quiet_world()
    polled(world, 10)
    site.account.add_fault("status", status=500, times=-1)
    record = expected(site, "P1")
    order = sold(site, "P1")
    _, number = label(site, order)
    began = world.now()
    schedule(world, began + 4 * HOUR, "poll")
    run(world, began + timedelta(minutes=20))
    before = len(site.account.requests)
    run(world, began + 4 * HOUR)
    assert len(site.account.requests) - before <= 230
    site.account.lift_faults()
    polled(world, 10)
    assert stands(site, record) == number
    assert asked(world, {"connection": "acme", "status": True})["silent_since"] is None


def test_a_label_that_is_no_longer_void_is_delivered_again() -> None:
    world, site = quiet_world()
    record = expected(site, "P1")
    bought, number = label(site, sold(site, "P1"))
    polled(world)
    site.account.void(bought)
    polled(world)
    assert stands(site, record) == ""
    site.account.unvoid(bought)
    polled(world, 60 * 26)
    assert stands(site, record) == number


def test_an_order_that_is_renumbered_takes_along_the_label_that_keeps_the_old_number() -> None:
    world, site = quiet_world()
    old, new = expected(site, "P1"), expected(site, "P2")
    order = sold(site, "P1")
    _, number = label(site, order)
    polled(world)
    assert stands(site, old) == number
    site.account.edit_order(order, {"orderNumber": "P2"})
    polled(world, 90)
    assert (stands(site, old), stands(site, new)) == ("", number)


def test_a_label_that_is_renumbered_without_its_order_is_parked_with_both_numbers() -> None:
    world, site = quiet_world()
    old, new = expected(site, "P1"), expected(site, "P2")
    order = sold(site, "P1")
    bought, number = label(site, order)
    polled(world)
    site.account.renumber_label(bought, "P2")
    polled(world, 60 * 26)
    assert (stands(site, old), stands(site, new)) == (number, "")
    entry = next(e for e in ParkingStore(world.tables[LEDGER]).list(site.connection.name) if str(order) in e.subject)
    assert (entry.reason, "P1" in entry.detail, "P2" in entry.detail) == ("numbers_differ", True, True)


def test_a_backfill_that_is_refused_ends_as_given_up_is_parked_and_the_next_begins() -> None:
    world, site = quiet_world()
    who = {"by": "kim", "note": "first load", "dry_run": False}
    window = {"from": "2026-05-01T00:00:00Z", "to": "2026-05-03T00:00:00Z"}
    first, second = (
        asked(world, {"connection": "acme", "backfill": {**window, **who, "streams": [stream]}})["job_id"]
        for stream in ("fulfilments", "labels_created")
    )
    site.account.add_fault("status", status=400, path="/fulfillments", times=-1)
    polled(world)
    jobs = {job["job_id"]: job["state"] for job in asked(world, {"connection": "acme", "status": True})["jobs"]}
    assert jobs == {first: "given_up", second: "done"}
    assert parked(world, site)[f"job {first}, fulfilments"] == "job_given_up"


@pytest.mark.parametrize("status", [302, 408])
def test_a_backfill_that_meets_a_redirect_goes_on_later(status: int) -> None:
    world, site = quiet_world()
    who = {"by": "kim", "note": "first load", "dry_run": False}
    window = {"from": "2026-05-01T00:00:00Z", "to": "2026-05-03T00:00:00Z"}
    job = asked(world, {"connection": "acme", "backfill": {**window, **who, "streams": ["labels_created"]}})["job_id"]
    site.account.add_fault("status", status=status, path="/shipments", times=9)
    polled(world, 30)
    jobs = asked(world, {"connection": "acme", "status": True})["jobs"]
    assert {each["job_id"]: each["state"] for each in jobs} == {job: "done"}


def test_an_import_that_no_run_can_read_is_read_to_its_end_by_a_job() -> None:
    world, site = quiet_world()
    site.account.switches.bump_after_seconds = None
    body = {"items": LINES}
    orders = site.account.import_orders([{**body, "orderNumber": f"AMZ-{n}"} for n in range(6000)])
    record = expected(site, "P1")
    _, number = label(site, sold(site, "P1"))
    polled(world, 40)
    known = world.tables[LEDGER]
    assert all(known.get(f"facts#acme#{order}", "facts") for order in orders)
    assert stands(site, record) == number
    assert all(job["state"] == "done" for job in asked(world, {"connection": "acme", "status": True})["jobs"])


def test_labels_that_are_listed_swapped_and_narrow_pages_hold_no_cursor() -> None:
    world, site = quiet_world()
    site.account.switches.largest_page, site.account.switches.total = 2, "missing"
    records = [expected(site, f"P{n}") for n in range(7)]
    numbers = [label(site, sold(site, f"P{n}"), at=START - timedelta(seconds=30 - 0.4 * n)) for n in range(7)]
    site.account.swapped_rows[numbers[2][0]] = numbers[3][0]
    polled(world)
    assert [stands(site, record) for record in records] == [number for _, number in numbers]
