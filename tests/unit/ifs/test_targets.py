from __future__ import annotations

from typing import Any

import pytest

from functions.errors import OutcomeUnknown, Permanent, Retryable, Scope
from functions.model.outcomes import Reason
from functions.model.records import Candidate, Conflict, FieldName, Record, Written
from tests.equipment.builders import a_shipment
from tests.equipment.ifs.rows import EACH_A_ROW
from tests.equipment.tenant_fixture import Rig, key, order, sought

HEADER: dict[str, Any] = {"profile": "shipment_header"}
ORDER: dict[str, Any] = {
    "profile": "order_header",
    "tracking": {"attribute": "Cf_Tracking_No"},
    "carrier": {"attribute": "Cf_Carrier"},
    "ship_date": {"attribute": "Cf_Ship_Date", "type": "date"},
}
ENTITY: dict[str, Any] = {
    **EACH_A_ROW,
    "company_attribute": "Company",
    "tracking": {"attribute": "TrackingNo"},
    "ship_date": {"attribute": "ShipDate", "type": "date"},
    "status": {"attribute": "Status", "policy": "always"},
}
WRITES: dict[FieldName, str | None] = {FieldName.TRACKING: "1Z0001", FieldName.SHIP_DATE: "2026-03-05"}
LABEL = a_shipment(1)
ORDERS, ROWS = "CustomerOrderHandling/CustomerOrderSet", "ShipmentTrackingHandling/ShipmentTrackingSet"


def only(rig: Rig, *shipments: Any, reference: str = "P1001") -> Candidate:
    (candidate,) = rig.targets.find([sought(reference, *shipments)])[order(reference)]
    return candidate


def written(rig: Rig, record: Record, changes: dict[FieldName, str | None] | None = None) -> Record:
    answer = rig.targets.write(record, changes or WRITES)
    assert isinstance(answer, Written)
    assert answer.record is not None
    return answer.record


# --- the order itself


def test_an_orders_own_fields_are_found_and_written_in_two_requests() -> None:
    rig = Rig(targets=[ORDER])
    for number in ("P1001", "P2002"):
        rig.tenant.add_order(number)
    only(rig)
    before = len(rig.wire.seen("GET"))
    candidate = only(rig)
    after = written(rig, candidate.record)
    assert (candidate.record.company, candidate.record.site, candidate.orders) == ("10", "CHI", ("P1001",))
    assert rig.tenant.order("P1001")["Cf_Ship_Date"] == "2026-03-05"
    assert (after.key, after.values[FieldName.TRACKING]) == (key("P1001", ORDERS), "1Z0001")
    assert len(rig.wire.seen("GET")) - before == len(rig.wire.seen("PATCH")) == 1


@pytest.mark.parametrize("reference", ["O'Brien", "A&B=C#1", "50% +1/2", "Größe", "*", "0012"])
def test_an_order_is_addressed_by_its_number_whatever_it_holds(reference: str) -> None:
    rig = Rig(targets=[ORDER])
    rig.tenant.add_order(reference)
    rig.tenant.add_order("P1001")
    written(rig, only(rig, reference=reference).record)
    assert rig.tenant.order(reference)["Cf_Tracking_No"] == "1Z0001"
    assert rig.tenant.order("P1001")["Cf_Tracking_No"] is None


def test_a_colleagues_edit_of_the_order_is_a_conflict() -> None:
    rig = Rig(targets=[ORDER])
    rig.tenant.add_order("P1001")
    record = only(rig).record
    rig.sleep(1)
    rig.tenant.edit_order("P1001", NoteText="mine")
    assert isinstance(rig.targets.write(record, WRITES), Conflict)


@pytest.mark.parametrize(
    ("state", "is_delivered", "is_cancelled"),
    [
        ("Released", False, False),
        ("PartiallyDelivered", True, False),
        ("Invoiced", True, False),
        ("Cancelled", False, True),
    ],
)
def test_the_orders_state_says_whether_it_is_delivered_or_cancelled(
    state: str, *, is_delivered: bool, is_cancelled: bool
) -> None:
    rig = Rig(targets=[ORDER])
    rig.tenant.add_order("P1001", Objstate=state)
    record = only(rig).record
    assert (record.is_delivered, record.is_cancelled) == (is_delivered, is_cancelled)


# --- ways of finding


