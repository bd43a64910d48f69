from __future__ import annotations

from urllib.parse import parse_qsl, quote

import pytest

from functions.ifs import odata

NASTY = [
    pytest.param("P1001", id="plain"),
    pytest.param("O'Brien", id="a quote"),
    pytest.param("' or 1 eq 1 or '", id="a filter of its own"),
    pytest.param("A&$top=1#x", id="an option of its own"),
    pytest.param("50% +1/2", id="percent, plus, slash, space"),
    pytest.param("Größe-ボルト", id="beyond ASCII"),
]


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        pytest.param("P1001", "'P1001'", id="plain"),
        pytest.param("O'Brien", "'O''Brien'", id="a quote"),
        pytest.param("'", "''''", id="nothing but a quote"),
        pytest.param("0012", "'0012'", id="leading zeros"),
    ],
)
def test_a_string_literal_doubles_its_quotes(value: str, literal: str) -> None:
    assert odata.text(value) == literal


@pytest.mark.parametrize("value", NASTY)
def test_no_value_breaks_out_of_the_query(value: str) -> None:
    text = f"SourceRef1 eq {odata.text(value)}"
    sent = odata.query({"$filter": text, "$top": "500"})
    assert parse_qsl(sent) == [("$filter", text), ("$top", "500")]


def test_option_names_stay_readable_and_a_space_is_no_plus() -> None:
    assert odata.query({"$orderby": "A,B", "$filter": "A eq 1"}) == "$orderby=A,B&$filter=A%20eq%201"


def test_equal_literals_are_asked_for_once() -> None:
    assert list(odata.any_of("A", ["1", "2", "1"])) == ["A eq 1 or A eq 2"]


def test_nothing_to_ask_for_is_no_filter() -> None:
    assert list(odata.any_of("A", [])) == []


def test_a_long_filter_is_split_without_losing_a_term() -> None:
    literals = [odata.text(f"Größe-{number}") for number in range(200)]
    filters = list(odata.any_of("SourceRef1", literals))
    assert [term for text in filters for term in text.split(" or ")] == [f"SourceRef1 eq {each}" for each in literals]
    sizes = [len(quote(text, safe="")) for text in filters]
    assert max(sizes) <= odata.FILTER_BUDGET
    assert min(sizes[:-1]) > odata.FILTER_BUDGET * 0.9


def test_a_literal_longer_than_the_budget_goes_alone() -> None:
    long = odata.text("x" * odata.FILTER_BUDGET)
    assert list(odata.any_of("A", ["1", long, "2"])) == ["A eq 1", f"A eq {long}", "A eq 2"]


def test_an_attribute_is_selected_once() -> None:
    assert odata.selection(["ShipmentId", "ProNo", "ShipmentId"]) == "ShipmentId,ProNo"
