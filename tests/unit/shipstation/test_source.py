from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.errors import Retryable
from functions.model.cursors import Reading, Stream
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from functions.model.shipment import Item
from tests.sandbox.http import json_response
from tests.unit.builders import NOON
from tests.unit.shipstation.rig import Rig

START = NOON - timedelta(hours=1)


def walked(rig: Rig, stream: Stream = Stream.LABELS_CREATED, start: datetime = START) -> list[Reading]:
    return list(rig.source.walk(stream, start, "poll"))


def ids(readings: list[Reading]) -> list[int]:
    return [shipment.shipment_id for reading in readings for shipment in reading.shipments]


def test_a_new_label_is_read_with_its_items_and_normalised() -> None:
    rig = Rig()
    made = rig.shipped(rig.sold())
    (reading,) = walked(rig)
    (shipment,) = reading.shipments
    assert (shipment.shipment_id, shipment.reference, shipment.carrier_code) == (*made, "P1001", "ups")
    assert (shipment.items, shipment.created_at) == ((Item(sku="BOLT", quantity=2),), NOON)
    assert (reading.reached, reading.complete, reading.unreadable) == (NOON, True, ())
    assert [asked["includeShipmentItems"] for asked in rig.asked("/shipments")] == ["true"]


def test_a_window_begins_at_its_start_inclusive() -> None:
    rig = Rig()
    made = [rig.account.ship(None, at=NOON + timedelta(seconds=second)) for second in (-1, 0, 1)]
    assert ids(walked(rig, start=NOON)) == made[1:]


def test_no_label_of_the_hour_that_comes_twice_is_lost() -> None:
    rig = Rig(at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    midnight = datetime(2026, 11, 1, 7, tzinfo=UTC)
    made = [rig.account.ship(None, at=midnight + timedelta(minutes=10 * n)) for n in range(24)]
    for n, first in enumerate(made):
        found = ids(walked(rig, start=midnight + timedelta(minutes=10 * n)))
        assert set(made[n:]) <= set(found), first


@pytest.mark.parametrize("pages_is_zero", [False, True], ids=["pages told", "pages: 0"])
def test_more_labels_than_a_page_are_read_whatever_the_vendor_says_about_pages(*, pages_is_zero: bool) -> None:
    rig = Rig()
    rig.account.switches.pages_is_zero = pages_is_zero
    made = rig.account.ship_batch([{"order_id": None}] * 501)
    readings = walked(rig)
    assert sorted(ids(readings)) == sorted(made)
    assert [reading.complete for reading in readings] == [False, False, True]


def test_a_pointer_is_followed_with_items_on_and_proves_no_position() -> None:
    rig = Rig()
    rig.shipped(rig.sold())
    made = rig.shipped(rig.sold(2))
    batch = rig.account.shipments.current[made[0]].batch_id
    readings = list(rig.source.follow(Pointer(kind="shipments_batch", id=str(batch)), "webhook"))
    assert ids(readings) == made
    assert all(shipment.items for shipment in readings[0].shipments)
    assert (readings[0].reached, readings[0].complete) == (None, True)


@pytest.mark.parametrize("kind", ["orders_import", "order", "fulfilment", "anything"])
def test_a_pointer_that_names_no_label_costs_no_request(kind: str) -> None:
    rig = Rig()
    assert list(rig.source.follow(Pointer.model_validate({"kind": kind, "id": "7"}), "webhook")) == []
    assert rig.sent == []


def test_a_void_is_found_however_old_its_label_is() -> None:
    rig = Rig()
    made = [rig.account.ship(None, at=NOON - timedelta(days=40 - n)) for n in range(3)]
    rig.account.void(made[0], at=NOON - timedelta(minutes=2))
    rig.account.void(made[1], at=NOON - timedelta(hours=2))
    (reading,) = walked(rig, Stream.LABELS_VOIDED)
    assert ids([reading]) == [made[0]]
    assert reading.shipments[0].voided_at == reading.reached == NOON - timedelta(minutes=2)


def test_voids_are_walked_in_a_frozen_window_and_prove_a_position_at_its_end_only() -> None:
    rig = Rig()
    made = rig.account.ship_batch([{"order_id": None}] * 501)
    for n, number in enumerate(made):
        rig.account.void(number, at=NOON - timedelta(seconds=60 + n))
    readings = walked(rig, Stream.LABELS_VOIDED)
    windows = {(asked["voidDateStart"], asked["voidDateEnd"]) for asked in rig.asked("/shipments")}
    assert rig.at > NOON
    assert windows == {("2026-03-05 03:00:00", "2026-03-05 04:00:00")}
    assert sorted(ids(readings)) == made
    assert [reading.reached for reading in readings] == [None, None, NOON - timedelta(minutes=1)]


def test_nothing_voided_proves_nothing() -> None:
    (reading,) = walked(Rig(), Stream.LABELS_VOIDED)
    assert (reading.shipments, reading.reached, reading.complete) == ((), None, True)


def test_unreadable_rows_are_counted_and_the_others_read() -> None:
    rig = Rig()
    good = {"shipmentId": 1, "createDate": "2026-03-05T04:00:00"}
    rig.serve(
        good, {"shipmentId": 2}, {"createDate": good["createDate"]}, None, {**good, "shipmentId": 3, "orderId": "x"}
    )
    (reading,) = walked(rig)
    assert ids([reading]) == [1]
    assert reading.unreadable == (2, 0, 3)


@pytest.mark.parametrize("field", ["createDate", "shipDate", "voidDate"])
@pytest.mark.parametrize("value", ["soon", 123, {}], ids=["text", "number", "object"])
def test_a_row_with_an_unreadable_date_is_counted_on_every_stream(field: str, value: object) -> None:
    good = {"shipmentId": 1, "createDate": "2026-03-05T04:00:00", "voidDate": "2026-03-05T04:00:00"}
    for stream in Stream:
        rig = Rig()
        rig.serve(good, {**good, "shipmentId": 2, field: value}, "no row at all")
        (reading,) = rig.source.walk(stream, NOON, "poll")
        assert (ids([reading]), reading.unreadable) == ([1], (2,))


def test_a_blank_sku_is_no_item_and_a_missing_quantity_no_reason_to_lose_the_label() -> None:
    rig = Rig()
    items = [{"sku": " ", "quantity": 1}, {"sku": "A", "quantity": None}, {"sku": "B", "quantity": 2}]
    rig.serve({"shipmentId": 1, "createDate": "2026-03-05T04:00:00", "shipmentItems": items})
    (reading,) = walked(rig)
    assert [(item.sku, item.quantity) for item in reading.shipments[0].items] == [("B", 2)]


@pytest.mark.parametrize(
    "body",
    [{}, {"message": "busy"}, {"shipments": None}, {"shipments": {}}],
    ids=["empty", "a message", "null", "no list"],
)
def test_an_answer_without_a_list_is_never_an_empty_page(body: dict[str, Any]) -> None:
    rig = Rig()
    rig.canned.append(json_response(200, body))
    with pytest.raises(Retryable) as caught:
        walked(rig)
    assert caught.value.reason is Reason.SHIPSTATION_UNAVAILABLE
