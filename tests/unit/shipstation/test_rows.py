"""Whatever one row holds, it ends as read, skipped or reported by its id, and the rows beside it are read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from functions.errors import ConnectorError, Retryable, Scope
from functions.model.cursors import Reading, Stream
from functions.model.facts import OrderFacts
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName, Item
from functions.shipstation.reading.rows import ASKED_AT_ONCE
from functions.shipstation.reading.source import ShipStationSource
from functions.shipstation.v1.api import V1
from tests.equipment.account_fixture import Rig, get, refused
from tests.equipment.builders import NOON, a_connection
from tests.equipment.http import Response, json_response

GOOD: dict[str, Any] = {"shipmentId": 1, "orderNumber": "P1", "createDate": "2026-03-05T04:00:00"}
BESIDE: dict[str, Any] = {**GOOD, "shipmentId": 2, "orderNumber": "P2"}
BY_FIELD: dict[str, Any] = {"order_reference": {"source": "custom_field_1"}}
START = NOON - timedelta(hours=1)
JSON = {"Content-Type": "application/json"}


def walked(rig: Rig, stream: Stream = Stream.LABELS_CREATED, start: datetime = START) -> list[Reading]:
    return list(rig.source.walk(stream, start, "poll"))


def served(row: dict[str, Any], **shipstation: Any) -> Reading:
    """A label with this row's peculiarity, and a good one beside it."""
    rig = Rig(**shipstation)
    rig.serve({**GOOD, **row}, BESIDE)
    (reading,) = walked(rig)
    assert reading.shipments[-1].shipment_id == 2
    return reading


def ids(readings: list[Reading]) -> list[int]:
    return [shipment.shipment_id for reading in readings for shipment in reading.shipments]


def no_page_of(rig: Rig) -> list[Reading]:
    return [reading for reading in walked(rig) if reading.shipments]


# --- text


@pytest.mark.parametrize(
    ("field", "reads"),
    [
        ("orderNumber", "reference"),
        ("trackingNumber", "tracking_number"),
        ("carrierCode", "carrier_code"),
        ("serviceCode", "service_code"),
    ],
)
@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param("BAD\ud83d", id="first half of an emoji"),
        pytest.param("\udc00BAD", id="second half of one"),
        pytest.param("B\u200bAD", id="zero-width space"),
        pytest.param("\ufeffBAD", id="byte order mark"),
        pytest.param("BA\u00adD", id="soft hyphen"),
        pytest.param("BAD\u2060", id="word joiner"),
        pytest.param("\u202eBAD\u202c", id="direction marks"),
        pytest.param("BAD\x00", id="NUL"),
        pytest.param("B\x7fAD\n", id="control characters"),
        pytest.param("BA\u034fD", id="grapheme joiner"),
        pytest.param("BAD\ufe0f", id="variation selector"),
        pytest.param("B\u3164AD", id="Hangul filler"),
        pytest.param("BA\U000e0041D", id="tag character"),
        pytest.param("\u00a0 BAD\u2003", id="white space of any kind around it"),
    ],
)
def test_what_nobody_sees_is_dropped_from_every_text(field: str, reads: str, spoilt: str) -> None:
    assert getattr(served({field: spoilt}).shipments[0], reads) == "BAD"


@pytest.mark.parametrize("spoilt", ["BAD\ud83d", "BAD\u200b", "\ufeffBAD "])
def test_what_nobody_sees_is_dropped_from_goods_and_from_an_orders_own_fields(spoilt: str) -> None:
    items = [{"sku": spoilt, "quantity": 1}]
    assert served({"shipmentItems": items}).shipments[0].items == (Item(sku="BAD", quantity=1),)
    rig = Rig(**BY_FIELD)
    row = {"orderId": 7, "modifyDate": GOOD["createDate"], "items": items, "advancedOptions": {"customField1": spoilt}}
    rig.canned.append(json_response(200, {"orders": [row], "total": 1}))
    (reading,) = walked(rig, Stream.ORDERS)
    assert [(order.facts.reference, order.facts.items[0].sku) for order in reading.orders] == [("BAD", "BAD")]


