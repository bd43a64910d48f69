"""What a fault, a problem or a late list leaves behind, and that it is not forgotten."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.ledger.queues import Entry
from functions.model.outcomes import Outcome, Reason
from tests.equipment.http import DroppedError, Request, Response, json_response
from tests.equipment.order_desk import OrderDesk
from tests.equipment.push_desk import STORE, Desk
from tests.equipment.push_people import RECEIVER, told_in
from tests.equipment.shipstation.orders import RefusedError


def desk_of(**orders: Any) -> Desk:
    return Desk(("pull",), minutes=2, **orders)


def tried(desk: Desk, shipment: int) -> None:
    """Once: the schedule's phase is the world's."""
    while desk.known(shipment) is None:
        desk.run(seconds=10)
    desk.run(seconds=20)


class Wire:
    """Between the connector and ShipStation: `loses` drops the answers to that many writes, `refuses` the writes."""

    def __init__(self, desk: Desk) -> None:
        self._serve = desk.account.application
        self.loses = self.refuses = 0
        desk.account.application = self._served

    def _served(self, request: Request) -> Response:
        if request.method == "POST" and self.refuses:
            self.refuses -= 1
            return json_response(503, {})
        answer = self._serve(request)
        if request.method == "POST" and self.loses:
            self.loses -= 1
            raise DroppedError
        return answer


def test_an_answer_lost_after_the_order_was_stored_makes_no_second_one_and_keeps_an_edit_in_between() -> None:
    desk = desk_of()
    Wire(desk).loses = 1
    shipment = desk.ask()
    tried(desk, shipment)
    (order,) = desk.orders()
    assert desk.pushed(shipment).outcome is Outcome.RETRY
    desk.account.edit_order(order.order_id, {"internalNotes": "glass", "shipTo": {**order.ship_to, "street1": "1 Rd"}})
    desk.run(minutes=30)
    (order,) = desk.orders()
    assert (order.body["internalNotes"], order.ship_to["street1"]) == ("glass", "1 Rd")
    pushed = desk.pushed(shipment)
    assert (pushed.order_id, pushed.outcome, pushed.attention) == (order.order_id, Outcome.UNCHANGED, None)
    assert (desk.writes(), len(desk.audited())) == (1, 1)


@pytest.mark.parametrize("fault", ["loses", "refuses"])
def test_a_hundred_orders_whose_fate_is_unknown_are_looked_for_in_one_list(fault: str) -> None:
    desk = desk_of()
    setattr(Wire(desk), fault, 1)
    for number in range(100):
        desk.ask(f"P{number}")
    desk.run(minutes=30)
    assert len(desk.orders()) == 100
    assert sum(request.method == "GET" for request in desk.account.requests) <= 4
    assert desk.writes() == 1
    assert len(desk.audited()) == 100


def test_a_problem_forgets_no_order_that_may_have_been_made() -> None:
    desk = desk_of()
    Wire(desk).loses = 1
    shipment = desk.ask()
    desk.run(minutes=2.5)
    (order,) = desk.orders()
    desk.account.edit_order(order.order_id, {"internalNotes": "glass"})
    desk.tenant.edit(shipment, ReceiverCountry="Nowhere")
    desk.run(minutes=10)
    assert desk.pushed(shipment).reason is Reason.FIELD_UNUSABLE
    desk.tenant.edit(shipment, ReceiverCountry="US")
    desk.run(minutes=10)
    (order,) = desk.orders()
    assert order.body["internalNotes"] == "glass"
    assert desk.number(shipment) == order.order_id


def test_a_problem_that_passes_leaves_the_warehouse_its_edit_and_calls_nobody() -> None:
    desk = desk_of()
    shipment = desk.ask()
    desk.run(minutes=4)
    number = desk.number(shipment)
    desk.account.edit_order(number, {"shipTo": {**desk.order(shipment).ship_to, "street1": "1 Rd"}})
    desk.tenant.edit(shipment, ReceiverCountry="Nowhere")
    desk.run(minutes=4)
    desk.tenant.edit(shipment, ReceiverCountry="US")
    desk.run(minutes=10)
    pushed = desk.pushed(shipment)
    assert (pushed.outcome, pushed.attention) == (Outcome.UNCHANGED, None)
    assert desk.order(shipment).ship_to["street1"] == "1 Rd"


def test_a_shipment_that_is_opened_again_with_a_problem_is_a_new_order_once_that_is_over() -> None:
    desk = desk_of()
    shipment = desk.ask()
    desk.run(minutes=4)
    desk.tenant.set_state(shipment, "Cancelled")
    desk.run(minutes=10)
    desk.tenant.edit(shipment, ReceiverCountry="Nowhere")
    desk.tenant.set_state(shipment, "Preliminary")
    desk.run(minutes=10)
    desk.tenant.edit(shipment, ReceiverCountry="US")
    desk.run(minutes=10)
    assert [order.status for order in desk.orders()] == ["cancelled", "awaiting_shipment"]
    assert desk.order(shipment).order_key.endswith(":g2")


def test_an_order_that_was_combined_and_cancelled_in_vain_is_not_made_again() -> None:
    """Its goods are packed with the other order."""
    desk = desk_of()
    shipment, other = desk.ask(), desk.ask("P2")
    desk.run(minutes=4)
    desk.account.combine_orders(desk.number(other), [desk.number(shipment)])
    desk.tenant.set_state(shipment, "Cancelled")
    desk.run(minutes=10)
    assert desk.pushed(shipment).attention is Reason.ORDER_IMMUTABLE
    desk.tenant.set_state(shipment, "Preliminary")
    desk.run(minutes=10)
    assert [order.order_id for order in desk.orders()] == [desk.number(other)]


def test_a_cancellation_waits_for_an_order_that_no_list_shows_yet() -> None:
    desk = desk_of()
    desk.account.switches.lag_seconds_min = desk.account.switches.lag_seconds_max = 400.0
    Wire(desk).loses = 1
    shipment = desk.ask()
    desk.run(minutes=2.5)
    desk.tenant.set_state(shipment, "Cancelled")
    desk.run(minutes=60)
    assert [order.status for order in desk.orders()] == ["cancelled"]
    assert desk.pushed(shipment).attention is None


def test_a_hold_waits_for_an_order_that_no_list_shows_yet() -> None:
    desk = OrderDesk(("pull",), minutes=2)
    desk.account.switches.lag_seconds_min = desk.account.switches.lag_seconds_max = 400.0
    Wire(desk).loses = 1
    desk.enter()
    desk.run(minutes=2.5)
    desk.hold()
    desk.run(minutes=60)
    assert [order.status for order in desk.orders()] == ["on_hold"]
    assert desk.part().attention is None


def test_nothing_is_left_to_cancel_where_nothing_was_made() -> None:
    desk = desk_of()
    Wire(desk).refuses = 1
    shipment = desk.ask()
    tried(desk, shipment)
    desk.tenant.set_state(shipment, "Cancelled")
    desk.run(minutes=60)
    pushed = desk.pushed(shipment)
    assert (desk.orders(), pushed.outcome, pushed.attention) == ([], Outcome.UNCHANGED, None)


@pytest.mark.parametrize("count", [1, 6])
def test_a_list_that_lags_is_not_taken_for_the_warehouse(count: int) -> None:
    """Two changes in a row: the list still shows the order as it was before the first."""
    desk = desk_of()
    shipments = [desk.ask(f"P{number}") for number in range(count)]
    desk.run(minutes=4)
    desk.account.switches.lag_seconds_min = desk.account.switches.lag_seconds_max = 3600.0
    for street in ("99 Beacon Hill", "12 Harbor Street", "7 New Row"):
        for shipment in shipments:
            desk.tenant.edit(shipment, ReceiverAddress1=street)
        desk.run(minutes=8)
    for shipment in shipments:
        assert desk.order(shipment).ship_to["street1"].startswith("7")
        assert desk.pushed(shipment).attention is None


def test_a_message_that_comes_twice_asks_shipstation_nothing() -> None:
    desk = desk_of()
    desk.ask()
    desk.run(minutes=4)
    before = len(desk.account.requests)
    (body,) = desk.site.orders.bodies
    desk.site.orders.add(body, "acme")
    desk.run(minutes=4)
    assert len(desk.account.requests) == before


def test_a_refused_update_is_tried_again_and_a_person_is_told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_of()
    shipment = desk.ask()
    desk.run(minutes=4)

    def refuse(body: Any) -> int:
        raise RefusedError("no")

    with monkeypatch.context() as patched:
        patched.setattr(desk.account, "upsert_order", refuse)
        desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
        desk.run(hours=9)
        pushed = desk.pushed(shipment)
        assert (pushed.outcome, pushed.attention) == (Outcome.RETRY, Reason.REFUSED_BY_SHIPSTATION)
    desk.run(hours=2)
    assert desk.order(shipment).ship_to["street1"].startswith("99")
    assert desk.pushed(shipment).attention is None


def test_orders_that_have_to_be_looked_at_one_by_one_take_several_runs_and_none_dies() -> None:
    desk = Desk(("pull",), minutes=15)
    shipments = []
    for number in range(12):
        shipments.append(desk.ask(f"P{number}"))
        desk.run(minutes=40)
    for shipment in shipments:
        desk.tenant.edit(shipment, ReceiverAddress1="99 Beacon Hill")
    desk.world.weather.there = (30.0, 30.0)  # twelve of them are longer than a run lasts
    runs = desk.world.functions["push"].runs
    desk.run(minutes=90)
    assert all(desk.order(shipment).ship_to["street1"].startswith("99") for shipment in shipments)
    assert desk.world.functions["push"].runs - runs >= 2
    assert not [each for each in map(desk.pushed, shipments) if each.attention or each.trying]


def test_what_the_ledger_cannot_read_is_not_made_again_and_stops_nobody() -> None:
    desk = desk_of()
    spoilt = desk.ask()
    desk.run(minutes=4)
    item = desk.world.tables["ledger"].get(f"push#acme#{spoilt}", "push")
    assert item is not None
    desk.world.tables["ledger"].put({**item, "generation": "many"})
    good = desk.ask("P2")
    desk.run(minutes=20)
    assert [order.order_number for order in desk.orders()] == ["P1", "P2"]
    assert desk.pushed(good).outcome is Outcome.WRITTEN
    assert desk.writes() == 2


FAULTS: dict[str, Callable[[Request], Response]] = {
    "400 with the body": lambda request: json_response(400, {"Message": request.body.decode()}),
    "500 with the body": lambda request: json_response(500, {"ExceptionMessage": request.body.decode()}),
    "200 with the body": lambda request: json_response(200, {"results": [{"errorMessage": request.body.decode()}]}),
    "no JSON": lambda request: Response(200, request.body, {"Content-Type": "text/html"}),
    "cut off": lambda request: Response(200, b'{"results": ' + request.body, {"Content-Type": "application/json"}),
    "401": lambda request: json_response(401, {"Message": request.body.decode()}),
    "429": lambda request: json_response(429, {"Message": request.body.decode()}),
}
PERSONAL = ("Larsson", "Harbor", "Beacon", "02110", "000-111", "kim@example.com")


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_brings_a_name_or_an_address_to_light(fault: str) -> None:
    desk = Desk(("pull",), minutes=2, phone="000-111")
    serve = desk.account.application
    desk.account.application = lambda request: FAULTS[fault](request) if request.method == "POST" else serve(request)
    desk.ask(ReceiverReference="kim@example.com")
    desk.run(minutes=10)
    desk.account.application = serve
    desk.ask("P2")
    desk.run(minutes=40)
    kept = [dict(item) for table in desk.world.tables.values() for item in table.scan(prefix="")]
    faults = [repr(each) for function in desk.world.functions.values() for each in function.faults]
    told = json.dumps(kept, default=str) + desk.world.logs.getvalue() + "".join(faults)
    assert told_in(told, PERSONAL) == []
    assert not faults


def test_an_order_of_the_store_that_is_spoilt_stops_nobody() -> None:
    desk = desk_of()
    shipments = [desk.ask(f"P{number}") for number in range(6)]
    desk.run(minutes=4)
    desk.account.add_order("OTHER", fields={"advancedOptions": {"storeId": STORE}, "shipByDate": "never"})
    desk.account.switches.null_every = 3
    for shipment in shipments:
        desk.tenant.edit(shipment, **{**RECEIVER, "ReceiverAddress1": "99 Beacon Hill"})
    desk.run(minutes=10)
    assert all(desk.order(shipment).ship_to["street1"].startswith("99") for shipment in shipments)


@pytest.mark.parametrize("cut", [None, 400], ids=["whole", "cut short"])
def test_what_died_on_its_way_keeps_its_key_and_nothing_of_whom_it_is(cut: int | None) -> None:
    desk = OrderDesk(functions=())
    desk.enter()
    desk.world.functions["push"].invoke = lambda *_: None  # type: ignore[method-assign] # nobody comes for it
    desk.pull()
    (body,) = desk.site.orders.bodies
    assert "Harbor" in body
    dead = desk.site.dead_orders
    dead.send_batch([Entry(body=body[:cut], group="acme", deduplication_id="x")])
    answers: list[Any] = []
    record = {
        "messageId": "m1",
        "body": body[:cut],
        "attributes": {"DeadLetterQueueSourceArn": "arn:aws:sqs:x:1:o-acme"},
    }
    desk.world.functions["dead_letters"].invoke({"Records": [record]}, lambda value, _: answers.append(value))
    desk.run(minutes=2)
    assert answers == [{"batchItemFailures": []}]
    kept = desk.world.logs.getvalue() + desk.world.tables["ledger"].everything()
    assert "Harbor" not in kept
    assert ('"oP1"' if cut is None else "unreadable_message") in kept
