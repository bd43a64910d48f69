"""One odd row, id or item of the ledger stops no list and spoils no other row."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from functions.errors import Permanent
from functions.ledger.facts import FactStore
from functions.model.cursors import Stream
from functions.model.facts import OrderFacts
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from functions.shipstation.values import as_text
from tests.equipment.account_fixture import Rig
from tests.equipment.builders import NOON, a_cause, a_shipment
from tests.equipment.http import Request, Response, json_response
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.reading_fakes import ACME, Setting, page
from tests.unit.flows.test_passed_over import Shop

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def answered(shop: Shop, change: Any) -> None:
    """Every answer of the account goes through `change(request, response)`."""
    application = shop.account.application

    def changed(request: Request) -> Response:
        answer: Response = change(request, application(request))
        return answer

    shop.account.application = changed


def test_a_void_that_says_it_is_none_stops_no_list_of_voids() -> None:
    shop = Shop(api="v2")
    voided = [shop.account.ship(None, at=NOON - n * DAY) for n in (5, 4, 3)]

    def odd(request: Request, response: Response) -> Response:
        if "label_status" not in str(request.query):
            return response
        body = json.loads(response.body)
        for row in body["labels"]:
            row["voided"] = row["voided"] and row["label_id"] != f"se-{voided[1]}"
        return json_response(200, body)

    answered(shop, odd)
    for label in voided:
        shop.account.void(label)
    shop.later(20 * MINUTE)
    stood = {work.shipment.shipment_id: work.shipment.is_voided for work in shop.ledger.work if work.shipment}
    assert stood == {voided[0]: True, voided[1]: True, voided[2]: True}


@pytest.mark.parametrize("raw", [9400110899561234567890, "9400110899561234567890"])
def test_a_long_tracking_number_that_comes_as_a_number_keeps_its_digits(raw: object) -> None:
    assert as_text(raw) == "9400110899561234567890"


def test_labels_of_order_zero_are_labels_without_an_order() -> None:
    rig = Rig()
    rig.serve(
        *(
            {"shipmentId": n, "orderId": 0, "orderNumber": f"P{n}", "createDate": "2026-03-01T10:00:00"}
            for n in range(1, 4)
        )
    )
    setting = Setting(rig.source)  # type: ignore[arg-type] # the shipping one
    (reading,) = rig.source.walk(Stream.LABELS_CREATED, NOON - 300 * DAY, "poll", end=NOON)
    setting.intake.take(Stream.LABELS_CREATED, reading, a_cause())
    assert [work.order.reference for work in setting.ledger.work] == ["P1", "P2", "P3"]
    assert {work.shipment.order_id for work in setting.ledger.work if work.shipment} == {None}
    assert setting.ledger.facts == {}


def test_an_order_that_the_ledger_will_not_remember_keeps_no_shipment_from_its_way() -> None:
    setting = Setting()

    def refuse(facts: OrderFacts) -> None:
        raise Permanent(Reason.LEDGER_REFUSED, "too large")

    setting.ledger.save = refuse  # type: ignore[method-assign] # as DynamoDB refuses an item of more than 400 KB
    shipments = [a_shipment(shipment_id=n, order_id=500) for n in (1, 2)]
    setting.intake.take(Stream.LABELS_CREATED, page(*shipments), a_cause())
    assert setting.ledger.sent() == [1, 2]
    assert [(each.subject, each.reason) for each in setting.ledger.parked] == [("order 500", Reason.LEDGER_REFUSED)]


@pytest.mark.parametrize("is_by_id", [False, True], ids=["in its list", "by its id"])
def test_an_order_that_was_stamped_ahead_of_time_is_corrected_all_the_same(*, is_by_id: bool) -> None:
    rig, store = Rig(), FactStore(MemoryTable(), lambda: NOON)

    def read(number: str, modified: str) -> OrderFacts:
        row = {"orderId": 500, "orderNumber": number, "modifyDate": modified}
        rig.canned.append(json_response(200, row if is_by_id else {"orders": [row], "total": 1}))
        pointer = Pointer(kind="order", id="500")
        readings = rig.source.follow(pointer, "poll") if is_by_id else rig.source.walk(Stream.ORDERS, NOON, "poll")
        ((order,),) = (reading.orders for reading in readings)
        store.save(order.facts)
        return store.load(ACME, [500])[500]

    assert read("P1", "2099-01-01T00:00:00").reference == "P1"
    rig.at += MINUTE
    assert read("P2", "2026-03-05T04:00:30").reference == "P2"
