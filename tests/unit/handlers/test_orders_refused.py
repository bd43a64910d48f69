"""An order that ShipStation refuses waits for IFS, for another file, or for a person, and costs nothing meanwhile."""

from __future__ import annotations

import pytest

from functions.model.outcomes import Outcome, Reason
from tests.equipment.http import DroppedError, Request, Response, json_response
from tests.equipment.push_desk import Desk

WHO = {"by": "anna", "note": "the store is open again"}


@pytest.fixture
def desk() -> Desk:
    """One order is refused, another one is not."""
    desk = Desk(("pull",), minutes=2)
    desk.account.refused_numbers.add("P1")
    desk.ask("P1"), desk.ask("P2")
    desk.run(minutes=3)
    return desk


def refused(desk: Desk) -> bool:
    (pushed,) = (each for each in map(desk.pushed, (19, 20)) if each.order_id is None)
    return (pushed.outcome, pushed.attention) == (Outcome.PARKED, Reason.REFUSED_BY_SHIPSTATION)


def test_it_is_not_asked_about_at_every_look(desk: Desk) -> None:
    before = len(desk.account.requests)
    desk.run(hours=1)
    assert refused(desk)
    assert len(desk.account.requests) == before


def test_it_is_tried_again_once_under_each_new_file(desk: Desk) -> None:
    before = desk.writes()
    desk.deploy(fractions="round_up")
    desk.run(minutes=10)
    assert refused(desk)
    assert desk.writes() == before + 1
    desk.account.refused_numbers.clear()
    desk.run(minutes=10)
    assert refused(desk)
    desk.deploy(phone="000")
    desk.run(minutes=10)
    assert {order.order_number for order in desk.orders()} == {"P1", "P2"}
    assert desk.pushed(19).attention is None


def test_it_is_tried_again_when_a_person_asks_and_the_audit_says_who(desk: Desk) -> None:
    desk.account.refused_numbers.clear()
    assert desk.pull(again=True, **WHO) == {"sent": 1}
    assert {order.order_number for order in desk.orders()} == {"P1", "P2"}
    cause = desk.audited()[-1]["cause"]
    assert (cause["kind"], cause["by"], cause["note"]) == ("replay", WHO["by"], WHO["note"])
    assert desk.pull(again=True, **WHO) == {"sent": 0}


def test_a_look_for_what_is_no_connection_is_answered(desk: Desk) -> None:
    assert desk.pull(connection=["acme"])["error"].startswith("connection: Input should be a valid string")


@pytest.mark.parametrize("first", [True, False])
def test_an_answer_that_says_two_things_of_an_order_decides_nothing(*, first: bool) -> None:
    desk = Desk(())
    shipment = desk.ask()
    key = desk.key(shipment).order_key(1)
    rows = [{"orderKey": key, "orderId": 1 if taken else None, "success": taken} for taken in (first, not first)]
    answer = {"hasErrors": True, "results": rows}
    desk.account.add_fault("late", method="POST", path="createorders", status=200, body=answer)
    desk.pull()
    assert desk.pushed(shipment).reason is Reason.SHIPSTATION_UNAVAILABLE
    desk.tenant.set_state(shipment, "Cancelled")
    desk.pull()
    assert [order.status for order in desk.orders()] == ["cancelled"]


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"again": True}, "by: Field required; note: Field required"),
        ({"again": False, **WHO}, "again: Input should be True"),
        (
            {"agian": True, **WHO},
            "again: Field required; agian: unknown, did you mean again?; allowed are connection, again, by, note",
        ),
        ({"connection": "nobody", "again": True, **WHO}, "connection: unknown; known are ['acme']"),
        ({"connection": ["acme"], "again": True, **WHO}, "connection: Input should be a valid string"),
    ],
    ids=["nobody", "not again", "misspelt", "another connection", "a list"],
)
def test_a_request_that_is_wrong_is_answered(desk: Desk, request_: dict[str, object], told: str) -> None:
    answer = desk.pull(**request_)
    assert answer["error"] == told
    assert answer["allowed"]["again"]["again"] is True


@pytest.mark.parametrize("status", [202, 302, 307, 408])
def test_what_stands_between_us_and_shipstation_refuses_no_order(status: int) -> None:
    desk = Desk(("pull",), minutes=2)
    desk.account.add_fault("status", method="POST", path="createorders", status=status, times=3)
    desk.ask("P1"), desk.ask("P2")
    desk.run(minutes=40)
    assert {order.order_number for order in desk.orders()} == {"P1", "P2"}
    assert [desk.pushed(number).attention for number in (19, 20)] == [None, None]


def test_the_audit_says_who_asked_also_where_the_answer_was_lost() -> None:
    desk = Desk()
    serve, answers = desk.account.application, ["refused"]

    def served(request: Request) -> Response:
        if request.method != "POST" or not answers:
            return serve(request)
        if answers == ["refused"]:
            return json_response(400, {})
        serve(request)
        answers.clear()
        raise DroppedError

    desk.account.application = served
    shipment = desk.ask("P7")
    desk.run(minutes=5)
    assert desk.pushed(shipment).is_refused
    answers[:] = ["lost"]
    desk.pull(again=True, by="anna", note="the store is open again")
    desk.run(minutes=30)
    assert desk.number(shipment)
    assert [(entry["cause"]["kind"], entry["cause"].get("by")) for entry in desk.audited()] == [("replay", "anna")]
