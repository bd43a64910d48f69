"""A secret that nobody has filled: no vendor is called, whoever asks, and the answer says which one to fill."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.ledger.orders import OrderStore
from functions.ledger.tenants import TenantStore
from functions.model.connection_name import ConnectionName
from functions.wiring.credentials import PLACEHOLDER
from tests.equipment.quiet_connection import START, asked, quiet_world, run, schedule
from tests.equipment.world import Site, World

HALF_AN_HOUR = timedelta(minutes=30)
UNFILLED = [
    pytest.param(lambda first, second: {first: PLACEHOLDER, second: PLACEHOLDER}, id="as deployed"),
    pytest.param(lambda first, second: {first: "filled", second: PLACEHOLDER}, id="the secret is left"),
    pytest.param(lambda first, second: {first: PLACEHOLDER, second: "filled"}, id="the key is left"),
    pytest.param(lambda first, second: {first: "filled", second: f" {PLACEHOLDER}\n"}, id="pasted with spaces"),
    pytest.param(lambda first, second: {first: "filled", second: ""}, id="empty"),
    pytest.param(lambda first, second: {first: "filled"}, id="missing"),
]


def sold(world_and_site: tuple[World, Site]) -> tuple[World, Site]:
    world, site = world_and_site
    site.tenant.add_shipment([("P1", "BOLT", 1)])
    order = site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order, at=START - HALF_AN_HOUR, is_silent=True)
    return world, site


def invoked(world: World, function: str, event: dict[str, Any]) -> dict[str, Any]:
    answers: list[Any] = []
    world.functions[function].invoke(event, lambda value, fault: answers.append(fault or value))
    run(world, world.now() + timedelta(minutes=1))
    answer: dict[str, Any] = answers[0]
    return answer


def go_on(world: World, duration: timedelta) -> None:
    until = world.now() + duration
    schedule(world, until, "poll", "release")
    run(world, until)


def written(site: Site) -> int:
    return sum(write.by == "api" for write in site.tenant.writes)


@pytest.mark.parametrize("values", UNFILLED)
def test_shipstation_is_not_called_before_its_secret_is_filled_and_is_read_within_a_minute_then(values: Any) -> None:
    world, site = sold(quiet_world())
    filled = dict(zip(("api_key", "api_secret"), *site.account.keys.items(), strict=True))
    world.secrets.put("ss-acme", values("api_key", "api_secret"))
    go_on(world, HALF_AN_HOUR)
    window = {"from": "2026-05-01T00:00:00Z", "to": "2026-05-03T00:00:00Z", "by": "kim", "note": "first load"}

    told = asked(world, {"connection": "acme", "now": True})["not_configured"]
    assert "ss-acme" in told
    assert ("api_secret" in told) == (values("api_key", "api_secret").get("api_secret", "").strip() != "filled")
    answer = asked(world, {"connection": "acme", "backfill": {**window, "dry_run": False}})
    assert answer["reason"] == "shipstation_not_configured"
    report = invoked(world, "check", {"connection": "acme"})
    assert "api_key and api_secret" in str(report["report"])
    assert not site.account.requests
    assert "shipstation_not_configured" in world.logs.getvalue()

    world.secrets.put("ss-acme", filled)
    go_on(world, timedelta(minutes=2))
    assert asked(world, {"connection": "acme", "status": True})["not_configured"] is None
    assert written(site) == 1


@pytest.mark.parametrize("values", UNFILLED)
def test_ifs_is_not_called_before_its_secret_is_filled_and_what_waits_drains_then(values: Any) -> None:
    world, site = sold(quiet_world())
    filled = dict(zip(("client_id", "client_secret"), *site.tenant.clients.items(), strict=True))
    world.secrets.put("ifs-acme", values("client_id", "client_secret"))
    go_on(world, HALF_AN_HOUR)

    (state,) = OrderStore(world.tables["ledger"]).scan(ConnectionName("acme"))
    assert (state.waiting_for, state.attention) == ("ifs_not_configured", "ifs_not_configured")
    assert TenantStore(world.tables["ledger"]).circuit(ConnectionName("acme")).reason == "ifs_not_configured"
    request = {"connection": "acme", "select": {"orders": ["P1"]}, "by": "kim", "note": "why"}
    (shown,) = invoked(world, "replay", request)["differences"]
    assert shown["reason"] == "ifs_not_configured"
    report = invoked(world, "check", {"connection": "acme"})
    assert "client_id and client_secret" in str(report["report"])
    assert not site.tenant.requests

    world.secrets.put("ifs-acme", filled)
    go_on(world, timedelta(hours=2))
    assert written(site) == 1
