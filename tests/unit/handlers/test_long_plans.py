"""Plans that no run finishes: drawn and sent by the runs that follow, whoever dies, until somebody cancels."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from functions.handlers import plan_service
from tests.equipment.ifs.outages import Outage
from tests.equipment.quiet_connection import START, quiet_world, run, schedule
from tests.equipment.world import LEDGER, Site, World

WHO = {"by": "kim", "note": "why"}
ORDERS = 45
DRY_RUN = {"connection": "acme", "select": {"outcome": "written"}, **WHO}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person is answered before anything is looked at."""
    monkeypatch.setattr(plan_service, "PATIENCE", timedelta(0))


def emptied(requests_per_second: int = 50) -> tuple[World, Site]:
    """Orders that were written, and whose numbers somebody took out."""
    world, site = quiet_world(ifs={"requests_per_second": requests_per_second})
    for number in range(ORDERS):
        site.tenant.add_shipment([(f"P{number}", "BOLT", 1)])
        order = site.account.add_order(f"P{number}", items=[{"sku": "BOLT", "quantity": 1}])
        site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
    schedule(world, world.now() + timedelta(minutes=8), "poll", "release")
    run(world, world.now() + timedelta(minutes=10))
    for key in list(site.tenant.sets["ShipmentSet"]):
        site.tenant.edit(key[0], ProNo=None)
    return world, site


def asked(world: World, event: dict[str, Any]) -> dict[str, Any]:
    answers: list[Any] = []
    world.functions["replay"].invoke(event, lambda value, fault: answers.append(fault or value))
    run(world, world.now() + timedelta(seconds=5))
    answer: dict[str, Any] = answers[0]
    return answer


def go_on(world: World, minutes: float) -> None:
    until = world.now() + timedelta(minutes=minutes)
    schedule(world, until, "replay")
    run(world, until)


def numbers(site: Site) -> list[str | None]:
    return [site.tenant.shipment(key[0])["ProNo"] for key in site.tenant.sets["ShipmentSet"]]


def drawn(world: World) -> dict[str, Any]:
    begun = asked(world, DRY_RUN)
    assert (begun["state"], begun["looked_at"]) == ("drawing", 0)
    go_on(world, 3)
    return asked(world, begun["next"])


def test_a_long_dry_run_is_answered_at_once_and_drawn_by_the_runs_that_follow() -> None:
    world, site = emptied()
    plan = drawn(world)
    assert (plan["state"], plan["orders"], plan["would_change"]) == ("ready", ORDERS, ORDERS)
    assert numbers(site) == [None] * ORDERS


def test_the_same_dry_run_asked_for_again_meanwhile_is_the_same_plan() -> None:
    world, _ = emptied()
    first, second = asked(world, DRY_RUN), asked(world, DRY_RUN)
    assert first["plan_id"] == second.get("plan_id", second["next"]["plan_id"])


@pytest.mark.parametrize(("step", "times"), [("scan", 1), ("get_many", 1), ("put", 20), ("query", 3)])
def test_a_run_that_dies_in_the_middle_is_followed_by_one_that_ends_it(step: str, times: int) -> None:
    world, _ = emptied()
    begun = asked(world, DRY_RUN)
    left = [times]
    world.on_step = partial(_die, world, step, left)
    go_on(world, 3)
    assert left[0] <= 0
    assert asked(world, begun["next"])["state"] == "drawing"
    world.on_step = lambda _: None
    go_on(world, 15)
    plan = asked(world, begun["next"])
    assert (plan["state"], plan["orders"], plan["would_change"]) == ("ready", ORDERS, ORDERS)


def _die(world: World, step: str, left: list[int], name: str) -> None:
    """Once, after some calls."""
    if name != f"ledger {step}":
        return
    left[0] -= 1
    if left[0] == 0:
        for environment in world.functions["replay"].running.values():
            environment.is_dead = True


def test_a_plan_is_shown_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.handlers.plan_answers.SHOWN", 20)
    world, _ = emptied()
    plan_id = drawn(world)["plan_id"]
    pages = [asked(world, {"plan_id": plan_id, "page": page}) for page in (1, 2, 3, 4)]
    assert [len(page["differences"]) for page in pages] == [20, 20, 5, 0]
    assert {(page["pages"], page["state"]) for page in pages} == {(3, "ready")}
    shown = [each["order"] for page in pages for each in page["differences"]]
    assert sorted(shown) == sorted(f"P{number}" for number in range(ORDERS))


def test_a_plan_is_sent_in_portions_and_says_how_far_it_is() -> None:
    world, site = emptied(requests_per_second=1)
    plan = drawn(world)
    sent = asked(world, {**plan["next"], **WHO})
    assert 0 < sent["sent"] < ORDERS
    assert sent["left"] == ORDERS - sent["sent"]
    go_on(world, 2)
    early = asked(world, {"plan_id": plan["plan_id"]})
    assert (early["state"], early["sent"], early["settled"]) == ("applying", early["sent"], early["sent"])
    assert 0 < early["left"] == ORDERS - early["settled"]
    go_on(world, 15)
    late = asked(world, {"plan_id": plan["plan_id"]})
    assert (late["state"], late["sent"], late["settled"], late["left"]) == ("applied", ORDERS, ORDERS, 0)
    assert None not in numbers(site)
    assert [write.by for write in site.tenant.writes].count("api") == 2 * ORDERS


