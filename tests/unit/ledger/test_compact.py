from __future__ import annotations

import json
from typing import Any

import pytest

from functions.ledger.compact import compact, whole

HERE, THERE = "ifs.example.com/ShipmentHandling/ShipmentSet", "ifs.example.com/CustomerOrderHandling/CustomerOrderSet"


def key(record_id: str, place: str = HERE) -> dict[str, str]:
    return {"place": place, "id": record_id}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"revision": 1, "shipments": {"L1": {"outcome": "waiting"}}},
        {"records": [{"key": key("1"), "fields": {}}], "debts": [key("2"), key("3", THERE)]},
        {"shipments": {"L1": {"placing": {"key": key("1"), "by": "only"}}}, "watched": [key("1")]},
        {"past": [key("1", THERE), key("2", THERE)], "records": [{"key": key("1")}]},
        {"fields": {"id": "not a key", "place": THERE, "more": 1}, "records": [{"key": key("1")}]},
    ],
)
def test_what_is_stored_compact_is_read_whole(values: dict[str, Any]) -> None:
    stored = compact(values)
    assert whole(stored) == values
    text = json.dumps(stored)
    assert all(text.count(f'"{place}"') <= 1 for place in (HERE, THERE)) or "not a key" in text


def test_the_place_that_most_records_have_is_stored_once() -> None:
    stored = compact({"records": [{"key": key("1")}, {"key": key("2")}, {"key": key("3", THERE)}]})
    assert stored == {"records": [{"key": {"id": "1"}}, {"key": {"id": "2"}}, {"key": key("3", THERE)}], "place": HERE}


def test_an_item_that_names_each_place_is_read_as_it_is() -> None:
    values = {"records": [{"key": key("1")}]}
    assert whole(values) == values