def test_text_is_composed_and_letters_of_any_script_stay() -> None:
    assert (
        served({"orderNumber": "Gro\u0308\u00dfe-\u6ce8\u6587 12"}).shipments[0].reference
        == "Gr\u00f6\u00dfe-\u6ce8\u6587 12"
    )


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"shipments": [%b], "total": 1}', id="a byte that is no UTF-8"),
        pytest.param(b'\xef\xbb\xbf{"shipments": [%b], "total": 1}', id="a byte order mark in front"),
    ],
)
def test_a_spoilt_byte_costs_a_character_and_no_page(body: bytes) -> None:
    rig = Rig()
    row = json.dumps(GOOD).replace("P1", "P\\u00e41").encode().replace(b"\\u00e4", b"\xe4")
    rig.canned.append(Response(200, body % row, JSON))
    (reading,) = walked(rig)
    assert [shipment.reference for shipment in reading.shipments] == ["P1"]


@pytest.mark.parametrize("raw", [b"\n", b"\x00", b"\x1f"], ids=["line feed", "NUL", "unit separator"])
def test_a_raw_control_character_costs_a_character_and_no_page(raw: bytes) -> None:
    rig = Rig()
    rig.canned.append(
        Response(
            200, b'{"shipments": [%b], "total": 1}' % json.dumps(GOOD).encode().replace(b"P1", b"P" + raw + b"1"), JSON
        )
    )
    (reading,) = walked(rig)
    assert [shipment.reference for shipment in reading.shipments] == ["P1"]


def test_a_body_that_is_cut_off_is_read_in_smaller_pages() -> None:
    """A gateway that cuts off what is too long does so again and again."""
    rig = Rig(at=NOON + timedelta(hours=2))
    made = [rig.account.ship(None, at=NOON + timedelta(seconds=10 * n)) for n in range(8)]
    cut = Response(200, b'{"shipments": [{"shipme', JSON)
    rig.canned += [cut] * 3
    assert ids(walked(rig)) == made


def test_a_body_nested_beyond_reason_is_a_fault_and_no_crash() -> None:
    rig = Rig()
    rig.canned += [Response(200, b'{"shipments": ' + b"[" * 100_000, JSON)] * 3
    with pytest.raises(Retryable):
        get(rig)


# --- numbers, lists, flags


