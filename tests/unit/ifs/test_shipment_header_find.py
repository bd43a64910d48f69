from __future__ import annotations

from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.errors import Permanent, Retryable
from functions.model.outcomes import Reason
from functions.model.records import FieldName, Sought
from tests.equipment.ifs.sets import LINES
from tests.equipment.tenant_fixture import Rig, key, order, sought


def test_many_orders_are_found_in_two_requests_once_the_width_of_a_page_is_known() -> None:
    rig = Rig()
    headers = rig.headers
    numbers = {order(f"P{n}"): rig.tenant.add_shipment([(f"P{n}", "BOLT", n)]) for n in range(30)}
    rig.tenant.add_shipment([("P99", "BOLT", 1)])
    asked = [*(Sought(order=each) for each in numbers), sought("UNKNOWN")]
    requests = []
    for _ in range(2):
        rig.wire.sent.clear()
        found = headers.find(asked)
        requests.append(Counter(request.method for request in rig.wire.sent))
        assert {each: [c.record.key for c in own] for each, own in found.items()} == {
            each: [key(number)] for each, number in numbers.items()
        }
    assert requests[1] == {"GET": 1, "POST": 1}, "lines by order; records and their lines together"
    assert requests[0] - requests[1] == {"GET": 2, "POST": 1}, "how wide a page of each set is, and a token"


def test_a_service_without_batches_is_asked_for_records_and_lines_one_after_the_other() -> None:
    rig = Rig()
    rig.tenant.switches.takes_batch = False
    headers = rig.headers
    number, _ = (rig.tenant.add_shipment([(text, "BOLT", 2)]) for text in ("P1001", "P2"))
    for _ in range(3):
        rig.wire.sent.clear()
        (candidate,) = headers.find([sought()])[order()]
        assert (candidate.record.key, len(candidate.lines)) == (key(number), 1)
    assert [request.method for request in rig.wire.sent] == ["GET"] * 3


def test_no_address_grows_too_long_for_a_proxy() -> None:
    rig = Rig()
    for n in range(200):
        rig.tenant.add_shipment([(f"ORDER-{n:04}", "BOLT", 1)])
    assert len(rig.headers.find([sought(f"ORDER-{n:04}") for n in range(200)])) == 200
    assert max(len(str(request.url)) for request in rig.wire.sent) < 2000


@pytest.mark.parametrize("reference", ["O'Brien", "A&B=C#1", "50% +1/2", "Größe"])
def test_an_order_number_finds_itself_whatever_it_holds(reference: str) -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([(reference, "BOLT", 2)])
    rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    (candidate,) = rig.headers.find([sought(reference)])[order(reference)]
    assert candidate.record.key == key(number)


def test_a_candidate_shows_the_lines_of_other_orders_too() -> None:
    rig = Rig()
    rig.tenant.add_shipment([("P1001", "BOLT", 2), ("P2002", "NUT", 3)])
    (candidate,) = rig.headers.find([sought()])[order()]
    lines = {(line.order_reference, line.part, line.quantity) for line in candidate.lines}
    assert lines == {("P1001", "BOLT", 2), ("P2002", "NUT", 3)}


@pytest.mark.parametrize(("state", "is_bare"), [("Preliminary", True), ("Cancelled", False)])
def test_a_remembered_record_without_any_line_is_bare_unless_it_was_cancelled(state: str, *, is_bare: bool) -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)], objstate=state)
    asked = sought(remembered=(key(number),))
    (before,) = rig.headers.find([asked])[order()]
    rig.tenant.sets["ShipmentLineSet"].clear()
    (after,) = rig.headers.find([asked])[order()]
    assert (before.is_bare, after.is_bare) == (False, is_bare)


def test_an_order_on_several_shipments_has_several_candidates() -> None:
    rig = Rig()
    numbers = [rig.tenant.add_shipment([("P1001", "BOLT", 1)]) for _ in range(2)]
    assert {c.record.key for c in rig.headers.find([sought()])[order()]} == {key(n) for n in numbers}


def test_a_consolidated_shipment_is_no_candidate() -> None:
    rig = Rig()
    rig.tenant.add_shipment([("P1001", "BOLT", 2)], ShipmentCategory="Consolidated")
    assert rig.headers.find([sought()]) == {}


def test_a_line_of_another_kind_of_order_does_not_count() -> None:
    rig = Rig()
    headers = rig.headers
    rig.tenant.add_shipment([("P2002", "BOLT", 2), ("P2002", "NUT", 1)])
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    rig.tenant.record("ShipmentLineSet", (number, 1)).values["SourceRefType"] = "ProjectDeliverables"
    headers.find([sought("P2002")])
    before = len(rig.wire.seen("GET"))
    assert headers.find([sought()]) == {}
    assert len(rig.wire.seen("GET")) - before == 1


