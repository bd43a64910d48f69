"""The `shipment_header` target: the IFS shipments that hold an order's lines, found in bulk, written one by one.

Facts from public IFS documentation and field reports: the key `ShipmentId` is a number and goes unquoted;
`ShipmentLineSet` names a customer order as `SourceRefType` CustomerOrder, its number in `SourceRef1`; lists carry
an `@odata.etag` per row; delivery is no state, IFS sets `ActualShipDate` when it delivers a shipment that is then
Completed or Closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import chain

from functions.connections.targets import Finder, ShipmentHeader
from functions.ifs import odata
from functions.ifs.client import ETag, IfsClient
from functions.ifs.service import Row, RowList, Service
from functions.ifs.targets.order_lookup import OrderLookup
from functions.ifs.targets.record_writer import CONFLICT, Fields, Writer, etag_of, text_of
from functions.model.records import Candidate, Conflict, FieldName, Line, Place, Record, RecordKey, Sought, Written
from functions.model.shipment import OrderKey, ShipmentKey

PROFILE = "shipment_header"
DELIVERED_STATES = {"Completed", "Closed"}
CUSTOMER_ORDER = "CustomerOrder"
LINE_KEY = ("ShipmentId", "ShipmentLineNo")
LINE_FIELDS = (*LINE_KEY, "SourceRefType", "SourceRef1", "SourcePartNo", "InventoryPartNo", "InventoryQty")
HEADER_FIELDS = ("ShipmentId", "Objstate", "Contract", "ShipmentCategory", "ActualShipDate")

Numbers = dict[OrderKey, dict[str, str]]  # the orders behind a reference, each with its company where it is known
Named = dict[OrderKey, dict[str, list[ShipmentKey]]]


class ShipmentHeaders:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    profile = PROFILE

    def __init__(self, client: IfsClient, target: ShipmentHeader, place: Place) -> None:
        self._target, self.place = target, place
        self._service = Service(client, target.endpoint, target.projection)
        self._orders = OrderLookup(client, target)
        self._fields = Fields(target)
        self._writer = Writer(self._service, target.entity_set, self._fields)

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        """The records that carry lines of these orders, that a shipment names, or that are remembered, batched; orders
        without any are left out. A candidate's lines include those of other orders on the same record.
        """
        named = self._named(sought)
        orders, own_lines = self._by_lines([each for each in sought if _has_unnamed(each, named)])
        numbers = {*_numbers_of(own_lines), *(key for own in named.values() for key in own), *self._remembered(sought)}
        # No record is no fault: the goods may not be picked yet.
        if not numbers:
            return {}
        headers, lines = self._records_and_lines(numbers)
        candidates = {
            each.order: list(_candidates(each, headers, lines, orders.get(each.order, {}), named.get(each.order, {})))
            for each in sought
        }
        return {order: own for order, own in candidates.items() if own}

    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]:
        """Fresh readings by record key, batched; records that no longer exist are left out."""
        return self._records(self._service.each(self._headers({key.id for key in keys})))

    def reread(self, record: Record) -> Record | None:
        """By its key, with the tag that a write checks; None where it is not there."""
        key = odata.key({"ShipmentId": record.key.id})
        row = self._writer.read(key, HEADER_FIELDS)
        return self._record(row).of_company(record.company) if row is not None else None

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """PATCH exactly these fields under the ETag of `record`."""
        key = odata.key({"ShipmentId": record.key.id})
        return self._writer.written(self._writer.patch(record, key, changes), record)

    def act(self, record: Record, action: str) -> Written | Conflict:
        """Calls a bound action under the ETag of `record`; what it did has to be read."""
        key = odata.key({"ShipmentId": record.key.id})
        path = f"{self._service.address(self._target.entity_set, key)}/{action}"
        answer = self._service.client.act(path, ETag(record.etag), self._target.entity_set)
        return Written(http_status=answer.status, record=None) if answer else CONFLICT

    def _named(self, sought: Sequence[Sought]) -> Named:
        """Which shipments name an IFS shipment themselves, by its number."""
        named: Named = {}
        for each in sought if "shipment_id" in self._target.find else ():
            for shipment in each.shipments:
                if shipment.ifs_shipment and shipment.ifs_shipment.isdecimal():
                    number = _number(shipment.ifs_shipment)
                    named.setdefault(each.order, {}).setdefault(number, []).append(shipment.key)
        return named

    def _remembered(self, sought: Iterable[Sought]) -> set[str]:
        return {key.id for each in sought for key in each.remembered if key.place == self.place}

    def _by_lines(self, sought: Sequence[Sought]) -> tuple[Numbers, list[Row]]:
        """The orders behind each reference, and their lines, by the first way of finding that yields any."""
        found: Numbers = {}
        lines: list[Row] = []
        for finder in self._target.find:
            left = [each.order for each in sought if each.order not in found]
            numbers = self._numbers(finder, left) if finder != "shipment_id" and left else {}
            hits = self._lines_of(numbers) if numbers else []
            known = {str(line["SourceRef1"]) for line in hits}
            lines += hits
            # A way of finding that yields orders without lines has not found the shipment: the next one may.
            found |= {order: own for order, own in numbers.items() if known & own.keys()}
        return found, lines

    def _lines_of(self, numbers: Numbers) -> list[Row]:
        literals = {odata.text(number) for own in numbers.values() for number in own}
        lists = self._service.each(self._lines("SourceRef1", literals))
        return [row for row in chain.from_iterable(lists) if _is_customer_order(row)]

    def _numbers(self, finder: Finder, orders: Sequence[OrderKey]) -> Numbers:
        if finder == "order_number":
            return {order: {order.reference: ""} for order in orders}
        rows = self._orders.find(finder, (order.reference for order in orders))
        own = {
            order: {str(row["OrderNo"]): text_of(row.get("Company")) for row in rows.get(order.reference, ())}
            for order in orders
        }
        return {order: numbers for order, numbers in own.items() if numbers}

    def _headers(self, numbers: Iterable[str]) -> list[RowList]:
        select, key = (*HEADER_FIELDS, *self._fields.attributes), ("ShipmentId",)
        filters = odata.any_of("ShipmentId", sorted(numbers))
        return [RowList(self._target.entity_set, select, key, filter_text) for filter_text in filters]

    def _lines(self, attribute: str, literals: Iterable[str]) -> list[RowList]:
        filters = odata.any_of(attribute, sorted(literals))
        return [RowList(self._target.line_set, LINE_FIELDS, LINE_KEY, filter_text) for filter_text in filters]

    def _records_and_lines(self, numbers: Iterable[str]) -> tuple[dict[RecordKey, Record], dict[str, list[Line]]]:
        """Asked for together. Records come first: what changes meanwhile makes their tags old."""
        headers, lines = self._headers(numbers), self._lines("ShipmentId", numbers)
        found = self._service.each([*headers, *lines])
        by_record: dict[str, list[Line]] = defaultdict(list)
        for row in chain.from_iterable(found[len(headers) :]):
            if row.get("ShipmentId") is not None:
                by_record[_number(row["ShipmentId"])].append(_line(row))
        return self._records(found[: len(headers)]), by_record

    def _records(self, lists: Iterable[Iterable[Row]]) -> dict[RecordKey, Record]:
        # One that is consolidated only gathers others, which hold the lines.
        rows = (row for row in chain.from_iterable(lists) if row.get("ShipmentCategory") != "Consolidated")
        return {record.key: record for record in map(self._record, rows)}

    def _record(self, row: Row) -> Record:
        state = row.get("Objstate")
        number = _number(row["ShipmentId"])
        return Record(
            key=RecordKey(place=self.place, id=number),
            earlier_key=f"{PROFILE}/{number}",
            etag=etag_of(row),
            values=self._fields.values(row),
            site=text_of(row.get("Contract")),
            state=text_of(state),
            is_delivered=state in DELIVERED_STATES and bool(row.get("ActualShipDate")),
            is_cancelled=state == "Cancelled",
        )


def _numbers_of(lines: Iterable[Row]) -> set[str]:
    """Of the shipments that hold these lines; a line may stand on none yet."""
    return {_number(line["ShipmentId"]) for line in lines if line.get("ShipmentId") is not None}


def _has_unnamed(each: Sought, named: Mapping[OrderKey, Mapping[str, Sequence[ShipmentKey]]]) -> bool:
    told = {key for own in named.get(each.order, {}).values() for key in own}
    return not each.shipments or any(shipment.key not in told for shipment in each.shipments)


def _candidates(
    each: Sought,
    headers: Mapping[RecordKey, Record],
    lines: Mapping[str, Sequence[Line]],
    numbers: Mapping[str, str],
    named: Mapping[str, Sequence[ShipmentKey]],
) -> Iterator[Candidate]:
    for key, record in headers.items():
        shown = _candidate(each, record, tuple(lines.get(key.id, ())), numbers, tuple(named.get(key.id, ())))
        if shown.is_own or shown.named_by or key in each.remembered:
            yield shown


def _candidate(
    each: Sought,
    record: Record,
    carried: tuple[Line, ...],
    numbers: Mapping[str, str],
    named_by: tuple[ShipmentKey, ...],
) -> Candidate:
    """An order found by another way than its number tells its company, which the shipment does not."""
    own = [line.order_reference for line in carried if line.order_reference in numbers]
    company = next((numbers[number] for number in own if numbers[number]), "")
    return Candidate(
        record=record.of_company(company),
        lines=carried,
        orders=tuple(numbers) or (each.order.reference,),
        is_own=bool(own),
        named_by=named_by,
        is_bare=not carried and not record.is_cancelled,
    )


def _is_customer_order(row: Row) -> bool:
    return row.get("SourceRefType") == CUSTOMER_ORDER


def _line(row: Row) -> Line:
    part = row.get("SourcePartNo") or row.get("InventoryPartNo") or ""
    number = str(row.get("SourceRef1"))
    # A shop order of the same number is another order.
    source = number if _is_customer_order(row) else f"{row.get('SourceRefType')} {number}"
    return Line(order_reference=source, part=str(part), quantity=_quantity(row.get("InventoryQty")))


def _quantity(value: object) -> int:
    try:
        return int(Decimal(str(value)))
    except (InvalidOperation, ValueError, OverflowError):
        return 0


def _number(value: object) -> str:
    """IFS numbers arrive as 42 or 42.0 and are addressed as 42."""
    return str(int(Decimal(str(value))))
