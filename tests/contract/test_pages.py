"""How DynamoDB cuts what is read into pages, and where the next one begins.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from functions.errors import Retryable
from functions.ledger.table import DUE_PARTITION, DUE_SORT, Table, index_key

HUNDRED_KB = "x" * 100_000


def due(number: int, **values: Any) -> dict[str, Any]:
    return {"pk": "p", "sk": f"{number:02}", DUE_PARTITION: "s", DUE_SORT: f"2026-{number:02}", **values}


def names(items: list[dict[str, Any]]) -> list[str]:
    return [str(each["sk"]) for each in items]


def test_query_reads_every_page(table: Table) -> None:
    for number in range(25):
        table.put(due(number, text=HUNDRED_KB))

    every = [f"{number:02}" for number in range(25)]
    assert names(list(table.query("p"))) == every
    assert names(list(table.query("p", newest_first=True))) == every[::-1]
    assert names(list(table.query("p", after="11"))) == every[12:]
    assert names(list(table.query("p", prefix="1", after="17"))) == ["18", "19"]


def test_what_a_query_begins_behind_need_not_be_there(table: Table) -> None:
    for number in (1, 3):
        table.put(due(number))

    assert names(list(table.query("p", after="02"))) == ["03"]
    assert names(list(table.query("p", after="02", newest_first=True))) == ["01"]


def test_query_that_begins_outside_its_prefix_is_refused(table: Table) -> None:
    """Not documented; https://note.kiriukun.com/entry/20200530-the-provided-starting-key-does-not-match-the-range-key-predicate-in-dynamodb"""
    table.put(due(1))

    with pytest.raises(Retryable, match="ValidationException"):
        list(table.query("p", prefix="0", after="a"))


def test_shard_is_read_over_every_page(table: Table) -> None:
    for number in range(25):
        table.put(due(number, key=HUNDRED_KB))

    assert names(list(table.query_shard("s"))) == [f"{number:02}" for number in range(25)]


def test_scan_reads_every_page_also_those_that_hold_nothing_of_the_prefix(table: Table) -> None:
    for number in range(25):
        table.put({"pk": "other", "sk": f"{number:02}", "text": HUNDRED_KB})
    table.put({"pk": "sought", "sk": "a"})

    assert names(list(table.scan(prefix="sought"))) == ["a"]


def test_page_of_a_scan_says_where_the_next_one_begins(table: Table) -> None:
    for number in range(230):
        table.put({"pk": f"p{number % 3}", "sk": f"{number:03}", "text": "x" * 10_000})
    found, after = table.scan_page(prefix="p1", after=None)
    assert after is not None
    while after is not None:
        more, after = table.scan_page(prefix="p1", after=after)
        found += more

    assert sorted(names(found)) == [f"{number:03}" for number in range(1, 230, 3)]


@pytest.mark.parametrize("newest_first", [False, True])
def test_index_is_read_page_by_page_from_behind_the_last(table: Table, *, newest_first: bool) -> None:
    for number in range(1, 6):
        table.put(due(number))
    found, after = list[str](), None
    while True:
        page = table.query_page("s", limit=2, after=after, newest_first=newest_first)
        found += names(page.items)
        if page.is_last:
            break
        after = index_key(page.items[-1])

    every = [f"{number:02}" for number in range(1, 6)]
    assert found == (every[::-1] if newest_first else every)


def test_page_that_ends_at_its_limit_is_not_the_last_even_where_nothing_is_behind(table: Table) -> None:
    """DynamoDB stops at the limit and does not look further."""
    for number in (1, 2):
        table.put(due(number))
    page = table.query_page("s", limit=2)

    assert (names(page.items), page.is_last) == (["01", "02"], False)
    assert table.query_page("s", limit=2, after=index_key(page.items[-1])) == ([], True)
    assert table.query_page("s", limit=3).is_last


def test_page_begins_behind_what_is_no_longer_there(table: Table) -> None:
    gone: Mapping[str, str] = index_key(due(2))
    for number in (1, 3):
        table.put(due(number))

    assert names(table.query_page("s", limit=9, after=gone).items) == ["03"]
    assert names(table.query_page("s", limit=9, after=gone, newest_first=True).items) == ["01"]


@pytest.mark.parametrize("missing", [DUE_PARTITION, DUE_SORT])
def test_item_with_one_key_of_the_index_is_not_in_it(table: Table, missing: str) -> None:
    table.put({name: value for name, value in due(1).items() if name != missing})
    table.put(due(2))

    assert names(list(table.query_shard("s"))) == ["02"]
    assert len(list(table.query("p"))) == 2


def test_batch_that_is_larger_than_an_answer_is_read_whole(table: Table) -> None:
    """DynamoDB answers with 16 MB at most, and names the keys that it left.
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
    """
    for number in range(45):
        table.put({"pk": "p", "sk": f"{number:02}", "name": "x" * 400_000})
    keys = [("p", f"{number:02}") for number in range(45)]

    assert sorted(names(table.get_many(keys, ["name"]))) == [sk for _, sk in keys]
