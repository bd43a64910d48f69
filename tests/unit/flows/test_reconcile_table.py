"""What both systems say, and what the comparison makes of it: one row a case. No ledger is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from functions.connections.connection import Connection
from functions.flows.operations.reconcile_cases import cases
from functions.flows.operations.reconcile_compare import compare
from functions.flows.operations.reconcile_reading import addressed
from functions.model.reconciled import Checked, IfsRow, Orders, Parcel, ShipStationOrder
from functions.model.records import FieldName
from tests.equipment.builders import NOON, PLACE, a_connection

T, C, D = FieldName.TRACKING, FieldName.CARRIER, FieldName.SHIP_DATE
AGREES = {T: "1Z1", C: "UPS", D: "2026-03-05T00:00:00Z"}


def a_parcel(number: int = 1, **overrides: Any) -> Parcel:
    values: dict[str, Any] = {
        "key": f"L{number}",
        "order_id": 500,
        "store_id": 1,
        "created_at": NOON + timedelta(minutes=number),
        "texts": {"order_number": "P1", "order_key": f"k-{number}"},
        "tracking": f"1Z{number}",
        "carrier": "ups",
        "ship_date": date(2026, 3, 5),
    }
    return Parcel.model_validate({**values, **overrides})


def a_row(number: str = "42", values: dict[FieldName, str | None] | None = None, **overrides: Any) -> IfsRow:
    held = {**AGREES, **(values or {})}
    told: dict[str, Any] = {"place": PLACE, "id": number, "references": {"P1"}, "values": held}
    return IfsRow.model_validate({**told, **overrides})


def checked(parcels: list[Parcel], rows: list[IfsRow], connection: Connection | None = None) -> list[Checked]:
    sent = addressed(parcels, Orders(), connection or a_connection())
    return [each for case in cases(sent, rows) for each in compare(case)]


def said(found: list[Checked]) -> set[tuple[str, str, str]]:
    """Field, status and shipments, without what is equal."""
    return {(each.field, each.status, ",".join(each.shipments)) for each in found if each.kind != "equal"}


def target(**rules: Any) -> Connection:
    return a_connection(ifs={**IFS, "targets": [{"profile": "shipment_header", **rules}]})


IFS = {"base_url": "https://ifs.example.com", "token_url": "https://ifs.example.com/token", "company": "10"}
OTHER = {"references": {"P2"}}
P2 = {"texts": {"order_number": "P2"}}
GONE = {"voided_at": NOON + timedelta(hours=2)}


@pytest.mark.parametrize(
    ("parcels", "rows", "expected"),
    [
        pytest.param([a_parcel()], [a_row()], set(), id="all is equal"),
        pytest.param([a_parcel(tracking="1z1 ")], [a_row()], set(), id="case and spaces tell nothing"),
        pytest.param([a_parcel()], [], {("record", "missing", "L1")}, id="no record"),
        pytest.param([a_parcel()], [a_row(values={T: None})], {(T, "missing", "L1")}, id="no number"),
        pytest.param(
            [a_parcel()],
            [a_row(values={T: "1Z9"})],
            {(T, "different", "L1"), (T, "extra", "")},
            id="another number, that nobody says",
        ),
        pytest.param([a_parcel()], [a_row(values={T: "1Z1, 1Z7"})], {(T, "extra", "")}, id="a number too many"),
        pytest.param([a_parcel()], [a_row(values={C: "DHL"})], {(C, "different", "L1")}, id="another carrier"),
        pytest.param([a_parcel()], [a_row(values={C: None})], {(C, "missing", "L1")}, id="no carrier"),
        pytest.param([a_parcel()], [a_row(values={D: "2026-03-06"})], {(D, "different", "L1")}, id="another day"),
        pytest.param([a_parcel()], [a_row(values={D: None})], {(D, "missing", "L1")}, id="no day"),
        pytest.param([a_parcel(2), a_parcel(1)], [a_row(values={T: "1Z2, 1Z1"})], set(), id="two, in any order"),
        pytest.param([a_parcel(1), a_parcel(2)], [a_row()], {(T, "different", "L2")}, id="the second one is not there"),
        pytest.param(
            [a_parcel(1, **GONE), a_parcel(2)], [a_row(values={T: "1Z1, 1Z2"})], {(T, "extra", "L1")}, id="voided"
        ),
        pytest.param([a_parcel(1, **GONE), a_parcel(2)], [a_row(values={T: "1Z2"})], set(), id="voided and taken out"),
        pytest.param([a_parcel(1, **GONE)], [a_row(values=dict.fromkeys(AGREES))], set(), id="voided, all taken back"),
        pytest.param([a_parcel(1, **GONE)], [a_row()], {(T, "extra", "L1")}, id="the only one is voided and stands"),
        pytest.param(
            [a_parcel(1), a_parcel(2)],
            [a_row("42"), a_row("43", values={T: "1Z2"})],
            set(),
            id="each on a record of its own",
        ),
        pytest.param(
            [a_parcel(1, parts={"BOLT"}), a_parcel(2, parts={"NUT"})],
            [a_row("42", {T: "1Z2"}, parts={"BOLT"}), a_row("43", {T: "1Z1"}, parts={"NUT"})],
            {(T, "different", "L1"), (T, "different", "L2"), (T, "extra", "L1"), (T, "extra", "L2")},
            id="each on the other's record",
        ),
        pytest.param(
            [a_parcel(1), a_parcel(2, **P2)],
            [a_row(values={T: "1Z1, 1Z2"}, references={"P1", "P2"})],
            set(),
            id="two orders on one record",
        ),
        pytest.param(
            [a_parcel(1), a_parcel(2, **P2)],
            [a_row(references={"P1", "P2"})],
            {(T, "different", "L2")},
            id="two orders on one record, one of them missing",
        ),
        pytest.param(
            [a_parcel(1), a_parcel(2, **P2)],
            [a_row("42", values={T: "1Z2"}), a_row("43", values={T: "1Z1"}, **OTHER)],
            {(T, "different", "L1"), (T, "different", "L2"), (T, "extra", "")},
            id="the numbers of two orders are mixed up",
        ),
        pytest.param([a_parcel(is_return=True)], [], {("record", "explained", "L1")}, id="a return label"),
        pytest.param([a_parcel(texts={})], [], {("record", "explained", "L1")}, id="names no order"),
        pytest.param(
            [a_parcel(created_at=datetime(2025, 12, 1, tzinfo=UTC))],
            [],
            {("record", "explained", "L1")},
            id="before go-live",
        ),
        pytest.param([a_parcel(carrier="gls")], [a_row()], {(C, "explained", "L1")}, id="an unmapped carrier"),
    ],
)
def test_what_is_found(parcels: list[Parcel], rows: list[IfsRow], expected: set[tuple[str, str, str]]) -> None:
    assert said(checked(parcels, rows)) == expected


def test_every_field_of_every_shipment_that_is_equal_is_told_too() -> None:
    found = checked([a_parcel(1), a_parcel(2)], [a_row(values={T: "1Z1, 1Z2"})])
    assert [(each.field, each.shipments) for each in found] == [
        (T, ("L1",)),
        (T, ("L2",)),
        (C, ("L1", "L2")),
        (D, ("L1", "L2")),
    ]


def test_both_values_of_a_difference_are_told() -> None:
    (found,) = [each for each in checked([a_parcel()], [a_row(values={C: "DHL"})]) if each.kind != "equal"]
    assert (found.shipstation, found.ifs, found.record, found.order) == ("UPS", "DHL", "42", "P1")


@pytest.mark.parametrize(
    ("rules", "parcels", "values", "expected"),
    [
        pytest.param(
            {"tracking": {"parcels": "first"}}, [a_parcel(1), a_parcel(2)], {}, set(), id="the first number alone"
        ),
        pytest.param(
            {"tracking": {"separator": "/"}},
            [a_parcel(1), a_parcel(2)],
            {T: "1Z1/1Z2"},
            set(),
            id="another separator",
        ),
        pytest.param(
            {"tracking": {"max_length": 5}},
            [a_parcel(1), a_parcel(2)],
            {},
            {(T, "explained", "L2")},
            id="no room for the second",
        ),
        pytest.param(
            {"cost": {"attribute": "Cf_Cost"}},
            [a_parcel(1, cost=Decimal("1.20")), a_parcel(2, cost=Decimal("2.30"))],
            {T: "1Z1, 1Z2", FieldName.COST: "3.5"},
            set(),
            id="what the labels cost together",
        ),
        pytest.param(
            {"cost": {"attribute": "Cf_Cost"}},
            [a_parcel(1, cost=Decimal("1.20"))],
            {FieldName.COST: "12.0"},
            {(FieldName.COST, "different", "L1")},
            id="another cost",
        ),
        pytest.param(
            {"status": {"attribute": "Cf_Status", "policy": "always"}},
            [a_parcel()],
            {FieldName.STATUS: "voided"},
            {(FieldName.STATUS, "different", "L1")},
            id="another status",
        ),
        pytest.param({"carrier": {"policy": "never"}}, [a_parcel()], {C: "DHL"}, set(), id="a field that is not ours"),
    ],
)
def test_what_the_file_says_counts(
    rules: dict[str, Any], parcels: list[Parcel], values: dict[FieldName, str], expected: set[tuple[str, str, str]]
) -> None:
    assert said(checked(parcels, [a_row(values=dict(values))], target(**rules))) == expected


def test_a_label_that_names_its_record_belongs_there() -> None:
    rule = {"source": "order_key", "pattern": r"ifs-(?P<reference>\d+)"}
    connection = a_connection(shipstation={"shipment_id": rule})
    parcel = a_parcel(texts={"order_number": "P1", "order_key": "ifs-43"})
    found = checked([parcel], [a_row("42", {T: None, C: None, D: None}), a_row("43")], connection)
    assert said(found) == set()


ENTITY = {
    "profile": "custom_entity",
    "projection": "Tracking",
    "entity_set": "TrackingSet",
    "id_attribute": "ShipstationId",
    "order_attribute": "OrderNo",
    "tracking": {"attribute": "TrackingNo"},
}
OWN = "ifs.example.com/Tracking/TrackingSet"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([("L1", "1Z1"), ("L2", "1Z2")], set(), id="a row each"),
        pytest.param([("L1", "1Z1")], {("record", "missing", "L2")}, id="a row is missing"),
        pytest.param([("L1", "1Z1"), ("L2", "1Z1")], {(T, "different", "L2"), (T, "extra", "L1")}, id="a wrong number"),
        pytest.param([("L1", "1Z1"), ("L2", "1Z2"), ("L7", "1Z7")], {("record", "extra", "")}, id="a row too many"),
    ],
)
def test_rows_of_a_custom_entity(rows: list[tuple[str, str]], expected: set[tuple[str, str, str]]) -> None:
    connection = a_connection(ifs={**IFS, "targets": [ENTITY]})
    held = [
        IfsRow(place=OWN, id=f"{key}@P1", references=frozenset({"P1"}), parcel=key, values={T: number})
        for key, number in rows
    ]
    assert said(checked([a_parcel(1), a_parcel(2)], held, connection)) == expected


def test_a_store_goes_where_its_table_says() -> None:
    connection = a_connection(stores={"1": {"order_reference": {"source": "order_key"}, "company": "20"}})
    (sent,) = addressed([a_parcel(texts={"order_number": "P1", "order_key": "K1"})], Orders(), connection)
    assert (sent.reference, sent.view.ifs.company) == ("K1", "20")


def test_a_combined_order_holds_the_parcel_too_and_bears_no_cost() -> None:
    orders = {
        500: ShipStationOrder(order_id=500, texts={"order_number": "P1"}, merged=(501,)),
        501: ShipStationOrder(order_id=501, texts={"order_number": "P2"}),
    }
    own, copy = addressed([a_parcel()], Orders(orders), a_connection())
    assert (own.reference, own.is_copy, copy.reference, copy.is_copy) == ("P1", False, "P2", True)


def test_what_stores_are_left_out_is_left_out() -> None:
    (found,) = checked([a_parcel()], [], a_connection(stores={"exclude": [1]}))
    assert (found.status, found.explained_by) == ("explained", "store_excluded")


def test_a_label_whose_order_could_not_be_read_is_no_label_without_an_order() -> None:
    (sent,) = addressed([a_parcel(texts={})], Orders(unread={500}), a_connection())
    assert sent.skip == "order_unreadable"
