"""Reads what IFS says of many orders at once, for a comparison. It places nothing and knows none of the writing
targets: a fault there must not be repeated here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from functions.connections.targets import AnyTarget, CustomEntity, OrderHeader, ShipmentHeader
from functions.connections.vendors import IfsTenant
from functions.ifs import odata
from functions.ifs.client import IfsClient
from functions.ifs.service import Row, Service
from functions.model.reconciled import IfsRow
from functions.model.records import FieldName

LINES = ("SourceRefType", "SourceRef1", "SourcePartNo", "InventoryPartNo")
LINE_KEY = ("ShipmentId", "ShipmentLineNo")  # the whole key: lists are ordered by it
ORDERS = ("OrderNo", "Company", "Contract", "Objstate")
CANCELLED = "Cancelled"
Numbers = dict[str, set[str]]  # the references that an IFS order number stands for


@dataclass(frozen=True)
class Asked:
    """`named` are the references by the id of the IFS shipment that their parcel names itself."""

    references: Collection[str]
    named: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """`found` are the references that IFS has something for, at this target."""

    rows: list[IfsRow]
    found: set[str]


class PlainRows:
    """Raises Retryable or Permanent."""

    def __init__(self, client: IfsClient, tenant: IfsTenant) -> None:
        self._client, self._tenant = client, tenant

    def read(self, target: AnyTarget, asked: Asked) -> Told:
        if isinstance(target, ShipmentHeader):
            told = self._shipments(target, asked)
        elif isinstance(target, OrderHeader):
            told = self._orders(target, asked)
        else:
            told = self._entities(target, asked)
        return Told([row for row in told.rows if self._is_ours(row)], told.found)

    def _is_ours(self, row: IfsRow) -> bool:
        return row.company in {"", self._tenant.company} and (
            not self._tenant.sites or row.site in {"", *self._tenant.sites}
        )

    def _shipments(self, target: ShipmentHeader, asked: Asked) -> Told:
        service = Service(self._client, target.endpoint, target.projection)
        references = self._references(service, target, asked)
        if not references:
            return Told([], set())
        named = list(odata.any_of("ShipmentId", sorted(references)))
        attributes = ("Objstate", "Contract", "ShipmentCategory", *_attributes(target))
        headers = service.rows_of_each(target.entity_set, attributes, named, ("ShipmentId",))
        parts = _parts(service.rows_of_each(target.line_set, LINES, named, LINE_KEY))
        rows = [
            self._row(target, each, number).of(references[number], parts[number])
            for each in headers
            for number in [_number(each["ShipmentId"])]
            if each.get("ShipmentCategory") != "Consolidated"
        ]
        return Told(rows, {reference for row in rows if not row.is_cancelled for reference in row.references})

    def _references(self, service: Service, target: ShipmentHeader, asked: Asked) -> dict[str, set[str]]:
        """By the ids of the IFS shipments that hold their lines, or that their parcels name."""
        references = self._of_lines(service, target, asked)
        for number, reference in asked.named.items() if "shipment_id" in target.find else ():
            if number.isdecimal():
                references[str(int(number))].add(reference)
        return references

    def _of_lines(self, service: Service, target: ShipmentHeader, asked: Asked) -> dict[str, set[str]]:
        """References by the ids of the IFS shipments that hold their lines, by the first finder that has any."""
        found: dict[str, set[str]] = defaultdict(set)
        left = set(asked.references)
        for finder in target.find:
            numbers = self._numbers(target, finder, left) if finder != "shipment_id" and left else {}
            filters = odata.any_of("SourceRef1", map(odata.text, sorted(numbers)))
            for line in service.rows_of_each(target.line_set, LINES, filters, LINE_KEY) if numbers else ():
                references = numbers.get(str(line.get("SourceRef1")), set())
                if line.get("SourceRefType") == "CustomerOrder" and line.get("ShipmentId") is not None:
                    found[_number(line["ShipmentId"])] |= references
                    left -= references
        return found

    def _numbers(self, target: AnyTarget, finder: str, references: Collection[str]) -> Numbers:
        if finder == "order_number":
            return {reference: {reference} for reference in references}
        return _by_number(_found(self._order_rows(target, finder, references)))

    def _order_rows(
        self, target: AnyTarget, finder: str, references: Collection[str], more: Sequence[str] = ()
    ) -> list[tuple[str, Row]]:
        place = target.orders
        attribute = {"order_number": "OrderNo", "customer_po": "CustomerPoNo"}.get(finder, target.find_attribute or "")
        kind = target.find_type if finder == "custom_field" else "text"
        literals = filter(None, (odata.literal(kind, each) for each in sorted(references)))
        rows = Service(self._client, place.endpoint, place.projection).rows_of_each(
            place.entity_set, (*ORDERS, attribute, *more), odata.any_of(attribute, literals), ("OrderNo",)
        )
        return [(_plain(row.get(attribute)), row) for row in rows]

    def _found_orders(self, target: AnyTarget, asked: Asked, more: Sequence[str] = ()) -> list[tuple[str, Row]]:
        found: list[tuple[str, Row]] = []
        for finder in target.find:
            left = set(asked.references) - {reference for reference, _ in _found(found)}
            found += self._order_rows(target, finder, left, more) if left else []
        return [(reference, row) for reference, row in found if reference in asked.references]

    def _orders(self, target: OrderHeader, asked: Asked) -> Told:
        found = self._found_orders(target, asked, _attributes(target))
        numbers = _by_number(found)
        by_number = {str(row["OrderNo"]): row for _, row in found}
        rows = [self._row(target, row, number).of(numbers[number]) for number, row in by_number.items()]
        return Told(rows, {reference for reference, _ in _found(found)})

    def _entities(self, target: CustomEntity, asked: Asked) -> Told:
        """Every row of these orders, whichever shipment it is for."""
        found = _found(self._found_orders(target, asked))
        numbers = _by_number(found)
        named = filter(None, (target.id_attribute, target.order_attribute, target.company_attribute))
        filters = odata.any_of(target.order_attribute, map(odata.text, sorted(numbers)))
        service, attributes = Service(self._client, target.endpoint, target.projection), (*named, *_attributes(target))
        shown = service.rows_of_each(target.entity_set, attributes, filters, (target.key,)) if numbers else []
        return Told([self._entity(target, each, numbers) for each in shown], {reference for reference, _ in found})

    def _entity(self, target: CustomEntity, row: Row, numbers: Numbers) -> IfsRow:
        parcel, order = str(row.get(target.id_attribute)), str(row.get(target.order_attribute))
        company = str(row.get(target.company_attribute) or "") if target.company_attribute else ""
        made = self._row(target, row, f"{parcel}@{order}")
        return made.of(numbers.get(order, ())).made_for(parcel, company)

    def _row(self, target: AnyTarget, row: Row, name: str) -> IfsRow:
        values: dict[FieldName, str | None] = {
            field: _plain(row.get(rule.attribute)) or None for field, rule in target.rules.items()
        }
        return IfsRow(
            place=self._tenant.place_of(target),
            id=name,
            site=_plain(row.get("Contract")),
            company=_plain(row.get("Company")),
            is_cancelled=row.get("Objstate") == CANCELLED,
            values=values,
        )


def _is_found(reference: str, row: Row) -> bool:
    """A cancelled order is found by its own number alone."""
    return row.get("Objstate") != CANCELLED or str(row["OrderNo"]) == reference


def _found(shown: Iterable[tuple[str, Row]]) -> list[tuple[str, Row]]:
    return [(reference, row) for reference, row in shown if _is_found(reference, row)]


def _by_number(orders: Iterable[tuple[str, Row]]) -> Numbers:
    numbers: Numbers = defaultdict(set)
    for reference, row in orders:
        numbers[str(row["OrderNo"])].add(reference)
    return numbers


def _attributes(target: AnyTarget) -> list[str]:
    """Those that the deliveries fill."""
    return [rule.attribute for rule in target.rules.values()]


def _parts(lines: Iterable[Row]) -> Mapping[str, set[str]]:
    """Of the goods, by the numbers of their IFS shipments."""
    parts: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        part = str(line.get("SourcePartNo") or line.get("InventoryPartNo") or "")
        parts[_number(line["ShipmentId"])] |= {part} - {""}
    return parts


def _plain(value: object) -> str:
    text = "" if value is None else str(value)
    return text.removesuffix(".0") if isinstance(value, float) else text


def _number(value: object) -> str:
    """42 and 42.0 are one."""
    try:
        return str(int(Decimal(str(value))))
    except (InvalidOperation, ValueError, OverflowError):
        return str(value)