def test_a_dry_run_that_is_cancelled_goes_no_further() -> None:
    world, _ = emptied()
    begun = asked(world, DRY_RUN)
    cancelled = asked(world, {"plan_id": begun["plan_id"], "cancel": True, **WHO})
    assert cancelled["state"] == "cancelled"
    go_on(world, 3)
    shown = asked(world, {"plan_id": begun["plan_id"]})
    assert (shown["state"], shown["looked_at"], shown["cancelled"]["by"]) == ("cancelled", 0, "kim")
    assert "error" in asked(world, {"plan_id": begun["plan_id"], "cancel": True, **WHO})
    assert "sent" in asked(world, {"plan_id": begun["plan_id"], "apply": True, **WHO})


def test_a_plan_that_is_cancelled_while_it_is_sent_writes_no_more_than_what_was_written() -> None:
    world, site = emptied(requests_per_second=1)
    plan = drawn(world)
    asked(world, {**plan["next"], **WHO})
    asked(world, {"plan_id": plan["plan_id"], "cancel": True, **WHO})
    go_on(world, 15)
    written = ORDERS - numbers(site).count(None)
    shown = asked(world, {"plan_id": plan["plan_id"]})
    assert (shown["state"], shown["settled"]) == ("cancelled", written)
    assert written < ORDERS


def test_a_plan_that_is_applied_by_another_person_names_that_one_in_the_audit() -> None:
    world, _ = emptied()
    plan = drawn(world)
    asked(world, {**plan["next"], "by": "ann", "note": "go"})
    go_on(world, 5)
    entries = [item for item in world.tables["audit"].scan(prefix="audit#") if item["cause"]["kind"] == "replay"]
    assert {(entry["cause"]["by"], entry["cause"]["note"]) for entry in entries} == {("ann", "go")}
    assert len(entries) == ORDERS


def test_an_applied_plan_is_taken_back_and_what_a_plan_is_not_is_refused() -> None:
    world, site = emptied()
    plan = drawn(world)
    back = {"plan_id": plan["plan_id"], "revert": True, **WHO}
    assert "never applied" in asked(world, back)["error"]
    asked(world, {**plan["next"], **WHO})
    go_on(world, 5)
    begun = asked(world, back)
    go_on(world, 3)
    shown = asked(world, begun["next"])
    assert (shown["state"], shown["reverts"], shown["would_change"]) == ("ready", plan["plan_id"], ORDERS)
    assert None not in numbers(site)
    asked(world, {**shown["next"], **WHO})
    go_on(world, 35)
    assert numbers(site) == [None] * ORDERS
    ended = asked(world, {"plan_id": shown["plan_id"]})
    assert (ended["state"], ended["settled"], ended["left"]) == ("applied", ORDERS, 0)
    assert "is not reverted" in asked(world, {"plan_id": shown["plan_id"], "revert": True, **WHO})["error"]


def test_a_plan_drawn_while_ifs_is_out_says_what_it_could_not_decide() -> None:
    world, site = emptied()
    site.tenant.outages.add(Outage("all", world.now(), world.now() + timedelta(hours=2)))
    begun = asked(world, DRY_RUN)
    go_on(world, 10)
    answer = asked(world, {"plan_id": begun["plan_id"], "apply": False})
    assert (answer["state"], answer["orders"], answer["would_change"]) == ("ready", ORDERS, 0)
    assert answer["undecided"] == ORDERS
    assert "could not be decided" in answer["next"]


def test_a_plan_that_is_damaged_keeps_no_other_from_its_turn() -> None:
    world, _ = emptied()
    damaged = asked(world, DRY_RUN)["plan_id"]
    ledger = world.tables[LEDGER]
    head = ledger.get(f"plan#{damaged}", "plan")
    assert head is not None
    ledger.put({**head, "status": "zzz"})
    other = asked(world, {**DRY_RUN, "note": "another"})
    go_on(world, 3)
    assert asked(world, other["next"])["state"] == "ready"
    assert "cannot be read" in asked(world, {"plan_id": damaged})["error"]
    assert [plan["plan_id"] for plan in listed(world)] == [other["plan_id"]]


def listed(world: World) -> list[dict[str, Any]]:
    answers: list[Any] = []
    question = {"show": "plans", "connection": "acme"}
    world.functions["inspect"].invoke(question, lambda value, fault: answers.append(fault or value))
    run(world, world.now() + timedelta(seconds=5))
    plans: list[dict[str, Any]] = answers[0]["plans"]
    return plans
