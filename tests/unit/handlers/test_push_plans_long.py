"""Plans of what goes to ShipStation that no run finishes, or whose orders come twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.flows.operations.push_plan import WantedOrders
from functions.handlers import plan_service
from functions.model.outcomes import Outcome
from tests.equipment.push_desk import Desk
from tests.unit.handlers.test_push_plans import DRY_RUN, Answer, apply, counts, planned, told


def drawn_by_the_runs(desk: Desk, **duration: float) -> Answer:
    """A dry run, and what the schedule makes of it meanwhile."""
    answers: list[Any] = []
    desk.world.functions["pull"].invoke(DRY_RUN, lambda value, _: answers.append(value))
    desk.run(**duration)
    desk.world.weather.there = (0, 0)
    (answer,) = answers
    return told(desk, plan_id=answer.get("plan_id") or answer["next"]["plan_id"])


def test_a_look_that_takes_all_the_time_of_a_run_is_drawn_all_the_same() -> None:
    desk = Desk(("pull",), minutes=5, mode="shadow")
    desk.ask("P7")
    desk.world.weather.there = (20, 20)
    plan = drawn_by_the_runs(desk, hours=1)
    assert (plan["state"], plan["would_change"]) == ("ready", 1)


def test_a_drawing_that_comes_no_further_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(("pull",), minutes=5, mode="shadow")
    desk.ask("P7")
    monkeypatch.setattr(WantedOrders, "look", lambda *_: ([], []))
    assert drawn_by_the_runs(desk, hours=1)["state"] == "given_up"


def test_what_a_run_has_no_time_for_is_looked_at_by_the_next_one() -> None:
    desk = Desk(("pull",), minutes=5)
    shipments = []
    for number in range(30):  # pushed one by one: no list shows them together
        shipments.append(desk.ask(f"P{number}"))
        desk.run(minutes=90)
    desk.deploy(mode="shadow")
    for shipment in shipments:
        desk.tenant.edit(shipment, ReceiverAddress1="1 Other Street")
    desk.world.weather.there = (5, 5)
    plan = drawn_by_the_runs(desk, hours=2)
    assert (plan["state"], plan["would_change"], plan["undecided"]) == ("ready", 30, 0)


def test_plans_that_wait_for_others_are_not_given_up_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_service, "PATIENCE", timedelta(0))  # the schedule draws all of them
    desk = Desk(("pull",), minutes=5, mode="shadow")
    numbers = [f"P{number}" for number in range(9)]
    for number in numbers:
        desk.ask(number)
    desk.world.weather.there = (16, 16)
    answers: list[Answer] = []
    for number in numbers:
        request = {**DRY_RUN, "orders": [number]}
        desk.world.functions["pull"].invoke(request, lambda value, _: answers.append(value))
    desk.run(hours=3)
    desk.world.weather.there = (0, 0)
    states = {told(desk, **answer["next"])["state"] for answer in answers}
    assert states == {"ready"}


def test_a_dry_run_during_an_outage_is_told_where_it_goes_on() -> None:
    desk = Desk(("pull",), minutes=5, mode="shadow")
    desk.ask("P7")
    desk.tenant.add_fault("html", status=503, times=-1)
    answer = told(desk, **DRY_RUN)
    assert answer["reason"] == "ifs_unavailable"
    desk.run(minutes=10)
    desk.tenant.faults.lift()
    desk.run(minutes=30)
    assert told(desk, **answer["next"])["state"] == "ready"


@pytest.mark.parametrize("streets", [("1 Shown Street", "2 Third Street"), ("2 Third Street", "1 Shown Street")])
def test_what_came_of_a_plan_s_order_no_other_message_of_it_changes(streets: tuple[str, str]) -> None:
    desk = Desk(())
    shipment = desk.ask("P7", ReceiverAddress1="1 Shown Street")
    plan = planned(desk)
    desk.tenant.edit(shipment, ReceiverAddress1=streets[0])
    apply(desk, plan)
    known, before = desk.pushed(shipment), desk.writes()
    assert [end.plan_id for end in known.plans] == [plan["plan_id"]]
    sent_again = json.loads(desk.site.orders.bodies[-1])  # as by a run that died when it had sent them
    sent_again["outbound"][0]["content"]["ship_to"]["street1"] = streets[1]
    sent_again["outbound"][0]["read_at"] = desk.world.now().isoformat()
    desk.site.orders.add(json.dumps(sent_again), "acme")
    desk.run(minutes=5)
    assert (desk.writes(), desk.pushed(shipment)) == (before, known)


def test_the_log_tells_of_what_a_plan_has_left_and_calls_nobody_a_second_time() -> None:
    desk = Desk(())
    shipment = desk.ask("P7")
    desk.account.refused_numbers.add("P7")
    desk.pull()
    plan = planned(desk)
    desk.tenant.edit(shipment, ReceiverAddress1="2 Third Street")
    before = desk.world.logs.tell()
    apply(desk, plan)
    desk.world.logs.seek(before)
    logged = [json.loads(line) for line in desk.world.logs if line.startswith("{")]
    (line,) = [line for line in logged if line.get("message") == "order_pushed"]
    assert (line.get("outcome"), line["reason"], line["plan_id"]) == (None, "plan_outdated", plan["plan_id"])
    assert not any("PushAttention" in line for line in logged)


def refuse(desk: Desk, _: int) -> None:
    desk.account.refused_numbers.add("P7")


def spoil(desk: Desk, shipment: int) -> None:
    desk.tenant.edit(shipment, ReceiverCountry="Nowhere")


@pytest.mark.parametrize("act", [refuse, spoil])
def test_what_could_not_be_written_is_left(act: Callable[[Desk, int], None]) -> None:
    desk = Desk(())
    shipment = desk.ask("P7")
    plan = planned(desk)
    act(desk, shipment)
    assert counts(apply(desk, plan)) == (1, 0, 1)
    assert desk.pushed(shipment).plans[-1].outcome is Outcome.PARKED


def test_how_far_many_orders_are_takes_a_read_for_a_hundred() -> None:
    desk = Desk(())
    for number in range(20):
        desk.ask(f"P{number}")
    plan = planned(desk)
    apply(desk, plan)
    steps: Counter[str] = Counter()
    desk.world.on_step = lambda name: steps.update([name])
    assert counts(told(desk, plan_id=plan["plan_id"])) == (20, 20, 0)
    assert (steps["ledger get_many"], steps["ledger get"] <= 25) == (1, True)  # the plan, and its records
