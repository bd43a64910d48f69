"""A connection whose file was renamed: asked for by either name, told by its new one, kept under its first."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from tests.equipment.builders import a_connection
from tests.equipment.quiet_connection import asked, quiet_world, run, schedule
from tests.equipment.world import CANARY, Site, World

FIRST, NOW = "acme", "northwind"
WHO = {"by": "kim", "note": "why"}
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "reading status": ("poll", {"status": True}),
    "look now": ("poll", {"now": True}),
    "reconcile": ("reconcile", WHO),
    "status": ("inspect", {"show": "status"}),
    "attention": ("inspect", {"show": "attention"}),
    "order": ("inspect", {"show": "order", "order": "P1"}),
    "reading": ("inspect", {"show": "reading"}),
    "tenant": ("inspect", {"show": "tenant"}),
    "desk": ("inspect", {"show": "desk"}),
    "plans": ("inspect", {"show": "plans"}),
    "comparison": ("inspect", {"show": "reconcile"}),
    "pause": ("control", {"do": "pause", "scope": "connection", **WHO}),
    "check": ("check", {}),
    "dry run": ("replay", {"select": {"orders": ["P1"]}, **WHO}),
}


def rename(site: Site) -> None:
    content = {**site.connection.model_dump(), "name": NOW, "formerly": FIRST}
    site.connection = Connection.model_validate(content).kept_under_its_first_name()


@pytest.fixture
def shipped() -> tuple[World, Site]:
    """One order, delivered before the file was renamed."""
    world, site = quiet_world()
    site.tenant.add_shipment([("P1", "BOLT", 1)])
    order = site.account.add_order("P1", items=[{"sku": "BOLT", "quantity": 1}])
    site.account.ship(order, carrier_code="stamps_com", at=world.now() - timedelta(minutes=10), is_silent=True)
    until = world.now() + timedelta(minutes=10)
    schedule(world, until, "poll", "release")
    run(world, until)
    assert len(site.tenant.writes) == 1
    rename(site)
    for function in world.functions.values():
        function.redeploy()
    return world, site


@pytest.mark.parametrize("name", [FIRST, NOW])
@pytest.mark.parametrize(("function", "request_"), QUESTIONS.values(), ids=QUESTIONS)
def test_it_is_asked_for_by_either_name_and_told_by_its_new_one(
    shipped: tuple[World, Site], function: str, request_: dict[str, Any], name: str
) -> None:
    world, _ = shipped
    answer = asked(world, {"connection": name, **request_}, function)

    assert "error" not in answer, answer
    told = json.dumps({key: value for key, value in answer.items() if key != "report" or isinstance(value, dict)})
    assert f'"{FIRST}' not in told
    assert function == "control" or "order" in request_ or NOW in told


def test_it_remembers_what_it_delivered_and_writes_nothing_twice(shipped: tuple[World, Site]) -> None:
    world, site = shipped
    (story,) = asked(world, {"connection": NOW, "show": "order", "order": "P1"}, "inspect")["stories"]
    assert (story["connection"], [each["outcome"] for each in story["shipments"]]) == (NOW, ["written"])

    until = world.now() + timedelta(minutes=30)
    schedule(world, until, "poll", "release")
    run(world, until)
    assert len(site.tenant.writes) == 1


def test_a_comparison_that_ran_is_told_by_its_new_name(shipped: tuple[World, Site]) -> None:
    world, _ = shipped
    run_id = asked(world, {"connection": NOW, **WHO}, "reconcile")["run_id"]
    told = asked(world, {"connection": NOW, "show": "reconcile"}, "inspect")
    assert (told["connection"], told["run_id"]) == (NOW, run_id)


@pytest.mark.parametrize(("name", "status"), [(FIRST, 202), (NOW, 404)])
def test_its_webhook_address_bears_its_first_name_alone(shipped: tuple[World, Site], name: str, status: int) -> None:
    """As the documents say: who subscribes by hand writes that one."""
    world, _ = shipped
    body = {"resource_url": "https://ssapi.shipstation.com/shipments?batchId=1", "resource_type": "SHIP_NOTIFY"}
    call = {"pathParameters": {"connection": name, "token": f"{CANARY}3{FIRST}"}, "body": json.dumps(body)}
    answers: list[Any] = []
    world.functions["webhook"].invoke(call, lambda value, fault: answers.append(fault or value))
    run(world, world.now() + timedelta(seconds=30))
    assert answers[0]["statusCode"] == status


def test_an_unknown_name_is_answered_with_the_new_one(shipped: tuple[World, Site]) -> None:
    answer = asked(shipped[0], {"connection": "northwint", "show": "desk"}, "inspect")
    assert answer["error"] == f"connection: unknown, did you mean {NOW}?; known are ['{NOW}']"


def test_every_view_of_it_is_called_alike() -> None:
    renamed = a_connection(name=NOW, formerly=FIRST, stores={"7": {"mode": "shadow"}}).kept_under_its_first_name()

    views = [*renamed.views, renamed.in_mode("off"), renamed.through_the_other_api()]
    assert {(view.name, view.called) for view in views} == {(FIRST, NOW)}


def test_a_connection_that_was_never_renamed_is_called_as_it_is_kept() -> None:
    plain = a_connection().kept_under_its_first_name()
    assert (plain.name, plain.called, plain.formerly) == ("acme", "acme", None)
