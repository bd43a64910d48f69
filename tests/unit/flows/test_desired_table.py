"""What a record should hold for the parcels that are placed on it: each row is one case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.connections.targets import (
    CostRule,
    CurrencyRule,
    DeliveredAtRule,
    ServiceRule,
    ShipDateRule,
    ShipmentHeader,
    StatusRule,
    TrackingRule,
    TrackingStatusRule,
)
from functions.flows.to_ifs.desired import DesiredValue, contribution, desired, joined, normalised
from functions.model.outcomes import Reason
from functions.model.record_memory import Contribution
from functions.model.records import FieldName
from functions.model.shipment import ShipmentKey
from tests.equipment.builders import NOON, a_connection, a_record, a_shipment, voided

LONG = Reason.TRACKING_DID_NOT_FIT
NO_CARRIER, NO_SERVICE = Reason.CARRIER_UNMAPPED, Reason.SERVICE_UNMAPPED
COST = CostRule(attribute="Cf_Ship_Cost")
EVERY = ShipmentHeader(
    service=ServiceRule(policy="always"),
    status=StatusRule(policy="always"),
    cost=COST,
    currency=CurrencyRule(attribute="Cf_Ship_Currency", code="USD"),
    tracking_status=TrackingStatusRule(attribute="Cf_Tracking_Status"),
    delivered_at=DeliveredAtRule(attribute="Cf_Delivered_At"),
)


def parcel(number: int, tracking: str | None = "", *, is_voided: bool = False, **more: Any) -> Contribution:
    """The nth label; its number is 1Z000n unless said otherwise."""
    values = {"carrier": "UPS", "service": "GND", "day": "2026-03-05", **more}
    return Contribution(
        shipment=ShipmentKey(f"L{number}"),
        created_at=NOON + timedelta(minutes=number),
        voided_at=NOON if is_voided else None,
        tracking=f"1Z000{number}" if tracking == "" else tracking,
        **values,
    )


def wanted(name: FieldName, *parcels: Contribution, target: ShipmentHeader = EVERY) -> DesiredValue:
    return desired(parcels, target, exists=True)[name]


# --- tracking numbers


@pytest.mark.parametrize(
    ("parcels", "rule", "value", "reason"),
    [
        pytest.param([parcel(1)], {}, "1Z0001", None, id="one"),
        pytest.param([parcel(1), parcel(2)], {}, "1Z0001, 1Z0002", None, id="two, joined"),
        pytest.param([parcel(1), parcel(2), parcel(3)], {}, "1Z0001, 1Z0002, 1Z0003", None, id="three"),
        pytest.param([parcel(1), parcel(2)], {"separator": "/"}, "1Z0001/1Z0002", None, id="another separator"),
        pytest.param([parcel(1), parcel(2)], {"separator": " | "}, "1Z0001 | 1Z0002", None, id="a long separator"),
        pytest.param([parcel(1), parcel(2)], {"parcels": "first"}, "1Z0001", LONG, id="first: the other is told"),
        pytest.param([parcel(1)], {"parcels": "first"}, "1Z0001", None, id="first: there is no other"),
        pytest.param([parcel(1), parcel(2, "1Z0001")], {"parcels": "first"}, "1Z0001", None, id="first: one number"),
        pytest.param([parcel(1), parcel(2, "1Z0001")], {}, "1Z0001", None, id="one number twice"),
        pytest.param([parcel(1), parcel(2, " 1z0001")], {}, "1Z0001", None, id="one number in another case"),
        pytest.param(
            [parcel(1), parcel(2), parcel(3, "1Z0001")], {}, "1Z0001, 1Z0002", None, id="one number twice, apart"
        ),
        pytest.param([parcel(1), parcel(2)], {"max_length": 14}, "1Z0001, 1Z0002", None, id="just fits"),
        pytest.param([parcel(1), parcel(2)], {"max_length": 13}, "1Z0001", LONG, id="a byte too long"),
        pytest.param([parcel(1)], {"max_length": 5}, None, LONG, id="not even one fits"),
        pytest.param([parcel(1, "Ä" * 7)], {"max_length": 14}, "Ä" * 7, None, id="bytes: just fits"),
        pytest.param([parcel(1, "Ä" * 7)], {"max_length": 13}, None, LONG, id="bytes, not characters"),
        pytest.param(
            [parcel(1), parcel(2)], {"separator": "·", "max_length": 13}, "1Z0001", LONG, id="a separator of two bytes"
        ),
        pytest.param(
            [parcel(1), parcel(2, "X" * 20), parcel(3)], {"max_length": 16}, "1Z0001, 1Z0003", LONG, id="as many as fit"
        ),
        pytest.param([parcel(1, is_voided=True), parcel(2)], {}, "1Z0002", None, id="the first is voided"),
        pytest.param([parcel(1), parcel(2, is_voided=True)], {}, "1Z0001", None, id="the second is voided"),
        pytest.param([parcel(1, is_voided=True)], {}, None, None, id="all are voided"),
        pytest.param([], {}, None, None, id="all have left"),
        pytest.param([parcel(1, None)], {}, None, None, id="a label without a number"),
        pytest.param([parcel(1, None), parcel(2)], {}, "1Z0002", None, id="the first without a number"),
        pytest.param([parcel(1, None), parcel(2)], {"parcels": "first"}, "1Z0002", None, id="first that has one"),
    ],
)
def test_tracking_numbers(
    parcels: list[Contribution], rule: dict[str, Any], value: str | None, reason: Reason | None
) -> None:
    target = ShipmentHeader(tracking=TrackingRule.model_validate(rule))
    found = wanted(FieldName.TRACKING, *parcels, target=target)
    assert (found.value, found.reason) == (value, reason)


def test_every_number_of_a_live_label_may_be_appended_also_what_does_not_fit() -> None:
    target = ShipmentHeader(tracking=TrackingRule(max_length=6))
    parcels = (parcel(1), parcel(2, is_voided=True), parcel(3), parcel(4, None))
    assert wanted(FieldName.TRACKING, *parcels, target=target).numbers == ("1Z0001", "1Z0003")


def test_as_many_as_fit_count_what_stands_before_them() -> None:
    assert joined(["AAAA", "BBBB", "CC"], TrackingRule(separator="/", max_length=9)) == ("AAAA/BBBB", LONG)
    assert joined(["AAAA", "BBBB", "CC"], TrackingRule(separator="/", max_length=8)) == ("AAAA/CC", LONG)
    assert joined([], TrackingRule()) == (None, None)


# --- carrier and service, both mapped by the order


@pytest.mark.parametrize(
    ("mapped", "value", "is_told"),
    [
        pytest.param(["UPS"], "UPS", False, id="one"),
        pytest.param(["UPS", "FEDEX"], "UPS", False, id="the first parcel's"),
        pytest.param(["UPS", "FEDEX", "DHL"], "UPS", False, id="the first of three"),
        pytest.param(["UPS", "UPS"], "UPS", False, id="both alike"),
        pytest.param([None], None, True, id="unmapped"),
        pytest.param([None, None], None, True, id="both unmapped"),
        pytest.param([None, "FEDEX"], "FEDEX", True, id="the first unmapped"),
        pytest.param([None, None, "DHL"], "DHL", True, id="two unmapped"),
        pytest.param(["UPS", None], "UPS", False, id="the second unmapped"),
        pytest.param([], None, False, id="no live label"),
    ],
)
def test_carrier_and_service(*, mapped: list[str | None], value: str | None, is_told: bool) -> None:
    for name, attribute, gap in (
        (FieldName.CARRIER, "carrier", NO_CARRIER),
        (FieldName.SERVICE, "service", NO_SERVICE),
    ):
        parcels = [parcel(number).model_copy(update={attribute: code}) for number, code in enumerate(mapped)]
        assert wanted(name, *parcels) == DesiredValue(value, gap if is_told else None)
        taken_back = parcel(0, is_voided=True, carrier="DHL", service="AIR")
        assert wanted(name, taken_back, *parcels) == DesiredValue(value, gap if is_told else None)


# --- the ship date


@pytest.mark.parametrize(
    ("days", "type_", "value"),
    [
        pytest.param(["2026-03-05"], "timestamp", "2026-03-05T00:00:00Z", id="midnight of the day"),
        pytest.param(["2026-03-05"], "date", "2026-03-05", id="a date"),
        pytest.param(["2026-03-05", "2026-03-06"], "date", "2026-03-05", id="the earliest, first"),
        pytest.param(["2026-03-06", "2026-03-05"], "date", "2026-03-05", id="the earliest, last"),
        pytest.param(["2026-03-06", "2026-03-04", "2026-03-05"], "date", "2026-03-04", id="the earliest, between"),
        pytest.param(["2026-01-01", "2025-12-31"], "timestamp", "2025-12-31T00:00:00Z", id="over the new year"),
        pytest.param([None, "2026-03-05"], "date", "2026-03-05", id="one without a day"),
        pytest.param([None], "timestamp", None, id="none has a day"),
        pytest.param([], "timestamp", None, id="no live label"),
    ],
)
def test_the_ship_date_is_the_earliest_parcels(days: list[str | None], type_: str, value: str | None) -> None:
    target = ShipmentHeader(ship_date=ShipDateRule.model_validate({"type": type_}))
    parcels = [parcel(number, day=day) for number, day in enumerate(days)]
    taken_back = parcel(9, is_voided=True, day="2025-01-01")
    assert wanted(FieldName.SHIP_DATE, *parcels, taken_back, target=target) == DesiredValue(value)


@pytest.mark.parametrize(
    ("created_at", "site", "day"),
    [
        pytest.param("2026-03-06T03:00:00+00:00", "", "2026-03-05", id="evening in the tenant's zone"),
        pytest.param("2026-03-06T05:59:59+00:00", "", "2026-03-05", id="a second before midnight in winter"),
        pytest.param("2026-03-06T06:00:00+00:00", "", "2026-03-06", id="midnight in winter"),
        pytest.param("2026-07-06T05:00:00+00:00", "", "2026-07-06", id="midnight in summer"),
        pytest.param("2026-03-06T03:00:00+00:00", "CHI", "2026-03-05", id="a site without a zone"),
        pytest.param("2026-03-05T15:00:00+00:00", "TYO", "2026-03-06", id="a site east of Greenwich"),
        pytest.param("2026-03-05T14:59:59+00:00", "TYO", "2026-03-05", id="a second before its midnight"),
        pytest.param("2026-03-05T23:00:00-06:00", "TYO", "2026-03-06", id="an instant with an offset"),
    ],
)
def test_a_labels_day_is_told_in_the_zone_of_the_records_site(created_at: str, site: str, day: str) -> None:
    target = ShipmentHeader(ship_date=ShipDateRule(source="label"))
    shipment = a_shipment(created_at=datetime.fromisoformat(created_at), ship_date=date(2026, 1, 1))
    assert contribution(shipment, a_record(site=site), zoned(), target).day == day


def zoned() -> Connection:
    connection = a_connection()
    zones = {"time_zone": "America/Chicago", "site_time_zones": {"TYO": "Asia/Tokyo"}}
    return a_connection(ifs={**connection.ifs.model_dump(), **zones})


def test_shipstations_own_day_knows_no_zone() -> None:
    shipment = a_shipment(created_at=datetime(2026, 3, 6, 3, tzinfo=UTC), ship_date=date(2026, 3, 7))
    assert contribution(shipment, a_record(site="TYO"), zoned(), ShipmentHeader()).day == "2026-03-07"
    assert contribution(a_shipment(ship_date=None), a_record(), zoned(), ShipmentHeader()).day is None


# --- the status, and what is contributed


@pytest.mark.parametrize(
    ("parcels", "value"),
    [
        pytest.param([parcel(1)], "shipped", id="a live label"),
        pytest.param([parcel(1, is_voided=True), parcel(2)], "shipped", id="one of two is live"),
        pytest.param([parcel(1, None)], "shipped", id="a label without a number"),
        pytest.param([parcel(1, is_voided=True)], "voided", id="the only one is voided"),
        pytest.param([parcel(1, is_voided=True), parcel(2, is_voided=True)], "voided", id="both are voided"),
    ],
)
def test_the_status_says_whether_a_label_stands(parcels: list[Contribution], value: str) -> None:
    assert wanted(FieldName.STATUS, *parcels) == DesiredValue(value)
    texts = EVERY.model_copy(update={"status": StatusRule(policy="always", shipped="GONE", voided="BACK")})
    said = {"shipped": "GONE", "voided": "BACK"}[value]
    assert wanted(FieldName.STATUS, *parcels, target=texts) == DesiredValue(said)


# --- what the labels cost

SOME_UNKNOWN = Reason.COST_UNKNOWN
BY_HAND = {"shipment": ShipmentKey("F9")}


@pytest.mark.parametrize(
    ("parcels", "rule", "value", "reason"),
    [
        pytest.param([parcel(1, cost="7.55")], {}, "7.55", None, id="one"),
        pytest.param([parcel(1, cost="7.50")], {}, "7.5", None, id="a number has one spelling"),
        pytest.param([parcel(1, cost="7.50")], {"type": "text"}, "7.50", None, id="a text shows its decimals"),
        pytest.param([parcel(1, cost="0.1"), parcel(2, cost="0.2")], {}, "0.3", None, id="a sum without a remainder"),
        pytest.param([parcel(1, cost="0")], {}, "0", None, id="nothing to pay is an amount"),
        pytest.param([parcel(1, cost="1000")], {}, "1000", None, id="no exponent"),
        pytest.param([parcel(1, cost="1.005")], {}, "1.01", None, id="half a unit goes up"),
        pytest.param([parcel(1, cost="149.5")], {"decimals": 0}, "150", None, id="a currency without parts"),
        pytest.param([parcel(1, cost="1.005"), parcel(2, cost="1.005")], {}, "2.01", None, id="rounded once, the sum"),
        pytest.param([parcel(1, cost="5"), parcel(2, cost="7", is_voided=True)], {}, "5", None, id="without a void"),
        pytest.param([parcel(1, cost="5", is_voided=True)], {}, None, None, id="all taken back"),
        pytest.param([parcel(1)], {}, None, SOME_UNKNOWN, id="not told"),
        pytest.param([parcel(1, cost="5"), parcel(2)], {}, "5", SOME_UNKNOWN, id="told of one of two"),
        pytest.param([parcel(1, cost="5"), parcel(2, is_voided=True)], {}, "5", None, id="a void without a cost"),
        pytest.param(
            [parcel(1, cost="5"), parcel(2).model_copy(update=BY_HAND)], {}, "5", None, id="marked by hand: no label"
        ),
    ],
)
def test_a_record_holds_what_its_labels_cost_together(
    parcels: list[Contribution], rule: dict[str, Any], value: str | None, reason: Reason | None
) -> None:
    target = EVERY.model_copy(update={"cost": COST.model_copy(update=rule)})
    assert wanted(FieldName.COST, *parcels, target=target) == DesiredValue(value, reason)


def test_a_currency_stands_beside_an_amount_and_nowhere_else() -> None:
    assert wanted(FieldName.CURRENCY, parcel(1, cost="0")).value == "USD"
    assert wanted(FieldName.CURRENCY, parcel(1)).value is None
    assert wanted(FieldName.CURRENCY, parcel(1, cost="5", is_voided=True)).value is None


def test_a_label_that_tells_its_currency_is_believed_and_two_are_never_added() -> None:
    euros = parcel(1, cost="5", currency="EUR")
    assert wanted(FieldName.CURRENCY, euros).value == "EUR"
    assert wanted(FieldName.COST, euros, parcel(2, cost="7", currency="EUR")) == DesiredValue("12")
    assert wanted(FieldName.COST, euros, parcel(2, cost="7", currency="USD")) == DesiredValue("5", SOME_UNKNOWN)
    assert wanted(FieldName.CURRENCY, parcel(1), parcel(2, cost="5")).value == "USD"


# --- what became of the parcels


UNDER_WAY, IN_TROUBLE = {"tracking_status": "in_transit"}, {"tracking_status": "error"}
HANDED_OVER = {"tracking_status": "delivered", "delivered": "2026-03-06T10:00:00"}
LATER = {"tracking_status": "delivered", "delivered": "2026-03-07T09:30:00"}


@pytest.mark.parametrize(
    ("parcels", "status", "at"),
    [
        pytest.param([], None, None, id="no parcel"),
        pytest.param([{}], None, None, id="nothing is told"),
        pytest.param([UNDER_WAY], "in_transit", None, id="under way"),
        pytest.param([HANDED_OVER], "delivered", "2026-03-06T10:00:00Z", id="delivered"),
        pytest.param([HANDED_OVER, UNDER_WAY], "in_transit", None, id="one of two"),
        pytest.param([HANDED_OVER, {}], "in_transit", None, id="nobody tells of the second"),
        pytest.param([LATER, HANDED_OVER], "delivered", "2026-03-07T09:30:00Z", id="the last one of all"),
        pytest.param([HANDED_OVER, IN_TROUBLE, UNDER_WAY], "error", None, id="one calls for a person"),
        pytest.param([{"tracking_status": "delivered"}], "delivered", None, id="nobody says when"),
        pytest.param([HANDED_OVER, {"tracking_status": "delivered"}], "delivered", None, id="nor of the second"),
        pytest.param([HANDED_OVER, {**UNDER_WAY, "is_voided": True}], "delivered", "2026-03-06T10:00:00Z", id="void"),
        pytest.param([{**HANDED_OVER, "is_voided": True}], None, None, id="a delivered one that is voided"),
    ],
)
def test_a_record_is_delivered_when_all_of_its_parcels_are(
    parcels: list[dict[str, Any]], status: str | None, at: str | None
) -> None:
    placed = [parcel(number, **told) for number, told in enumerate(parcels)]
    assert wanted(FieldName.TRACKING_STATUS, *placed) == DesiredValue(status)
    assert wanted(FieldName.DELIVERED_AT, *placed) == DesiredValue(at)
    rule = DeliveredAtRule(attribute="Cf_Delivered_At", type="date")
    dated = ShipmentHeader(delivered_at=rule)
    assert wanted(FieldName.DELIVERED_AT, *placed, target=dated).value == (at and at[:10])


def test_only_the_fields_that_the_file_writes_are_wanted() -> None:
    assert set(desired([parcel(1)], ShipmentHeader(), exists=True)) == {"tracking", "carrier", "ship_date"}
    assert set(desired([parcel(1)], EVERY, exists=True)) == set(FieldName)


def test_no_record_is_made_for_what_was_all_taken_back() -> None:
    assert desired([parcel(1, is_voided=True)], EVERY, exists=False) == {}
    assert desired([], EVERY, exists=False) == {}
    assert desired([parcel(1)], EVERY, exists=False)[FieldName.TRACKING].value == "1Z0001"
    assert desired([], EVERY, exists=True)[FieldName.STATUS].value == "voided"


@pytest.mark.parametrize(
    ("carrier", "service", "forwarder", "ship_via"),
    [
        pytest.param("ups", None, "UPS", None, id="by carrier"),
        pytest.param("ups", "ups_ground", "UPSG", "GND", id="by service, where the map names it"),
        pytest.param("UPS", "Ups_Ground", "UPSG", "GND", id="in another case"),
        pytest.param("ups", "ups_air", "UPS", None, id="a service that the map does not name"),
        pytest.param("ontrac", "ground", None, None, id="unmapped"),
        pytest.param(None, None, None, None, id="no carrier"),
    ],
)
def test_a_shipment_contributes_what_its_orders_store_maps(
    carrier: str | None, service: str | None, forwarder: str | None, ship_via: str | None
) -> None:
    maps = {"carriers": {"ups": "UPS", "ups/ups_ground": "UPSG"}, "services": {"ups/ups_ground": "GND"}}
    shipment = a_shipment(carrier_code=carrier, service_code=service, store_id=7)
    made = contribution(shipment, a_record(), a_connection(**maps), EVERY)
    assert (made.carrier, made.service, made.store_id) == (forwarder, ship_via, 7)


def test_a_contribution_carries_the_labels_own_facts() -> None:
    label = voided(a_shipment(3))
    made = contribution(label, a_record(), a_connection(), EVERY)
    assert (made.shipment, made.created_at, made.voided_at) == (label.key, label.created_at, label.voided_at)
    assert (made.tracking, made.day, made.is_live) == ("1Z0003", "2026-03-05", False)
    assert contribution(a_shipment(tracking_number=""), a_record(), a_connection(), EVERY).tracking is None


def test_case_and_white_space_are_left_out_of_a_comparison() -> None:
    assert normalised("  1Z \t 00A\n") == "1z 00a"
    assert normalised(None) == normalised("") == ""
