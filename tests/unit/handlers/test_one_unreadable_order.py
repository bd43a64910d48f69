"""One order that a newer version wrote hinders nobody who asks for others beside it, and is told as that."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from functions.handlers import digest
from functions.model.shipment import ConnectionName, OrderKey
from functions.settings import DigestSettings
from tests.equipment.lambdas import Context, Environment
from tests.equipment.quiet_connection import START, asked, quiet_world, run
from tests.equipment.reconcile_desk import WHO, deliver
from tests.equipment.world import AUDIT, LEDGER, SimulatedRuntime, Site, World

ACME = {"connection": "acme", **WHO}
NEWER = "A newer version of the connector wrote this ledger item; deploy that version."


def of_a_newer_version(world: World, number: str) -> None:
    key = OrderKey(connection=ConnectionName("acme"), company="10", reference=number)
    table = world.tables[LEDGER]
    item = table.get(f"order#acme#{key.digest}", "state")
    assert item is not None
    table.put({**item, "schema_version": 999})


def shipped(site: Site, number: str, carrier: str = "stamps_com", **parcel: Any) -> None:
    site.tenant.deliver(site.tenant.add_shipment([(number, "BOLT", 1)]))
    order = site.account.add_order(number, items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order, carrier_code=carrier, at=START - timedelta(minutes=30), is_silent=True, **parcel)


@pytest.fixture
def world() -> World:
    """P1 and P2 lack a map entry; P1 cannot be read any more."""
    world, site = quiet_world()
    for number in ("P1", "P2"):
        shipped(site, number, "ontrac")
    deliver(world)
    of_a_newer_version(world, "P1")
    return world


@pytest.mark.parametrize("action", ["release", "dismiss"])
def test_the_others_that_a_person_names_are_seen_to(world: World, action: str) -> None:
    done = asked(world, {"do": action, **ACME, "orders": ["P1", "P2"]}, "control")
    assert (done["concerned"], done["left"]) == (1, {"P1": NEWER})


def test_a_word_that_means_both_tells_of_the_other_and_its_own_number_says_why() -> None:
    world, site = quiet_world()
    for number in ("P1", "P2"):
        shipped(site, number, tracking_number="1ZSAME")
    deliver(world)
    of_a_newer_version(world, "P1")
    story = {"show": "order", "connection": "acme"}
    both, alone = (asked(world, {**story, **word}, "inspect") for word in ({"tracking": "1ZSAME"}, {"order": "P1"}))
    assert [each["order"] for each in both["stories"]] == ["P2"]
    assert alone["error"] == NEWER


def test_it_is_not_taken_for_an_order_that_nobody_knows(world: World) -> None:
    refused = asked(world, {"do": "adopt", **ACME, "order": "P1", "fields": ["carrier"]}, "control")
    assert refused["error"] == f"order: {NEWER}"


@pytest.mark.parametrize("more", [{}, {"overwrite": ["carrier"]}], ids=["a replay", "an overwrite"])
def test_a_plan_of_named_orders_is_drawn_and_tells_it(world: World, more: dict[str, Any]) -> None:
    plan = asked(world, {**ACME, "select": {"orders": ["P1", "P2"]}, **more}, "replay")
    assert (plan["state"], plan["orders"], plan["undecided"]) == ("ready", 2, 1)
    assert ("P1", "ledger_version") in {(each["order"], each.get("reason")) for each in plan["differences"]}


def test_a_plan_is_taken_back_for_all_its_other_orders() -> None:
    world, site = quiet_world()
    site.connection = site.connection.in_mode("shadow")
    for number in ("P1", "P2"):
        shipped(site, number)
    deliver(world)
    site.connection = site.connection.in_mode("write")
    plan = asked(world, {**ACME, "select": {"orders": ["P1", "P2"]}}, "replay")
    asked(world, {"plan_id": plan["plan_id"], "apply": True, **WHO}, "replay")
    run(world, world.now() + timedelta(minutes=5))
    of_a_newer_version(world, "P1")
    back = asked(world, {"plan_id": plan["plan_id"], "revert": True, **WHO}, "replay")
    assert (back["state"], back["orders"], back["would_change"], back["undecided"]) == ("ready", 2, 1, 1)


def test_the_message_of_the_day_tells_all_the_rest(world: World) -> None:
    told: list[str] = []
    settings = DigestSettings(ledger_table=LEDGER, audit_table=AUDIT, topic="t", lambdas={"poll": "512"})
    runtime = SimulatedRuntime(world, Environment(), Random(1))
    handle = digest.build(runtime, settings, lambda _, text: told.append(text), lambda *_: None, lambda: 1)
    handle({}, Context("r1", world.now() + timedelta(hours=1), world.now))
    assert "2 waiting (2 carrier unmapped ontrac), 2 for a person" in told[0]
