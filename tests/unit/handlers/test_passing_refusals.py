"""A write or a look that meets a passing refusal: who spoke decides, and nothing is parked. Wired as in AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from functions.flows.to_ifs.recall import Recalling
from functions.ifs.client import GRACE_SECONDS
from functions.ledger.tenants import TenantStore
from functions.model.shipment import ConnectionName
from functions.model.tenant import Circuit, Fitness
from tests.equipment.http import Request, Response
from tests.equipment.quiet_connection import START, asked, quiet_world, run, schedule
from tests.equipment.world import Site, World

SET = "ShipmentSet"


def sold(count: int, *, is_delivered: bool = False, **ifs: Any) -> tuple[World, Site]:
    """Labels of half an hour ago, and their IFS shipments. `ifs` overrides the connection's IFS side."""
    world, site = quiet_world(ifs=ifs)
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


def test_a_circuit_that_writes_opened_closes_once_nobody_waits_and_the_next_failure_opens_it_again() -> None:
    world, site = sold(2)
    fault = {"method": "PATCH", "path": SET, "status": 503, "times": -1}
    site.tenant.add_fault("html", **fault)
    go_on(world, minutes=30)
    assert (circuit(world).opened_by, missing(site)) == ("write", 2)
    for label in list(site.account.shipments.current):
        site.account.void(label)
    go_on(world, hours=2)
    assert (circuit(world).is_open, parked(world)) == (False, 0)
    order = site.account.add_order("P0", items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order)
    before = len(requests_of(site, "PATCH"))
    go_on(world, minutes=3)
    assert (circuit(world).opened_by, len(requests_of(site, "PATCH")) - before) == ("write", 1)
    site.tenant.lift_faults()
    go_on(world, hours=2)
    assert (circuit(world).is_open, missing(site)) == (False, 1)


def paced(
    world: World, site: Site, seconds: Callable[[Request], float], *, hangs: Callable[[Request], bool]
) -> list[Any]:
    """Every answer takes its seconds; what hangs gets none before its deadline. The runs that did not end in time."""
    answered, kill, killed = site.tenant.application, world.clockwork.kill, list[Any]()

    def application(request: Request) -> Response:
        world.clockwork.sleep(seconds(request))
        if hangs(request):
            raise requests.ReadTimeout
        return answered(request)

    def killing(task: Any) -> None:
        killed.append(task)
        kill(task)

    site.tenant.application, world.clockwork.kill = application, killing  # type: ignore[method-assign] # only counted
    return killed


def looked_at(world: World, site: Site, at: datetime) -> None:
    """The metadata fitted then."""
    name, place = site.connection.name, site.connection.delivery_place
    TenantStore(world.tables["ledger"]).save_fitness(Fitness(connection=name, fingerprint=place, checked_at=at))


def test_a_run_that_meets_an_ifs_that_hangs_while_metadata_is_due_ends_in_its_time_and_tells_the_circuit() -> None:
    """What fitted yesterday is trusted meanwhile."""
    world, site = sold(10)
    looked_at(world, site, START - timedelta(hours=25))
    is_over = False

    def hangs(request: Request) -> bool:
        return not is_over and "/auth/" not in request.path

    deadline_seconds = site.connection.ifs.wait_seconds + GRACE_SECONDS
    killed = paced(world, site, lambda request: deadline_seconds if hangs(request) else 0, hangs=hangs)
    go_on(world, minutes=6)
    assert (killed, missing(site), parked(world), circuit(world).is_open) == ([], 10, 0, True)
    assert set(circuit(world).strikes) == {"metadata", "search"}
    assert world.logs.getvalue().count('"order_delivered"') >= 10
    is_over = True
    go_on(world, hours=2)
    assert (killed, missing(site), circuit(world).is_open) == ([], 0, False)


def test_no_write_is_begun_that_could_outlive_its_run() -> None:
    """Each list takes twelve seconds; a write of this tenant may take longer than a minute."""
    world, site = sold(1, wait_seconds=60)
    looked_at(world, site, START)

    def hangs(request: Request) -> bool:
        return request.method == "PATCH"

    def seconds(request: Request) -> float:
        return 60 + GRACE_SECONDS if hangs(request) else 12 if SET in request.path or "Line" in request.path else 0

    killed = paced(world, site, seconds, hangs=hangs)
    go_on(world, minutes=6)
    assert (killed, '"out_of_time"' in world.logs.getvalue()) == ([], True)


@pytest.mark.nightly
def test_writes_that_get_no_answer_of_ifs_for_a_day_are_probed_at_the_pace_of_their_leases_to_the_end() -> None:
    """Each may have arrived and is asked about when its lease of three minutes ends: of three orders one a minute."""
    world, site = sold(3)
    site.tenant.add_fault("html", status=503, method="PATCH", path=SET, times=-1)
    go_on(world, hours=22)
    before = len(requests_of(site, "PATCH"))
    go_on(world, hours=2)
    assert (circuit(world).opened_by, missing(site), parked(world)) == ("write", 3, 0)
    assert 80 <= len(requests_of(site, "PATCH")) - before <= 120
    site.tenant.lift_faults()
    go_on(world, minutes=5)
    assert (missing(site), circuit(world).is_open) == (0, False)


def test_orders_that_rested_when_ifs_came_back_are_what_tells_that_it_is_back() -> None:
    world, site = sold(3)
    site.tenant.add_fault("html", status=503, times=-1)
    go_on(world, minutes=5)
    assert circuit(world).is_open
    person = {"connection": "acme", "scope": "connection", "by": "kim", "note": "IFS is down"}
    asked(world, {"do": "pause", **person}, "control")
    go_on(world, hours=1)  # nothing is due any more
    site.tenant.lift_faults()
    asked(world, {"do": "resume", **person}, "control")
    go_on(world, minutes=30)
    assert (missing(site), circuit(world).is_open) == (0, False)


def test_what_rested_leaves_every_other_probe_to_what_waits_for_its_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    world, site = sold(3)
    site.tenant.add_fault("html", status=503, times=-1)
    go_on(world, minutes=5)
    monkeypatch.setattr(Recalling, "run", lambda *_: 1)  # as where thousands rest
    world.logs.seek(0)
    world.logs.truncate()
    go_on(world, minutes=10)
    lines = [json.loads(line) for line in world.logs.getvalue().splitlines()]
    recalled = [line["recalled"] for line in lines if line.get("message") == "released"]
    assert 4 <= sum(recalled) <= 6  # of eleven runs: both ends count