@pytest.mark.parametrize(
    ("quantity", "counts"),
    [
        pytest.param("2.5", None, id="half"),
        pytest.param("2.0", 2, id="written with a point"),
        pytest.param('"2"', 2, id="written as text"),
        pytest.param('"two"', None, id="a word"),
        pytest.param("null", None, id="null"),
        pytest.param("true", None, id="true"),
        pytest.param("-3", None, id="negative"),
        pytest.param("1e999", None, id="infinite"),
        pytest.param("NaN", None, id="NaN"),
        pytest.param("9" * 40, None, id="beyond what is kept"),
        pytest.param("9" * 5000, None, id="beyond what Python reads"),
        pytest.param("{}", None, id="an object"),
        pytest.param("[1]", None, id="a list"),
    ],
)
def test_a_line_whose_quantity_counts_for_nothing_does_not_hold_its_label(quantity: str, counts: int | None) -> None:
    rig = Rig()
    row = json.dumps({**GOOD, "shipmentItems": [{"sku": "A", "quantity": "?"}, {"sku": "B", "quantity": 1}]})
    rig.canned.append(Response(200, f'{{"shipments": [{row}], "total": 1}}'.replace('"?"', quantity).encode(), JSON))
    (reading,) = walked(rig)
    expected = [Item(sku="A", quantity=counts)] if counts else []
    assert [(s.shipment_id, s.items) for s in reading.shipments] == [(1, (*expected, Item(sku="B", quantity=1)))]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"shipmentItems": "none"}, id="items as text"),
        pytest.param({"shipmentItems": {"sku": "A"}}, id="items as an object"),
        pytest.param({"shipmentItems": [None, 7, "A", []]}, id="items that are none"),
        pytest.param({"shipmentItems": [{"sku": {}, "quantity": 1}]}, id="a SKU that is none"),
        pytest.param({"shipmentItems": [{"sku": "A" * 5000, "quantity": 1}]}, id="a SKU as long as a letter"),
        pytest.param({"shipmentItems": [{"sku": f"S{n}", "quantity": 1} for n in range(5000)]}, id="5,000 lines"),
        pytest.param({"advancedOptions": []}, id="options as a list"),
        pytest.param({"advancedOptions": "x"}, id="options as text"),
        pytest.param({"advancedOptions": {"storeId": "web", "mergedIds": {"a": 1}}}, id="a store that is no number"),
        pytest.param({"advancedOptions": {"mergedIds": ["x", None, 2.5], "customField2": {}}}, id="ids that are none"),
        pytest.param({"carrierCode": 7.5, "serviceCode": []}, id="codes that are none"),
        pytest.param({"trackingNumber": {"number": "1Z"}}, id="a number in an object"),
        pytest.param({"orderKey": {"a": 1}}, id="a key nobody reads"),
        pytest.param({"fieldToCome": {"a": [1]}, "": None}, id="fields that nobody knows"),
        pytest.param(
            {"warehouseId": "9" * 400, "weight": [], "shipTo": 7, "shipmentCost": "NaN"}, id="never read at all"
        ),
    ],
)
def test_what_is_not_needed_never_rejects_a_row(row: dict[str, Any]) -> None:
    reading = served(row)
    assert (ids([reading]), reading.shipments[0].items, reading.unreadable) == ([1, 2], (), ())


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"orderStatus": None, "externallyFulfilled": "no", "items": {}}, id="what a label does without"),
        pytest.param({"advancedOptions": {"mergedIds": None, "storeId": []}}, id="options"),
        pytest.param({"items": [{"sku": "A", "quantity": 2.5, "adjustment": "?"}]}, id="a line"),
    ],
)
def test_what_is_not_needed_never_rejects_an_order(row: dict[str, Any]) -> None:
    rig = Rig()
    order = {"orderId": 7, "orderNumber": "P1", "modifyDate": GOOD["createDate"], **row}
    rig.canned.append(json_response(200, {"orders": [order], "total": 1}))
    (reading,) = walked(rig, Stream.ORDERS)
    assert ([each.facts.reference for each in reading.orders], reading.unreadable) == (["P1"], ())


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"orderNumber": {"number": "P1"}}, id="an object where the reference should be"),
        pytest.param({"orderNumber": ["P1"]}, id="a list"),
        pytest.param({"orderNumber": True}, id="true"),
        pytest.param({"orderId": "x"}, id="an order id that is none"),
        pytest.param({"orderId": 10**30}, id="an order id nobody can keep"),
        pytest.param({"createDate": None}, id="no instant"),
        pytest.param({"isReturnLabel": "perhaps"}, id="perhaps a return"),
        pytest.param({"voided": {}}, id="perhaps voided"),
        pytest.param({"shipDate": "soon"}, id="a ship date that is none"),
    ],
)
def test_what_is_needed_and_cannot_be_read_is_reported_by_its_id_and_never_skipped(row: dict[str, Any]) -> None:
    reading = served(row)
    assert (ids([reading]), reading.unreadable) == ([2], (1,))


@pytest.mark.parametrize(
    ("row", "unreadable"),
    [
        pytest.param({"orderNumber": "P1", "advancedOptions": {"customField1": {"odd": 1}}}, True, id="its own field"),
        pytest.param(
            {"orderNumber": ["odd"], "advancedOptions": {"customField1": "C1"}}, False, id="the others' field"
        ),
    ],
)
def test_whether_a_reference_is_hidden_is_told_by_the_rule_of_the_rows_own_store(
    row: dict[str, Any], *, unreadable: bool
) -> None:
    rig = Rig()
    connection = a_connection(stores={"7": BY_FIELD})
    source = ShipStationSource(rig.client, V1, connection, lambda _: {}, rig.now)
    options = {"storeId": 7, **row["advancedOptions"]}
    order = {"orderId": 9, "modifyDate": GOOD["createDate"], **row, "advancedOptions": options}
    rig.canned.append(json_response(200, {"orders": [order], "total": 1}))
    (reading,) = source.walk(Stream.ORDERS, START, "poll")
    assert (reading.unreadable, len(reading.orders)) == (((9,), 0) if unreadable else ((), 1))


@pytest.mark.parametrize(("number", "reference"), [(1001, "1001"), (1001.0, "1001"), ("", None), (None, None)])
def test_an_order_number_that_is_a_number_is_read(number: object, reference: str | None) -> None:
    assert served({"orderNumber": number}).shipments[0].reference == reference


# --- the key or the row