def test_a_line_of_another_kind_of_order_on_the_same_shipment_is_somebody_elses() -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2), ("P1001", "NUT", 1)])
    rig.tenant.record("ShipmentLineSet", (number, 2)).values["SourceRefType"] = "ProjectDeliverables"
    (candidate,) = rig.headers.find([sought()])[order()]
    assert candidate.carries_others


def test_a_line_that_belongs_to_no_shipment_yet_ends_nothing() -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2), ("P1001", "NUT", 1)])
    rig.tenant.record("ShipmentLineSet", (number, 2)).values["ShipmentId"] = None
    (candidate,) = rig.headers.find([sought()])[order()]
    assert [line.part for line in candidate.lines] == ["BOLT"]


def test_more_than_a_page_of_lines_is_read_to_the_end() -> None:
    rig = Rig()
    rig.tenant.add_shipment([("P1001", f"PART{n}", 1) for n in range(1001)])
    (candidate,) = rig.headers.find([sought()])[order()]
    assert len({line.part for line in candidate.lines}) == len(candidate.lines) == 1001
    pages = [parse_qs(urlsplit(str(request.url)).query) for request in rig.wire.seen("GET")]
    assert all(page["$orderby"] and page["$top"] == ["500"] for page in pages)


def test_a_line_that_moves_to_the_next_page_while_it_is_read_counts_once() -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", f"PART{n}", 1) for n in range(600)])

    def squeeze_in() -> None:
        if "$skip=500" in str(rig.wire.sent[-1].url):
            rig.tenant.insert(LINES, {"ShipmentId": number, "ShipmentLineNo": -len(rig.wire.sent)})

    rig.wire.on_request = squeeze_in
    (candidate,) = rig.headers.find([sought()])[order()]
    own = [line.part for line in candidate.lines if line.order_reference == "P1001"]
    assert sorted(own) == sorted(f"PART{n}" for n in range(600))


def test_a_record_that_is_remembered_is_read_though_nothing_of_the_order_is_on_it_any_more() -> None:
    rig = Rig()
    own, left = (rig.tenant.add_shipment([(number, "BOLT", 1)]) for number in ("P1001", "P2002"))
    found = rig.headers.find([sought("P1001", remembered=(key(left),))])[order()]
    assert {candidate.record.key: candidate.is_own for candidate in found} == {key(own): True, key(left): False}


def test_a_record_of_another_place_is_not_asked_for_here() -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P2002", "BOLT", 1)])
    assert rig.headers.find([sought("P1001", remembered=(key(number, "ShipmentHandling/Other"),))]) == {}


def test_nothing_to_look_for_costs_no_request() -> None:
    rig = Rig()
    assert rig.headers.find([]) == {}
    assert rig.headers.read([]) == {}
    assert rig.wire.sent == []


def test_an_answer_without_rows_is_not_taken_for_an_empty_one() -> None:
    rig = Rig()
    rig.tenant.add_fault("throttle_text", path="ShipmentLineSet")
    with pytest.raises(Retryable, match="NO_ROWS"):
        rig.headers.find([sought()])


def test_a_set_that_the_projection_does_not_have_is_the_connection_files_fault() -> None:
    rig = Rig(targets=[{"profile": "shipment_header", "line_set": "NoSuchSet"}])
    with pytest.raises(Permanent) as caught:
        rig.headers.find([sought()])
    assert caught.value.reason is Reason.IFS_CONFIGURATION
    assert "NoSuchSet" in str(caught.value)


@pytest.mark.parametrize(
    ("state", "date", "expected"),
    [
        pytest.param("Preliminary", None, (False, False), id="open"),
        pytest.param("Preliminary", "2026-03-05T00:00:00Z", (False, False), id="a date typed before delivery"),
        pytest.param("Completed", None, (False, False), id="completed, not delivered"),
        pytest.param("Completed", "2026-03-05T00:00:00Z", (True, False), id="delivered"),
        pytest.param("Closed", "2026-03-05T00:00:00Z", (True, False), id="delivered and closed"),
        pytest.param("Cancelled", None, (False, True), id="cancelled"),
    ],
)
def test_state_and_date_say_whether_ifs_has_delivered(
    state: str, date: str | None, expected: tuple[bool, bool]
) -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)], objstate=state, ActualShipDate=date, Contract="CHI")
    record = rig.read(number)
    assert (record.is_delivered, record.is_cancelled) == expected
    assert (record.values[FieldName.SHIP_DATE], record.site) == (date, "CHI")


def test_a_number_that_arrives_as_a_decimal_is_addressed_as_a_whole_one() -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    for name, row in (("ShipmentSet", (number,)), ("ShipmentLineSet", (number, 1))):
        rig.tenant.record(name, row).values["ShipmentId"] = float(number)
    (candidate,) = rig.headers.find([sought()])[order()]
    assert candidate.record.key == key(number)
