"""Reads what IFS says of many orders at once, for a comparison. It places nothing and knows none of the writing
targets: a fault there must not be repeated here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
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
LINE_KEY = ("ShipmentId", "ShipmentLineNo")
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
        references = self._of_lines(service, target, asked)
        for number, reference in asked.named.items() if "shipment_id" in target.find else ():
            if number.isdecimal():
                references[str(int(number))].add(reference)
        if not references:
            return Told([], set())
        attributes = [rule.attribute for rule in target.rules.values()]
        headers = service.rows_of_each(
            target.entity_set,
            ("Objstate", "Contract", "ShipmentCategory", *attributes),
            odata.any_of("ShipmentId", sorted(references)),
            ("ShipmentId",),
        )
        parts: dict[str, set[str]] = defaultdict(set)
        lines = service.rows_of_each(target.line_set, LINES, odata.any_of("ShipmentId", sorted(references)), LINE_KEY)
        for line in lines:
            parts[_number(line["ShipmentId"])].add(str(line.get("SourcePartNo") or line.get("InventoryPartNo") or ""))
        rows = [
            self._row(target, each, number).of(references[number], filter(None, parts[number]))
            for each in headers
            for number in [_number(each["ShipmentId"])]
            if each.get("ShipmentCategory") != "Consolidated"
        ]
        return Told(rows, {reference for row in rows if not row.is_cancelled for reference in row.references})

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
        numbers: Numbers = defaultdict(set)
        for reference, row in self._order_rows(target, finder, references):
            if _is_found(reference, row):
                numbers[str(row["OrderNo"])].add(reference)
        return numbers

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
            left = set(asked.references) - {reference for reference, row in found if _is_found(reference, row)}
            found += self._order_rows(target, finder, left, more) if left else []
        return [(reference, row) for reference, row in found if reference in asked.references]

    def _orders(self, target: OrderHeader, asked: Asked) -> Told:
        more = [rule.attribute for rule in target.rules.values()]
        found = self._found_orders(target, asked, more)
        references: dict[str, set[str]] = defaultdict(set)
        for reference, row in found:
            references[str(row["OrderNo"])].add(reference)
        by_number = {str(row["OrderNo"]): row for _, row in found}
        rows = [self._row(target, row, number).of(references[number]) for number, row in by_number.items()]
        return Told(rows, {reference for reference, row in found if _is_found(reference, row)})

    def _entities(self, target: CustomEntity, asked: Asked) -> Told:
        """Every row of these orders, whichever shipment it is for."""
        found = [(reference, row) for reference, row in self._found_orders(target, asked) if _is_found(reference, row)]
        numbers: Numbers = defaultdict(set)
        for reference, row in found:
            numbers[str(row["OrderNo"])].add(reference)
        attributes = (
            target.id_attribute,
            target.order_attribute,
            *((target.company_attribute,) if target.company_attribute else ()),
            *(rule.attribute for rule in target.rules.values()),
        )
        filters = odata.any_of(target.order_attribute, map(odata.text, sorted(numbers)))
        service = Service(self._client, target.endpoint, target.projection)
        shown = service.rows_of_each(target.entity_set, attributes, filters, (target.key,)) if numbers else []
        rows = []
        for each in shown:
            parcel, order = str(each.get(target.id_attribute)), str(each.get(target.order_attribute))
            made = self._row(target, each, f"{parcel}@{order}")
            company = str(each.get(target.company_attribute) or "") if target.company_attribute else ""
            rows.append(made.of(numbers.get(order, ())).made_for(parcel, company))
        return Told(rows, {reference for reference, _ in found})

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


def _plain(value: object) -> str:
    text = "" if value is None else str(value)
    return text.removesuffix(".0") if isinstance(value, float) else text


def _number(value: object) -> str:
    """42 and 42.0 are one."""
    try:
        return str(int(Decimal(str(value))))
    except (InvalidOperation, ValueError, OverflowError):
        return str(value)