def test_a_purchase_order_finds_every_order_it_stands_for_and_no_cancelled_one() -> None:
    rig = Rig(targets=[{**ORDER, "find": ["customer_po"]}])
    for number, state in (("P1", "Released"), ("P2", "Released"), ("P3", "Cancelled")):
        rig.tenant.add_order(number, CustomerPoNo="PO 7", Objstate=state)
    found = rig.targets.find([sought("PO 7")])[order("PO 7")]
    assert {candidate.record.key for candidate in found} == {key("P1", ORDERS), key("P2", ORDERS)}


def test_a_custom_field_finds_the_shipments_of_the_order_through_its_lines() -> None:
    rig = Rig(targets=[{**HEADER, "find": ["custom_field"], "find_attribute": "Cf_Web_Order_No"}])
    rig.tenant.add_order("P1001", Cf_Web_Order_No="WEB-7")
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    candidate = only(rig, reference="WEB-7")
    assert (candidate.record.key, candidate.orders) == (key(number), ("P1001",))


def test_the_ways_of_finding_are_tried_in_their_order_and_only_for_what_is_left() -> None:
    rig = Rig(targets=[{**HEADER, "find": ["order_number", "customer_po"]}])
    rig.tenant.add_order("P2", CustomerPoNo="PO 7")
    numbers = [rig.tenant.add_shipment([(text, "BOLT", 2)]) for text in ("P1001", "P2")]
    found = rig.targets.find([sought(), sought("PO 7")])
    assert [c.record.key for own in found.values() for c in own] == [key(n) for n in numbers]
    rig.wire.sent.clear()
    rig.targets.find([sought()])
    assert [request.method for request in rig.wire.sent] == ["GET", "POST"]


def test_a_shipment_that_names_its_record_finds_it_without_the_orders_lines() -> None:
    rig = Rig(targets=[{**HEADER, "find": ["shipment_id"]}])
    number = rig.tenant.add_shipment([("P9", "BOLT", 2)])
    label = a_shipment(1, ifs_shipment=str(number))
    candidate = only(rig, label)
    assert (candidate.record.key, candidate.named_by, candidate.is_own) == (key(number), (label.key,), False)
    assert only(rig, a_shipment(1, ifs_shipment=f"00{number}")).record.key == candidate.record.key
    assert rig.targets.find([sought("P1001", a_shipment(1, ifs_shipment="no number"))]) == {}


def test_orders_of_another_kind_of_literal_are_not_asked_for() -> None:
    rig = Rig(
        targets=[{**HEADER, "find": ["custom_field"], "find_attribute": "Cf_Web_Order_No", "find_type": "number"}]
    )
    assert rig.targets.find([sought("WEB-7")]) == {}
    assert rig.wire.seen("GET") == []


# --- one row a shipment


def test_a_row_is_made_for_an_order_that_exists_and_found_again_by_its_id() -> None:
    rig = Rig(targets=[ENTITY])
    rig.tenant.add_order("P1001")
    candidate = only(rig, LABEL)
    assert (candidate.record.exists, candidate.named_by) == (False, (LABEL.key,))
    after = written(rig, candidate.record)
    again = only(rig, LABEL).record
    assert (again.exists, again.etag, again.values) == (True, after.etag, after.values)
    assert after.key == key("L1@P1001", ROWS)
    assert (again.key, again.earlier_key) == (after.key, "custom_entity/L1")
    (row,) = rig.tenant.trackings()
    assert (row["ShipstationId"], row["OrderNo"], row["Company"], row["TrackingNo"]) == ("L1", "P1001", "10", "1Z0001")
    assert rig.tenant.accidents == []


def test_no_row_is_made_for_an_order_that_ifs_does_not_have() -> None:
    rig = Rig(targets=[ENTITY])
    assert rig.targets.find([sought("P1001", LABEL)]) == {}


def test_a_row_is_changed_under_its_etag_by_its_own_key() -> None:
    rig = Rig(targets=[ENTITY])
    rig.tenant.add_order("P1001")
    record = written(rig, only(rig, LABEL).record)
    rig.sleep(1)
    written(rig, record, {FieldName.STATUS: "voided"})
    assert rig.tenant.trackings()[0]["Status"] == "voided"
    assert isinstance(rig.targets.write(record, {FieldName.STATUS: "shipped"}), Conflict)