@pytest.mark.parametrize(
    "text",
    ['"too many requests"@example.com', "Too Many Requests", '{"message": "Too Many Requests"}'],
    ids=["an e-mail", "a name", "the answer itself, quoted"],
)
def test_words_in_a_row_throttle_nobody(text: str) -> None:
    rig = Rig()
    rig.serve({"customerEmail": text, **GOOD})
    assert ids(walked(rig)) == [1]
    assert sum(rig.waits) == 0


@pytest.mark.parametrize(
    "body",
    [b'{"message": "Too Many Requests"}', b'{"Message":"too many requests"}\n', b' {"message": "TOO MANY REQUESTS"} '],
)
@pytest.mark.parametrize("status", [200, 403, 500, 503])
def test_its_own_refusal_throttles_under_any_status(status: int, body: bytes) -> None:
    rig = Rig()
    rig.canned.append(Response(status, body, JSON))
    refused(rig, Retryable, Reason.BUDGET_EXHAUSTED)
    assert rig.refusals == 0


@pytest.mark.parametrize("status", [403, 400, 410])
def test_a_refusal_of_one_order_concerns_that_order_alone(status: int) -> None:
    rig = Rig(**BY_FIELD)
    bad, good = (rig.sold(advancedOptions={"customField1": name})[0] for name in ("C1", "C2"))
    made = rig.shipped([bad, good])
    rig.account.add_fault("status", status=status, path=f"/orders/{bad}", times=-1)
    (reading,) = walked(rig)
    assert (ids([reading]), rig.refusals) == (made[1:], 0)
    assert [(each.order_id, each.reason) for each in reading.withheld] == [(bad, Reason.ORDER_UNREADABLE)]


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_of_a_list_concerns_the_key(status: int) -> None:
    rig = Rig()
    rig.account.add_fault("status", status=status)
    with pytest.raises(ConnectorError) as caught:
        walked(rig)
    assert (caught.value.reason, rig.refusals) == (Reason.SHIPSTATION_CREDENTIALS, 1)


# --- look-ups


def test_an_order_that_answers_500_is_withheld_with_its_number_and_the_others_are_read() -> None:
    rig = Rig()
    orders = rig.sold(3)
    marks = [rig.account.mark_shipped(order, carrier_code="ups", tracking_number=f"H{order}") for order in orders]
    rig.account.add_fault("status", status=500, path=f"/orders/{orders[1]}", times=-1)
    (reading,) = walked(rig, Stream.FULFILMENTS)
    assert ids([reading]) == [marks[0], marks[2]]
    (withheld,) = reading.withheld
    assert (withheld.order_id, withheld.reason) == (orders[1], Reason.ORDER_UNREADABLE)
    assert {str(marks[1]), "P1002"} <= {word.strip(",") for word in withheld.detail.split()}


@pytest.mark.parametrize("answer", [{"orderId": 1}, {"orderId": 999, "modifyDate": "2026-03-05T04:00:00"}])
def test_a_label_whose_order_cannot_be_read_has_not_no_reference(answer: dict[str, Any]) -> None:
    rig = Rig(**BY_FIELD)
    rig.serve({**GOOD, "orderId": 77})
    rig.canned.append(json_response(200, answer))
    (reading,) = walked(rig)
    assert (reading.shipments, [each.order_id for each in reading.withheld]) == ((), [77])


@pytest.mark.parametrize("body", [b"null", b"[]", b'""', b"{}", b"0"])
def test_an_answer_that_holds_no_order_is_nothing_found(body: bytes) -> None:
    rig = Rig()
    rig.canned.append(Response(200, body, JSON))
    (reading,) = rig.source.follow(Pointer(kind="order", id="77"), "webhook")
    assert (reading.orders, reading.withheld, reading.complete) == ((), (), True)


def test_an_outage_in_the_middle_of_look_ups_withholds_nothing() -> None:
    rig = Rig(**BY_FIELD)
    rig.serve({**GOOD, "orderId": 77})
    rig.canned += [json_response(503, {}) for _ in range(9)]
    with pytest.raises(Retryable):
        walked(rig)


