"""A key is exchanged without a gap: two pairs stand in the secret, and the one that the vendor takes is used."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.console import answers, standings
from functions.console.screen import Line, Shown
from functions.flows.operations.key_standing import LEFT, key_standing
from functions.handlers import digest
from functions.handlers.release import HOURLY
from functions.ledger.key_expiries import KeyExpiryStore
from functions.model.key_expiry import KeyExpiry
from functions.settings import DigestSettings
from functions.wiring.runtime import Handler
from tests.equipment.align_desk import AlignDesk
from tests.equipment.key_exchange import Exchange, in_clear
from tests.equipment.push_desk import Desk
from tests.equipment.quiet_connection import START, asked, quiet_world, run, schedule
from tests.equipment.reconcile_desk import compare, sell
from tests.equipment.webhooks_desk import ACME, EVENTS, WebhooksDesk
from tests.equipment.world import AUDIT, LEDGER, Site, World

APIS = pytest.mark.parametrize("api", ["v1", "v2"])
KEY = "ShipStation's key"


def go_on(world: World, **duration: float) -> None:
    until = world.now() + timedelta(**duration)
    schedule(world, until, "poll", "release")
    run(world, until)


def shipped(site: Site, order: str) -> None:
    site.tenant.add_shipment([(order, "BOLT", 1)])
    site.account.ship(site.account.add_order(order, items=[{"sku": "BOLT", "quantity": 1}]))


def written(site: Site) -> int:
    return sum(write.by == "api" for write in site.tenant.writes)


def statuses(site: Site) -> Counter[int]:
    return Counter(request.status for request in site.account.requests)


def told(world: World) -> dict[str, Any]:
    (line,) = asked(world, {"show": "status"}, "inspect")["connections"]
    found: dict[str, Any] = line
    return found


def troubles(world: World) -> list[str]:
    return [each["told"] for each in told(world)["troubles"]]


@APIS
def test_reading_goes_on_without_a_gap_while_the_key_is_exchanged(api: str) -> None:
    world, site = quiet_world(api=api)
    exchange = Exchange(world, site)
    go_on(world, minutes=10)
    for number, step in enumerate((exchange.begin, exchange.end_the_old, exchange.promote), 1):
        step()
        shipped(site, f"P{number}")
        go_on(world, minutes=20)
        assert written(site) == number
    assert statuses(site)[401] == 1, "one environment asked once with the old key"
    assert '"refused":true' not in world.logs.getvalue().replace(" ", "")


def test_a_next_key_that_came_after_the_secret_was_read_is_found_when_the_first_is_refused() -> None:
    world, site = quiet_world()
    exchange = Exchange(world, site)
    shipped(site, "P1")
    go_on(world, minutes=10)
    exchange.begin()
    exchange.end_the_old()
    shipped(site, "P2")
    go_on(world, minutes=10)
    assert (written(site), statuses(site)[401]) == (2, 1)


def test_a_key_that_was_replaced_in_its_place_is_found_by_the_request_that_was_refused() -> None:
    world, site = quiet_world()
    exchange = Exchange(world, site)
    go_on(world, minutes=10)
    exchange.end_the_old()
    exchange.promote()
    shipped(site, "P1")
    go_on(world, minutes=10)
    assert (written(site), statuses(site)[401]) == (1, 1)


def test_both_refused_stop_the_reading_and_either_one_begins_it_again() -> None:
    world, site = quiet_world()
    exchange = Exchange(world, site)
    exchange.begin()
    go_on(world, minutes=10)
    exchange.end_both()
    shipped(site, "P1")
    before = len(site.account.requests)
    go_on(world, minutes=30)
    assert any("refuses the key" in trouble for trouble in troubles(world))
    assert len(site.account.requests) - before <= 2 * 31, "both are tried once a minute, not more"
    exchange.take_back()
    go_on(world, minutes=5)
    assert written(site) == 1
    exchange.end_both()
    exchange.end_the_old()
    shipped(site, "P2")
    go_on(world, minutes=10)
    assert written(site) == 2


def test_a_next_key_that_is_not_whole_is_not_used() -> None:
    world, site = quiet_world()
    exchange = Exchange(world, site)
    exchange.put(exchange.old, {}, next_api_key=next(iter(exchange.new)))
    exchange.end_the_old()
    go_on(world, minutes=10)
    assert any("refuses the key" in trouble for trouble in troubles(world))
    assert all(request.status == 401 for request in site.account.requests)


def deliver(exchanged: Callable[[World, Site, str], None]) -> tuple[World, Site]:
    """IFS is written while its client's secret is exchanged."""
    world, site = quiet_world()
    shipped(site, "P1")
    go_on(world, minutes=10)
    exchanged(world, site, "ifs")
    site.tenant.tokens.clear()
    shipped(site, "P2")
    go_on(world, minutes=10)
    return world, site


