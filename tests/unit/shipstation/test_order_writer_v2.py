"""Orders written through V2's routes: made once, found again by their key, replaced whole; answers that are not what is
promised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
import requests

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable
from functions.model.outcomes import Reason
from functions.shipstation.client import KeyRefused
from tests.equipment.http import Response, json_response
from tests.equipment.shipstation.v2 import refused
from tests.equipment.writer_desk import ADDRESS, WriterDesk, content, remembered


@pytest.fixture
def desk() -> WriterDesk:
    return WriterDesk("v2")


def made(*rows: Any) -> Response:
    return json_response(200, {"has_errors": False, "shipments": list(rows)})


def row(number: int, **more: Any) -> dict[str, Any]:
    key = remembered(number).order_key
    return {"shipment_id": f"se-{900 + number}", "external_shipment_id": key, "errors": [], **more}


def test_orders_are_made_many_at_once_and_bear_v1s_ids(desk: WriterDesk) -> None:
    pushed = desk.make(60)
    assert len({each.order_id for each in pushed}) == 60
    assert desk.sent("POST") == 3
    assert {each.order_id for each in pushed} == set(desk.account.orders.current)


def test_a_new_order_says_all_that_v2_asks_for(desk: WriterDesk) -> None:
    body = desk.body(0, ship_by=date(2026, 6, 9), email="kim@example.com", held=True, warehouse_id=None)
    assert (body["create_sales_order"], body["validate_address"]) == (True, "no_validation")
    assert (body["store_id"], body["warehouse_id"]) == ("se-77", "se-4711")
    assert (body["ship_by_date"], body["hold_until_date"]) == ("2026-06-09T00:00:00Z", "2099-01-01T00:00:00Z")
    assert body["ship_to"]["address_residential_indicator"] == "unknown"
    assert body["ship_to"]["email"] == "kim@example.com"
    assert body["advanced_options"] == {"custom_field2": "0"}
    assert None not in body.values()


def test_what_was_made_is_read_as_it_was_said(desk: WriterDesk) -> None:
    said = content(0, ship_by=date(2026, 6, 9), email="kim@example.com", held=True)
    (result,) = desk.writer.upsert([desk.writer.new(remembered(0).order_key, said)])
    order = desk.order(remembered(0).found(result.order_id))
    assert order.status == "on_hold"
    assert order.fields == {
        "number": "P0",
        "ship_by": "2026-06-09",
        "ship_to": "kim larsson\n12 harbor street\n\n\nboston\nma\n02110\nus",
        "items": "P0-1-1-0\tBOLT\t2",
        "warehouse": "4711",
        "email": "kim@example.com",
        "held": "held",
        "reference": "0",
    }


def test_a_refused_row_is_that_order_alone_and_rows_are_told_by_their_key(desk: WriterDesk) -> None:
    desk.account.switches.are_results_reversed = True
    spoilt = {**desk.body(1), "warehouse_id": None}
    found = {each.order_key: each.order_id for each in desk.writer.upsert([desk.body(0), spoilt, desk.body(2)])}
    ids = {order.order_key: number for number, order in desk.account.orders.current.items()}
    assert found == {**ids, remembered(1).order_key: None}


def test_a_refused_request_is_sent_order_by_order(desk: WriterDesk) -> None:
    found = desk.writer.upsert([desk.body(0), {**desk.body(1), "store_id": None}, desk.body(2)])
    assert [each.order_id is None for each in found] == [False, True, False]
    assert (desk.sent("POST"), len(desk.account.orders.current)) == (4, 2)


def test_an_order_whose_making_nobody_heard_of_is_not_made_again(desk: WriterDesk) -> None:
    """The key is taken: nothing is told, and it is found by its key."""
    desk.make(1)
    assert desk.writer.upsert([desk.body(0), desk.body(1)]) != []
    assert [each.order_key for each in desk.writer.upsert([desk.body(0)])] == []
    assert len(desk.account.orders.current) == 2
    assert desk.order(remembered(0)).fields["number"] == "P0"


def test_an_order_that_shipstation_stumbled_over_once_made_is_found(desk: WriterDesk) -> None:
    """500 to the whole request, whatever it made before."""
    served = desk.account.application

    def stumbling(request: Any) -> Response:
        answer = served(request)
        if request.method == "POST":
            desk.account.application = served
            return Response(500)
        return answer

    desk.account.application = stumbling
    assert desk.writer.upsert([desk.body(0), desk.body(1)]) == []
    assert len(desk.account.orders.current) == 2
    assert {desk.order(remembered(number)).order_key for number in (0, 1)} == {
        remembered(number).order_key for number in (0, 1)
    }


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([row(1), row(0)], {0: 900, 1: 901}, id="another order"),
        pytest.param([row(0)], {0: 900}, id="one is missing"),
        pytest.param([None, "x", 7, row(1)], {1: 901}, id="rows that are none"),
        pytest.param([row(0, errors=["no"])], {0: None}, id="refused"),
        pytest.param([row(0, shipment_id=None)], {}, id="taken without an id: not known"),
        pytest.param([row(0, shipment_id="900")], {0: 900}, id="an id without its prefix"),
        pytest.param([row(0, errors=None)], {0: 900}, id="null for no errors"),
        pytest.param([row(0, external_shipment_id=None)], {None: 900}, id="of nobody"),
        pytest.param([], {}, id="no rows"),
    ],
)
def test_what_became_of_each_order(
    desk: WriterDesk, rows: list[Any], expected: Mapping[int | None, int | None]
) -> None:
    desk.answer(made(*rows))
    found = desk.writer.upsert([desk.body(0), desk.body(1)])
    keys = {number: "" if number is None else remembered(number).order_key for number in expected}
    assert {each.order_key: each.order_id for each in found} == {keys[n]: expected[n] for n in expected}


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (json_response(503, {}), OutcomeUnknown, Reason.SHIPSTATION_UNAVAILABLE),
        (requests.ReadTimeout(), OutcomeUnknown, Reason.SHIPSTATION_UNAVAILABLE),
        (Response(200, b'{"shipments": [', {"Content-Type": "application/json"}), OutcomeUnknown, None),
        (Response(200, b"<html>", {"Content-Type": "text/html"}), OutcomeUnknown, None),
        (refused(429, "rate_limit_exceeded"), Retryable, Reason.BUDGET_EXHAUSTED),
        (refused(401, "unauthorized"), KeyRefused, Reason.SHIPSTATION_CREDENTIALS),
        (refused(403, "forbidden"), Permanent, Reason.SHIPSTATION_REQUEST),
        (refused(402, "subscription_inactive"), Permanent, Reason.SHIPSTATION_CREDENTIALS),
    ],
    ids=["503", "no answer", "cut off", "a page", "429", "401", "403", "a plan that ran out"],
)
def test_a_fault_of_the_whole_request(
    desk: WriterDesk, answer: Response | Exception, kind: type[ConnectorError], reason: Reason | None
) -> None:
    bodies = [desk.body(0), desk.body(1)]
    (pushed,) = desk.make(1)
    change = desk.writer.merged(desk.order(pushed), content(9), ["number"])
    for written in (bodies, [change], [desk.writer.cancelling(desk.order(pushed))]):
        desk.answer(answer)
        with pytest.raises(ConnectorError) as caught:
            desk.writer.upsert(written)
        assert type(caught.value) is kind
        assert caught.value.reason is (reason or Reason.SHIPSTATION_UNAVAILABLE)
        for text in ("Larsson", "Harbor"):
            assert text not in str(caught.value)


def test_a_list_that_ignores_the_key_never_calls_an_order_split(desk: WriterDesk) -> None:
    first, _ = desk.make(2)
    desk.account.switches.ignored_filters = frozenset({"external_shipment_id"})
    with pytest.raises(Retryable):
        desk.writer.read_one(first)


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_an_order_is_found_by_its_key_bare_or_wrapped_and_cancelled_too(desk: WriterDesk, *, is_wrapped: bool) -> None:
    desk.account.switches.is_lookup_wrapped = is_wrapped
    (pushed,) = desk.make(1)
    desk.writer.upsert([desk.writer.cancelling(desk.order(pushed))])
    found = desk.order(pushed.found(None))
    assert (found.order_id, found.status) == (pushed.order_id, "cancelled")


def test_of_a_split_order_the_one_that_was_made_is_found_and_called_split(desk: WriterDesk) -> None:
    pushed = desk.make(5)
    (part,) = desk.account.split_order(int(pushed[1].order_id or 0), [{"BOLT": 1}])
    listed = desk.writer.read(pushed)[pushed[1].order_key]
    for order in (listed, desk.order(pushed[1]), desk.order(pushed[1].found(None))):
        assert order is not None
        assert (order.order_id, order.is_split) == (pushed[1].order_id, True)
    assert desk.order(pushed[1].found(part)).is_split
    assert not desk.order(pushed[0]).is_split


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(403, "forbidden"), Permanent),
        (refused(401, "unauthorized"), Permanent),
        (Response(204), Retryable),
        (json_response(200, None), Retryable),
        (json_response(200, {}), Retryable),
        (json_response(200, {"shipment_id": "se-1"}), Retryable),
        (json_response(200, {"shipment": {"shipment_id": "abc"}}), Retryable),
        (refused(429, "rate_limit_exceeded"), Retryable),
    ],
    ids=["403", "401", "204", "null", "an empty object", "another order", "no id", "429"],
)
def test_an_answer_that_is_not_the_order(desk: WriterDesk, answer: Response, kind: type[ConnectorError]) -> None:
    (pushed,) = desk.make(1)
    for asked in (pushed, pushed.found(None)):
        desk.answer(json_response(200, {"shipments": []}), answer)
        with pytest.raises(kind):
            desk.writer.read_one(asked)


def test_what_is_written_goes_by_the_last_answer(desk: WriterDesk) -> None:
    """Nothing is asked between the order's own answer and the write: what is typed meanwhile is lost."""
    (pushed,) = desk.make(1)
    before = len(desk.rig.sent)
    desk.order(pushed)
    first, last = desk.rig.sent[before:]
    assert dict(first.query)["external_shipment_id"] == pushed.order_key
    assert last.path == f"/v2/shipments/se-{pushed.order_id}"


