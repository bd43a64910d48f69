"""What versions before this one left in DynamoDB and SQS, frozen: the ledger of a tenant holds it for years.

`v1/<kind>.json` lists cases of `name`, `table` (`ledger`, `audit`, or `queue`) and `item`. An item is stored as
DynamoDB's resource hands it out, numbers as JSON integers, which become Decimal here; there are no floats, bytes or
sets. Of a queue, `item` is the text of the body. The files were written by that version itself: never edit them.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from tests.equipment.memory_aws.table import MemoryTable

VERSION = "v1"


@cache
def stored(kind: str) -> dict[str, Any]:
    """Items or bodies by the name of their case."""
    text = (Path(__file__).parent / VERSION / f"{kind}.json").read_text(encoding="utf-8")
    return {case["name"]: case["item"] for case in json.loads(text, parse_int=Decimal)}


def a_table(*items: dict[str, Any]) -> MemoryTable:
    table = MemoryTable()
    assert all(table.put(item) for item in items)
    return table


def holding(kind: str, *names: str) -> MemoryTable:
    """A table with these cases in it."""
    return a_table(*(stored(kind)[name] for name in names))
