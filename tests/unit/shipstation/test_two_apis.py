"""One account read through both APIs: the same shipments, under the same keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.errors import Permanent, Retryable
from functions.model.cursors import Reading, Span, Stream
from functions.model.facts import OrderFacts
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from functions.model.shipment import Shipment
from functions.shipstation.v2.rows import bare, label
from functions.wiring.shipstation_account import APIS
from tests.equipment.account_fixture import KEY, Rig
from tests.equipment.builders import NOON
from tests.equipment.http import json_response
from tests.equipment.shipstation.v2 import refused

START = NOON - timedelta(hours=1)
Story = Callable[[Rig], object]


def _shipped(rig: Rig) -> None:
    rig.shipped(rig.sold(3))


def _voided_and_bought_again(rig: Rig) -> None:
    (first,) = rig.shipped(rig.sold())
    rig.account.relabel(first, at=NOON + timedelta(minutes=3))


def _marked(rig: Rig) -> None:
    (order,) = rig.sold(advancedOptions={"storeId": 7})
    rig.account.mark_shipped(order, carrier_code="fedex", tracking_number=" 1234 ")


def _returned(rig: Rig) -> None:
    (order,) = rig.sold()
    rig.shipped([order])
    rig.account.ship_return(order)


def _without_an_order(rig: Rig) -> None:
    rig.account.ship(None)


def _two_parcels(rig: Rig) -> None:
    (order,) = rig.sold()
    rig.account.ship_batch([{"order_id": order, "quantities": {"BOLT": 1}}, {"order_id": order}])


def _late_in_the_evening(rig: Rig) -> None:
    """Pacific midnight in UTC is the next day already where the day is read off."""
    for month, offset in ((1, 8), (7, 7)):
        at = datetime(2026, month, 11, offset, tzinfo=UTC) - timedelta(minutes=1)
        rig.account.ship(rig.sold()[0], at=at, ship_date=at.date())


STORIES = [
    _shipped,
    _voided_and_bought_again,
    _marked,
    _returned,
    _without_an_order,
    _two_parcels,
    _late_in_the_evening,
]


def read(rig: Rig, api: str, start: datetime = START) -> list[Reading]:
    """Whole, as a look reads."""
    other = Rig(rig.at, api=api)
    other.account = rig.account
    return [reading for stream in Stream for reading in _remembering(other, other.source.walk(stream, start, "poll"))]


def _remembering(rig: Rig, readings: Iterator[Reading]) -> Iterator[Reading]:
    for reading in readings:
        rig.facts |= {order.facts.order_id: order.facts for order in reading.orders}
        yield reading


def shipments(readings: list[Reading]) -> dict[str, Shipment]:
    """Without the goods: V2 shows none on labels."""
    found = (shipment for reading in readings for shipment in reading.shipments)
    return {shipment.key: shipment.model_copy(update={"items": (), "read_at": NOON}) for shipment in found}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__.strip("_"))
def test_both_apis_say_the_same(story: Story) -> None:
    rig = Rig(NOON + timedelta(minutes=10))
    story(rig)
    beginning = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = (read(rig, api, beginning) for api in ("v1", "v2"))
    assert shipments(first) == shipments(second)
    assert shipments(first)
    assert [reading.unreadable for reading in second if reading.unreadable] == []


def test_both_apis_say_the_same_of_orders() -> None:
    rig = Rig()
    rig.account.switches.bump_after_seconds = None
    (held, cancelled, _) = rig.sold(3, advancedOptions={"storeId": 7, "customField1": "X"})
    rig.account.hold_order(held, NOON + timedelta(days=30))
    rig.account.set_status(cancelled, "cancelled")
    told = [_orders(read(rig, api)) for api in ("v1", "v2")]
    assert told[0] == told[1]
    assert len(told[0]) == 3


def _orders(readings: list[Reading]) -> dict[int, tuple[OrderFacts, str]]:
    orders = (order for reading in readings for order in reading.orders)
    return {order.facts.order_id: (order.facts.content, order.status) for order in orders}


@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 350])
def test_every_label_comes_once_however_many_there_are(number: int) -> None:
    rig = Rig(api="v2")
    made = [rig.account.ship(None, at=NOON - timedelta(seconds=n)) for n in range(number)]
    found = [s.shipment_id for r in rig.source.walk(Stream.LABELS_CREATED, START, "poll") for s in r.shipments]
    assert sorted(found) == sorted(made)


def test_pages_narrower_than_asked_for_lose_nothing() -> None:
    rig = Rig(api="v2")
    rig.account.switches.largest_page = 7
    made = [rig.account.ship(None, at=NOON - timedelta(seconds=n)) for n in range(40)]
    found = [s.shipment_id for r in rig.source.walk(Stream.LABELS_CREATED, START, "poll") for s in r.shipments]
    assert sorted(found) == sorted(made)


def test_an_old_label_that_is_voided_today_is_found_and_proves_the_void_alone() -> None:
    rig = Rig(NOON, api="v2")
    old = [rig.account.ship(None, at=NOON - timedelta(days=days)) for days in (29, 2)]
    rig.account.void(old[0], at=NOON - timedelta(minutes=5))
    rig.account.void(old[1], at=NOON - timedelta(days=1))
    readings = list(rig.source.walk(Stream.LABELS_VOIDED, START, "poll"))
    assert [s.shipment_id for r in readings for s in r.shipments] == [old[0]]
    assert readings[-1].reached == NOON - timedelta(minutes=5)
    assert readings[-1].complete


@pytest.mark.parametrize("name", ["label_status", "created_at_start"])
def test_a_filter_that_is_ignored_is_a_fault_and_no_answer(name: str) -> None:
    rig = Rig(api="v2")
    for days in range(1, 40):
        rig.account.ship(None, at=NOON - timedelta(days=days))
    rig.account.switches.ignored_filters = frozenset({name})
    stream = Stream.LABELS_VOIDED if name == "label_status" else Stream.LABELS_CREATED
    with pytest.raises(Retryable, match=r"ignores label_status|every row is older"):
        list(rig.source.walk(stream, START, "poll"))


def test_pointers_are_followed() -> None:
    rig = Rig(api="v2")
    (order,) = rig.sold()
    (made,) = rig.shipped([order])
    batch = rig.account.shipments.current[made].batch_id
    (reading,) = rig.source.follow(Pointer(kind="shipments_batch", id=str(batch)), "webhook")
    assert [(s.shipment_id, s.reference, s.order_id) for s in reading.shipments] == [(made, "P1001", order)]
    imported = rig.account.orders.current[order].import_batch
    for pointer in (Pointer(kind="orders_import", id=imported), Pointer(kind="order", id=str(order))):
        (reading,) = rig.source.follow(pointer, "webhook")
        assert [each.facts.order_id for each in reading.orders] == [order]
    marked = rig.account.mark_shipped(rig.sold()[0], carrier_code="ups", tracking_number="HAND1")
    (reading,) = rig.source.follow(Pointer(kind="fulfilment", id=str(marked)), "webhook")
    assert [shipment.tracking_number for shipment in reading.shipments] == ["HAND1"]


def test_the_shipments_of_one_order_are_asked_for_by_its_id() -> None:
    rig = Rig(api="v2")
    orders = rig.sold(2)
    made = rig.shipped(orders)
    found = [s.shipment_id for r in rig.source.shipments_of(orders[0], "poll") for s in r.shipments]
    assert found == made[:1]


def test_a_window_is_counted() -> None:
    rig = Rig(api="v2")
    made = rig.shipped(rig.sold(3))
    rig.account.void(made[0])
    window = Span(start=START, end=NOON)
    assert [rig.source.claimed(stream, window, "poll") for stream in Stream] == [3, 1, 3, 0]


def test_a_label_with_several_packages_tells_each_number_once() -> None:
    packages = [{"tracking_number": number} for number in ("1Z1", "1Z2", None, "1Z2")]
    said = label({"label_id": "se-1", "tracking_number": "1Z1", "packages": packages})
    assert said is not None
    assert said["trackingNumber"] == "1Z1, 1Z2"


@pytest.mark.parametrize("are_told", [True, False], ids=["products told", "not told"])
def test_a_label_holds_what_its_packages_say_or_all_of_its_order(*, are_told: bool) -> None:
    rig = Rig(api="v2")
    rig.account.switches.are_products_told = are_told
    _two_parcels(rig)
    readings = rig.source.walk(Stream.LABELS_CREATED, START, "poll")
    held = [[item.quantity for item in s.items] for reading in readings for s in reading.shipments]
    assert held == ([[1], [1]] if are_told else [[2], [2]])


@pytest.mark.parametrize("status", ["processing", "error"])
def test_a_label_that_is_none_yet_is_no_row(status: str) -> None:
    assert label({"label_id": "se-1", "status": status}) is None


@pytest.mark.parametrize("raw", ["123", "se-12", "se-"])
def test_ids_are_bare_numbers(raw: str) -> None:
    assert (bare(raw) == int(raw.removeprefix("se-"))) if raw != "se-" else not isinstance(bare(raw), int)


@pytest.mark.parametrize(
    "row",
    [
        {"label_id": "se-5"},
        {"label_id": "se-5", "created_at": "yesterday"},
        {"label_id": "se-5", "created_at": 5},
        {"label_id": "se-5", "created_at": "2026-03-05T04:00:00Z", "voided": "perhaps"},
        {"label_id": "se-5", "created_at": "2026-03-05T04:00:00Z", "voided_at": "perhaps"},
        {"label_id": "se-5", "created_at": "2026-03-05T04:00:00Z", "shipment_id": "se-a-1"},
        {"label_id": "se-5", "created_at": "2026-03-05T04:00:00Z", "shipment_id": f"se-{'9' * 5000}"},
        {"label_id": "se-5", "status": {"code": "processing"}},
        {"label_id": "se-5", "status": ["completed"]},
    ],
)
def test_an_odd_row_is_reported_by_its_number_and_the_others_are_read(row: dict[str, Any]) -> None:
    rig = Rig(api="v2")
    made = rig.account.ship(None)
    good = {"label_id": f"se-{made}", "created_at": "2026-03-05T11:59:00Z"}
    rig.canned.append(json_response(200, {"labels": [row, good], "total": 2}))
    (reading,) = rig.source.walk(Stream.LABELS_CREATED, START, "poll")
    assert (reading.unreadable, [s.shipment_id for s in reading.shipments]) == ((5,), [made])


def test_the_key_travels_in_its_header_alone() -> None:
    rig = Rig(api="v2")
    rig.source.probe(Stream.LABELS_CREATED, "poll")
    (request,) = rig.sent
    assert request.headers["api-key"] == KEY
    assert "Authorization" not in request.headers


@pytest.mark.parametrize("code", ["invalid_billing_plan", "subscription_inactive", "trial_expired"])
def test_a_plan_that_does_not_allow_it_is_as_good_as_a_refused_key(code: str) -> None:
    rig = Rig(api="v2")
    rig.canned.append(refused(403, code, "private words"))
    with pytest.raises(Permanent) as caught:
        rig.source.probe(Stream.ORDERS, "poll")
    assert caught.value.reason is Reason.SHIPSTATION_CREDENTIALS
    assert "private" not in str(caught.value)


def test_a_throttled_request_waits_as_it_is_told() -> None:
    rig = Rig(api="v2")
    rig.account.v2_limiter.spend(KEY, 200, rig.at)
    with pytest.raises(Retryable) as caught:
        rig.source.probe(Stream.ORDERS, "poll")
    assert caught.value.reason is Reason.BUDGET_EXHAUSTED
    assert caught.value.retry_after_seconds


def test_what_was_combined_under_v1_stays_known_where_v2_does_not_tell() -> None:
    before = OrderFacts(connection="acme", order_id=1, company="10", merged=(2, 3), modified_at=START)
    after = OrderFacts(connection="acme", order_id=1, company="10", tells_merged=False, modified_at=NOON)
    assert after.succeeding(before).merged == (2, 3)
    assert after.succeeding(before).content == before.content


def test_every_list_has_a_filter_that_shows_nothing() -> None:
    for name, api in APIS.items():
        rig = Rig(api=name)
        rig.shipped(rig.sold())
        rig.account.mark_shipped(rig.sold()[0], carrier_code="ups")
        for listing in (api.labels, api.fulfilments, api.orders):
            answer = rig.client.get(listing.path, listing.no_rows, "poll")
            assert answer is not None
            assert answer.body[listing.collection] == []
