"""What a target's fields become, and whose records are none of ours."""

from __future__ import annotations

from typing import Any

import pytest

from functions.flows.to_ifs.deliver import deliver
from functions.model.outcomes import Outcome, Reason
from functions.model.records import FieldName, Place
from tests.equipment.builders import a_candidate, a_connection, a_key, a_record, a_shipment, voided, work
from tests.equipment.delivery_fakes import FakeIfs, World

ORDER = a_key("P1001", Place("ifs.example.com/CustomerOrderHandling/CustomerOrderSet"))


def a_world(record: Any = None, *, targets: Any = None, **ifs: Any) -> World:
    values = {**a_connection().ifs.model_dump(), **ifs}
    if targets is not None:
        values["targets"] = targets
    connection = a_connection(ifs=values, services={"ups/ups_ground": "GND"})
    return World(FakeIfs(a_candidate(record or a_record())), connection)


def order_header(**fields: Any) -> list[dict[str, Any]]:
    return [{"profile": "order_header", "tracking": {"attribute": "Cf_Tracking_No"}, **fields}]


@pytest.mark.parametrize(
    ("record", "ifs", "reason"),
    [
        (a_record(site="SF"), {"sites": ["CHI"]}, Reason.WRONG_COMPANY),
        (a_record(site="CHI"), {"sites": ["CHI"]}, None),
        (a_record(site="SF"), {}, None),
        (a_record(company="20"), {}, Reason.WRONG_COMPANY),
        (a_record(company="10"), {}, None),
    ],
    ids=["another site", "our site", "no sites named", "another company", "our company"],
)
def test_a_record_of_another_company_or_site_is_parked_and_not_written(
    record: Any, ifs: dict[str, Any], reason: Reason | None
) -> None:
    world = a_world(record, **ifs)
    deliver([work(a_shipment())], world.delivery)
    assert world.state().attention is reason
    assert bool(world.ifs.writes) is (reason is None)


def test_an_order_header_takes_tracking_and_date_in_one_write_without_waiting_for_a_delivery() -> None:
    fields = {"ship_date": {"attribute": "Cf_Ship_Date", "type": "date"}}
    world = a_world(a_record(ORDER), targets=order_header(**fields))
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.writes == [(ORDER.id, {FieldName.TRACKING: "1Z0001", FieldName.SHIP_DATE: "2026-03-05"})]


def test_a_mapped_service_is_written_and_an_unmapped_one_is_left_alone_and_told() -> None:
    targets = [{"profile": "shipment_header", "service": {"policy": "always"}}]
    world = a_world(targets=targets)
    deliver([work(a_shipment(service_code="ups_ground"))], world.delivery)
    assert world.ifs.record().values[FieldName.SERVICE] == "GND"
    other = a_world(targets=targets)
    deliver([work(a_shipment(service_code="ups_2nd_day"))], other.delivery)
    assert other.ifs.record().values[FieldName.SERVICE] is None
    assert other.state().attention is Reason.SERVICE_UNMAPPED


def test_the_status_follows_the_last_label() -> None:
    targets = order_header(status={"attribute": "Cf_Status", "policy": "always"})
    world = a_world(a_record(ORDER), targets=targets)
    for shipment, status in ((a_shipment(), "shipped"), (voided(a_shipment()), "voided"), (a_shipment(2), "shipped")):
        deliver([work(shipment)], world.delivery)
        assert world.ifs.values(ORDER.id)[FieldName.STATUS] == status


def test_a_status_that_a_person_set_is_kept() -> None:
    targets = order_header(status={"attribute": "Cf_Status", "policy": "if_empty_or_ours"})
    world = a_world(a_record(ORDER, status="ON HOLD"), targets=targets)
    deliver([work(a_shipment())], world.delivery)
    assert world.ifs.values(ORDER.id)[FieldName.STATUS] == "ON HOLD"
    assert world.on(ORDER.id).fields["status"].outcome is Outcome.KEPT


def test_the_choices_of_an_ambiguous_shipment_are_remembered_and_gone_once_it_is_placed() -> None:
    world = a_world(a_record("42"))
    twin = a_candidate(a_record("43"))
    world.ifs.candidates[twin.record.key] = twin
    deliver([work(a_shipment())], world.delivery)
    assert world.state().shipments[a_shipment().key].choices == ("42", "43")
    del world.ifs.candidates[twin.record.key]
    deliver([work(a_shipment(items=()))], world.delivery)
    assert world.state().shipments[a_shipment().key].choices == ()
