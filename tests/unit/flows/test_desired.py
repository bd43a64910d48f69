from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget, ShipmentHeader, TrackingRule
from functions.flows.to_ifs.desired import DesiredValue, contribution, desired, joined, normalised
from functions.model.outcomes import Reason
from functions.model.record_memory import Contribution
from functions.model.records import FieldName
from tests.equipment.builders import NOON, a_connection, a_record, a_shipment, voided


def a_target(**fields: Any) -> AnyTarget:
    return ShipmentHeader.model_validate({"profile": "shipment_header", **fields})


def placed(number: int = 1, **overrides: Any) -> Contribution:
    values: dict[str, Any] = {
        "shipment": a_shipment(number).key,
        "created_at": NOON + timedelta(minutes=number),
        "tracking": f"1Z{number:04}",
        "carrier": "UPS",
        "service": "GND",
        "day": "2026-03-05",
    }
    return Contribution.model_validate({**values, **overrides})


EVERY = a_target(
    service={"policy": "always"},
    status={"policy": "always"},
    cost={"attribute": "Cf_Ship_Cost"},
    currency={"attribute": "Cf_Ship_Currency", "code": "USD"},
    tracking_status={"attribute": "Cf_Tracking_Status"},
    delivered_at={"attribute": "Cf_Delivered_At"},
)


def value_of(name: FieldName, *shipments: Contribution, target: AnyTarget = EVERY) -> DesiredValue:
    return desired(shipments, target, exists=True)[name]


def told(name: FieldName, *shipments: Contribution) -> tuple[str | None, Reason | None]:
    found = value_of(name, *shipments)
    return found.value, found.reason


# --- tracking


@pytest.mark.parametrize(
    ("numbers", "rule", "expected"),
    [
        pytest.param(["A", "B"], {}, ("A, B", None), id="joined, oldest first"),
        pytest.param(["A", "A"], {}, ("A", None), id="each once"),
        pytest.param([], {}, (None, None), id="none"),
        pytest.param(["A", "B"], {"parcels": "first"}, ("A", Reason.TRACKING_DID_NOT_FIT), id="the first only"),
        pytest.param(["A"], {"parcels": "first"}, ("A", None), id="the first and only"),
        pytest.param(["AAA", "BBB"], {"max_length": 8}, ("AAA, BBB", None), id="fits to the last byte"),
        pytest.param(["AAA", "BBB"], {"max_length": 7}, ("AAA", Reason.TRACKING_DID_NOT_FIT), id="a byte too long"),
        pytest.param(["AAAA", "B"], {"max_length": 3}, ("B", Reason.TRACKING_DID_NOT_FIT), id="a shorter one fits"),
        pytest.param(["üü"], {"max_length": 3}, (None, Reason.TRACKING_DID_NOT_FIT), id="bytes, not characters"),
        pytest.param(["A", "B"], {"separator": ";"}, ("A;B", None), id="another separator"),
        pytest.param(
            ["A", "B"], {"separator": "  /  ", "max_length": 6}, ("A", Reason.TRACKING_DID_NOT_FIT), id="a long one"
        ),
    ],
)
def test_as_many_numbers_as_fit_are_joined(
    numbers: list[str], rule: dict[str, Any], expected: tuple[str | None, Reason | None]
) -> None:
    assert joined(numbers, TrackingRule.model_validate(rule)) == expected


def test_a_parcel_that_is_voided_or_has_no_number_gives_none() -> None:
    shipments = [placed(1, voided_at=NOON), placed(2), placed(3, tracking=None)]
    assert value_of(FieldName.TRACKING, *shipments) == DesiredValue("1Z0002", None, ("1Z0002",))


# --- forwarder and service


@pytest.mark.parametrize("name", [FieldName.CARRIER, FieldName.SERVICE])
def test_the_first_live_parcel_says_which_and_a_gap_in_the_map_is_told(name: FieldName) -> None:
    reason = {FieldName.CARRIER: Reason.CARRIER_UNMAPPED, FieldName.SERVICE: Reason.SERVICE_UNMAPPED}[name]
    one, two, none = placed(1, **{name: "ONE"}), placed(2, **{name: "TWO"}), placed(3, **{name: None})
    assert told(name, one, two) == ("ONE", None)
    assert told(name, two, one) == ("TWO", None)
    assert told(name, none, two) == ("TWO", reason)
    assert told(name, one, none) == ("ONE", None)
    assert told(name, none) == (None, reason)
    assert told(name, one.model_copy(update={"voided_at": NOON}), two) == ("TWO", None)
    assert told(name, one.model_copy(update={"voided_at": NOON})) == (None, None)