def test_many_look_ups_are_handed_over_in_portions_each_with_what_it_proves() -> None:
    rig = Rig(at=NOON + timedelta(hours=1))
    rig.account.switches.bump_after_seconds = None
    orders = rig.sold(2 * ASKED_AT_ONCE + 1)
    for second, order in enumerate(orders):
        rig.account.mark_shipped(order, carrier_code="ups", at=NOON + timedelta(seconds=10 * second))
    readings = walked(rig, Stream.FULFILMENTS)
    assert [len(reading.shipments) for reading in readings] == [ASKED_AT_ONCE, ASKED_AT_ONCE, 1]
    assert [reading.reached for reading in readings] == [NOON + timedelta(seconds=n) for n in (100, 200, 200)]
    assert [reading.complete for reading in readings] == [False, False, True]
    assert [len(reading.orders) for reading in readings] == [ASKED_AT_ONCE, ASKED_AT_ONCE, 1]


def test_a_dead_look_up_is_not_asked_five_hundred_times() -> None:
    rig = Rig()
    for order in rig.sold(ASKED_AT_ONCE):
        rig.account.mark_shipped(order, carrier_code="ups")
    rig.account.add_fault("status", status=500, path="/orders/", times=-1)
    (reading,) = walked(rig, Stream.FULFILMENTS)
    assert (len(reading.withheld), reading.shipments) == (ASKED_AT_ONCE, ())
    assert len(rig.sent) <= 10


def test_two_failing_orders_next_to_each_other_withhold_none_of_their_neighbours() -> None:
    rig = Rig()
    orders = rig.sold(8)
    marks = [rig.account.mark_shipped(order, carrier_code="ups") for order in orders]
    for order in orders[:2]:
        rig.account.add_fault("status", status=500, path=f"/orders/{order}", times=-1)
    readings = walked(rig, Stream.FULFILMENTS)
    assert ids(readings) == marks[2:]
    assert [each.order_id for reading in readings for each in reading.withheld] == orders[:2]


# --- numbers that differ


def known(rig: Rig, order_id: int, reference: str, *former: str) -> None:
    rig.facts[order_id] = OrderFacts(
        connection=ConnectionName("acme"),
        order_id=order_id,
        company="10",
        reference=reference,
        modified_at=START,
        former=former,
    )


def test_a_label_that_keeps_its_orders_old_number_goes_under_the_new_one() -> None:
    rig = Rig()
    (order,) = rig.sold()
    rig.shipped([order])
    known(rig, order, "P1001")
    rig.account.edit_order(order, {"orderNumber": "P2002"})
    walked(rig, Stream.ORDERS)
    (reading,) = walked(rig)
    assert ([shipment.reference for shipment in reading.shipments], reading.withheld) == (["P2002"], ())


def test_an_order_that_keeps_the_old_number_parks_its_label_with_both() -> None:
    rig = Rig()
    (order,) = rig.sold()
    rig.serve({**GOOD, "orderId": order, "orderNumber": "P2002"})
    walked_orders = rig.canned.pop()
    walked(rig, Stream.ORDERS)
    rig.canned.append(walked_orders)
    (reading,) = walked(rig)
    (withheld,) = reading.withheld
    assert (reading.shipments, withheld.order_id, withheld.reason) == ((), order, Reason.NUMBERS_DIFFER)
    assert {"P1001", "P2002"} <= {word.strip(",") for word in withheld.detail.split()}


def test_a_number_that_was_corrected_since_the_order_was_read_is_asked_for_and_believed() -> None:
    rig = Rig()
    (order,) = rig.sold()
    known(rig, order, "WRONG")
    rig.shipped([order])
    (reading,) = walked(rig)
    assert ([shipment.reference for shipment in reading.shipments], reading.withheld) == (["P1001"], ())
    assert [each.facts.reference for each in reading.orders] == ["P1001"]


# --- pages


class Capped(Rig):
    """Hands out narrower pages than it is asked for; `claims` is what it says of their number."""

    def __init__(self, cap: int, claims: str) -> None:
        super().__init__(at=NOON + timedelta(hours=2))
        self.account.switches.largest_page = cap
        self.account.switches.total = claims


@pytest.mark.parametrize("claims", ["right", "missing", "zero", "text"])
@pytest.mark.parametrize("seconds", [0, 0.25, 10], ids=["one second", "four a second", "far apart"])
def test_the_page_size_that_came_decides_and_not_the_one_asked_for(seconds: float, claims: str) -> None:
    rig = Capped(100, claims)
    made = [rig.account.ship(None, at=NOON + timedelta(seconds=seconds * n)) for n in range(250)]
    readings = walked(rig)
    assert sorted(ids(readings)) == made
    assert [reading.complete for reading in readings] == [False] * (len(readings) - 1) + [True]


