"""What a carrier tells of parcels on their way, as V2 shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from functions.errors import Permanent
from functions.model.cursors import Stream
from functions.model.messages import Pointer
from functions.model.shipment import Shipment, newer
from functions.shipstation.reading.models import ShipStationFulfilment
from functions.shipstation.reading.normalise import normalised
from functions.shipstation.v2 import rows
from functions.shipstation.v2.rows import delivered_at
from functions.wiring.shipstation_account import APIS
from tests.equipment.account_fixture import Rig
from tests.equipment.builders import NOON, a_connection, a_shipment
from tests.equipment.http import Request, Response

START = NOON - timedelta(hours=1)
LATER = NOON + timedelta(days=2)
WRITTEN = {"tracking_status": {"attribute": "Cf_Tracking_Status"}, "delivered_at": {"attribute": "Cf_Delivered_At"}}


def a_rig(**fields: Any) -> Rig:
    """Of a connection whose target writes these fields."""
    target = {"profile": "shipment_header", **fields}
    rig = Rig(api="v2")
    ifs = {**rig.connection.ifs.model_dump(), "targets": [target]}
    connection = a_connection(shipstation={"api": "v2"}, ifs=ifs)
    rig.source = type(rig.source)(rig.client, APIS["v2"], connection, lambda _: {}, rig.now)
    return rig


def read(rig: Rig, stream: Stream = Stream.LABELS_CREATED) -> list[Shipment]:
    return [s for reading in rig.source.walk(stream, START, "poll") for s in reading.shipments]


def told(rig: Rig) -> list[tuple[str | None, object]]:
    return [(s.tracking_status, s.delivered_at) for s in read(rig)]


def logs(rig: Rig) -> int:
    return sum(request.path.endswith("/track") for request in rig.sent)


def test_what_no_target_writes_is_not_kept_and_not_asked_for() -> None:
    rig = a_rig()
    rig.account.track(rig.shipped(rig.sold())[0], "delivered", at=LATER)
    assert (told(rig), logs(rig)) == ([(None, None)], 0)


def test_a_status_alone_costs_no_request() -> None:
    rig = a_rig(tracking_status=WRITTEN["tracking_status"])
    rig.account.track(rig.shipped(rig.sold())[0], "delivered", at=LATER)
    assert (told(rig), logs(rig)) == ([("delivered", None)], 0)


def test_when_a_label_was_delivered_its_log_says() -> None:
    rig = a_rig(**WRITTEN)
    first, second, third, _ = rig.shipped(rig.sold(4))
    rig.account.track(first, "delivered", at=LATER)
    rig.account.track(second, "error", at=LATER)
    rig.account.track(third, "delivered", at=LATER)
    rig.account.void(third)
    assert told(rig) == [("delivered", LATER), ("error", None), ("delivered", None), ("in_transit", None)]
    assert logs(rig) == 1


def test_more_labels_than_are_asked_for_at_once_come_in_portions() -> None:
    rig = a_rig(**WRITTEN)
    for label in rig.shipped(rig.sold(25)):
        rig.account.track(label, "delivered", at=LATER)
    readings = [len(r.shipments) for r in rig.source.walk(Stream.LABELS_CREATED, START, "poll")]
    assert (sum(readings), max(readings), logs(rig)) == (25, 5, 25)  # an order and a log each


@pytest.mark.parametrize("status", [404, 400, 500, 503])
def test_a_log_that_is_not_shown_delays_no_label(status: int) -> None:
    rig = a_rig(**WRITTEN)
    for label in rig.shipped(rig.sold(5)):
        rig.account.track(label, "delivered", at=LATER)
    serve = rig.account.application
    rig.account.application = lambda r: Response(status) if r.path.endswith("/track") else serve(r)
    assert told(rig) == [("delivered", None)] * 5
    assert logs(rig) == {404: 5, 400: 2}.get(status, 4)


def test_logs_that_hang_by_turns_take_no_run_whole() -> None:
    rig = a_rig(**WRITTEN)
    labels = rig.shipped(rig.sold(1) * 10)
    for label in labels:
        rig.account.track(label, "delivered", at=LATER)
    serve = rig.account.application

    def hangs(request: Request) -> Response:
        if request.path in {f"/v2/labels/se-{label}/track" for label in labels[::2]}:
            rig.at += timedelta(seconds=45)
            raise requests.ReadTimeout
        return serve(request)

    rig.account.application = hangs
    began = rig.at
    assert len(told(rig)) == 10
    assert rig.at - began < timedelta(minutes=2)


def test_logs_that_have_to_wait_for_their_turn_are_all_asked_for() -> None:
    rig = a_rig(**WRITTEN)
    for label in rig.shipped(rig.sold(1) * 10):
        rig.account.track(label, "delivered", at=LATER)
    serve = rig.account.application

    def late(request: Request) -> Response:
        rig.at += timedelta(seconds=15)
        return serve(request)

    rig.account.application = late
    assert told(rig) == [("delivered", LATER)] * 10


def test_a_refused_key_is_no_logs_own_trouble() -> None:
    rig = a_rig(**WRITTEN)
    rig.account.track(rig.shipped(rig.sold())[0], "delivered", at=LATER)
    serve = rig.account.application
    rig.account.application = lambda r: Response(401) if r.path.endswith("/track") else serve(r)
    with pytest.raises(Permanent):
        read(rig)


def test_a_pointer_to_a_label_reads_it_as_it_is_now() -> None:
    rig = a_rig(**WRITTEN)
    (label,) = rig.shipped(rig.sold())
    rig.account.track(label, "delivered", at=LATER, lag_seconds=3600)
    (reading,) = rig.source.follow(Pointer(kind="label", id=str(label)), "sweep")
    assert [(s.shipment_id, s.delivered_at) for s in reading.shipments] == [(label, LATER)]
    assert list(rig.source.follow(Pointer(kind="label", id="1"), "sweep")) == []


def test_a_fulfilment_tells_itself_when_it_arrived() -> None:
    rig = a_rig(**WRITTEN)
    (order,) = rig.sold()
    rig.account.deliver_fulfillment(rig.account.mark_shipped(order, carrier_code="ups"), at=LATER)
    (found,) = read(rig, Stream.FULFILMENTS)
    assert (found.tracking_status, found.delivered_at) == ("delivered", LATER)


@pytest.mark.parametrize("said", ["", "soon", 7, {}, "0001-01-01T00:00:00Z", None])
def test_a_delivery_that_nobody_can_read_rejects_no_row(said: object) -> None:
    assert delivered_at({"actual_delivery_date": said}) is None
    row = rows.fulfilment({"fulfillment_id": "se-1", "created_at": "2026-03-05T12:00:00Z", "delivered_at": said})
    shipment = normalised(ShipStationFulfilment.model_validate(row), None, a_connection(), NOON)
    assert shipment.tracking_status is None


@pytest.mark.parametrize("is_late", [True, False])
def test_what_was_delivered_stays_so_whatever_is_read_later(*, is_late: bool) -> None:
    delivered = a_shipment(1, tracking_status="delivered", delivered_at=LATER)
    under_way = a_shipment(1, tracking_status="in_transit", read_at=NOON + timedelta(hours=1 if is_late else -1))
    for known, arriving in ((delivered, under_way), (under_way, delivered)):
        found = newer(known, arriving)
        assert (found.tracking_status, found.delivered_at) == ("delivered", LATER)
        assert found.read_at == max(known.read_at, arriving.read_at)


def test_an_instant_that_is_told_later_is_added_and_a_corrected_one_believed() -> None:
    at = a_shipment(1, tracking_status="delivered", delivered_at=LATER)
    untold = a_shipment(1, tracking_status="delivered", read_at=NOON + timedelta(hours=1))
    corrected = a_shipment(
        1, tracking_status="delivered", delivered_at=NOON + timedelta(days=1), read_at=NOON + timedelta(hours=2)
    )
    assert newer(at, untold).delivered_at == LATER
    assert newer(newer(at, untold), corrected).delivered_at == NOON + timedelta(days=1)


def test_a_mark_of_before_there_were_these_fields_is_the_same() -> None:
    assert a_shipment(1).mark("") == a_shipment(1, tracking_status=None, delivered_at=None).mark("")
    assert a_shipment(1).mark("") != a_shipment(1, tracking_status="delivered").mark("")
