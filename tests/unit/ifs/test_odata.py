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


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        pytest.param("12", "12", id="a number"),
        pytest.param("-3.50", "-3.50", id="below nothing, with decimals"),
        pytest.param("9" * 30 + "." + "1" * 10, "9" * 30 + "." + "1" * 10, id="the longest"),
        pytest.param("9" * 31, "", id="longer"),
        pytest.param("1." + "1" * 11, "", id="more decimals"),
        pytest.param("x12", "", id="a letter before"),
        pytest.param("12x", "", id="a letter behind"),
        pytest.param("1 or 1 eq 1", "", id="a filter of its own"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_is_no_number_is_asked_of_no_number(value: str, literal: str) -> None:
    assert odata.literal("number", value) == literal


def test_a_text_that_reads_like_a_number_stays_a_text() -> None:
    assert odata.literal("text", "12") == "'12'"


def test_the_parts_of_a_key_stand_in_the_path_with_their_quotes_and_nothing_else_unencoded() -> None:
    parts = {"OrderNo": odata.text("P/1, (2)"), "LineNo": "1"}
    assert odata.key(parts) == "OrderNo='P%2F1%2C%20%282%29',LineNo=1"


def test_half_a_character_becomes_a_question_mark() -> None:
    assert odata.key({"A": odata.text("x\ud83d")}) == "A='x%3F'"
    assert odata.query({"$filter": "A eq 'x\ud83d'"}) == "$filter=A%20eq%20%27x%3F%27"
    assert list(odata.any_of("A", ["'x\ud83d'"])) == ["A eq 'x\ud83d'"]


def test_what_separates_options_is_encoded_and_what_odata_reads_is_not() -> None:
    assert odata.query({"$filter": "f(A,'X$')"}) == "$filter=f(A,%27X$%27)"


def test_keys_of_several_texts_are_bracketed() -> None:
    asked = odata.pairs(["OrderNo", "LineNo"], [["P1", "1"], ["O'B", "2"]])
    assert list(asked) == ["(OrderNo eq 'P1' and LineNo eq '1') or (OrderNo eq 'O''B' and LineNo eq '2')"]


def test_a_key_with_a_part_too_few_is_no_key() -> None:
    with pytest.raises(ValueError, match="zip"):
        list(odata.pairs(["OrderNo", "LineNo"], [["P1"]]))


def test_a_filter_may_be_as_long_as_the_budget_and_no_longer() -> None:
    """Each of three terms takes a third with what joins it to the next; blanks and quotes take three characters."""
    third = odata.FILTER_BUDGET // 3
    fixed = len(quote("A eq '' or ", safe=""))
    fits = [odata.text(letter * (third - fixed)) for letter in "xyz"]
    assert len(list(odata.any_of("A", fits))) == 1
    assert len(list(odata.any_of("A", [*fits, *fits, odata.text("w" * (third - fixed))]))) == 2
    longer = [*fits[:2], odata.text("z" * (third - fixed + 1))]
    assert len(list(odata.any_of("A", longer))) == 2
    second = [odata.text("v" * (odata.FILTER_BUDGET - fixed)), *fits]
    assert len(list(odata.any_of("A", second))) == 2