def test_a_row_that_somebody_made_first_is_a_conflict_and_not_made_twice() -> None:
    rig = Rig(targets=[ENTITY])
    rig.tenant.add_order("P1001")
    missing = only(rig, LABEL).record
    written(rig, missing)
    assert isinstance(rig.targets.write(missing, WRITES), Conflict)
    assert len(rig.tenant.trackings()) == 1


@pytest.mark.parametrize("kind", ["lost", "late"], ids=["no answer", "504 after the commit"])
def test_a_row_whose_answer_was_lost_is_found_and_not_made_twice(kind: str) -> None:
    rig = Rig(targets=[ENTITY])
    rig.tenant.add_order("P1001")
    missing = only(rig, LABEL).record
    timeout = {"error": {"code": "ODP_OPERATION_TIMEOUT", "message": "-"}}
    rig.tenant.add_fault(kind, method="POST", path="TrackingSet", status=504, body=timeout)
    with pytest.raises(OutcomeUnknown):
        rig.targets.write(missing, WRITES)
    assert rig.targets.read([missing.key])[missing.key].values[FieldName.TRACKING] == "1Z0001"


def test_a_parcel_of_two_orders_has_a_row_for_each() -> None:
    rig = Rig(targets=[ENTITY])
    rig.tenant.switches.are_rows_unique = False
    for number in ("P1001", "P2002"):
        rig.tenant.add_order(number)
        written(rig, only(rig, LABEL, reference=number).record)
    assert [(row["ShipstationId"], row["OrderNo"]) for row in rig.tenant.trackings()] == [
        ("L1", "P1001"),
        ("L1", "P2002"),
    ]
    keys = [key("L1@P1001", ROWS), key("L1@P2002", ROWS)]
    assert list(rig.targets.read(keys)) == keys
    assert only(rig, LABEL, reference="P2002").record.key == keys[1]


def test_a_row_that_the_order_is_remembered_by_is_found_when_its_shipment_is_not_asked_for() -> None:
    rig = Rig(targets=[ENTITY])
    for number in ("P1001", "P2002"):
        rig.tenant.add_order(number)
    left = written(rig, only(rig, LABEL).record).key
    found = rig.targets.find([sought("P1001", a_shipment(2), remembered=(left,))])[order()]
    assert {candidate.record.key: (candidate.is_own, candidate.named_by) for candidate in found} == {
        left: (False, ()),
        key("L2@P1001", ROWS): (False, (a_shipment(2).key,)),
    }


def test_a_reference_that_stands_for_two_orders_makes_no_row() -> None:
    rig = Rig(targets=[{**ENTITY, "find": ["customer_po"]}])
    for number in ("P1", "P2"):
        rig.tenant.add_order(number, CustomerPoNo="PO 7")
    found = rig.targets.find([sought("PO 7", LABEL)])[order("PO 7")]
    assert [candidate.named_by for candidate in found] == [(LABEL.key,), (LABEL.key,)]


# --- several targets


def test_an_order_goes_to_the_first_target_that_has_a_record_and_stays_there() -> None:
    rig = Rig(targets=[HEADER, ORDER])
    rig.tenant.add_order("P1001")
    assert only(rig).record.key == key("P1001", ORDERS)
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    assert only(rig).record.key == key(number)
    (kept,) = rig.targets.find([sought("P1001", remembered=(key("P1001", ORDERS),))])[order()]
    assert kept.record.key == key("P1001", ORDERS)


def test_records_of_all_targets_are_read_and_written_through_their_own() -> None:
    rig = Rig(targets=[HEADER, ORDER])
    rig.tenant.add_order("P1001")
    keys = [key(rig.tenant.add_shipment([("P2", "BOLT", 2)])), key("P1001", ORDERS)]
    for record in rig.targets.read(keys).values():
        written(rig, record, {FieldName.TRACKING: "1Z0001"})
    assert {record.values[FieldName.TRACKING] for record in rig.targets.read(keys).values()} == {"1Z0001"}


@pytest.mark.parametrize("target", [HEADER, ORDER, ENTITY], ids=lambda target: str(target["profile"]))
def test_a_record_is_read_again_by_its_key_with_the_tag_that_a_write_checks(target: dict[str, Any]) -> None:
    rig = Rig(targets=[target])
    rig.tenant.add_order("P1001")
    rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    record = only(rig, LABEL).record
    record = record if record.exists else written(rig, record)
    rig.sleep(1)
    newer = written(rig, record, {FieldName.TRACKING: "1Z0002"})
    rig.wire.sent.clear()
    again = rig.targets.reread(record)
    assert again is not None
    assert (again.key, again.etag, again.values) == (record.key, newer.etag, newer.values)
    assert ["$filter" in str(request.url) for request in rig.wire.seen("GET")] == [False]


