"""Puts together what has to be compared together: the parcels and the records of orders that share records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from functions.flows.operations.reconcile_reading import Addressed
from functions.model.reconciled import IfsRow


@dataclass(frozen=True)
class Case:
    """Orders that share records, and everything that both systems say of them."""

    parcels: tuple[Addressed, ...]
    rows: tuple[IfsRow, ...]

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(each.key for each in self.parcels)

    @property
    def standing(self) -> list[IfsRow]:
        return [row for row in self.rows if not row.is_cancelled]

    def placed(self, records: Mapping[str, str]) -> Case:
        """With these parcels on these records, whatever else says where they belong."""
        named = [replace(each, ifs_shipment=records.get(each.key, each.ifs_shipment)) for each in self.parcels]
        return replace(self, parcels=tuple(named))

    def beside(self, context: Iterable[Addressed]) -> Case:
        return replace(self, parcels=(*self.parcels, *context))


def cases(parcels: Sequence[Addressed], rows: Sequence[IfsRow]) -> list[Case]:
    """Parcels of one order belong together; so do the orders that one record is of."""
    named = {each.id: each for each in rows}
    groups = _Groups()
    for each in parcels:
        groups.join(_order(each), ("parcel", each.view.ifs.company, str(each.reference)))
        if each.ifs_shipment in named:
            groups.join(_order(each), ("row", named[each.ifs_shipment].place, each.ifs_shipment))
    companies = {(each.reference, each.view.ifs.company) for each in parcels}
    by_reference: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for reference, company in companies:
        by_reference[str(reference)].append(("parcel", company, str(reference)))
    for row in rows:
        for reference in row.references:
            for order in by_reference.get(reference, ()):
                groups.join(order, ("row", row.place, row.id))
    of_parcels, of_rows = defaultdict(list), defaultdict(list)
    for each in parcels:
        of_parcels[groups.root(_order(each))].append(each)
    for row in rows:
        of_rows[groups.root(("row", row.place, row.id))].append(row)
    return [Case(tuple(own), tuple(of_rows.get(root, ()))) for root, own in of_parcels.items()]


class _Groups:
    """Who belongs together."""

    def __init__(self) -> None:
        self._above: dict[tuple[str, ...], tuple[str, ...]] = {}

    def root(self, name: tuple[str, ...]) -> tuple[str, ...]:
        while self._above.get(name, name) != name:
            name = self._above[name]
        return name

    def join(self, one: tuple[str, ...], other: tuple[str, ...]) -> None:
        self._above[self.root(other)] = self.root(one)


def _order(each: Addressed) -> tuple[str, ...]:
    return "parcel", each.view.ifs.company, str(each.reference)
