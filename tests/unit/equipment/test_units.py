"""What DynamoDB bills for a call, counted by the table in memory."""

from __future__ import annotations

from typing import Any

from functions.ledger.items import unmoved
from tests.equipment.memory_aws.table import MemoryTable

KILOBYTE = 1000  # with keys and names less than two of DynamoDB's


def an_item(number: int = 1, *, kilobytes: int = 0, **more: Any) -> dict[str, Any]:
    return {"pk": f"order#{number}", "sk": "state", "body": "x" * KILOBYTE * kilobytes, **more}


def test_a_put_costs_a_unit_for_each_kilobyte_of_the_larger_of_old_and_new() -> None:
    table = MemoryTable()
    table.put(an_item(kilobytes=3))
    assert table.write_units == {"order": 3}
    table.put(an_item())
    assert table.write_units == {"order": 6}
    table.put(an_item())
    assert table.write_units == {"order": 7}


def test_a_refused_put_costs_what_stands_there() -> None:
    table = MemoryTable()
    table.put(an_item(kilobytes=3, revision=1))
    assert not table.put(an_item(revision=1), condition=unmoved(0))
    assert (table.refused_units, table.write_units) == (3, {"order": 3})


def test_a_read_costs_a_unit_for_four_kilobytes_and_half_of_it_where_it_may_be_late() -> None:
    table = MemoryTable()
    table.put(an_item(1, kilobytes=9))
    table.get("order#1", "state")
    assert table.read_units == 3
    table.get("order#2", "state")
    assert table.read_units == 4, "what is not there is read too"
    table.get_many([("order#1", "state"), ("order#2", "state")], ("body",))
    assert table.read_units == 6
    list(table.query("order#1"))
    assert table.read_units == 9
    table.query_due("due#acme#0", until="2026-06-01", limit=5)
    assert table.read_units == 9.5
