"""Plans of what goes to ShipStation: what is shown is written, once; what has moved since is not. Wired as in AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from functions.ledger.items import NEWEST, SCHEMA_VERSION
from functions.model.outcomes import Outcome, Reason
from tests.equipment.order_desk import OrderDesk
from tests.equipment.push_desk import Desk, DeskV2
from tests.equipment.quiet_connection import asked

WHO = {"by": "kim", "note": "as planned"}
DRY_RUN = {"connection": "acme", "to_shipstation": True, **WHO}
Answer = dict[str, Any]


def told(desk: Desk, **request: Any) -> Answer:
    return asked(desk.world, request, "pull")


def planned(desk: Desk, *numbers: str) -> Answer:
    """A dry run, which changes nothing anywhere."""
    before, audited = desk.writes(), len(desk.audited())
    answer = told(desk, **DRY_RUN, **({"orders": numbers} if numbers else {}))
    assert answer.get("state") == "ready", answer
    assert (desk.writes(), len(desk.audited())) == (before, audited)
    return answer


def shown(answer: Answer) -> list[tuple[Any, ...]]:
    return [(each["order"], each["outcome"], each.get("reason")) for each in answer["differences"]]


def apply(desk: Desk, plan: Answer) -> Answer:
    """Carried out, as far as it goes within ten minutes."""
    answer = told(desk, plan_id=plan["plan_id"], apply=True, by="ann", note="go")
    desk.run(minutes=10)
    assert "error" not in answer, answer
    return told(desk, plan_id=plan["plan_id"])


def counts(answer: Answer) -> tuple[int, int, int]:
    return answer["sent"], answer["settled"], answer["left"]


@pytest.fixture(params=[Desk, DeskV2], ids=["v1", "v2"])
def desk(request: pytest.FixtureRequest) -> Desk:
    kind: type[Desk] = request.param
    return kind((), warehouses={"CHI": 4711})


def make(desk: Desk, shipment: int) -> None:
    del desk, shipment


def change(desk: Desk, shipment: int) -> None:
    desk.pull()
    desk.tenant.edit(shipment, ReceiverAddress1="1 Other Street")


def cancel(desk: Desk, shipment: int) -> None:
    desk.pull()
    desk.tenant.set_state(shipment, "Cancelled")


@pytest.mark.parametrize(
    ("act", "field", "after"),
    [(make, "number", "P7"), (change, "ship_to", "not shown: it names a person"), (cancel, "status", "cancelled")],
)
def test_what_is_shown_is_written_once_and_told_as_whose(
    desk: Desk, act: Callable[[Desk, int], None], field: str, after: str
) -> None:
    shipment = desk.ask("P7")
    act(desk, shipment)
    before = desk.writes()
    plan = planned(desk)
    assert shown(plan) == [("P7", "would_write", None)]
    (record,) = plan["differences"][0]["changes"]
    assert record[field]["after"] == after
    assert record["record"].startswith(f"ifs:acme:s{shipment}")
    done = apply(desk, plan)
    assert (done["state"], counts(done), desk.writes()) == ("applied", (1, 1, 0), before + 1)
    cause = desk.audited()[-1]["cause"]
    assert (cause["kind"], cause["plan_id"], cause["by"]) == ("replay", plan["plan_id"], "ann")
    assert told(desk, plan_id=plan["plan_id"], apply=True, **WHO)["sent"] == 0
    desk.pull()
    assert (planned(desk)["orders"], desk.writes()) == (0, before + 1)


def test_nobody_s_name_and_address_stand_in_the_plan(desk: Desk) -> None:
    desk.ask("P7", ReceiverAddress1="7 Hidden Lane")
    planned(desk)
    kept = [dict(item) for item in desk.world.tables["ledger"].scan(prefix="plan#")]
    assert "P7" in repr(kept)
    assert "Hidden Lane" not in repr(kept)


@pytest.mark.parametrize("act", [change, cancel])
def test_what_has_moved_in_ifs_since_is_not_written_and_the_next_look_goes_on(
    desk: Desk, act: Callable[[Desk, int], None]
) -> None:
    shipment = desk.ask("P7")
    act(desk, shipment)
    plan, known = planned(desk), desk.pushed(shipment)
    desk.tenant.set_state(shipment, "Preliminary")
    desk.tenant.edit(shipment, ReceiverAddress1="2 Third Street")
    before = desk.writes()
    done = apply(desk, plan)
    assert (counts(done), desk.writes()) == ((1, 0, 1), before)
    after = desk.pushed(shipment)
    assert [(end.plan_id, end.reason) for end in after.plans] == [(plan["plan_id"], Reason.PLAN_OUTDATED)]
    unmoved = {"plans": known.plans, "revision": known.revision}
    assert after.model_copy(update=unmoved) == known
    desk.pull()
    assert desk.writes() == before + 1


def test_what_has_moved_in_the_warehouse_since_is_kept() -> None:
    desk = Desk(())
    shipment = desk.ask("P7")
    change(desk, shipment)
    plan = planned(desk)
    desk.account.edit_order(desk.number(shipment), {"shipTo": {"street1": "9 Warehouse Way"}})
    before = desk.writes()
    apply(desk, plan)
    assert desk.writes() == before
    assert desk.pushed(shipment).plans[-1].outcome in {Outcome.KEPT, None}


def test_what_would_be_left_to_the_warehouse_is_told_beside_what_is_written() -> None:
    desk = Desk(())
    shipment = desk.ask("P7")
    change(desk, shipment)
    desk.tenant.edit(shipment, ReceiverId="C200")
    desk.account.edit_order(desk.number(shipment), {"customerUsername": "by hand"})
    plan = planned(desk)
    (difference,) = plan["differences"]
    told_of = difference["outcome"], difference["reason"], difference["field"]
    assert told_of == ("would_write", "changed_in_warehouse", "customer")
    assert counts(apply(desk, plan)) == (1, 1, 0)
    assert (desk.pushed(shipment).outcome, desk.pushed(shipment).field) == (Outcome.WRITTEN, "customer")


def test_what_the_schedule_has_done_meanwhile_is_settled_and_not_done_again(desk: Desk) -> None:
    desk.ask("P7")
    plan = planned(desk)
    desk.pull()
    before = desk.writes()
    assert counts(apply(desk, plan)) == (1, 1, 0)
    assert desk.writes() == before


def test_orders_are_named_by_either_number_and_what_agrees_is_said_so(desk: Desk) -> None:
    shipment = desk.ask("P7")
    desk.pull()
    desk.ask("P8"), desk.ask("P9")
    assert [each["order"] for each in planned(desk)["differences"]] == ["P8", "P9"]
    assert [each["order"] for each in planned(desk, "P8")["differences"]] == ["P8"]
    answer = planned(desk, str(shipment))
    assert (answer["orders"], answer["would_change"], answer["next"]) == (1, 0, "nothing to change")


def test_what_is_in_the_way_is_told_with_its_field_and_not_sent(desk: Desk) -> None:
    desk.ask("P7", ReceiverCountry="Nowhere")
    answer = planned(desk)
    (difference,) = answer["differences"]
    assert (difference["outcome"], difference["reason"]) == ("parked", "field_unusable")
    assert "country" in difference["field"]
    assert answer["next"] == "nothing to change"


def test_what_shipstation_refused_is_tried_again_by_a_plan() -> None:
    desk = Desk(())
    desk.account.refused_numbers.add("P7")
    desk.ask("P7")
    desk.pull()
    desk.account.refused_numbers.clear()
    plan = planned(desk)
    assert shown(plan) == [("P7", "would_write", None)]
    assert counts(apply(desk, plan)) == (1, 1, 0)
    assert [order.order_number for order in desk.orders()] == ["P7"]


def test_what_is_tried_again_later_is_written_now_by_a_plan_that_names_it() -> None:
    desk = Desk(())
    desk.ask("P7")
    desk.account.add_fault("html", status=503, times=-1)
    desk.pull()
    desk.account.faults.lift()
    assert planned(desk)["orders"] == 0
    plan = planned(desk, "P7")
    assert counts(apply(desk, plan)) == (1, 1, 0)  # no look is scheduled


def test_shadow_mode_shows_what_would_be_written_and_settles_nothing() -> None:
    desk = Desk((), mode="shadow")
    desk.ask("P7")
    plan = planned(desk)
    assert shown(plan) == [("P7", "would_write", None)]
    assert counts(apply(desk, plan)) == (1, 0, 1)
    assert desk.writes() == 0
    assert shown(planned(desk)) == [("P7", "would_write", None)]


def decide(desk: Desk, do: str) -> None:
    decision = {"connection": "acme", "do": do, "scope": "connection", **WHO}
    assert "error" not in asked(desk.world, decision, "control")


def test_under_a_pause_nothing_is_sent_and_the_plan_says_so() -> None:
    desk = Desk(())
    desk.ask("P7")
    decide(desk, "pause")
    before = len(desk.account.requests)
    assert shown(planned(desk)) == [("P7", "waiting", "paused")]
    assert len(desk.account.requests) == before


def test_a_plan_waits_for_the_end_of_a_pause() -> None:
    desk = Desk(())
    desk.ask("P7")
    plan = planned(desk)
    decide(desk, "pause")
    assert (apply(desk, plan)["state"], desk.writes()) == ("applying", 0)
    desk.pull()
    assert desk.writes() == 0
    decide(desk, "resume")
    desk.pull(), desk.pull()
    assert desk.writes() == 1
    assert counts(told(desk, plan_id=plan["plan_id"])) == (1, 1, 0)


def test_what_is_switched_off_is_shown_so() -> None:
    desk = Desk(())
    desk.ask("P7")
    desk.deploy(mode="off")
    assert shown(planned(desk)) == [("P7", "skipped", "mode_off")]


def test_a_cancelled_plan_and_one_that_is_too_old_write_nothing() -> None:
    desk = Desk(())
    desk.ask("P7")
    plan, old = planned(desk), planned(desk, "P7")
    assert told(desk, plan_id=plan["plan_id"], cancel=True, **WHO)["state"] == "cancelled"
    desk.run(days=8)
    assert told(desk, plan_id=plan["plan_id"], apply=True, **WHO)["sent"] == 0
    assert told(desk, plan_id=old["plan_id"], apply=True, **WHO)["error"].startswith("plan_id: the plan expired")
    assert desk.writes() == 0


def test_it_is_not_taken_back() -> None:
    desk = Desk(())
    desk.ask("P7")
    plan = planned(desk)
    done = apply(desk, plan)
    assert "revert" not in done["next"]
    answer = told(desk, plan_id=plan["plan_id"], revert=True, **WHO)
    assert answer["error"] == "revert: an order in ShipStation can only be cancelled, which IFS decides"


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"select": {"reason": "paused"}}, "select: unknown; allowed are connection, to_shipstation, orders, by, note"),
        ({"to_shipstation": False}, "to_shipstation: Input should be True"),
        ({"by": ""}, "by: "),
    ],
)
def test_a_wrong_request_is_answered(request_: Answer, error: str) -> None:
    assert told(Desk(()), **{**DRY_RUN, **request_})["error"].startswith(error)


def test_a_connection_without_orders_is_told_so_and_its_plans_stop_no_others() -> None:
    desk = Desk(())
    desk.ask("P7")
    plan = planned(desk)
    decide(desk, "pause")
    told(desk, plan_id=plan["plan_id"], apply=True, **WHO)
    desk.site.connection = desk.site.connection.model_copy(update={"orders": None})
    for function in desk.world.functions.values():
        function.redeploy()
    assert told(desk, **DRY_RUN)["error"] == "connection: its file has no [orders]"
    desk.run(minutes=15)
    assert desk.pull() == {"sent": 0}


@pytest.mark.parametrize("system", ["ifs", "shipstation"])
def test_an_outage_is_told_and_the_plan_goes_on_after_it(system: str) -> None:
    desk = Desk(())
    change(desk, desk.ask("P7"))
    plan = planned(desk)
    out = desk.tenant if system == "ifs" else desk.account
    out.add_fault("html", status=503, times=-1)
    answer = told(desk, plan_id=plan["plan_id"], apply=True, **WHO)
    assert ("error" in answer) == (system == "ifs")
    assert answer["next"] == {"plan_id": plan["plan_id"]}
    for _ in range(20):
        desk.pull()
    assert told(desk, plan_id=plan["plan_id"])["left"] == 1
    out.faults.lift()
    desk.run(hours=1)
    desk.pull(), desk.pull()
    done = told(desk, plan_id=plan["plan_id"])
    assert (done["state"], done["settled"]) == ("applied", 1 if system == "ifs" else 0)


def test_a_run_that_died_after_its_intent_is_followed_by_one_that_writes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(())
    shipment = desk.ask("P7")
    plan = planned(desk)
    apply(desk, plan)
    message = json.loads(desk.site.orders.bodies[-1])
    before = desk.writes()
    desk.site.orders.add(json.dumps(message), "acme")
    desk.run(minutes=5)
    assert (desk.writes(), len(desk.pushed(shipment).plans)) == (before, 1)


def test_customer_orders_are_planned_by_part() -> None:
    desk = OrderDesk(())
    desk.enter("P1", lines=2)
    plan = planned(desk, "P1")
    assert [(each["order"], each["part"]) for each in plan["differences"]] == [("P1", "oP1")]
    assert counts(apply(desk, plan)) == (1, 1, 0)
    assert desk.part("P1").plans[-1].outcome is Outcome.WRITTEN


@pytest.mark.parametrize(("quantity", "done"), [(3, (1, 1, 0)), (4, (1, 0, 1))], ids=["as shown", "moved"])
def test_what_follows_an_order_that_has_left_is_planned_under_its_own_key(
    quantity: int, done: tuple[int, int, int]
) -> None:
    desk = OrderDesk(())
    desk.enter("P1")
    desk.pull()
    desk.account.ship(desk.packed().order_id)
    desk.pull()
    desk.tenant.add_order_line("P1", "2", quantity=3)
    plan, known = planned(desk), desk.part()
    assert [each["changes"][0]["record"] for each in plan["differences"]] == ["ifs:acme:oP1:g2"]
    desk.tenant.edit_line(desk.line(line="2"), BuyQtyDue=quantity)
    assert counts(apply(desk, plan)) == done
    after = desk.part()
    assert (len(desk.orders()), after.generation) == ((2, 2) if done[1] else (1, 1))
    assert done[1] or after.model_copy(update={"plans": (), "revision": known.revision}) == known


def test_the_version_before_refuses_such_a_plan_and_reads_the_others() -> None:
    desk = Desk(())
    desk.ask("P7")
    plan = planned(desk)
    items = {item["sk"]: item for item in desk.world.tables["ledger"].scan(prefix=f"plan#{plan['plan_id']}")}
    assert items["plan"]["schema_version"] == NEWEST > SCHEMA_VERSION


def test_many_orders_cost_shipstation_no_request_each() -> None:
    desk = Desk(())
    for number in range(40):
        desk.ask(f"P{number}")
    desk.pull()
    for shipment in range(19, 59):
        if desk.known(shipment) is not None:
            desk.tenant.edit(shipment, ReceiverAddress1="1 Other Street")
    before = len(desk.account.requests)
    assert planned(desk)["would_change"] == 40
    assert len(desk.account.requests) - before < 10
    desk.run(seconds=timedelta(minutes=1).total_seconds())


def test_a_plan_that_was_outdated_writes_nothing_when_its_message_comes_again() -> None:
    desk = Desk(())
    shipment = desk.ask("P7")
    change(desk, shipment)
    plan = planned(desk)
    desk.tenant.edit(shipment, ReceiverAddress1="2 Third Street")
    apply(desk, plan)
    assert desk.pushed(shipment).plans[-1].reason is Reason.PLAN_OUTDATED
    desk.tenant.edit(shipment, ReceiverAddress1="1 Other Street")
    before = desk.writes()
    message = json.loads(desk.site.orders.bodies[-1])
    message["outbound"][0]["content"]["ship_to"]["street1"] = "1 Other Street"
    desk.site.orders.add(json.dumps(message), "acme")
    desk.run(minutes=5)
    assert desk.writes() == before
