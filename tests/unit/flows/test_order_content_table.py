"""What an IFS shipment becomes: each row is one odd shipment, with what the order says or the field that keeps it from
being one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from functions.connections.orders import Orders
from functions.flows.from_ifs.order_content import CUT, LARGEST_BYTES, outbound
from functions.ifs.outbound import _line
from functions.ifs.values import as_instant, as_quantity, as_text
from functions.model.consignment import Consignment, ConsignmentLine
from functions.model.outbound import Outbound, PushOrders
from functions.model.outcomes import Reason
from functions.wiring import batch
from tests.equipment.builders import NOON, a_connection

IFS = {"base_url": "https://ifs.example.com", "token_url": "https://ifs.example.com/token", "company": "10"}
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def line(number: int = 1, quantity: str | None = "2", **more: Any) -> ConsignmentLine:
    amount = None if quantity is None else Decimal(quantity)
    given = {"line_key": f"P1-{number}-1-0", "order": "P1", "sku": "BOLT", "name": "Bolt M8", "quantity": amount}
    return ConsignmentLine(**{**given, **more})


def shipment(**more: Any) -> Consignment:
    given = {
        "shipment_id": "19",
        "site": "CHI",
        "created": AT,
        "ship_by": None,
        "receiver": "C100",
        "receiver_reference": "",
        "name": "Kim Larsson",
        "address": ("12 Harbor Street",),
        "city": "Boston",
        "region": "MA",
        "postal_code": "02110",
        "country": "US",
        "lines": (line(),),
    }
    return Consignment.model_validate({**given, **more})


def made(of: Consignment, zone: str = "UTC", **orders: Any) -> Outbound:
    section = Orders(store_id=77, shipment_id_in="custom_field_2", **orders)
    return outbound(of, a_connection(ifs={**IFS, "time_zone": zone}), section, NOON)


def many(count: int) -> tuple[ConsignmentLine, ...]:
    return tuple(line(number) for number in range(count))


UNUSABLE: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": ""}, "receiver name"),
    "no address": ({"address": ()}, "receiver address"),
    "no city": ({"city": ""}, "receiver city"),
    "no country": ({"country": ""}, "receiver country"),
    "a country's name": ({"country": "Sweden"}, "receiver country"),
    "three letters": ({"country": "USA"}, "receiver country"),
    "one letter": ({"country": "U"}, "receiver country"),
    "a digit": ({"country": "U1"}, "receiver country"),
    "letters of another script": ({"country": "\u0405\u0415"}, "receiver country"),
    "a postal code of 60": ({"postal_code": "1" * 60}, "receiver postal code"),
    "an order number of 60": ({"lines": (line(order="P" * 60),)}, "order number"),
    "a shipment id of 60": ({"shipment_id": "1" * 60}, "shipment id"),
    "no creation": ({"created": None}, "created"),
    "a fraction": ({"lines": (line(quantity="2.5"),)}, "line P1-1-1-0 quantity"),
    "a small fraction": ({"lines": (line(quantity="0.0000001"),)}, "line P1-1-1-0 quantity"),
    "below zero": ({"lines": (line(quantity="-1"),)}, "line P1-1-1-0 quantity"),
    "no quantity": ({"lines": (line(quantity=None),)}, "line P1-1-1-0 quantity"),
    "too many": ({"lines": (line(quantity="100000"),)}, "line P1-1-1-0 quantity"),
    "huge": ({"lines": (line(quantity="1E+999"),)}, "line P1-1-1-0 quantity"),
    "one bad line of two": ({"lines": (line(), line(2, "1.5"))}, "line P1-2-1-0 quantity"),
    "a part number of 120": ({"lines": (line(sku="B" * 120),)}, "line P1-1-1-0 part number"),
    "a line of nothing": ({"lines": (line(sku="", name=""),)}, "line P1-1-1-0 part number"),
    "a line key of 60": ({"lines": (line(line_key="K" * 60),)}, f"line {'K' * 49}{CUT} key"),
    "three thousand lines": ({"lines": many(3000)}, "lines"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_keeps_a_shipment_from_being_an_order(case: str) -> None:
    values, field = UNUSABLE[case]
    found = made(shipment(**values))
    assert (found.content, found.wish) == (None, "pack")
    assert found.problem is not None
    assert (found.problem.reason, found.problem.field) == (Reason.FIELD_UNUSABLE, field)
    assert not any(text in found.model_dump_json() for text in ("Larsson", "Harbor", "02110"))


NOTHING = {
    "no lines": (),
    "a line of zero": (line(quantity="0"),),
    "zero written long": (line(quantity="0.000"),),
    "minus zero": (line(quantity="-0"),),
}


@pytest.mark.parametrize("case", NOTHING)
def test_nothing_to_pack(case: str) -> None:
    problem = made(shipment(lines=NOTHING[case])).problem
    assert problem is not None
    assert problem.reason is Reason.NOTHING_TO_PACK


SIX = tuple(f"{number} Long Street" for number in range(1, 7))
SAYS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "two letters in small": ({"country": "se"}, {"ship_to.country": "SE"}),
    "one address line": ({}, {"ship_to.street1": "12 Harbor Street", "ship_to.street2": "", "ship_to.street3": ""}),
    "two": ({"address": ("A 1", "B 2")}, {"ship_to.street2": "B 2", "ship_to.street3": ""}),
    "three": ({"address": ("A 1", "B 2", "C 3")}, {"ship_to.street3": "C 3"}),
    "six": (
        {"address": SIX},
        {"ship_to.street2": "2 Long Street", "ship_to.street3": ", ".join(SIX[2:])},
    ),
    "a street of 300": ({"address": ("S" * 300,)}, {"ship_to.street1": "S" * 199 + CUT}),
    "a street of 200": ({"address": ("S" * 200,)}, {"ship_to.street1": "S" * 200}),
    "six long lines": ({"address": ("S" * 100,) * 6}, {"ship_to.street3": ", ".join(["S" * 100] * 4)[:199] + CUT}),
    "a name of 150": ({"name": "N" * 150}, {"ship_to.name": "N" * 99 + CUT}),
    "a name of 100": ({"name": "N" * 100}, {"ship_to.name": "N" * 100}),
    "the reference for a name": ({"name": "", "receiver_reference": "Kim"}, {"ship_to.name": "Kim"}),
    "a city of 150": ({"city": "C" * 150}, {"ship_to.city": "C" * 99 + CUT}),
    "a receiver of 60": ({"receiver": "R" * 60}, {"customer": "R" * 49 + CUT}),
    "emoji": ({"name": "Kim 🚚"}, {"ship_to.name": "Kim 🚚"}),
    "no postal code": ({"postal_code": ""}, {"ship_to.postal_code": ""}),
    "no region": ({"region": ""}, {"ship_to.state": ""}),
    "several orders": ({"lines": (line(order="P2"), line(2, order="P10"))}, {"number": "P10"}),
    "no order": ({"lines": (line(order=""),)}, {"number": "19", "reference": "19"}),
    "an order number of 50": ({"lines": (line(order="P" * 50),)}, {"number": "P" * 50}),
    "one line of zero beside": ({"lines": (line(quantity="0"), line(2))}, {"items": ["P1-2-1-0"]}),
    "most pieces": ({"lines": (line(quantity="99999"),)}, {"quantities": [99_999]}),
    "a whole number written long": ({"lines": (line(quantity="2.000"),)}, {"quantities": [2]}),
    "a power of ten": ({"lines": (line(quantity="2E+1"),)}, {"quantities": [20]}),
    "a part without a name": ({"lines": (line(name=""),)}, {"names": ["BOLT"]}),
    "a name without a part": ({"lines": (line(sku=""),)}, {"names": ["Bolt M8"]}),
    "an item name of 300": ({"lines": (line(name="I" * 300),)}, {"names": ["I" * 199 + CUT]}),
    "no ship date": ({}, {"ship_by": None}),
    "a ship date": ({"ship_by": AT}, {"ship_by": date(2026, 6, 1)}),
    "a ship date that stands for none": ({"ship_by": datetime(1, 1, 1, tzinfo=UTC)}, {"ship_by": date(1, 1, 1)}),
    "one that is over": ({"is_over": True}, {"number": "P1"}),
}


@pytest.mark.parametrize("case", SAYS)
def test_what_the_order_says(case: str) -> None:
    values, expected = SAYS[case]
    content = made(shipment(**values)).content
    assert content is not None
    found = {
        **content.model_dump(),
        **{f"ship_to.{name}": value for name, value in content.ship_to.model_dump().items()},
        "items": [item.line_key for item in content.items],
        "names": [item.name for item in content.items],
        "quantities": [item.quantity for item in content.items],
    }
    assert {name: found[name] for name in expected} == expected


def test_five_hundred_lines_are_an_order() -> None:
    found = made(shipment(lines=many(500)))
    assert found.content is not None
    assert len(found.content.items) == 500
    assert len(found.model_dump_json().encode()) < LARGEST_BYTES


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        ("UTC", "2026-06-01T23:59:59Z", date(2026, 6, 1)),
        ("Europe/Stockholm", "2026-06-01T22:30:00Z", date(2026, 6, 2)),
        ("Europe/Stockholm", "2026-06-01T23:30:00+02:00", date(2026, 6, 1)),
        ("America/Chicago", "2026-06-01T03:00:00Z", date(2026, 5, 31)),
        ("Asia/Tokyo", "2026-06-01T15:00:00Z", date(2026, 6, 2)),
        ("Pacific/Kiritimati", "2026-12-31T10:00:00Z", date(2027, 1, 1)),
    ],
)
def test_days_are_the_sites_own(zone: str, at: str, expected: date) -> None:
    instant = datetime.fromisoformat(at)
    content = made(shipment(created=instant, ship_by=instant), zone).content
    assert content is not None
    assert (content.ordered_on, content.ship_by) == (expected, expected)


@pytest.mark.parametrize(
    ("zone", "at"),
    [("America/Chicago", datetime(1, 1, 1, tzinfo=UTC)), ("Asia/Tokyo", datetime(9999, 12, 31, 23, tzinfo=UTC))],
)
def test_the_ends_of_the_calendar_stop_nobody(zone: str, at: datetime) -> None:
    content = made(shipment(ship_by=at), zone).content
    assert content is not None
    assert content.ship_by is None
    problem = made(shipment(created=at), zone).problem
    assert problem is not None
    assert problem.field == "created"


@pytest.mark.parametrize(
    ("quantity", "expected"), [("2.5", 3), ("0.1", 1), ("2", 2), ("99998.2", 99_999), ("-0.5", None), ("99999.5", None)]
)
def test_a_fraction_is_rounded_up_where_the_file_says_so(quantity: str, expected: int | None) -> None:
    found = made(shipment(lines=(line(quantity=quantity),)), fractions="round_up")
    assert (found.content.items[0].quantity if found.content else None) == expected


@pytest.mark.parametrize("name", ["Sweden", "SWEDEN", "sweden"])
def test_the_file_names_a_country(name: str) -> None:
    content = made(shipment(country=name), countries={"Sweden": "SE"}).content
    assert content is not None
    assert content.ship_to.country == "SE"


def test_the_file_names_a_warehouse_and_a_telephone() -> None:
    content = made(shipment(), warehouses={"CHI": 4711}, phone="000-000-0000").content
    assert content is not None
    assert (content.warehouse_id, content.ship_to.phone) == (4711, "000-000-0000")
    other = made(shipment(site="NYC"), warehouses={"CHI": 4711}).content
    assert other is not None
    assert other.warehouse_id is None


@pytest.mark.parametrize("fractions", ["park", "round_up"])
@pytest.mark.parametrize(
    ("quantity", "expected"), [("0.9999996", 1), ("2.00000016", 2), ("99998.0009", 99_998), ("2.0000000000000004", 2)]
)
def test_what_a_rounded_factor_leaves_over_is_no_piece(quantity: str, expected: int, fractions: str) -> None:
    found = made(shipment(lines=(line(quantity=quantity, delivered=Decimal(quantity)),)), fractions=fractions)
    assert found.content is not None
    assert [(item.quantity, item.delivered) for item in found.content.items] == [(expected, expected)]


@pytest.mark.parametrize(("quantity", "expected"), [("2.00001", 3), ("50000.002", 50_001), ("0.0000004", 1)])
def test_what_is_more_than_a_rounded_factor_leaves_over_is_rounded_up(quantity: str, expected: int) -> None:
    found = made(shipment(lines=(line(quantity=quantity),)), fractions="round_up")
    assert found.content is not None
    assert [item.quantity for item in found.content.items] == [expected]


@pytest.mark.parametrize("lines", [(), (line(quantity="-1"),), (line(),)])
def test_a_cancelled_shipment_is_cancelled_whatever_else_it_says(lines: tuple[ConsignmentLine, ...]) -> None:
    found = made(shipment(fate="cancel", country="", lines=lines))
    assert (found.wish, found.content, found.problem) == ("cancel", None, None)


# --- as IFS writes it


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, ""),
        (True, ""),
        (19, "19"),
        (19.0, "19"),
        ("  Kim  ", "Kim"),
        ("a\ud800b", "ab"),
        ("a\u200bb\x00", "ab"),
        ([], ""),
        ("x" * 5000, "x" * 1000),
    ],
)
def test_text_as_ifs_writes_it(raw: object, expected: str) -> None:
    assert as_text(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (2, Decimal(2)),
        (2.5, Decimal("2.5")),
        ("2", Decimal(2)),
        (None, None),
        (True, None),
        ("x", None),
        (float("nan"), None),
        (float("inf"), None),
        ("NaN", None),
        ([], None),
    ],
)
def test_quantity_as_ifs_writes_it(raw: object, expected: Decimal | None) -> None:
    assert as_quantity(raw) == expected


@pytest.mark.parametrize("raw", [None, "", "x", 7, "2026-13-01T00:00:00Z"])
def test_what_is_no_instant(raw: object) -> None:
    assert as_instant(raw) is None


def test_a_line_of_no_customer_order_goes_by_its_own_number() -> None:
    row: Mapping[str, Any] = {"ShipmentId": 19, "ShipmentLineNo": 2, "SourceRefType": "Project", "SourceRef1": "X"}
    found = _line(row)
    assert (found.line_key, found.order, found.sku, found.quantity) == ("19/2", "", "", None)


def test_half_characters_never_reach_the_message() -> None:
    found = made(shipment(name=as_text("Kim \ud83d Larsson 🚚")))
    assert found.content is not None
    assert found.content.ship_to.name == "Kim  Larsson 🚚"
    assert found.model_dump_json().encode()


@pytest.mark.parametrize("spoilt", ["ordered_on", "quantity", "connection"])
def test_a_message_that_cannot_be_read_tells_nobody_who_it_was_for(
    spoilt: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    cause = {"kind": "poll", "correlation_id": "c"}
    body = json.loads(json.dumps({"connection": "acme", "outbound": [], "cause": cause}))
    one = json.loads(made(shipment()).model_dump_json())
    body["outbound"] = [one]
    match spoilt:
        case "ordered_on":
            one["content"]["ordered_on"] = "Kim Larsson"
        case "quantity":
            one["content"]["items"][0]["quantity"] = "Larsson"
        case _:
            del body["connection"]
    messages, failed = batch.read([{"messageId": "m", "body": json.dumps(body)}], PushOrders)
    assert (messages, failed) == ({}, ["m"])
    assert "Larsson" not in capsys.readouterr().out + caplog.text
