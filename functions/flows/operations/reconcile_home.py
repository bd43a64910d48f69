"""Which record a parcel stands on or should stand on. Written once more for the comparison: how the deliveries place is
not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from functions.connections.targets import CustomEntity
from functions.flows.operations.reconcile_cases import Case
from functions.flows.operations.reconcile_reading import Addressed
from functions.flows.operations.reconcile_values import words
from functions.model.reconciled import IfsRow
from functions.model.records import FieldName


def home(each: Addressed, case: Case) -> IfsRow | None:
    """None where there is no record, or none that is certain."""
    rows = [row for row in case.standing if each.reference in row.references or each.ifs_shipment == row.id]
    if _wants_its_own(each, rows):
        return next((row for row in rows if row.parcel == each.key), None)
    return _named(each, rows) or _by_content(each, rows)


def numbers_of(parcels: Iterable[Addressed], separator: str) -> set[str]:
    """The words of their tracking numbers."""
    return {word for each in parcels for word in words(each.parcel.tracking, separator)}


def _wants_its_own(each: Addressed, rows: Iterable[IfsRow]) -> bool:
    """A row that is for this parcel alone."""
    is_entity = any(isinstance(target, CustomEntity) for target in each.view.ifs.targets[:1])
    return is_entity or any(row.parcel is not None for row in rows)


def _named(each: Addressed, rows: Sequence[IfsRow]) -> IfsRow | None:
    """The only one needs no name."""
    return next((row for row in rows if len(rows) == 1 or row.id == each.ifs_shipment), None)


def _by_content(each: Addressed, rows: Sequence[IfsRow]) -> IfsRow | None:
    """The one that shows its number; the only one that holds its goods where those that show it hold others."""
    showing = [row for row in rows if _shows(row, each)]
    holder = _only_holder(each, rows)
    # A number that stands on a record with other goods was typed there by mistake, or by the fault that is looked for.
    if holder is not None and all(_holds_others(row, each) for row in showing):
        return holder
    return next(iter(showing), None)


def _only_holder(each: Addressed, rows: Iterable[IfsRow]) -> IfsRow | None:
    holding = [row for row in rows if row.parts & each.parcel.parts]
    return holding[0] if len(holding) == 1 else None


def _holds_others(row: IfsRow, each: Addressed) -> bool:
    """What tells no goods at all contradicts nothing."""
    return bool(row.parts) and row.parts.isdisjoint(each.parcel.parts)


def _shows(row: IfsRow, each: Addressed) -> bool:
    target = each.view.ifs.target_of(row.place)  # type: ignore[arg-type] # as the reader named it
    if target is None or not each.parcel.tracking:
        return False
    separator = target.tracking.separator
    return numbers_of([each], separator) <= set(words(row.values.get(FieldName.TRACKING), separator))
