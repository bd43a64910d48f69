"""Where is an order that was pushed, or is to be, and has no label yet? Asked of Inspect, wired as in AWS."""

from __future__ import annotations

from typing import Any

import pytest

from functions.console.answers import order as as_text
from functions.flows.operations.stories import StoriesAnswer
from functions.page.sheet import Sheet
from functions.page.story_page import stories_page
from tests.equipment.order_desk import ELSEWHERE, OrderDesk
from tests.equipment.push_desk import Desk
from tests.equipment.quiet_connection import asked

UNUSABLE: dict[str, Any] = {"ReceiverCountry": "SWEDEN"}


def answer(desk: Desk, **word: Any) -> dict[str, Any]:
    return asked(desk.world, {"show": "order", "connection": "acme", **word}, "inspect")


def only(desk: Desk, **word: Any) -> dict[str, Any]:
    (pushed,) = answer(desk, **word)["pushed"]
    return dict(pushed)


@pytest.mark.parametrize("by", ["IFS order", "IFS shipment", "ShipStation order"])
def test_what_was_pushed_is_told_with_when_and_what(by: str) -> None:
    desk = Desk()
    shipment = desk.ask("P1")
    desk.run(minutes=5)
    word = {"IFS order": {"order": "P1"}, "IFS shipment": {"order": str(shipment)}, "ShipStation order": {}}[by]
    found = only(desk, **(word or {"shipstation_order": "P1"}))
    known = desk.pushed(shipment)
    assert (found["shipment"], found["shipstation_order_id"], found["outcome"]) == (
        str(shipment),
        desk.number(shipment),
        "written",
    )
    assert found["pushed_at"] is not None
    assert {"items", "ship_to", "number"} <= set(found["fields"])
    assert found["goods"] == known.packed
    assert (found["reason"], found["attention"]) == (None, None)
    assert found["told"] == f"It was pushed as ShipStation order {desk.number(shipment)}."


def test_a_field_that_is_in_the_way_is_told_with_its_sentence_and_what_to_do() -> None:
    desk = Desk()
    shipment = desk.ask("P1", **UNUSABLE)
    desk.run(minutes=5)
    found = only(desk, order=str(shipment))
    assert (found["outcome"], found["reason"], found["field"]) == ("parked", "field_unusable", "receiver country")
    assert found["told"] == "It is not in ShipStation."
    assert found["means"].startswith("A field of the IFS record cannot become one of ShipStation's")
    assert found["do"].startswith("Correct the field that it names in IFS")
    assert (found["pushed_at"], found["shipstation_order_id"], found["fields"]) == (None, None, [])


def test_what_shadow_mode_would_push_is_told() -> None:
    desk = Desk(mode="shadow")
    shipment = desk.ask("P1")
    desk.run(minutes=5)
    found = only(desk, order=str(shipment))
    assert (found["outcome"], found["told"]) == ("would_write", "It is not in ShipStation: it would be pushed.")


def test_what_a_refusal_waits_for_is_told_with_the_order_that_was_tried() -> None:
    desk = Desk()
    desk.account.refused_numbers.add("P1")
    shipment = desk.ask("P1")
    desk.run(minutes=5)
    found = only(desk, order=str(shipment))
    assert (found["outcome"], found["reason"], found["told"]) == (
        "parked",
        "refused_by_shipstation",
        "It is not in ShipStation.",
    )
    assert found["do"].startswith("Correct what ShipStation names")


def test_what_ifs_has_cancelled_is_told() -> None:
    desk = Desk()
    shipment = desk.ask("P1")
    desk.run(minutes=5)
    number = desk.number(shipment)
    desk.tenant.edit(shipment, Objstate="Cancelled")
    desk.run(minutes=5)
    found = only(desk, order=str(shipment))
    assert (found["wish"], found["told"]) == ("cancel", f"ShipStation order {number} was cancelled, as IFS asked.")


