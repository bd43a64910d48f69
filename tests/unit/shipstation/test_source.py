from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.errors import Retryable
from functions.model.cursors import Reading, Span, Stream
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from functions.model.shipment import Item
from tests.equipment.account_fixture import Rig
from tests.equipment.builders import NOON
from tests.equipment.http import json_response

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


def test_a_pointer_that_names_nothing_costs_no_request() -> None:
    rig = Rig()
    assert list(rig.source.follow(Pointer(kind="anything"), "webhook")) == []
    assert rig.sent == []


def test_pointers_to_orders_and_fulfilments_are_followed() -> None:
    rig = Rig()
    (order,) = rig.sold()
    batch = rig.account.orders.current[order].import_batch
    marked = rig.account.mark_shipped(order, carrier_code="ups", tracking_number="HAND1")
    for pointer in (Pointer(kind="orders_import", id=batch), Pointer(kind="order", id=str(order))):
        (reading,) = rig.source.follow(pointer, "webhook")
        assert [each.facts.order_id for each in reading.orders] == [order]
    (reading,) = rig.source.follow(Pointer(kind="fulfilment", id=str(marked)), "webhook")
    assert [shipment.tracking_number for shipment in reading.shipments] == ["HAND1"]


def test_a_fulfilment_takes_goods_and_store_from_its_order() -> None:
    rig = Rig()
    (order,) = rig.sold(advancedOptions={"storeId": 7})
    rig.account.mark_shipped(order, carrier_code="fedex", tracking_number=" 1234 ")
    (reading,) = walked(rig, Stream.FULFILMENTS)
    (shipment,) = reading.shipments
    assert (shipment.key[0], shipment.reference, shipment.carrier_code) == ("F", "P1001", "FedEx")
    assert (shipment.items, shipment.store_id) == ((Item(sku="BOLT", quantity=2),), 7)
    assert shipment.tracking_number == "1234"


def test_an_order_is_asked_for_only_where_neither_page_nor_ledger_knows_it() -> None:
    rig = Rig()
    (order,) = rig.sold()
    rig.account.mark_shipped(order, carrier_code="ups")
    walked(rig, Stream.ORDERS)
    walked(rig, Stream.FULFILMENTS)
    assert rig.asked(f"/orders/{order}") == []
    other = Rig()
    (order,) = other.sold()
    other.account.mark_shipped(order, carrier_code="ups")
    walked(other, Stream.FULFILMENTS)
    walked(other, Stream.FULFILMENTS)
    assert len(other.asked(f"/orders/{order}")) == 1


def test_a_fulfilment_whose_order_is_gone_is_still_a_shipment() -> None:
    rig = Rig()
    row = {"fulfillmentId": 9, "orderId": 1, "orderNumber": "P1", "createDate": "2026-03-05T04:00:00"}
    rig.canned.append(json_response(200, {"fulfillments": [row], "total": 1}))
    (reading,) = walked(rig, Stream.FULFILMENTS)
    assert [(s.key, s.reference, s.items) for s in reading.shipments] == [("F9", "P1", ())]


def test_the_orders_of_the_very_second_a_window_starts_with_are_found() -> None:
    rig = Rig(at=NOON + timedelta(hours=1))
    rig.account.switches.bump_after_seconds = None
    made = [rig.account.add_order(f"P{n}", at=NOON + timedelta(seconds=n)) for n in (-1, 0, 1)]
    (reading,) = rig.source.walk(Stream.ORDERS, NOON, "poll", end=NOON)
    assert [each.facts.order_id for each in reading.orders] == made[1:2]


def test_a_combined_orders_label_comes_once_for_every_ifs_order_it_covers() -> None:
    rig = Rig()
    first, second, third = rig.sold(3)
    walked(rig, Stream.ORDERS)
    rig.account.combine_orders(first, [second, third])
    rig.shipped([first])
    walked(rig, Stream.ORDERS)
    (reading,) = walked(rig)
    assert [(s.reference, s.skip) for s in reading.shipments] == [("P1001", None), ("P1002", None), ("P1003", None)]


def test_a_combined_order_that_was_never_read_calls_for_a_person() -> None:
    rig = Rig()
    first, second = rig.sold(2)
    rig.account.combine_orders(first, [second])
    rig.shipped([first])
    walked(rig, Stream.ORDERS)
    (reading,) = walked(rig)
    assert [(s.reference, s.skip) for s in reading.shipments] == [("P1001", None), (None, Reason.COMBINED_UNKNOWN)]


def test_a_row_that_breaks_its_page_is_stepped_over_and_its_neighbours_are_read() -> None:
    rig = Rig(at=NOON + timedelta(hours=2))
    made = [rig.account.ship(None, at=NOON + timedelta(seconds=10 * n)) for n in range(200)]
    rig.account.broken_rows.add(made[77])
    readings = walked(rig)
    assert sorted(ids(readings)) == sorted(set(made) - {made[77]})
    (gap,) = (gap for reading in readings for gap in reading.gaps)
    assert (gap.after, gap.before) == (NOON + timedelta(seconds=760), NOON + timedelta(seconds=780))
    assert len(rig.sent) <= 25
    rig.sent.clear()
    again = list(rig.source.walk(Stream.LABELS_CREATED, START, "poll", avoid=[gap]))
    assert sorted(ids(again)) == sorted(set(made) - {made[77]})
    assert (len(rig.sent), [gap for reading in again for gap in reading.gaps]) == (2, [])


@pytest.mark.parametrize("bad", [[0], [199], [50, 51], [0, 100, 199]], ids=["first", "last", "neighbours", "three"])
def test_no_good_row_is_lost_beside_bad_ones(bad: list[int]) -> None:
    rig = Rig(at=NOON + timedelta(hours=2))
    made = [rig.account.ship(None, at=NOON + timedelta(seconds=10 * n)) for n in range(200)]
    rig.account.broken_rows.update(made[n] for n in bad)
    assert sorted(ids(walked(rig))) == [number for n, number in enumerate(made) if n not in bad]


def test_an_outage_is_no_bad_row() -> None:
    rig = Rig()
    rig.account.ship(None)
    rig.canned += [json_response(500, {}) for _ in range(30)]
    with pytest.raises(Retryable):
        walked(rig)


def test_a_long_window_of_voids_is_read_in_weeks_and_each_proves_itself() -> None:
    rig = Rig(at=NOON)
    readings = walked(rig, Stream.LABELS_VOIDED, NOON - timedelta(days=30))
    assert [r.reached and (NOON - r.reached).days for r in readings] == [23, 16, 9, None]
    assert [r.complete for r in readings] == [False, False, False, True]


@pytest.mark.parametrize(("total", "claimed"), [(7, 7), ("many", 0), (-1, 0), (None, 0)])
def test_what_a_window_is_claimed_to_hold(total: object, claimed: int) -> None:
    rig = Rig()
    rig.canned.append(json_response(200, {"shipments": [], "total": total}))
    assert rig.source.claimed(Stream.LABELS_CREATED, Span(start=START, end=NOON), "backfill") == claimed


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
    for stream in (Stream.LABELS_CREATED, Stream.LABELS_VOIDED):
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
