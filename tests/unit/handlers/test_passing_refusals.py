"""A write or a look that meets a passing refusal: who spoke decides, and nothing is parked. Wired as in AWS."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.ledger.tenants import TenantStore
from functions.model.shipment import ConnectionName
from functions.model.tenant import Circuit
from tests.equipment.quiet_connection import START, quiet_world, run, schedule
from tests.equipment.world import Site, World

SET = "ShipmentSet"


def sold(count: int, *, is_delivered: bool = False) -> tuple[World, Site]:
    """Labels of half an hour ago, and their IFS shipments."""
    world, site = quiet_world()
    for n in range(count):
        number = site.tenant.add_shipment([(f"P{n}", "BOLT", 1)])
        order = site.account.add_order(f"P{n}", items=[{"sku": "BOLT", "quantity": 1}])
        site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
        if is_delivered:
            site.tenant.deliver(number, at=START - timedelta(days=3))
    return world, site


def go_on(world: World, **duration: float) -> None:
    until = world.now() + timedelta(**duration)
    schedule(world, until, "poll", "release")
    run(world, until)


def missing(site: Site) -> int:
    return sum(not site.tenant.shipment(key[0])["ProNo"] for key in site.tenant.sets[SET])


def parked(world: World) -> int:
    return sum('"parked"' in line for line in world.logs.getvalue().splitlines())


def circuit(world: World) -> Circuit:
    return TenantStore(world.tables["ledger"]).circuit(ConnectionName("acme"))


def requests_of(site: Site, method: str = "", path: str = SET) -> list[Any]:
    return [request for request in site.tenant.requests if request.method.startswith(method) and path in request.path]


def test_a_date_whose_write_gets_one_text_answer_408_is_written() -> None:
    world, site = sold(1, is_delivered=True)
    (key,) = site.tenant.sets[SET]
    delivered_at = site.tenant.shipment(key[0])["ActualShipDate"]
    site.tenant.add_fault("html", status=408, method="PATCH", path=SET)
    go_on(world, minutes=6)  # the lease of a write that may have arrived is three minutes
    assert [request.status for request in requests_of(site, "PATCH")].count(408) == 1
    assert site.tenant.shipment(key[0])["ActualShipDate"] != delivered_at
    assert (missing(site), parked(world)) == (0, 0)


@pytest.mark.parametrize("status", [404, 403, 502, 503], ids=["default backend", "a firewall", "a proxy", "no pod"])
def test_writes_met_by_somebody_in_front_of_ifs_are_repeated_and_park_nothing(status: int) -> None:
    world, site = sold(3)
    site.tenant.add_fault("html", status=status, method="PATCH", path=SET, times=3)
    go_on(world, minutes=30)
    assert (missing(site), parked(world)) == (0, 0)


def test_a_node_that_refuses_fresh_tokens_for_a_minute_parks_nothing() -> None:
    world, site = sold(2)
    site.tenant.add_fault("status", status=401, method="PATCH", path=SET, times=-1)
    go_on(world, minutes=1)
    assert missing(site) == 2
    site.tenant.lift_faults()
    go_on(world, minutes=30)
    assert (missing(site), parked(world)) == (0, 0)


def test_a_client_revoked_between_reading_and_writing_drains_by_itself_once_its_secret_is_replaced() -> None:
    world, site = sold(5)
    (client,) = site.tenant.clients
    site.tenant.add_fault("status", status=401, method="PATCH", path=SET, times=1)

    def revoke() -> None:
        site.tenant.clients[client] = "another"
        site.tenant.tokens.clear()

    world.clockwork.after(1.5, revoke)
    go_on(world, hours=6)
    assert (missing(site), parked(world), circuit(world).is_open) == (5, 0, True)
    assert circuit(world).reason == "ifs_credentials"
    world.secrets.replace("ifs-acme", "client_id", "client_secret", site.tenant.clients)
    go_on(world, hours=2)
    assert (missing(site), parked(world), circuit(world).is_open) == (0, 0, False)


def test_after_a_stated_time_on_the_first_of_ten_writes_nothing_is_sent_before_it() -> None:
    world, site = sold(10)
    site.tenant.add_fault("status", status=429, method="PATCH", path=SET, headers={"Retry-After": "120"})
    go_on(world, minutes=30)
    (throttled,) = [request.at for request in requests_of(site, "PATCH") if request.status == 429]
    later = [request.at - throttled for request in site.tenant.requests if request.at > throttled]
    assert min(later) >= timedelta(seconds=119)
    assert (missing(site), parked(world)) == (0, 0)


def test_metadata_that_answers_504_for_hours_is_looked_at_once_a_minute_and_opens_the_circuit() -> None:
    world, site = sold(20)
    fault = {"error": {"code": "ODP_OPERATION_TIMEOUT", "message": "x"}}
    site.tenant.add_fault("status", status=504, path="$metadata", body=fault, times=-1)
    go_on(world, minutes=10)
    assert (circuit(world).opened_by, missing(site), parked(world)) == ("metadata", 20, 0)
    go_on(world, hours=3)
    assert len(requests_of(site, path="$metadata")) <= 200
    site.tenant.lift_faults()
    go_on(world, hours=2)
    assert (missing(site), circuit(world).is_open) == (0, False)
