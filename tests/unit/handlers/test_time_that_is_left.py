"""No request to IFS outlives the run that sends it, whichever Lambda that is. Wired as in AWS."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from functions.ifs.client import GRACE_SECONDS
from functions.ledger.tenants import TenantStore
from functions.model.shipment import ConnectionName
from functions.model.tenant import Circuit, Fitness
from functions.wiring.delivery_parts import has_time
from tests.equipment.http import Request, Response
from tests.equipment.lambdas import Context
from tests.equipment.push_people import RECEIVER
from tests.equipment.quiet_connection import START, quiet_world, run, schedule
from tests.equipment.world import Site, World

SITES = {
    "profile": "warehouses",
    "mode": "write",
    "addresses": {"entity_set": "SiteAddressSet", "key": ["Contract", "AddressId"]},
}


ORDERS = {"store_id": 100001, "mode": "write", "shipment_id_in": "custom_field_2"}
FINDING = {"targets": [{"profile": "shipment_header", "find": ["shipment_id", "order_number"]}]}


def labelled(count: int, **ifs: Any) -> tuple[World, Site]:
    """Labels of half an hour ago, their IFS shipments, and metadata that fitted."""
    shipment_id = {"source": "custom_field_2"}
    world, site = quiet_world(ifs={**FINDING, **ifs}, orders=ORDERS, align=[SITES], shipment_id=shipment_id)
    for n in range(count):
        site.tenant.add_shipment([(f"P{n}", "BOLT", 1)])
        order = site.account.add_order(f"P{n}", items=[{"sku": "BOLT", "quantity": 1}])
        site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
    name, place = site.connection.name, site.connection.delivery_place
    TenantStore(world.tables["ledger"]).save_fitness(Fitness(connection=name, fingerprint=place, checked_at=START))
    return world, site


def slowed(world: World, site: Site, seconds: Callable[[Request], float]) -> list[Any]:
    """Every answer takes its seconds, and comes too late where the request was not given so many. The runs that did not
    end in time.
    """
    answered, kill, killed = site.tenant.application, world.clockwork.kill, list[Any]()

    def application(request: Request) -> Response:
        given = int(request.headers.get("prefer", "wait=7").partition("=")[2]) + GRACE_SECONDS
        world.clockwork.sleep(min(seconds(request), given))
        if seconds(request) > given:
            raise requests.ReadTimeout
        return answered(request)

    def killing(task: Any) -> None:
        if not task.is_over:
            killed.append(task)
        kill(task)

    site.tenant.application, world.clockwork.kill = application, killing  # type: ignore[method-assign] # only counted
    return killed


def circuit(world: World) -> Circuit:
    return TenantStore(world.tables["ledger"]).circuit(ConnectionName("acme"))


def go_on(world: World, **duration: float) -> None:
    until = world.now() + timedelta(**duration)
    schedule(world, until, "poll", "release")
    run(world, until)


def is_list(request: Request) -> bool:
    return request.method == "GET" and "/auth/" not in request.path


@pytest.mark.parametrize("slow", [1, 2, 3])
@pytest.mark.parametrize("orders", [1, 10])
def test_lists_that_are_slow_and_one_that_hangs_end_with_the_run_that_asks_for_them(slow: int, orders: int) -> None:
    """As many as `slow` take forty seconds each, then none is answered."""
    world, site = labelled(orders, wait_seconds=60)
    asked = list[Request]()

    def seconds(request: Request) -> float:
        if not is_list(request):
            return 600 if "$batch" in request.path else 0
        asked.append(request)
        return 40 if len(asked) <= 2 * slow else 600  # `slowed` asks twice

    killed = slowed(world, site, seconds)
    go_on(world, minutes=6)
    assert (killed, bool(asked)) == ([], True)


def test_a_list_that_is_given_less_than_its_time_says_nothing_against_the_tenant() -> None:
    """Each answer is slow, and IFS would have given every one: the circuit stays closed."""
    world, site = labelled(4, wait_seconds=60)
    killed = slowed(world, site, lambda request: 55 if is_list(request) else 0)
    go_on(world, minutes=20)
    assert (killed, circuit(world).is_open, circuit(world).strikes) == ([], False, {})


@pytest.mark.parametrize(("seconds", "expected"), [(96, True), (94, False)])
def test_a_write_is_not_prepared_where_its_turn_comes_too_late(seconds: float, *, expected: bool) -> None:
    """60 s for IFS, 8 s more, 17 s around it, and 10 s between two requests of one consumer."""
    _, site = quiet_world(ifs={"wait_seconds": 60, "concurrency": 10, "requests_per_second": 1})
    context = Context("consume-1", START + timedelta(seconds=seconds), lambda: START)
    assert has_time(context, site.connection)() is expected


def watching(world: World, site: Site) -> None:
    """Written, and waiting for their delivery."""
    go_on(world, minutes=3)
    assert all(site.tenant.shipment(key[0])["ProNo"] for key in site.tenant.sets["ShipmentSet"])


def test_a_watch_whose_tenant_hangs_ends_in_its_time() -> None:
    world, site = labelled(3, wait_seconds=60)
    watching(world, site)
    asked = list[Request]()

    def seconds(request: Request) -> float:
        asked.append(request)
        return 600 if "/auth/" not in request.path else 0

    killed = slowed(world, site, seconds)
    until = world.now() + timedelta(minutes=30)
    schedule(world, until, "release")
    run(world, until)
    assert (killed, bool(asked)) == ([], True)


WHO = {"by": "kim", "note": "a test"}
RUNS: dict[str, dict[str, Any]] = {
    "consume": {},
    "release": {},
    "pull": {"connection": "acme"},
    "align": {"connection": "acme", "profile": "warehouses", "is_scheduled": True},
    "reconcile": {"connection": "acme", "from": "2026-06-01T11:00:00Z", **WHO},
    "check": {"connection": "acme"},
    "replay": {"connection": "acme", "select": {"orders": ["P0"]}, **WHO},
}


def limited(monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """Every run of it has as good as no time."""
    left = Context.get_remaining_time_in_millis

    def short(context: Context) -> int:
        return 24_000 if context.aws_request_id.startswith(f"{function}-") else left(context)

    monkeypatch.setattr(Context, "get_remaining_time_in_millis", short)


@pytest.mark.parametrize("is_late", [False, True], ids=["with time", "without"])
@pytest.mark.parametrize("function", ["poll", "push"])
def test_a_run_without_time_asks_shipstation_for_nothing(
    function: str, *, is_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, site = labelled(1)
    site.tenant.add_shipment([("P9", "BOLT", 1)], **RECEIVER)
    if is_late:
        limited(monkeypatch, function)
    until = world.now() + timedelta(minutes=5)
    schedule(world, until, "pull" if function == "push" else "poll")
    run(world, until)
    assert (site.account.requests == []) == is_late
    assert world.functions[function].runs
    assert world.functions[function].faults == []


@pytest.mark.parametrize("is_late", [False, True], ids=["with time", "without"])
@pytest.mark.parametrize("function", RUNS)
def test_a_run_without_time_asks_ifs_for_nothing(
    function: str, *, is_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, site = labelled(1)
    if function in {"release", "reconcile", "replay"}:
        watching(world, site)
    if is_late:
        limited(monkeypatch, function)
    before = len(site.tenant.requests)
    event, until = RUNS[function], world.now() + timedelta(minutes=20)
    if event:
        world.functions[function].invoke(event)
    else:
        schedule(world, until, "release" if function == "release" else "poll")
    run(world, until)
    assert (len(site.tenant.requests) == before) == is_late
