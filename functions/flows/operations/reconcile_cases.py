"""Puts together what has to be compared together: the parcels and the records of orders that share records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from functions.flows.operations.reconcile_reading import Addressed
from functions.model.reconciled import IfsRow

Name = tuple[str, str, str]  # of an order or a record, as what belongs together


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
    groups = _grouped(parcels, rows)
    of_parcels, of_rows = defaultdict(list), defaultdict(list)
    for each in parcels:
        of_parcels[groups.root(_order(each))].append(each)
    for row in rows:
        of_rows[groups.root(_record(row))].append(row)
    return [Case(tuple(own), tuple(of_rows.get(root, ()))) for root, own in of_parcels.items()]


def _grouped(parcels: Sequence[Addressed], rows: Sequence[IfsRow]) -> _Groups:
    groups, named = _Groups(), {each.id: each for each in rows}
    orders: dict[str, set[Name]] = defaultdict(set)
    for each in parcels:
        orders[str(each.reference)].add(_order(each))
        if each.ifs_shipment in named:
            groups.join(_order(each), _record(named[each.ifs_shipment]))
    for row in rows:
        for order in chain.from_iterable(orders.get(reference, ()) for reference in row.references):
            groups.join(order, _record(row))
    return groups


class _Groups:
    """Who belongs together."""

    def __init__(self) -> None:
        self._above: dict[Name, Name] = {}

    def root(self, name: Name) -> Name:
        while self._above.get(name, name) != name:
            name = self._above[name]
        return name

    def join(self, one: Name, other: Name) -> None:
        self._above[self.root(other)] = self.root(one)


def _order(each: Addressed) -> Name:
    return "order", each.view.ifs.company, str(each.reference)


def _record(row: IfsRow) -> Name:
    return "record", row.place, row.id
