"""Whether two readings of a field mean the same: what we sent comes back as IFS keeps it, be it in capitals."""

from __future__ import annotations

from functions.model.amounts import amount_of
from functions.model.records import FieldName
from functions.model.text import folded

# As much of them as counts.
INSTANTS: dict[str, int] = {
    FieldName.SHIP_DATE: len("YYYY-MM-DD"),
    FieldName.DELIVERED_AT: len("YYYY-MM-DDThh:mm:ss"),
}


def same(name: str, one: str | None, other: str | None) -> bool:
    """`name` is the field's; a ship date is the day that its text names, a delivery its second, a cost its number."""
    first, second = one or "", other or ""
    if name in INSTANTS:
        return first[: INSTANTS[name]] == second[: INSTANTS[name]]
    if name == FieldName.COST and (amount := amount_of(one)) is not None:
        return amount == amount_of(other)
    return folded(first) == folded(second)
