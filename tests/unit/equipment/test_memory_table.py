"""What the local AWS does not show: reads that are a little late, pages, answers that are lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr

from functions.errors import Retryable
from functions.ledger.table import DUE_PARTITION, DUE_SORT
from functions.model.outcomes import Reason
from tests.equipment.builders import NOON
from tests.equipment.memory_aws.table import PAGE_ITEMS, Lateness, MemoryTable

LATE_SECONDS = 2.0


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def a_late_table() -> tuple[MemoryTable, Clock, list[str]]:
    clock, met = Clock(), list[str]()
    return MemoryTable(lateness=Lateness(clock, Random(1), LATE_SECONDS, lambda: met.append("late"))), clock, met


def due(sk: str, at: str, n: int = 0) -> dict[str, Any]:
    return {"pk": "p", "sk": sk, "n": n, DUE_PARTITION: "s", DUE_SORT: at}


def test_batch_read_may_show_what_stood_before_and_soon_no_longer() -> None:
    table, clock, met = a_late_table()
    table.put(due("a", "1", 1))
    clock.now += timedelta(minutes=1)
    table.put(due("a", "1", 2))

    shown = {int(row["n"]) for _ in range(50) for row in table.get_many([("p", "a")], ["n"])}
    assert shown == {1, 2}
    assert met
    clock.now += timedelta(seconds=LATE_SECONDS)
    assert {int(row["n"]) for _ in range(50) for row in table.get_many([("p", "a")], ["n"])} == {2}


def test_batch_read_and_scan_may_miss_what_was_just_made() -> None:
    table, _, _ = a_late_table()
    table.put(due("a", "1"))

    assert {len(table.get_many([("p", "a")], ["n"])) for _ in range(50)} == {0, 1}
    assert {len(list(table.scan(prefix="p"))) for _ in range(50)} == {0, 1}


def test_index_may_show_an_earlier_due_time_and_miss_a_new_one() -> None:
    table, clock, _ = a_late_table()
    table.put(due("a", "1"))
    clock.now += timedelta(minutes=1)
    table.put(due("a", "2"))
    table.put(due("b", "2"))

    shown = [tuple((row["sk"], row[DUE_SORT]) for row in table.query_due("s", until="3", limit=9)) for _ in range(99)]
    assert set(shown) == {(("a", "1"),), (("a", "2"),), (("a", "1"), ("b", "2")), (("a", "2"), ("b", "2"))}


def test_item_that_is_due_no_more_may_still_stand_in_the_index() -> None:
    table, clock, _ = a_late_table()
    table.put(due("a", "1"))
    clock.now += timedelta(minutes=1)
    table.put({"pk": "p", "sk": "a"})

    assert {len(table.query_due("s", until="3", limit=9)) for _ in range(50)} == {0, 1}


def test_get_and_query_are_never_late() -> None:
    table, clock, _ = a_late_table()
    table.put(due("a", "1", 1))
    clock.now += timedelta(minutes=1)
    table.put(due("a", "1", 2))

    assert {int((table.get("p", "a") or {})["n"]) for _ in range(50)} == {2}
    assert {int(row["n"]) for _ in range(50) for row in table.query("p")} == {2}


def test_condition_is_decided_on_what_is_really_stored() -> None:
    table, _, _ = a_late_table()
    table.put(due("a", "1", 1))

    assert not any(table.put(due("a", "1", 2), condition=Attr("pk").not_exists()) for _ in range(20))


@pytest.mark.parametrize("name", ["query", "query_shard", "scan"])
def test_each_page_is_a_call_of_its_own(name: str) -> None:
    steps: list[str] = []
    table = MemoryTable(steps.append)
    for number in range(PAGE_ITEMS + 1):
        table.put(due(f"{number:03}", "1"))
    steps.clear()

    calls = {"query": partial(table.query, "p"), "query_shard": partial(table.query_shard, "s")}
    rows = list(calls.get(name, partial(table.scan, prefix="p"))())
    assert len(rows) == PAGE_ITEMS + 1
    assert steps == [name, f"{name} done"] * 2


@pytest.mark.parametrize("name", ["get", "get_many", "query", "query_due", "query_shard", "scan", "put"])
def test_every_answer_can_be_lost(name: str) -> None:
    def step(at: str) -> None:
        if at == f"{name} done":
            raise Retryable(Reason.LEDGER_UNAVAILABLE, "lost")

    table = MemoryTable(step)
    calls: dict[str, Any] = {
        "get": lambda: table.get("p", "a"),
        "get_many": lambda: table.get_many([("p", "a")], []),
        "query": lambda: list(table.query("p")),
        "query_due": lambda: table.query_due("s", until="1", limit=1),
        "query_shard": lambda: list(table.query_shard("s")),
        "scan": lambda: list(table.scan(prefix="p")),
        "put": lambda: table.put(due("a", "1")),
    }
    with pytest.raises(Retryable):
        calls[name]()