def test_every_part_of_a_customer_order_is_told() -> None:
    desk = OrderDesk()
    desk.enter("P1", lines=2)
    desk.tenant.edit_line(desk.line("P1", "2"), DefaultAddrFlag=False, AddrFlag=True)
    desk.tenant.add_own_address(desk.line("P1", "2"), **ELSEWHERE)
    desk.run(minutes=5)
    found = answer(desk, order="P1")
    assert [(part["order"], bool(part["part"]), part["outcome"]) for part in found["pushed"]] == [
        ("P1", False, "written"),
        ("P1", True, "written"),
    ]
    assert found["told"] == "2 orders for ShipStation fit, without a label."


def test_where_shipstation_is_silent_the_ledger_still_tells_what_was_pushed() -> None:
    desk = Desk(("pull",))
    shipment = desk.ask("P1")
    desk.run(minutes=5)
    desk.account.add_fault("status", status=503, times=100)
    assert only(desk, order=str(shipment))["outcome"] == "written"


def reads(desk: Desk, **word: Any) -> list[str]:
    """Of the tables, for one question: what is read before ShipStation is asked and after its last answer. In between
    stands its request budget.
    """
    calls: list[str] = []

    def note(name: str) -> None:
        task = desk.world.clockwork.current
        if task is not None and task.root.name == "inspect" and not name.endswith("done"):
            calls.append(name)

    desk.world.on_step = note
    answer(desk, **word)
    asked_last = max(number for number, call in enumerate(calls) if call == "http")
    return [*calls[: calls.index("secrets")], *calls[asked_last + 1 :]]


@pytest.mark.parametrize("desk_of", [Desk, OrderDesk])
def test_it_costs_five_reads_at_most(desk_of: type[Desk]) -> None:
    desk = desk_of()
    word = desk.enter("P1") if isinstance(desk, OrderDesk) else str(desk.ask("P1"))
    desk.run(minutes=5)
    found = reads(desk, order=word)
    assert found[-2:] == ["ledger query_shard", "ledger get_many"]
    assert len(found) <= 5, found


def test_a_label_that_was_not_read_yet_is_told_before_what_was_pushed() -> None:
    desk = Desk(("pull",))
    shipment = desk.ask("P1")
    desk.run(minutes=5)
    desk.account.ship(desk.number(shipment), is_silent=True)
    found = answer(desk, order="P1")
    assert found["told"].startswith("ShipStation has shipped it, and it was not read yet")
    assert [each["shipstation_order_id"] for each in found["pushed"]] == [desk.number(shipment)]


def test_an_order_that_has_its_label_is_told_by_its_story_alone() -> None:
    desk = Desk()
    shipment = desk.ask("P1")
    desk.run(minutes=5)
    desk.account.ship(desk.number(shipment), is_silent=True)
    desk.run(minutes=20)
    found = answer(desk, order="P1")
    assert (len(found["stories"]), found["pushed"]) == (1, [])


def test_the_command_line_says_what_was_pushed_and_why_it_waits() -> None:
    desk = Desk()
    shipment = desk.ask("P1", **UNUSABLE)
    desk.run(minutes=5)
    shown = as_text(answer(desk, order=str(shipment)))
    lines = [getattr(block, "text", "") for block in shown.blocks]
    assert lines[0] == "It is not in ShipStation."
    assert any("field_unusable receiver country" in line for line in lines)
    assert shown.asks


@pytest.mark.parametrize("may", [True, False])
def test_the_page_has_a_button_for_who_has_seen_to_it(*, may: bool) -> None:
    desk = Desk()
    shipment = desk.ask("P1", **UNUSABLE)
    desk.run(minutes=5)
    endpoints = {"view": "view-arn", **({"act": "act-arn"} if may else {})}
    sheet = Sheet(endpoints, {"show": "order", "connection": "acme"}, action_id="one")
    told = {name: value for name, value in answer(desk, order=str(shipment)).items() if name != "show"}
    shown = stories_page(StoriesAnswer.model_validate(told), sheet).text
    assert ("I have seen to it" in shown) == may
    assert ("dismiss" in shown and str(shipment) in shown) == may