def test_a_record_that_is_gone_cannot_be_read_again() -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    record = only(rig).record
    del rig.tenant.sets["ShipmentSet"][(number,)]
    assert rig.targets.reread(record) is None


def test_a_row_that_was_not_there_is_looked_for_by_its_shipment() -> None:
    rig = Rig(targets=[ENTITY])
    rig.tenant.add_order("P1001")
    missing = only(rig, LABEL).record
    assert rig.targets.reread(missing) is None
    made = written(rig, missing)
    again = rig.targets.reread(missing)
    assert again is not None
    assert (again.key, again.address, again.etag) == (made.key, made.address, made.etag)


def test_a_value_longer_than_its_attribute_is_never_sent() -> None:
    rig = Rig(targets=[ORDER])
    rig.tenant.add_order("P1001")
    with pytest.raises(Permanent) as caught:
        rig.targets.write(only(rig).record, {FieldName.CARRIER: "X" * 21})
    assert (caught.value.reason, rig.wire.seen("PATCH")) == (Reason.IFS_CONFIGURATION, [])


# --- lists that are cut


@pytest.mark.parametrize("absolute", [False, True], ids=["relative link", "absolute link"])
def test_a_list_that_the_server_cuts_is_followed_to_its_end_on_our_own_host(*, absolute: bool) -> None:
    rig = Rig()
    rig.tenant.switches.is_linking = True
    rig.tenant.switches.is_link_absolute = absolute
    rig.tenant.switches.largest_page = 7
    rig.tenant.add_shipment([("P1001", f"PART{n}", 1) for n in range(30)])
    assert len(only(rig).lines) == 30
    assert {str(request.url).split("/main/")[0] for request in rig.wire.seen("GET")} == {"https://ifs.example.com"}


def test_a_page_that_the_server_cuts_short_without_a_link_is_not_the_end() -> None:
    """The line that makes the record another order's too is the 101st."""
    rig = Rig()
    rig.tenant.switches.largest_page = 100
    rig.tenant.add_shipment([*(("P1001", f"PART{n}", 1) for n in range(100)), ("P2002", "NUT", 1)])
    assert only(rig).carries_others


def test_a_warning_is_confirmed_once_where_the_file_says_so() -> None:
    for accepts in (False, True):
        rig = Rig(accept_warnings=accepts)
        number = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
        rig.tenant.switches.warns_on = {"ProNo"}
        record = rig.targets.read([key(number)])[key(number)]
        if accepts:
            written(rig, record, {FieldName.TRACKING: "1Z0001"})
        else:
            with pytest.raises(Permanent):
                rig.targets.write(record, {FieldName.TRACKING: "1Z0001"})


# --- rows that nobody can read


@pytest.mark.parametrize("number", ["abc", "", True, {"odd": 1}, [1]])
def test_a_line_whose_shipment_is_no_number_is_a_fault_of_what_was_asked_for(number: object) -> None:
    rig = Rig()
    shipment = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    rig.tenant.record("ShipmentLineSet", (shipment, 1)).values["ShipmentId"] = number
    with pytest.raises(Retryable) as caught:
        rig.targets.find([sought()])
    assert (caught.value.reason, caught.value.scope) == (Reason.IFS_UNAVAILABLE, Scope.UNCLEAR)
    assert "UNREADABLE_ROW" in caught.value.code


@pytest.mark.parametrize("state", [{"odd": 1}, ["Closed"]])
def test_a_record_that_cannot_be_read_is_a_fault_of_that_record(state: object) -> None:
    rig = Rig()
    shipment = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    record = only(rig).record
    rig.tenant.record("ShipmentSet", (shipment,)).values["Objstate"] = state
    for ask in (lambda: rig.targets.read([record.key]), lambda: rig.targets.reread(record)):
        with pytest.raises(Retryable) as caught:
            ask()
        assert (caught.value.reason, caught.value.scope) == (Reason.IFS_UNAVAILABLE, Scope.UNCLEAR)
