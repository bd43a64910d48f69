"""What DynamoDB takes of an item, and what it refuses for good.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from functions.errors import Permanent
from functions.ledger.table import DUE_PARTITION, DUE_SORT, Table
from functions.model.outcomes import Reason

LARGEST_BYTES = 400 * 1024
KEY_BYTES = len("pkpskatext")
LARGEST_PARTITION, LARGEST_SORT = 2048, 1024
DEEPEST = 32


def item(**values: Any) -> dict[str, Any]:
    return {"pk": "p", "sk": "a", **values}


def due(shard: Any, at: Any) -> dict[str, Any]:
    return item(**{DUE_PARTITION: shard, DUE_SORT: at})


def nested(levels: int) -> Any:
    """A value with so many lists and maps around its text."""
    value: Any = "x"
    for level in range(levels):
        value = [value] if level % 2 else {"x": value}
    return value


TAKEN = {
    "empty values": item(text="", list=[], map={}, nothing=None),
    "400 KB": item(text="x" * (LARGEST_BYTES - KEY_BYTES)),
    "longest partition key": {"pk": "p" * LARGEST_PARTITION, "sk": "a"},
    "longest sort key": {"pk": "p", "sk": "a" * LARGEST_SORT},
    "longest due shard": due("s" * LARGEST_PARTITION, "1"),
    "longest due time": due("s", "1" * LARGEST_SORT),
    "deepest": item(value=nested(DEEPEST - 1)),
    "38 digits": item(n=int("9" * 38)),
    "fraction": item(n=Decimal("0.25")),
}
REFUSED = {
    "a byte over 400 KB": item(text="x" * (LARGEST_BYTES - KEY_BYTES + 1)),
    "over 400 KB in bytes alone": item(text="ü" * (LARGEST_BYTES // 2)),
    "no sort key": {"pk": "p", "sk": ""},
    "no partition key": {"pk": "", "sk": "a"},
    "partition key too long": {"pk": "p" * (LARGEST_PARTITION + 1), "sk": "a"},
    "sort key too long": {"pk": "p", "sk": "a" * (LARGEST_SORT + 1)},
    "due shard too long": due("s" * (LARGEST_PARTITION + 1), "1"),
    "due time too long": due("s", "1" * (LARGEST_SORT + 1)),
    "empty due shard": due("", "1"),
    "empty due time": due("s", ""),
    "due time is a number": due("s", 1),
    "due shard is null": due(None, "1"),
    "too deep": item(value=nested(DEEPEST + 1)),
}


@pytest.mark.parametrize("stored", [pytest.param(each, id=name) for name, each in TAKEN.items()])
def test_item_within_the_limits_comes_back_whole(table: Table, stored: dict[str, Any]) -> None:
    assert table.put(stored)
    assert table.get(stored["pk"], stored["sk"]) == stored


@pytest.mark.parametrize("asked", [pytest.param(each, id=name) for name, each in REFUSED.items()])
def test_item_beyond_a_limit_is_refused_for_good(table: Table, asked: dict[str, Any]) -> None:
    with pytest.raises(Permanent) as refused:
        table.put(asked)

    assert refused.value.reason is Reason.LEDGER_REFUSED
    assert list(table.scan(prefix="")) == []


@pytest.mark.parametrize("value", [1.5, {"inner": [0.1]}], ids=["float", "nested float"])
def test_floats_are_refused(table: Table, value: Any) -> None:
    with pytest.raises(Exception, match="Float"):
        table.put(item(n=value))


@pytest.mark.parametrize("number", [10**38 + 1, Decimal("0." + "1" * 39)], ids=["whole", "fraction"])
def test_number_of_more_than_38_digits_is_refused(table: Table, number: Any) -> None:
    with pytest.raises(Exception, match=r"Inexact|Rounded"):
        table.put(item(n=number))