def test_ifs_is_written_without_a_gap_while_its_client_is_exchanged() -> None:
    def exchanged(world: World, site: Site, vendor: str) -> None:
        exchange = Exchange(world, site, vendor)
        exchange.begin()
        exchange.end_the_old()

    world, site = deliver(exchanged)
    assert written(site) == 2
    assert told(world)["ifs"] == "answers"
    whose = "the secret of the client in IFS"
    assert troubles(world) == [f"{whose} is refused, the next one beside it is in use: make it the first"]


def test_ifs_that_refuses_both_clients_opens_its_circuit() -> None:
    def exchanged(world: World, site: Site, vendor: str) -> None:
        exchange = Exchange(world, site, vendor)
        exchange.begin()
        exchange.end_both()

    world, site = deliver(exchanged)
    assert written(site) == 1
    assert told(world)["ifs"] != "answers"


def pushed() -> tuple[Site, bool]:
    desk = Desk(functions=("release", "pull"))
    halfway(desk.world, desk.site)
    shipment = desk.ask()
    desk.run(minutes=10)
    return desk.site, desk.known(shipment) is not None and len(desk.orders()) == 1


def aligned() -> tuple[Site, bool]:
    desk = AlignDesk()
    halfway(desk.world, desk.site)
    desk.add_site()
    desk.look()
    return desk.site, len(desk.warehouses()) == 1


def registered() -> tuple[Site, bool]:
    desk = WebhooksDesk()
    halfway(desk.world, desk.site)
    return desk.site, desk.look()["made"] == EVENTS["v1"]


def reconciled() -> tuple[Site, bool]:
    world, site = quiet_world()
    sell(site, "P1")
    halfway(world, site)
    return site, compare(world)["shipments"] == 1


def looked_up() -> tuple[Site, bool]:
    world, site = quiet_world()
    site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    halfway(world, site)
    answer = asked(world, {"show": "order", "connection": "acme", "shipstation_order": "P1"}, "inspect")
    return site, bool(answer["at_shipstation"])


def checked() -> tuple[Site, bool]:
    world, site = quiet_world()
    halfway(world, site)
    report = asked(world, {"connection": "acme"}, "check")["report"]
    return site, "The key is accepted" in json.dumps(report)


def halfway(world: World, site: Site) -> None:
    """Half of the exchange is done: ShipStation and IFS take the next ones alone."""
    for vendor in ("shipstation", "ifs"):
        exchange = Exchange(world, site, vendor)
        exchange.begin()
        exchange.end_the_old()


READERS = [pushed, aligned, registered, reconciled, looked_up, checked]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_whoever_asks_shipstation_uses_the_key_that_it_takes(reader: Callable[[], tuple[Site, bool]]) -> None:
    site, is_done = reader()
    assert is_done
    assert statuses(site)[401] == 1, "the key that was refused is not asked with again"


def test_status_says_which_of_two_keys_is_in_use() -> None:
    world, site = quiet_world()
    exchange = Exchange(world, site)
    exchange.begin()
    go_on(world, minutes=30)
    began = f"{START:%Y-%m-%d}"
    assert told(world)["remarks"] == [f"a next one stands beside {KEY} since {began}, the first is in use"]
    assert told(world)["is_well"]
    exchange.end_the_old()
    go_on(world, minutes=30)
    assert troubles(world) == [f"{KEY} is refused, the next one beside it is in use: make it the first"]
    assert asked(world, {"show": "reading", "connection": "acme"}, "inspect")["key"]["in_use"] == "next"
    exchange.promote()
    go_on(world, hours=2)
    assert (told(world)["is_well"], told(world)["remarks"]) == (True, [])


