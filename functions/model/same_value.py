"""Whether two readings of a field mean the same: what we sent comes back as IFS keeps it, be it in capitals."""

from __future__ import annotations

from functions.model.amounts import amount_of
from functions.model.records import FieldName
from functions.model.text import folded

DAY, SECONDS = len("YYYY-MM-DD"), len("YYYY-MM-DDThh:mm:ss")


def same(name: str, one: str | None, other: str | None) -> bool:
    """`name` is the field's; a ship date is the day that its text names, a delivery its second, a cost its number."""
    if name == FieldName.SHIP_DATE:
        return (one or "")[:DAY] == (other or "")[:DAY]
    if name == FieldName.DELIVERED_AT:
        return (one or "")[:SECONDS] == (other or "")[:SECONDS]
    if name == FieldName.COST and (amount := amount_of(one)) is not None:
        return amount == amount_of(other)
    return folded(one or "") == folded(other or "")
