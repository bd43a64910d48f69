"""How DynamoDB compares: by type first.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr

from functions.ledger.table import Table

STORED = {"pk": "p", "sk": "a", "n": 7, "one": 1, "text": "b", "flag": True, "nothing": None, "list": [1, {"x": True}]}


@pytest.mark.parametrize(
    ("condition", "is_taken"),
    [
        pytest.param(Attr("pk").not_exists(), False, id="stored already"),
        pytest.param(Attr("n").eq(7), True, id="equal number"),
        pytest.param(Attr("n").eq(8), False, id="other number"),
        pytest.param(Attr("n").lt(8), True, id="below"),
        pytest.param(Attr("n").lt(7), False, id="not below itself"),
        pytest.param(Attr("n").lte(7), True, id="at most itself"),
        pytest.param(Attr("n").gt(6), True, id="above"),
        pytest.param(Attr("n").gte(8), False, id="not at least"),
        pytest.param(Attr("text").lt("a"), False, id="text not before"),
        pytest.param(Attr("text").lt("ä"), True, id="text by its bytes"),
        pytest.param(Attr("text").eq("B"), False, id="text in its case"),
        pytest.param(Attr("text").begins_with("b"), True, id="text begins with itself"),
        pytest.param(Attr("missing").eq(1), False, id="what is missing equals nothing"),
        pytest.param(Attr("missing").lt(1), False, id="what is missing is below nothing"),
        pytest.param(Attr("nothing").exists(), True, id="null exists"),
        pytest.param(Attr("nothing").not_exists(), False, id="null is not missing"),
        pytest.param(Attr("nothing").eq(None), True, id="null equals null"),
        pytest.param(Attr("missing").eq(None), False, id="what is missing is not null"),
        pytest.param(Attr("n").eq("7"), False, id="a number is no text"),
        pytest.param(Attr("n").lt("8"), False, id="a number is not below a text"),
        pytest.param(Attr("text").gt(1), False, id="a text is not above a number"),
        pytest.param(Attr("flag").eq(1), False, id="true is not one"),
        pytest.param(Attr("one").eq(True), False, id="one is not true"),  # noqa: FBT003 # the value that is compared
        pytest.param(Attr("list").eq([1, {"x": True}]), True, id="equal list"),
        pytest.param(Attr("list").eq([1, {"x": 1}]), False, id="true is not one in a list either"),
        pytest.param(Attr("pk").not_exists() | Attr("n").eq(7), True, id="or"),
        pytest.param(Attr("pk").exists() & Attr("n").eq(8), False, id="and"),
        pytest.param(Attr("missing").not_exists() & Attr("n").eq(7), True, id="missing and equal"),
        pytest.param(~Attr("missing").eq(1), True, id="not"),
    ],
)
def test_condition_decides_on_a_stored_item(table: Table, condition: Any, *, is_taken: bool) -> None:
    table.put(STORED)

    assert table.put({"pk": "p", "sk": "a", "n": 9}, condition=condition) is is_taken
    found = table.get("p", "a")
    assert found is not None
    assert found["n"] == (9 if is_taken else 7)


@pytest.mark.parametrize(
    ("condition", "is_taken"),
    [
        pytest.param(Attr("pk").not_exists(), True, id="free"),
        pytest.param(Attr("n").eq(7), False, id="equal"),
        pytest.param(Attr("n").lt(7), False, id="below"),
    ],
)
def test_condition_decides_where_nothing_is_stored(table: Table, condition: Any, *, is_taken: bool) -> None:
    assert table.put({"pk": "p", "sk": "a", "n": 9}, condition=condition) is is_taken
    assert (table.get("p", "a") is not None) is is_taken
