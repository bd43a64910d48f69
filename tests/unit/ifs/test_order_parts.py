"""How a customer order is divided: each row is one odd order, with the parts that it becomes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from functions.connections.orders import Orders
from functions.ifs.addresses import IfsAddress
from functions.ifs.contacts import Book
from functions.ifs.order_parts import EXPIRED, MISSING, Receivers, ifs_order, parts
from functions.ifs.places import Delivery, Place
from functions.ifs.values import covers, is_set
from functions.model.consignment import Consignment

HOME = Place(kind="customer", id=("C100", "1"))
OWN = Place(kind="order", id=("P1",))


def address(street: str) -> IfsAddress:
    return IfsAddress(name="Kim", address=(street,), city="Boston", region="", postal_code="", country="US")


def header(**values: Any) -> dict[str, Any]:
    own = {"OrderNo": "P1", "Objstate": "Released", "Contract": "CHI", "CustomerNo": "C100", "ShipAddrNo": "1"}
    return {**own, **values}


def line(number: str = "1", **values: Any) -> dict[str, Any]:
    own = {"OrderNo": "P1", "LineNo": number, "RelNo": "1", "LineItemNo": 0, "Objstate": "Released", "BuyQtyDue": 2}
    return {**own, "Contract": "CHI", "CatalogNo": "BOLT", "DefaultAddrFlag": True, "AddrFlag": False, **values}


def away(number: str, **values: Any) -> dict[str, Any]:
    return line(number, **{"DefaultAddrFlag": False, "AddrFlag": True, **values})


def place_of(number: str) -> Place:
    return Place(kind="line", id=("P1", number, "1", "0"))


ADDRESSES = {
    HOME: Delivery(address=address("home")),
    OWN: Delivery(address=address("own")),
    Place(kind="customer", id=("C200", "1")): Delivery(address=address("another customer")),
    Place(kind="customer", id=("C100", "2")): Delivery(address=address("branch")),
    **{place_of(number): Delivery(address=address("away")) for number in ("2", "10")},
    place_of("3"): Delivery(address=address("farther")),
    place_of("4"): Delivery(address=address(" HOME")),
    place_of("5"): Delivery(address=address("old"), is_valid=False),
}


def divided(order: dict[str, Any], *lines: dict[str, Any], **orders: Any) -> list[Consignment]:
    section = Orders.model_validate({"store_id": 77, "source": "orders", **orders})
    return parts(ifs_order(order, lines, section), Receivers(ADDRESSES, Book({}, asked=False)), section)


def told(found: list[Consignment]) -> dict[str, tuple[str, str, list[str]]]:
    """By part: what becomes of it, where it goes, and its lines."""
    return {
        part.group: (
            part.unusable or part.fate,
            " ".join(part.address),
            [each.line_key.split("-")[1] for each in part.lines],
        )
        for part in found
    }


CASES: dict[str, tuple[dict[str, Any], list[dict[str, Any]], dict[str, tuple[str, str, list[str]]]]] = {
    "one line": (header(), [line()], {"": ("pack", "home", ["1"])}),
    "no line": (header(), [], {"": ("cancel", "home", [])}),
    "the first entered names a part, not the first as text": (
        header(),
        [line(), away("10"), away("2")],
        {"": ("pack", "home", ["1"]), "2-1-0": ("pack", "away", ["2", "10"])},
    ),
    "all of it elsewhere": (header(), [away("2")], {"2-1-0": ("pack", "away", ["2"])}),
    "an own address that is home": (header(), [line(), away("4")], {"": ("pack", "home", ["1", "4"])}),
    "an address of the order's": (header(AddrFlagDb=True), [line()], {"": ("pack", "own", ["1"])}),
    "a flag in words": (header(AddrFlagDb="Y"), [line(DefaultAddrFlag="Yes")], {"": ("pack", "own", ["1"])}),
    "a line that goes to the customer's address all the same": (
        header(AddrFlagDb=True),
        [line(), line("2", DefaultAddrFlag=False, ShipAddrNo="1")],
        {"": ("pack", "own", ["1"]), "2-1-0": ("pack", "home", ["2"])},
    ),
    "no flag, and the header's pointer": (
        header(AddrFlagDb=True),
        [line(DefaultAddrFlag=None, ShipAddrNo="1")],
        {"": ("pack", "own", ["1"])},
    ),
    "no flag, and another pointer": (
        header(),
        [line(DefaultAddrFlag=None, ShipAddrNo="2")],
        {"1-1-0": ("pack", "branch", ["1"])},
    ),
    "another customer's address of the same number": (
        header(),
        [line(DefaultAddrFlag=False, DeliverToCustomerNo="C200", ShipAddrNo="1")],
        {"1-1-0": ("pack", "another customer", ["1"])},
    ),
    "a line that follows, to another customer": (
        header(),
        [line(DeliverToCustomerNo="C200")],
        {"1-1-0": ("pack", "another customer", ["1"])},
    ),
    "another site": (
        header(),
        [line(), line("2", Contract="DAL")],
        {"": ("pack", "home", ["1"]), "2-1-0": ("pack", "home", ["2"])},
    ),
    "an address that is not shown": (header(ShipAddrNo="9"), [line()], {"": (MISSING, "", ["1"])}),
    "one of two that is not shown": (
        header(),
        [line(), away("9")],
        {"": (MISSING, "home", ["1"]), "9-1-0": (MISSING, "", ["9"])},
    ),
    "one that is not shown, of a line that is over": (
        header(),
        [line(), away("9", Objstate="Delivered")],
        {"": ("pack", "home", ["1"]), "9-1-0": ("done", "", [])},
    ),
    "one that holds no more": (
        header(),
        [line(), away("5")],
        {"": ("pack", "home", ["1"]), "5-1-0": (EXPIRED, "old", ["5"])},
    ),
    "a blocked order": (header(Objstate="Blocked"), [line(Objstate="Blocked")], {"": ("hold", "home", ["1"])}),
    "a blocked line": (header(), [line(), line("2", Objstate="Blocked")], {"": ("pack", "home", ["1"])}),
    "only a blocked line": (header(), [line(Objstate="Blocked")], {"": ("hold", "home", ["1"])}),
    "a planned line": (header(), [line(Objstate="Planned")], {"": ("hold", "home", ["1"])}),
    "a blocked line beside a delivered one": (
        header(Objstate="PartiallyDelivered"),
        [line(Objstate="Delivered"), line("2", Objstate="Blocked")],
        {"": ("hold", "home", ["2"])},
    ),
    "a cancelled line": (header(), [line(), line("2", Objstate="Cancelled")], {"": ("pack", "home", ["1"])}),
    "cancelled lines": (header(), [line(Objstate="Cancelled")], {"": ("cancel", "home", [])}),
    "a cancelled and a delivered line": (
        header(),
        [line(Objstate="Cancelled"), line("2", Objstate="Delivered")],
        {"": ("done", "home", [])},
    ),
    "a cancelled order": (header(Objstate="Cancelled"), [line()], {"": ("cancel", "home", [])}),
    "a delivered order": (header(Objstate="Invoiced"), [line(Objstate="Invoiced")], {"": ("done", "home", [])}),
}


@pytest.mark.parametrize("case", CASES)
def test_what_an_order_is_divided_into(case: str) -> None:
    order, lines, expected = CASES[case]
    assert told(divided(order, *lines)) == expected


def test_what_ifs_shows_of_a_cancelled_order_does_not_matter() -> None:
    (part,) = divided(header(Objstate="Cancelled"), line())
    assert part.shown is None
    (part,) = divided(header(), line(), line("2", SupplyCodeDb="PD"))
    assert part.shown == frozenset({"P1-1-1-0", "P1-2-1-0"})


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), ("Y", True), ("true", True), (False, False), ("N", False), (None, False)]
)
def test_flags_as_ifs_writes_them(value: object, expected: bool) -> None:  # noqa: FBT001 # of a table
    assert is_set(value) is expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (None, None, True),
        ("2026-06-01T00:00:00Z", "2026-06-01T00:00:00Z", True),
        ("2026-06-02T00:00:00Z", None, False),
        (None, "2026-05-31T23:59:59Z", False),
        ("x", 7, True),
    ],
)
def test_the_days_within_which_a_row_holds(first: object, last: object, expected: bool) -> None:  # noqa: FBT001 # of a table
    assert covers(first, last, date(2026, 6, 1)) is expected