EDITS: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], Any], Any]] = {
    "note": ({"internalNotes": "glass"}, lambda body: body["internal_notes"], "glass"),
    "weight": (
        {"weight": {"value": 3, "units": "pounds"}},
        lambda body: body["packages"][0]["weight"],
        {"value": 3, "unit": "pound"},
    ),
    "custom field": (
        {"advancedOptions": {"customField1": "shelf 4"}},
        lambda body: body["advanced_options"]["custom_field1"],
        "shelf 4",
    ),
    "e-mail": ({"customerEmail": "kim@example.com"}, lambda body: body["ship_to"]["email"], "kim@example.com"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_update_keeps_what_is_not_ours(desk: WriterDesk, edit: str) -> None:
    changes, shown, expected = EDITS[edit]
    (pushed,) = desk.make(1)
    desk.account.edit_order(int(pushed.order_id or 0), changes)
    body = desk.writer.merged(desk.order(pushed), content(0, ship_by=date(2026, 6, 9)), ["ship_by"])
    desk.writer.upsert([body])
    after = desk.order(pushed)
    assert shown(after.body) == expected
    assert after.fields["ship_by"] == "2026-06-09"


def test_an_update_sends_nothing_that_v2_says_itself(desk: WriterDesk) -> None:
    (pushed,) = desk.make(1)
    desk.writer.upsert([desk.writer.merged(desk.order(pushed), content(0, warehouse_id=4712), ["warehouse"])])
    sent = desk.rig.sent[-1]
    assert sent.path == f"/v2/shipments/se-{pushed.order_id}"
    read_only = {"shipment_id", "created_at", "modified_at", "shipment_status", "total_weight"}
    assert not (read_only | {"ship_from", "return_to"}) & set(sent.json())
    assert sent.json()["external_shipment_id"] == pushed.order_key
    assert desk.order(pushed).fields["warehouse"] == "4712"


def test_a_telephone_that_the_warehouse_added_stays(desk: WriterDesk) -> None:
    (pushed,) = desk.make(1)
    number = int(pushed.order_id or 0)
    order = desk.account.orders.current[number]
    desk.account.edit_order(number, {"shipTo": {**order.ship_to, "phone": "+46 8 123"}})
    moved = content(0, ship_to=ADDRESS.model_copy(update={"street1": "1 Beacon Hill", "phone": ""}))
    desk.writer.upsert([desk.writer.merged(desk.order(pushed), moved, ["ship_to"])])
    after = desk.account.orders.current[number].ship_to
    assert (after["street1"], after["phone"]) == ("1 Beacon Hill", "+46 8 123")


def test_a_hold_is_set_and_taken_back(desk: WriterDesk) -> None:
    (pushed,) = desk.make(1)
    for is_held, status in ((True, "on_hold"), (False, "awaiting_shipment")):
        body = desk.writer.merged(desk.order(pushed), content(0, held=is_held), ["held"])
        desk.writer.upsert([body])
        assert desk.order(pushed).status == status


def test_an_order_that_is_packed_already_takes_no_change_and_no_cancellation(desk: WriterDesk) -> None:
    first, other = desk.make(2)
    bodies = [desk.writer.merged(desk.order(each), content(9), ["number"]) for each in (first, other)]
    cancelling = desk.writer.cancelling(desk.order(first))
    desk.account.ship(int(first.order_id or 0))
    assert [each.order_id is None for each in desk.writer.upsert([*bodies, cancelling])] == [True, False, True]
    assert (desk.order(first).status, desk.order(other).fields["number"]) == ("shipped", "P9")


def test_an_order_that_is_gone_by_now_has_no_result(desk: WriterDesk) -> None:
    (pushed,) = desk.make(1)
    body = desk.writer.merged(desk.order(pushed), content(9), ["number"])
    desk.account.delete_order(int(pushed.order_id or 0))
    assert desk.writer.upsert([body]) == []


def test_without_a_warehouse_to_ship_from_nothing_is_made(desk: WriterDesk) -> None:
    desk.account.delete_warehouse(4711)
    with pytest.raises(Retryable):
        desk.body(0, warehouse_id=None)


def test_an_address_that_v1s_check_rewrote_is_ours_still(desk: WriterDesk) -> None:
    (pushed,) = desk.make(1)
    number = int(pushed.order_id or 0)
    made = desk.order(pushed)
    ship_to = desk.account.orders.current[number].ship_to
    desk.account.edit_order(number, {"shipTo": {**ship_to, "street1": "12 HARBOR ST", "city": "BOSTON"}})
    after = desk.order(pushed)
    assert (made.is_verified, after.is_verified) == (False, True)
    assert after.loose_address == made.loose_address
