"""The AWS command line repeats a request that it has not heard of for a minute: it begins nothing a second time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from functions.ledger.jobs import JobStore
from functions.model.connection_name import ConnectionName
from tests.equipment.quiet_connection import START, quiet_world, run, schedule
from tests.equipment.world import Site, World

WHO = {"by": "kim", "note": "why"}
DRY_RUN = {"connection": "acme", "select": {"outcome": "written"}, **WHO}
WINDOW = {"from": "2026-05-01T00:00:00Z", "to": "2026-09-03T00:00:00Z"}


def delivered() -> tuple[World, Site]:
    world, site = quiet_world()
    for number in range(30):
        site.tenant.add_shipment([(f"P{number}", "BOLT", 1)])
        order = site.account.add_order(f"P{number}", items=[{"sku": "BOLT", "quantity": 1}])
        site.account.ship(order, at=START - timedelta(minutes=30), is_silent=True)
    until = world.now() + timedelta(minutes=5)
    schedule(world, until, "poll", "release")
    run(world, until + timedelta(minutes=5))
    return world, site


def asks(site: Site) -> list[int]:
    return [len(vendor.requests) for vendor in (site.tenant, site.account)]


def asked(world: World, function: str, *events: dict[str, Any], apart: float = 0.5) -> list[dict[str, Any]]:
    """All answers, in the order of the events; each is sent `apart` seconds after the one before."""
    answers: dict[int, Any] = {}

    def sent(number: int, event: dict[str, Any]) -> Callable[[], None]:
        def keep(value: Any, fault: BaseException | None) -> None:
            answers[number] = fault or value

        return lambda: world.functions[function].invoke(event, keep)

    for number, event in enumerate(events):
        world.clockwork.after(number * apart, sent(number, event))
    run(world, world.now() + timedelta(minutes=5))
    return [answers[number] for number in sorted(answers)]


@pytest.mark.parametrize(("function", "event"), [("replay", DRY_RUN), ("check", {"connection": "acme"})])
def test_what_is_repeated_while_it_is_under_way_is_told_so_and_asks_no_vendor(
    function: str, event: dict[str, Any]
) -> None:
    (world, site), (another_world, another_site) = delivered(), delivered()
    first, second, third = asked(world, function, event, event, event)
    (alone,) = asked(another_world, function, event)

    assert {"error"} & {*first, *alone} == set()
    for repeated in (second, third):
        assert "under way since 2026-06-01T12:10:" in repeated["error"]
    assert asks(site) == asks(another_site)
    (again,) = asked(world, function, event)
    assert "error" not in again


def test_a_repeated_dry_run_names_the_plan_that_the_first_one_makes() -> None:
    world, _ = delivered()
    first, second = asked(world, "replay", DRY_RUN, DRY_RUN)
    assert second["next"] == {"plan_id": first["plan_id"]}
    (shown,) = asked(world, "replay", second["next"])
    assert shown["orders"] == first["orders"] == 30


def test_another_request_is_not_kept_waiting() -> None:
    world, _ = delivered()
    answers = asked(world, "replay", DRY_RUN, {**DRY_RUN, "note": "another"})
    assert ["error" in answer for answer in answers] == [False, False]


def test_a_run_that_died_holds_up_the_same_request_for_its_own_time_and_no_longer() -> None:
    world, _ = delivered()
    world.functions["replay"].invoke(DRY_RUN)
    world.on_step = partial(die, world)
    run(world, world.now() + timedelta(seconds=5))
    world.on_step = lambda _: None
    (soon,) = asked(world, "replay", DRY_RUN)
    assert "under way" in soon["error"]
    run(world, world.now() + timedelta(minutes=10))
    (later,) = asked(world, "replay", DRY_RUN)
    assert later["orders"] == 30


def die(world: World, name: str) -> None:
    if "ledger scan" in name:
        for environment in world.functions["replay"].running.values():
            environment.is_dead = True


def test_a_backfill_that_is_asked_for_twice_is_one_job_also_once_it_has_ended() -> None:
    world, _ = delivered()
    event = {"connection": "acme", "backfill": {**WINDOW, **WHO, "dry_run": False}}
    first, second = asked(world, "poll", event, event, apart=70)
    until = world.now() + timedelta(hours=1)
    schedule(world, until, "poll")
    run(world, until)
    (third,) = asked(world, "poll", event)
    assert first["job_id"] == second["job_id"] == third["job_id"]
    assert third["state"] == "done"
    assert "another note" in third["next"]
    (other,) = asked(world, "poll", {"connection": "acme", "backfill": {**event["backfill"], "note": "again"}})  # type: ignore[dict-item] # the test's own
    assert other["job_id"] != first["job_id"]
    jobs = list(JobStore(world.tables["ledger"]).all(ConnectionName("acme")))
    assert len([job for job in jobs if job.kind == "backfill"]) == 2


def applied_plan(world: World, site: Site) -> dict[str, Any]:
    for key in list(site.tenant.sets["ShipmentSet"]):
        site.tenant.edit(key[0], ProNo=None)
    (plan,) = asked(world, "replay", DRY_RUN)
    assert plan["would_change"] == 30
    return {"plan_id": plan["plan_id"], "apply": True, **WHO}


def written(site: Site) -> int:
    return sum(write.by == "api" for write in site.tenant.writes)


def test_a_plan_that_is_applied_twice_is_sent_once() -> None:
    world, site = delivered()
    before, event = written(site), applied_plan(world, site)
    first, second = asked(world, "replay", event, event, apart=70)
    assert (first["sent"], second["sent"]) == (30, 0)
    assert "applied before" in second["next"]
    assert written(site) == before + 30


def test_an_expired_plan_is_not_applied_and_says_so_although_it_still_stands_there() -> None:
    world, site = delivered()
    before, event = written(site), applied_plan(world, site)
    run(world, world.now() + timedelta(days=7))
    (answer,) = asked(world, "replay", event)
    assert answer["error"].startswith("plan_id: the plan expired at 2026-06-08T12:")
    assert written(site) == before
