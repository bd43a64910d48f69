from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr

from functions.ledger.table import DUE_PARTITION, DUE_SORT, Table


def item(sk: str = "a", pk: str = "p", **values: Any) -> dict[str, Any]:
    return {"pk": pk, "sk": sk, **values}


def test_absent_item_is_none(table: Table) -> None:
    assert table.get("p", "a") is None


def test_stored_item_comes_back_whole(table: Table) -> None:
    stored = item(n=7, text="ö", nested={"list": [1, {"x": True}], "empty": {}})
    assert table.put(stored)

    assert table.get("p", "a") == stored


def test_numbers_come_back_as_decimals(table: Table) -> None:
    table.put(item(n=7))
    found = table.get("p", "a")

    assert found is not None
    assert isinstance(found["n"], Decimal)


def test_put_replaces_the_whole_item(table: Table) -> None:
    table.put(item(n=7))
    table.put(item(m=8))

    assert table.get("p", "a") == item(m=8)


@pytest.mark.parametrize(
    "table",
    [pytest.param("local aws", marks=pytest.mark.integration), pytest.param("moto", marks=pytest.mark.integration)],
    indirect=True,
)
def test_put_refused_because_it_is_stored_already_counts_as_taken(table: Table) -> None:
    """The answer to a put may be lost and the SDK repeat it; the repetition must not look like a conflict. A rule of
    the adapter to AWS alone.
    """
    assert table.put(item(n=9), condition=Attr("pk").not_exists())
    assert table.put(item(n=9), condition=Attr("pk").not_exists())


def test_get_many_takes_any_number_of_keys_and_leaves_out_the_absent(table: Table) -> None:
    for number in range(120):
        table.put(item(f"{number:03}", n=number, other=1))
    keys = [("p", f"{number:03}") for number in range(130)] + [("p", "000")]
    found = table.get_many(keys, ["n"])

    assert sorted(int(row["n"]) for row in found) == list(range(120))
    assert set(found[0]) == {"pk", "sk", "n"}


def test_query_ascends_by_sort_key_within_a_prefix(table: Table) -> None:
    for sk in ("x#2", "y#1", "x#10", "x#1"):
        table.put(item(sk))
    table.put(item("x#3", pk="q"))

    assert [row["sk"] for row in table.query("p", prefix="x#")] == ["x#1", "x#10", "x#2"]
    assert len(list(table.query("p"))) == 4


def test_due_index_holds_only_items_that_carry_its_keys(table: Table) -> None:
    table.put(item("a", **{DUE_PARTITION: "s", DUE_SORT: "2026-02"}))
    table.put(item("b", **{DUE_PARTITION: "s", DUE_SORT: "2026-01"}))
    table.put(item("c", **{DUE_PARTITION: "s", DUE_SORT: "2026-03"}))
    table.put(item("d"))

    assert [row["sk"] for row in table.query_due("s", until="2026-02", limit=9)] == ["b", "a"]
    assert [row["sk"] for row in table.query_due("s", until="2026-09", limit=1)] == ["b"]


def test_a_shard_of_the_due_index_is_read_whole(table: Table) -> None:
    for number in (2, 1, 3):
        table.put(
            item(f"{number}", watched=[{"id": "1"}], other=1, **{DUE_PARTITION: "s", DUE_SORT: f"2026-0{number}"})
        )
    table.put(item("4", **{DUE_PARTITION: "t", DUE_SORT: "2026-01"}))

    found = list(table.query_shard("s"))
    assert [row["sk"] for row in found] == ["1", "2", "3"]
    assert found[0]["watched"] == [{"id": "1"}]
    assert "other" not in found[0]


def test_item_that_is_no_longer_due_leaves_the_index(table: Table) -> None:
    table.put(item("a", **{DUE_PARTITION: "s", DUE_SORT: "2026-02"}))
    table.put(item("a"))

    assert table.query_due("s", until="2027", limit=9) == []


def test_scan_finds_partitions_by_prefix(table: Table) -> None:
    for pk in ("order#1", "order#2", "reader#1"):
        table.put(item(pk=pk))

    assert sorted(row["pk"] for row in table.scan(prefix="order#")) == ["order#1", "order#2"]


def test_due_index_shows_keys_and_what_is_projected(table: Table) -> None:
    table.put(item("a", key={"reference": "P1"}, other=1, **{DUE_PARTITION: "s", DUE_SORT: "2026-02"}))

    (found,) = table.query_due("s", until="2026-02", limit=9)
    assert set(found) == {"pk", "sk", DUE_PARTITION, DUE_SORT, "key"}
