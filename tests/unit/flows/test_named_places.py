from __future__ import annotations

from typing import Any

import pytest

from functions.flows.preflight.named_places import named_places
from functions.model.sample import NamedPlace, Sample
from tests.equipment.builders import a_connection

WAREHOUSES = (NamedPlace(id="4711", name="Chicago"), NamedPlace(id="88"))
LOCATIONS = (NamedPlace(id="se-21", name="Shelf"),)
IFS = {
    "base_url": "https://ifs.example.com",
    "token_url": "https://ifs.example.com/token",
    "company": "10",
    "targets": [{"profile": "shipment_header", "find": ["shipment_id"]}],
}
PUSHED = {
    "ifs": IFS,
    "shipstation": {"shipment_id": {"source": "custom_field_2"}},
    "orders": {"store_id": 1, "shipment_id_in": "custom_field_2", "warehouses": {"CHI": 4712}},
}
LINKED = {"align": [{"profile": "warehouses", "links": {"CHI": 4712}}]}
STOCKED = {"shipstation": {"api": "v2"}, "align": [{"profile": "stock", "locations": {"CHI": "se-22"}}]}


def told(sample: Sample, **file: Any) -> list[str]:
    found = named_places(sample, a_connection(**file))
    return [f"{f.severity} {f.subject}: {f.sentence} {f.advice}".strip() for f in found]


WHOLE = Sample(warehouses=WAREHOUSES, locations=LOCATIONS)
IT_HAS = {
    "warehouse": "Nearest: 4711. It has 4711 (Chicago), 88.",
    "location": "Nearest: se-21. It has se-21 (Shelf).",
}


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (PUSHED, f"misfit orders.warehouses.CHI: The account has no warehouse 4712. {IT_HAS['warehouse']}"),
        (LINKED, f"misfit align.links.CHI: The account has no warehouse 4712. {IT_HAS['warehouse']}"),
        (STOCKED, f"misfit align.locations.CHI: The account has no inventory location se-22. {IT_HAS['location']}"),
    ],
    ids=["orders.warehouses", "align.links", "align.locations"],
)
def test_an_id_that_the_account_does_not_have_is_a_misfit_under_its_key(file: dict[str, Any], line: str) -> None:
    assert told(WHOLE, **file) == [line]


def test_what_the_account_has_needs_no_word() -> None:
    there = NamedPlace(id="4712"), NamedPlace(id="se-22")
    sample = Sample(warehouses=there, locations=there)
    assert [told(sample, **file) for file in (PUSHED, LINKED, STOCKED)] == [[], [], []]


def test_an_account_that_has_none_says_so() -> None:
    (line,) = told(Sample(locations=()), **STOCKED)
    assert line == "misfit align.locations.CHI: The account has no inventory location se-22. It has none."


@pytest.mark.parametrize(
    ("file", "key", "what"),
    [
        (PUSHED, "orders.warehouses", "warehouses"),
        (LINKED, "align.links", "warehouses"),
        (STOCKED, "align.locations", "inventory locations"),
    ],
    ids=["orders.warehouses", "align.links", "align.locations"],
)
def test_a_list_that_is_not_shown_leaves_its_key_unproven(file: dict[str, Any], key: str, what: str) -> None:
    (line,) = told(Sample(), **file)
    assert line.startswith(f"unproven {key}: ShipStation did not show the account's {what}: ")


def test_a_file_that_names_none_is_compared_with_nothing() -> None:
    assert told(Sample()) == []