def test_a_bad_row_behind_narrow_pages_costs_no_other_row() -> None:
    rig = Capped(100, "right")
    made = [rig.account.ship(None, at=NOON) for _ in range(250)]
    rig.account.broken_rows.add(made[170])
    assert sorted(ids(walked(rig))) == [number for number in made if number != made[170]]


@pytest.mark.parametrize("bad", [[0, 1], [0, 1, 2], [0]], ids=["two", "three", "one"])
def test_bad_rows_at_the_very_beginning_are_stepped_over_and_counted(bad: list[int]) -> None:
    rig = Rig(at=NOON + timedelta(hours=2))
    made = [rig.account.ship(None, at=NOON + timedelta(seconds=10 * n)) for n in range(20)]
    rig.account.broken_rows.update(made[n] for n in bad)
    readings = walked(rig)
    assert sorted(ids(readings)) == [number for n, number in enumerate(made) if n not in bad]
    assert [gap.rows for reading in readings for gap in reading.gaps] == [len(bad)]


def test_no_content_is_an_empty_page_and_nothing_found() -> None:
    rig = Rig()
    rig.canned.append(Response(204))
    (reading,) = walked(rig)
    assert (reading.shipments, reading.complete) == ((), True)
    rig.canned.append(Response(204))
    (reading,) = rig.source.follow(Pointer(kind="order", id="77"), "webhook")
    assert (reading.orders, reading.withheld) == ((), ())


@pytest.mark.parametrize("apart", [0.4, 3.0, 45.0])
def test_labels_that_are_always_listed_swapped_do_not_hold_the_cursor(apart: float) -> None:
    rig = Rig(at=NOON + timedelta(hours=1))
    first = rig.account.ship(None, at=NOON + timedelta(seconds=0.8))
    second = rig.account.ship(None, at=NOON + timedelta(seconds=0.8 + apart))
    rig.account.swapped_rows[first] = second
    (reading,) = walked(rig)
    assert ids([reading]) == [second, first]
    assert reading.reached == NOON + timedelta(seconds=0.8 + apart)


def test_a_label_swapped_across_the_edge_of_a_page_and_of_a_second_is_read() -> None:
    rig = Capped(100, "right")
    made = [rig.account.ship(None, at=NOON + timedelta(seconds=10.9 + 0.4 * (n > 99))) for n in range(98, 102)]
    early = [rig.account.ship(None, at=NOON + timedelta(seconds=0.1 * n)) for n in range(98)]
    rig.account.swapped_rows[made[1]] = made[2]
    assert sorted(ids(walked(rig))) == sorted([*early, *made])


@pytest.mark.parametrize(
    "stream", [Stream.LABELS_CREATED, Stream.LABELS_VOIDED, Stream.FULFILMENTS, Stream.ORDERS], ids=str
)
def test_a_list_that_ignores_where_it_should_start_is_not_read_from_its_beginning(stream: Stream) -> None:
    rig = Rig(at=NOON)
    rig.account.switches.bump_after_seconds = None
    long_ago = NOON - timedelta(days=90)
    orders = [rig.account.add_order(f"P{n}", items=[{"sku": "A", "quantity": 1}], at=long_ago) for n in range(3)]
    rig.account.void(rig.account.ship(orders[0], at=long_ago), at=long_ago)
    rig.account.mark_shipped(orders[1], carrier_code="ups", at=long_ago)
    rig.account.switches.ignored_filters = frozenset({"createdatestart", "voiddatestart", "modifydatestart"})
    with pytest.raises(Retryable, match=r"ignores|older"):
        walked(rig, stream)
    assert len(rig.sent) == 1


@pytest.mark.parametrize(
    "undated",
    [{"voidDate": "garbage"}, {"voidDate": None}, {"voidDate": None, "voided": False}],
    ids=["a date that is none", "no date", "not even voided"],
)
def test_one_row_without_a_void_date_does_not_stop_the_voided_stream(undated: dict[str, Any]) -> None:
    rig = Rig()
    rig.serve({**GOOD, "voided": True, **undated})
    readings = walked(rig, Stream.LABELS_VOIDED)
    assert (readings[-1].complete, readings[-1].reached) == (True, None)


def test_a_list_of_labels_that_were_never_voided_ignores_its_window() -> None:
    rig = Rig()
    rig.serve(*({**GOOD, "shipmentId": number} for number in range(1, 500)))
    with pytest.raises(Retryable, match="ignores"):
        walked(rig, Stream.LABELS_VOIDED)


