from __future__ import annotations

from collections.abc import Mapping

import pytest

from functions.errors import OutcomeUnknown, Permanent, Scope
from functions.model.outcomes import Reason
from functions.model.records import Conflict, FieldName, Record, Written
from tests.equipment.tenant_fixture import Rig

FIELDS = {FieldName.TRACKING: "1Z0001", FieldName.CARRIER: "UPS", FieldName.SHIP_DATE: "2026-03-05T00:00:00Z"}


def write(rig: Rig, record: Record, changes: Mapping[FieldName, str | None]) -> Written:
    """Taken a second later, so that the ETag moves on."""
    rig.sleep(1)
    answer = rig.headers.write(record, changes)
    assert isinstance(answer, Written)
    return answer


def test_what_is_written_is_stored_and_shown_with_its_new_etag() -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    before = rig.read(number)
    after = write(rig, before, FIELDS).record
    assert after == rig.read(number)
    assert after.values == FIELDS
    assert after.etag != before.etag


def test_only_the_named_fields_are_sent_and_none_clears() -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)], ProNo="1Z0001", ForwardAgentId="DHL")
    write(rig, rig.read(number), {FieldName.TRACKING: None})
    assert rig.wire.seen("PATCH")[0].body == b'{"ProNo": null}'
    assert rig.tenant.shipment(number)["ProNo"] is None


@pytest.mark.parametrize("value", ["x" * 51, "ü" * 26], ids=["characters", "bytes"])
def test_a_value_too_long_for_its_attribute_never_leaves(value: str) -> None:
    rig = Rig()
    record = rig.read(rig.tenant.add_shipment([("P1001", "BOLT", 2)]))
    with pytest.raises(Permanent, match="tracking is longer") as caught:
        rig.headers.write(record, {FieldName.TRACKING: value})
    assert value not in str(caught.value)
    assert rig.wire.seen("PATCH") == []


def test_an_attribute_that_ifs_ignores_shows_in_what_it_says_it_holds() -> None:
    rig = Rig()
    rig.tenant.switches.silently_ignored = {"ForwardAgentId"}
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)], ForwardAgentId="DHL")
    record = write(rig, rig.read(number), {FieldName.TRACKING: "1Z0001", FieldName.CARRIER: "UPS"}).record
    assert record is not None
    assert (record.values[FieldName.TRACKING], record.values[FieldName.CARRIER]) == ("1Z0001", "DHL")


@pytest.mark.parametrize(
    "body", [[], "x", [{"ProNo": "1Z0001"}], {"message": "request received"}, {"error": "upstream"}]
)
def test_json_that_is_no_record_does_not_say_that_anything_was_written(body: object) -> None:
    rig = Rig()
    record = rig.read(rig.tenant.add_shipment([("P1001", "BOLT", 2)]))
    rig.tenant.add_fault("status", method="PATCH", status=200, body=body)
    with pytest.raises(OutcomeUnknown) as caught:
        rig.headers.write(record, {FieldName.TRACKING: "1Z0001"})
    assert (caught.value.reason, caught.value.scope) == (Reason.IFS_UNAVAILABLE, Scope.TENANT)


def test_an_answer_without_content_shows_nothing_and_stores_all_the_same() -> None:
    rig = Rig()
    rig.tenant.switches.is_return_minimal = True
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    assert write(rig, rig.read(number), FIELDS) == Written(http_status=204, record=None)
    assert rig.read(number).values == FIELDS


def test_a_record_somebody_else_saved_is_a_conflict() -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    record = rig.read(number)
    rig.sleep(1)
    rig.tenant.edit(number, NoteText="call first")
    assert rig.headers.write(record, FIELDS) == Conflict(http_status=412)
    assert rig.tenant.shipment(number)["ProNo"] is None


def test_a_record_read_without_an_etag_is_not_written() -> None:
    rig = Rig()
    record = rig.read(rig.tenant.add_shipment([("P1001", "BOLT", 2)]))
    with pytest.raises(Permanent, match="ETag"):
        rig.headers.write(record.model_copy(update={"etag": ""}), FIELDS)
    assert rig.wire.seen("PATCH") == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_cancelled_shipment_refuses_in_any_language(language: str) -> None:
    rig = Rig()
    rig.tenant.switches.language = language
    record = rig.read(rig.tenant.add_shipment([("P1001", "BOLT", 2)], objstate="Cancelled"))
    with pytest.raises(Permanent, match=r"Shipment\.CANCELEDNOUPD") as caught:
        rig.headers.write(record, FIELDS)
    assert caught.value.reason is Reason.REFUSED_BY_IFS


def test_a_field_that_is_never_written_is_not_even_read() -> None:
    rig = Rig(targets=[{"profile": "shipment_header", "carrier": {"policy": "never"}}])
    record = rig.read(rig.tenant.add_shipment([("P1001", "BOLT", 2)], ForwardAgentId="DHL"))
    assert set(record.values) == {FieldName.TRACKING, FieldName.SHIP_DATE}
    assert "ForwardAgentId" not in str(rig.wire.seen("GET")[0].url)


def test_an_action_is_called_under_the_etag_and_refused_in_another_state() -> None:
    rig = Rig()
    number = rig.tenant.add_shipment([("P1001", "BOLT", 2)])
    record = rig.read(number)
    assert record.state == "Preliminary"
    rig.sleep(1)
    assert isinstance(rig.targets.act(record, COMPLETE), Written)
    assert rig.tenant.shipment(number)["Objstate"] == "Completed"
    assert isinstance(rig.targets.act(record, COMPLETE), Conflict)
    with pytest.raises(Permanent) as caught:
        rig.targets.act(rig.read(number), COMPLETE)
    assert caught.value.reason is Reason.REFUSED_BY_IFS


COMPLETE = "IfsApp.ShipmentHandling.Shipment_Complete"
