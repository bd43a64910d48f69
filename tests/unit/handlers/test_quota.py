"""An account of today allows ten Lambdas at once: eight connections that rest and three that ship find their places."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.connections.connection import Connection
from functions.model.shipment import ConnectionName
from tests.equipment.lambdas import Quota
from tests.equipment.quiet_connection import SEED, START, a_connection, run
from tests.equipment.world import CANARY, Site, World

PLACES, FEW = 10, 3
IDLE, BUSY, ORDERS = 8, 3, 30
HOURS = timedelta(hours=2)


def named(number: int) -> Connection:
    """Each with an account and a tenant of its own, as customers have."""
    name = f"c{number:02}"
    tenant = f"https://ifs-{name}.example.com"
    made = a_connection(
        START - timedelta(hours=1),
        {"base_url": tenant, "token_url": f"{tenant}/auth/realms/acme1/protocol/openid-connect/token"},
        base_url=f"https://ss-{name}.example.com",
    )
    return made.model_copy(update={"name": ConnectionName(name)})


def sell(world: World, site: Site) -> None:
    """All within ten minutes, each with its webhook."""
    name = site.connection.name
    site.account.subscribe(f"https://hooks.example.com/webhooks/{name}/{CANARY}3{name}", "SHIP_NOTIFY")
    for number in range(ORDERS):
        site.tenant.deliver(site.tenant.add_shipment([(f"P{number}", "BOLT", 1)]))
        order = site.account.add_order(f"P{number}", items=[{"sku": "BOLT", "quantity": 1}])
        at = START + timedelta(hours=1, seconds=10 * number)
        world.clockwork.at(at, lambda order=order: site.account.ship(order))  # type: ignore[misc] # a default argument binds the order


@pytest.mark.parametrize("places", [PLACES, pytest.param(FEW, marks=pytest.mark.nightly)])
def test_eight_idle_and_three_busy_connections_work_within_ten_places_and_lose_nothing_with_three(
    places: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "quota")
    world = World(SEED, START)
    sites = [world.add_site(named(number)) for number in range(IDLE + BUSY)]
    world.wire()
    quota = Quota(places)
    world.share(quota)
    for site in sites[:BUSY]:
        sell(world, site)
    for site in sites:
        for function in ("poll", "release", "replay"):
            world.schedule(function, site.connection.name, every=timedelta(minutes=1), until=START + HOURS)

    run(world, START + HOURS)

    written = [{write.key for write in site.tenant.writes if "ProNo" in write.changes} for site in sites]
    assert [len(keys) for keys in written] == [ORDERS] * BUSY + [0] * IDLE
    assert world.met["dead letter"] == 0
    assert [fault for function in world.functions.values() for fault in function.faults] == []
    latest = max(write.at for site in sites for write in site.tenant.writes)
    assert latest < START + timedelta(hours=1, minutes=15)
    assert (quota.refused > 0) is (places == FEW)