def test_a_list_that_ignores_whose_shipments_are_asked_for_gives_nobody_those_of_others() -> None:
    rig = Rig()
    orders = rig.sold(2)
    rig.shipped(orders)
    rig.account.switches.ignored_filters = frozenset({"orderid"})
    with pytest.raises(Retryable) as caught:
        list(rig.source.shipments_of(orders[0], "sweep"))
    assert caught.value.scope is Scope.TENANT


def test_one_foreign_row_is_the_trouble_of_the_order_that_was_asked_for() -> None:
    rig = Rig()
    (other,) = rig.sold()
    rig.shipped([other])
    rig.serve({**GOOD, "orderId": other})
    with pytest.raises(ConnectorError) as caught:
        list(rig.source.shipments_of(1, "sweep"))
    assert caught.value.scope is Scope.RECORD


@pytest.mark.parametrize("body", [b"null", b"{}", b'""'])
def test_an_answer_about_one_order_that_holds_no_list_is_that_orders_own_trouble(body: bytes) -> None:
    rig = Rig()
    rig.canned.append(Response(200, body, JSON))
    with pytest.raises(ConnectorError) as caught:
        list(rig.source.shipments_of(1, "sweep"))
    assert caught.value.scope is Scope.RECORD


def test_a_time_out_of_one_order_is_that_orders_own_trouble() -> None:
    rig = Rig()
    rig.canned += [requests.Timeout()] * 3
    with pytest.raises(ConnectorError) as caught:
        list(rig.source.shipments_of(1, "sweep"))
    assert caught.value.scope is Scope.RECORD


def test_an_outage_while_one_orders_shipments_are_asked_for_is_nobodys_own() -> None:
    rig = Rig()
    rig.canned += [json_response(503, {})] * 9
    with pytest.raises(ConnectorError) as caught:
        list(rig.source.shipments_of(1, "sweep"))
    assert caught.value.scope is not Scope.RECORD


@pytest.mark.parametrize("status", [500, 502, 503, 504, 403, 400])
def test_shipments_of_one_order_that_cannot_be_shown_are_that_orders_own_trouble(status: int) -> None:
    rig = Rig()
    rig.account.add_fault("status", status=status, path="/shipments", times=-1)
    with pytest.raises(ConnectorError) as caught:
        list(rig.source.shipments_of(1, "sweep"))
    assert (caught.value.scope, rig.refusals) == (Scope.RECORD, 0)


def test_a_list_that_hands_out_the_same_whole_page_for_ever_is_read_that_far_and_told() -> None:
    rig = Rig(at=NOON + timedelta(hours=1))
    rig.account.ship_batch([{"order_id": None}] * 600, at=NOON)
    rig.account.switches.ignored_filters = frozenset({"page"})
    read: list[Reading] = []
    with pytest.raises(Retryable, match="ignores which page is asked for"):
        read.extend(rig.source.walk(Stream.LABELS_CREATED, START, "poll"))
    assert (len(set(ids(read))), any(reading.complete for reading in read)) == (500, False)
    assert len(rig.sent) <= 6


def test_a_second_that_holds_more_rows_than_one_run_can_read_is_gone_on_with_at_its_page() -> None:
    rig = Rig(at=NOON + timedelta(minutes=1))
    made = rig.account.ship_batch([{"order_id": None}] * 1300, at=NOON)
    first: list[Reading] = []
    for reading in rig.source.walk(Stream.LABELS_CREATED, START, "poll"):
        first.append(reading)
        if reading.page == 3:
            break
    reached = first[-1].reached
    assert reached is not None
    rest = list(rig.source.walk(Stream.LABELS_CREATED, reached, "backfill", NOON + timedelta(seconds=2), page=3))
    assert (len(rest), sorted({*ids(first), *ids(rest)})) == (1, made)


def test_november_and_swapped_rows_together_lose_nothing() -> None:
    """Rows of the hour that comes twice are out of order by an hour on our clock, and in order on the vendor's."""
    rig = Rig(at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    midnight = datetime(2026, 11, 1, 7, tzinfo=UTC)
    made = [rig.account.ship(None, at=midnight + timedelta(minutes=10 * n)) for n in range(24)]
    assert sorted(ids(walked(rig, start=midnight))) == made