def test_the_command_line_shows_how_an_exchange_stands() -> None:
    world, site = quiet_world()
    Exchange(world, site).begin()
    go_on(world, minutes=30)
    remark = f"a next one stands beside {KEY} since {START:%Y-%m-%d}, the first is in use"
    views: dict[str, Callable[[Mapping[str, Any]], Shown]] = {"status": answers.status, "reading": standings.reading}
    for look, view in views.items():
        question = {"show": look} | ({"connection": "acme"} if look == "reading" else {})
        shown = view(asked(world, question, "inspect"))
        lines = [block.text for block in shown.blocks if isinstance(block, Line)]
        assert [line for line in lines if line.endswith(remark)], look
        assert not shown.asks


def test_a_next_key_that_nobody_makes_the_first_is_told_after_a_week() -> None:
    since = datetime(2026, 6, 1, 9, tzinfo=START.tzinfo)
    expiry = KeyExpiry().beside_a_next(since, "first")
    for age, trouble in (
        (LEFT - timedelta(hours=1), ""),
        (LEFT, f"a next one stands beside {KEY} for 7 days: make it the first, or take it out"),
    ):
        standing = key_standing("shipstation", expiry, since + age)
        assert standing is not None
        assert (standing.trouble, bool(standing.exchange)) == (trouble, not trouble)


def test_the_day_that_counts_is_that_of_the_key_in_use() -> None:
    world, site = quiet_world()
    exchange = Exchange(world, site)
    soon, later = (START.date() + timedelta(days=days) for days in (5, 300))
    exchange.begin(expires_on=str(soon), next_expires_on=str(later))
    go_on(world, minutes=30)
    assert troubles(world) == [f"{KEY} expires in 5 days, on {soon}"]
    exchange.end_the_old()
    go_on(world, minutes=30)
    assert asked(world, {"show": "reading", "connection": "acme"}, "inspect")["key"]["expires_on"] == str(later)


def test_a_next_client_of_ifs_is_told_too() -> None:
    world, site = quiet_world()
    Exchange(world, site, "ifs").begin()
    until = (world.now() + timedelta(hours=2)).replace(minute=HOURLY, second=1)
    run(world, until)
    asked(world, {"connection": "acme"}, "release")
    (remark,) = told(world)["remarks"]
    assert remark.startswith("a next one stands beside the secret of the client in IFS since")


def test_the_message_of_the_day_tells_of_an_exchange() -> None:
    world, site = quiet_world()
    Exchange(world, site).begin()
    go_on(world, minutes=30)
    sent: list[str] = []

    def build(runtime: Any, settings: DigestSettings) -> Handler:
        return digest.build(runtime, settings, lambda _, text: sent.append(text), lambda _terms, _day: 0.0, lambda: 1)

    world.also("digest", build, DigestSettings(ledger_table=LEDGER, audit_table=AUDIT, topic="topic", lambdas={}))
    asked(world, {}, "digest")
    assert f"a next one stands beside {KEY} since" in sent[0]


def test_no_key_is_logged_stored_or_answered() -> None:
    world, site = quiet_world()
    exchanges = [Exchange(world, site, vendor) for vendor in ("shipstation", "ifs")]
    for exchange in exchanges:
        exchange.begin()
        exchange.end_the_old()
    shipped(site, "P1")
    go_on(world, hours=1.5)
    stored = json.dumps([*world.tables[LEDGER].scan(prefix="")], default=str)
    shown = stored + world.logs.getvalue() + json.dumps(told(world))
    assert [text for text in in_clear(*exchanges) if text in shown] == []
    assert KeyExpiryStore(world.tables[LEDGER]).load(ACME, "shipstation").in_use == "next"


def test_a_previous_webhook_token_that_nobody_empties_is_told_after_a_week() -> None:
    desk = WebhooksDesk()
    go_on(desk.world, minutes=5)
    desk.look()
    desk.rotate()
    desk.look()
    assert not [trouble for trouble in troubles(desk.world) if "token" in trouble]
    since = desk.world.now()
    run(desk.world, since + LEFT)
    desk.look()
    assert f"the previous webhook token is let in since {since:%Y-%m-%d}: empty it" in troubles(desk.world)
    desk.rotate(previous="")
    desk.look()
    assert not [trouble for trouble in troubles(desk.world) if "token" in trouble]
