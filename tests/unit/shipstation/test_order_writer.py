"""Orders written over ShipStation's own routes: many at once, found again, answers that are not what is promised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable
from functions.model.outcomes import Reason
from functions.shipstation.client import KeyRefused
from tests.equipment.http import Response, json_response
from tests.equipment.writer_desk import STORE, WriterDesk, content, remembered


@pytest.fixture
def desk() -> WriterDesk:
    return WriterDesk("v1")


def results(rows: list[Any]) -> Response:
    return json_response(200, {"hasErrors": False, "results": rows})


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"orderId": 900 + number, "orderKey": remembered(number).order_key, "success": True, **more}


def test_a_hundred_orders_are_one_request(desk: WriterDesk) -> None:
    assert len({each.order_id for each in desk.make(100)}) == 100
    assert desk.sent("POST") == 1


def test_a_refused_row_is_that_order_alone(desk: WriterDesk) -> None:
    bodies = [desk.body(0), {**desk.body(1), "orderStatus": "lost"}, desk.body(2)]
    assert [each.order_id is None for each in desk.writer.upsert(bodies)] == [False, True, False]


def test_a_refused_request_is_sent_order_by_order(desk: WriterDesk) -> None:
    spoilt = desk.body(1)
    spoilt["advancedOptions"] = {**spoilt["advancedOptions"], "storeId": None}
    found = desk.writer.upsert([desk.body(0), spoilt, desk.body(2)])
    assert [each.order_id is None for each in found] == [False, True, False]
    assert (desk.sent("POST"), len(desk.account.orders.current)) == (4, 2)


def test_a_fault_on_the_way_through_a_refused_request_leaves_what_was_written_told(desk: WriterDesk) -> None:
    desk.answer(json_response(400, {}), results([row(0)]), requests.ConnectionError())
    assert [each.order_id for each in desk.writer.upsert([desk.body(n) for n in range(3)])] == [900]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([row(1), row(0)], {0: 900, 1: 901}, id="another order"),
        pytest.param([row(0)], {0: 900}, id="one is missing"),
        pytest.param([None, row(1)], {1: 901}, id="a null row"),
        pytest.param(["x", 7, row(1)], {1: 901}, id="rows that are none"),
        pytest.param([row(0, success=False, orderId=None)], {0: None}, id="refused"),
        pytest.param([row(0, success=False)], {0: None}, id="refused with an id"),
        pytest.param([row(0, orderId=None)], {}, id="taken without an id: not known"),
        pytest.param([row(0, orderId="abc")], {}, id="taken with no id: not known"),
        pytest.param([row(0, orderId="902")], {0: 902}, id="an id in quotes"),
        pytest.param([row(0, success=None)], {}, id="neither taken nor refused"),
        pytest.param([row(0, success="false")], {}, id="a word for an answer"),
        pytest.param([], {}, id="no rows"),
        pytest.param(None, {}, id="no results"),
        pytest.param({"orderId": 1}, {}, id="an object for a list"),
    ],
)
def test_what_became_of_each_order(desk: WriterDesk, rows: Any, expected: Mapping[int, int | None]) -> None:
    desk.answer(results(rows))
    found = desk.writer.upsert([desk.body(0), desk.body(1)])
    told = {each.order_key: each.order_id for each in found}
    assert told == {remembered(number).order_key: order_id for number, order_id in expected.items()}


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (json_response(503, {}), OutcomeUnknown, Reason.SHIPSTATION_UNAVAILABLE),
        (requests.ReadTimeout(), OutcomeUnknown, Reason.SHIPSTATION_UNAVAILABLE),
        (Response(200, b'{"results": [', {"Content-Type": "application/json"}), OutcomeUnknown, None),
        (Response(200, b"<html>", {"Content-Type": "text/html"}), OutcomeUnknown, None),
        (json_response(429, {"message": "Too Many Requests"}), Retryable, Reason.BUDGET_EXHAUSTED),
        (json_response(401, {}), KeyRefused, Reason.SHIPSTATION_CREDENTIALS),
        (json_response(403, {}), Permanent, Reason.SHIPSTATION_REQUEST),
    ],
    ids=["503", "no answer", "cut off", "a page", "429", "401", "403"],
)
def test_a_fault_of_the_whole_request(
    desk: WriterDesk, answer: Response | Exception, kind: type[ConnectorError], reason: Reason | None
) -> None:
    desk.answer(answer)
    with pytest.raises(ConnectorError) as caught:
        desk.writer.upsert([desk.body(0), desk.body(1)])
    assert type(caught.value) is kind
    assert caught.value.reason is (reason or Reason.SHIPSTATION_UNAVAILABLE)
    assert desk.sent("POST") == 1
    for text in ("Larsson", "Harbor"):
        assert text not in str(caught.value)


def test_an_order_that_shipstation_stumbles_over_stops_none_of_its_request(desk: WriterDesk) -> None:
    stumbles = json_response(500, {"ExceptionMessage": "Object reference not set"})
    desk.answer(stumbles, stumbles, results([row(1)]), results([row(2)]))
    assert [each.order_id for each in desk.writer.upsert([desk.body(n) for n in range(3)])] == [901, 902]


def test_where_shipstation_stumbles_over_everything_not_everything_is_tried(desk: WriterDesk) -> None:
    desk.answer(*[json_response(500, {})] * 100)
    with pytest.raises(OutcomeUnknown):
        desk.writer.upsert([desk.body(n) for n in range(100)])
    assert desk.sent("POST") == 11


def test_an_answer_of_another_shape_tells_nothing(desk: WriterDesk) -> None:
    desk.answer(json_response(200, ["x"]))
    assert desk.writer.upsert([desk.body(0)]) == []


def test_swapped_rows_are_told_by_their_key(desk: WriterDesk) -> None:
    pushed = desk.make(6)
    desk.account.swapped_rows = {int(pushed[0].order_id or 0): int(pushed[5].order_id or 0)}
    found = desk.writer.read(pushed)
    assert all((order := found[each.order_key]) and order.order_id == each.order_id for each in pushed)


def test_a_few_or_those_of_other_days_are_left_to_their_ids(desk: WriterDesk) -> None:
    pushed = desk.make(9)
    apart = [each.model_copy(update={"pushed_at": desk.rig.at + timedelta(days=n)}) for n, each in enumerate(pushed)]
    assert desk.writer.read(apart) == {}
    assert desk.writer.read(pushed[:3]) == {}


def test_of_a_split_order_the_one_that_was_made_is_found(desk: WriterDesk) -> None:
    pushed = desk.make(5)
    desk.account.split_order(int(pushed[1].order_id or 0), [{"BOLT": 1}])
    for asked in (pushed, [each.found(None) for each in pushed]):
        order = desk.writer.read(asked)[pushed[1].order_key]
        assert order is not None
        assert (order.order_id, order.is_split) == (pushed[1].order_id, True)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (json_response(404, {}), Retryable),
        (json_response(200, {"orders": None}), Retryable),
        (json_response(200, {"message": "x"}), Retryable),
        (json_response(200, []), Retryable),
        (json_response(403, {}), Permanent),
        (json_response(400, {}), Permanent),
    ],
    ids=["404", "null", "another object", "a list alone", "403", "400"],
)
def test_what_is_no_list_never_says_that_an_order_is_not_there(
    desk: WriterDesk, answer: Response, kind: type[ConnectorError]
) -> None:
    pushed = desk.make(5)
    desk.answer(answer)
    with pytest.raises(kind):
        desk.writer.read(pushed)
    desk.answer(answer)
    with pytest.raises(kind):
        desk.writer.read_one(pushed[0].found(None))


def test_an_empty_list_may_be_no_content(desk: WriterDesk) -> None:
    pushed = desk.make(5)
    desk.account.switches.is_empty_no_content = True
    assert None not in desk.writer.read(pushed).values()


def test_rows_of_no_order_are_passed_over(desk: WriterDesk) -> None:
    pushed = desk.make(5)
    rows = [None, "x", {}, {"orderId": "abc"}, {"orderId": 7}, {"orderId": 8, "items": 3, "shipTo": [], "orderDate": 9}]
    desk.answer(json_response(200, {"orders": rows}))
    found = desk.writer.read(pushed)
    assert set(found.values()) == {None}


def test_a_hundred_pages_are_not_read_to_their_end(desk: WriterDesk) -> None:
    desk.account.switches.largest_page = 1
    pushed = desk.make(30)
    found = desk.writer.read(pushed)
    assert len(found) == 20
    assert None not in found.values()


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (json_response(403, {}), Permanent, Reason.SHIPSTATION_REQUEST),
        (json_response(401, {}), Permanent, Reason.SHIPSTATION_CREDENTIALS),
        (Response(204), Retryable, Reason.SHIPSTATION_UNAVAILABLE),
        (json_response(200, None), Retryable, Reason.SHIPSTATION_UNAVAILABLE),
        (json_response(200, {}), Retryable, Reason.SHIPSTATION_UNAVAILABLE),
        (json_response(200, {"orderId": 1}), Retryable, Reason.SHIPSTATION_UNAVAILABLE),
        (json_response(200, {"orderId": "abc"}), Retryable, Reason.SHIPSTATION_UNAVAILABLE),
        (json_response(429, {"message": "Too Many Requests"}), Retryable, Reason.BUDGET_EXHAUSTED),
    ],
    ids=["403", "401", "204", "null", "an empty object", "another order", "no id", "429"],
)
def test_an_answer_that_is_not_the_order(
    desk: WriterDesk, answer: Response, kind: type[ConnectorError], reason: Reason
) -> None:
    (pushed,) = desk.make(1)
    desk.answer(answer)
    with pytest.raises(kind) as caught:
        desk.writer.read_one(pushed)
    assert caught.value.reason is reason


def test_a_broken_order_is_asked_for_again_and_then_left(desk: WriterDesk) -> None:
    (pushed,) = desk.make(1)
    desk.account.broken_rows.add(int(pushed.order_id or 0))
    with pytest.raises(Retryable):
        desk.writer.read_one(pushed)


def test_an_order_that_is_gone_is_none(desk: WriterDesk) -> None:
    (pushed,) = desk.make(1)
    desk.account.delete_order(int(pushed.order_id or 0))
    assert desk.writer.read_one(pushed) is None


def test_a_number_that_begins_others_finds_its_own_order(desk: WriterDesk) -> None:
    pushed = desk.make(25)[2]  # P2, P20 … P24
    for number in range(30):
        desk.account.add_order(f"P2{number}", fields={"advancedOptions": {"storeId": STORE}})
    assert desk.order(pushed.found(None)).order_id == pushed.order_id


@pytest.mark.parametrize("key", ["", "ifs:acme:s1", "ifs:acme:s10", "IFS:ACME:S0"])
def test_another_order_of_the_same_number_is_not_ours(desk: WriterDesk, key: str) -> None:
    desk.account.add_order("P0", fields={"orderKey": key, "advancedOptions": {"storeId": STORE}})
    assert desk.writer.read_one(remembered(0)) is None


EDITS: dict[str, tuple[Callable[[WriterDesk, int], None], str, Any]] = {
    "held": (lambda desk, number: desk.account.set_status(number, "on_hold"), "orderStatus", "on_hold"),
    "awaiting payment": (
        lambda desk, number: desk.account.set_status(number, "awaiting_payment"),
        "orderStatus",
        "awaiting_payment",
    ),
    "note": (
        lambda desk, number: desk.account.edit_order(number, {"internalNotes": "glass"}),
        "internalNotes",
        "glass",
    ),
    "weight": (
        lambda desk, number: desk.account.edit_order(number, {"weight": {"value": 3, "units": "pounds"}}),
        "weight",
        {"value": 3, "units": "pounds"},
    ),
    "tags": (lambda desk, number: desk.account.edit_order(number, {"tagIds": [7]}), "tagIds", [7]),
    "money": (lambda desk, number: desk.account.edit_order(number, {"amountPaid": 5.0}), "amountPaid", 5.0),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_update_keeps_what_is_not_ours(desk: WriterDesk, edit: str) -> None:
    act, name, expected = EDITS[edit]
    (pushed,) = desk.make(1)
    act(desk, int(pushed.order_id or 0))
    body = desk.writer.merged(desk.order(pushed), content(0, ship_by=date(2026, 6, 9)), ["ship_by"])
    desk.writer.upsert([body])
    after = desk.order(pushed)
    assert after.body[name] == expected
    assert after.fields["ship_by"] == "2026-06-09"


def test_a_held_order_returns_at_its_date(desk: WriterDesk) -> None:
    (pushed,) = desk.make(1)
    number = int(pushed.order_id or 0)
    client = desk.rig.client
    client.post("/orders/holduntil", {"orderId": number, "holdUntilDate": "2027-01-01T00:00:00"}, "push")
    assert desk.order(pushed).status == "on_hold"
    desk.rig.at += timedelta(days=400)
    assert desk.order(pushed).status == "awaiting_shipment"
    client.post("/orders/holduntil", {"orderId": number, "holdUntilDate": "2028-01-01T00:00:00"}, "push")
    client.post("/orders/restorefromhold", {"orderId": number}, "push")
    assert desk.order(pushed).status == "awaiting_shipment"


def test_the_part_of_a_split_order_that_has_the_id_is_changed(desk: WriterDesk) -> None:
    (pushed,) = desk.make(1)
    (part,) = desk.account.split_order(int(pushed.order_id or 0), [{"BOLT": 1}])
    child = desk.order(pushed.found(part))
    desk.writer.upsert([desk.writer.cancelling(child)])
    assert (desk.order(pushed).status, desk.order(pushed.found(part)).status) == ("awaiting_shipment", "cancelled")


def test_without_the_id_the_wrong_part_of_a_split_order_is_changed(desk: WriterDesk) -> None:
    (pushed,) = desk.make(1)
    (part,) = desk.account.split_order(int(pushed.order_id or 0), [{"BOLT": 1}])
    body = desk.writer.cancelling(desk.order(pushed.found(part)))
    desk.writer.upsert([{name: value for name, value in body.items() if name != "orderId"}])
    assert desk.order(pushed).status == "cancelled"


@pytest.mark.parametrize(
    ("locked", "is_refused", "posts"), [("refused", True, 1), ("whole request", True, 3), ("silent", False, 1)]
)
def test_a_locked_order_stops_none_of_its_request(desk: WriterDesk, locked: str, is_refused: bool, posts: int) -> None:  # noqa: FBT001 # a column of the table
    first, other = desk.make(2)
    bodies = [desk.writer.merged(desk.order(each), content(9), ["number"]) for each in (first, other)]
    desk.account.ship(int(first.order_id or 0))
    desk.account.switches.locked, before = locked, desk.sent("POST")
    found = desk.writer.upsert(bodies)
    assert [each.order_id is None for each in found] == [is_refused, False]
    assert (desk.order(first).fields["number"], desk.order(other).fields["number"]) == ("P0", "P9")
    assert desk.sent("POST") - before == posts


def test_a_new_order_names_no_null_and_no_id_of_shipstation(desk: WriterDesk) -> None:
    body = desk.body(0)
    assert None not in body.values()
    assert None not in body["advancedOptions"].values()
    assert not {"orderId", "productId", "orderItemId"} & {*body, *body["items"][0]}


def test_orders_that_are_sent_one_at_a_time_have_their_time_and_the_others_no_result(desk: WriterDesk) -> None:
    """As slowly as ShipStation may answer: what was not sent is sent by the next run."""
    bodies = [desk.body(number) for number in range(100)]
    bodies[0]["advancedOptions"] = {**bodies[0]["advancedOptions"], "storeId": None}
    serve = desk.account.application

    def slow(request: Any) -> Any:
        desk.rig.at += timedelta(seconds=20)
        return serve(request)

    desk.account.application = slow
    found = desk.writer.upsert(bodies)
    assert 2 <= len(found) <= 7
    assert len(desk.account.orders.current) == len(found) - 1