# --- the day


def test_the_earliest_day_of_a_live_parcel_counts() -> None:
    shipments = [placed(1, day="2026-03-06"), placed(2, day="2026-03-04"), placed(3, day="2026-03-03", voided_at=NOON)]
    assert value_of(FieldName.SHIP_DATE, *shipments).value == "2026-03-04T00:00:00Z"
    dated = a_target(ship_date={"type": "date"})
    assert value_of(FieldName.SHIP_DATE, *shipments, target=dated).value == "2026-03-04"
    assert value_of(FieldName.SHIP_DATE, placed(1, day=None)).value is None


ZONES = {"time_zone": "America/Chicago", "site_time_zones": {"SYD": "Australia/Sydney"}}


@pytest.mark.parametrize(
    ("created", "site", "expected"),
    [
        ("2026-03-05T05:59:59+00:00", "CHI", "2026-03-04"),
        ("2026-03-05T06:00:00+00:00", "CHI", "2026-03-05"),
        ("2026-03-05T12:59:59+00:00", "SYD", "2026-03-05"),
        ("2026-03-05T13:00:00+00:00", "SYD", "2026-03-06"),
    ],
)
def test_a_labels_instant_becomes_the_day_of_its_site(created: str, site: str, expected: str) -> None:
    connection = a_connection(ifs={**a_connection().ifs.model_dump(), **ZONES})
    shipment = a_shipment(created_at=datetime.fromisoformat(created), ship_date=date(2026, 1, 1))
    target = a_target(ship_date={"source": "label"})
    assert contribution(shipment, a_record(site=site), connection, target).day == expected


def test_the_named_day_is_the_day_whatever_the_zone() -> None:
    connection = a_connection(ifs={**a_connection().ifs.model_dump(), **ZONES})
    assert contribution(a_shipment(), a_record(site="SYD"), connection, a_target()).day == "2026-03-05"
    assert contribution(a_shipment(ship_date=None), a_record(), connection, a_target()).day is None


# --- the status, and rows


def test_the_status_says_whether_a_label_stands() -> None:
    assert value_of(FieldName.STATUS, placed(1, voided_at=NOON), placed(2)).value == "shipped"
    assert value_of(FieldName.STATUS, placed(1, voided_at=NOON)).value == "voided"


def test_no_row_is_wanted_for_labels_that_were_all_taken_back() -> None:
    gone = [placed(1, voided_at=NOON)]
    assert desired(gone, EVERY, exists=False) == {}
    assert set(desired(gone, EVERY, exists=True)) == set(FieldName)
    assert set(desired([placed()], EVERY, exists=False)) == set(FieldName)


def test_only_configured_fields_are_wanted() -> None:
    target = a_target(carrier={"policy": "never"})
    assert set(desired([placed()], target, exists=True)) == {FieldName.TRACKING, FieldName.SHIP_DATE}


# --- how an order's store maps its shipment


def test_a_shipment_is_mapped_by_its_own_store_and_keeps_no_more_than_that() -> None:
    connection: Connection = a_connection(services={"ups/ups_ground": "GND"})
    shipment = voided(a_shipment(store_id=7, service_code="ups_ground", tracking_number=""))
    found = contribution(shipment, a_record(), connection, EVERY)
    assert found == Contribution(
        shipment=shipment.key,
        store_id=7,
        created_at=shipment.created_at,
        voided_at=shipment.voided_at,
        tracking=None,
        carrier="UPS",
        service="GND",
        day="2026-03-05",
    )


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("1z 0001", " 1Z  0001 ", True),
        (None, "", True),
        ("1Z0001", "1Z0002", False),
        ("Straße", "STRASSE", True),
        ("1Z,2Z", "1Z, 2Z", False),
    ],
)
def test_case_and_spaces_make_no_value_another_one(one: str | None, other: str | None, *, is_same: bool) -> None:
    assert (normalised(one) == normalised(other)) is is_same
