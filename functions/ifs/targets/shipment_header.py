"""The `shipment_header` target: the IFS shipments that hold an order's lines, found in bulk, written one by one.

Facts from public IFS documentation and field reports: the key `ShipmentId` is a number and goes unquoted;
`ShipmentLineSet` names a customer order as `SourceRefType` CustomerOrder, its number in `SourceRef1`; lists carry
an `@odata.etag` per row; delivery is no state, IFS sets `ActualShipDate` when it delivers a shipment that is then
Completed or Closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from functions.connections.targets import Finder, ShipmentHeader
from functions.ifs import odata
from functions.ifs.client import ETag, IfsClient
from functions.ifs.service import Row, Service
from functions.ifs.targets.order_lookup import OrderLookup
from functions.ifs.targets.record_writer import CONFLICT, Fields, Writer, etag_of, text_of
from functions.model.records import Candidate, Conflict, FieldName, Line, Record, Sought, Written
from functions.model.shipment import OrderKey, ShipmentKey

PROFILE = "shipment_header"
DELIVERED_STATES = {"Completed", "Closed"}
CUSTOMER_ORDER = "CustomerOrder"
LINE_KEY = ("ShipmentId", "ShipmentLineNo")
LINE_FIELDS = (*LINE_KEY, "SourceRefType", "SourceRef1", "SourcePartNo", "InventoryPartNo", "InventoryQty")
HEADER_FIELDS = ("ShipmentId", "Objstate", "Contract", "ShipmentCategory", "ActualShipDate")

Numbers = dict[OrderKey, tuple[str, ...]]


class ShipmentHeaders:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    profile = PROFILE

    def __init__(self, client: IfsClient, target: ShipmentHeader) -> None:
        self._target = target
        self._service = Service(client, target.endpoint, target.projection)
        self._orders = OrderLookup(client, target)
        self._fields = Fields(target)
        self._writer = Writer(self._service, target.entity_set, self._fields)

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        """The records that carry lines of these orders, or that a shipment names, batched; orders without any are
        left out. A candidate's lines include those of other orders on the same record.
        """
        named = self._named(sought)
        orders, own_lines = self._by_lines([each for each in sought if _has_unnamed(each, named)])
        numbers = {_number(line["ShipmentId"]) for line in own_lines} | {key for own in named.values() for key in own}
        if not numbers:
            return {}
        headers = {record.key: record for record in self._headers(numbers)}
        lines = self._lines_by_record(numbers)
        candidates = {
            each.order: list(_candidates(each.order, headers, lines, orders, named.get(each.order, {})))
            for each in sought
        }
        return {order: own for order, own in candidates.items() if own}

    def read(self, keys: Sequence[str]) -> dict[str, Record]:
        """Fresh readings by record key, batched; records that no longer exist are left out."""
        return {record.key: record for record in self._headers({_id(key) for key in keys})}

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """PATCH exactly these fields under the ETag of `record`."""
        key = odata.key({"ShipmentId": _number(_id(record.key))})
        return self._writer.written(self._writer.patch(record, key, changes), record)

    def act(self, record: Record, action: str) -> Written | Conflict:
        """Calls a bound action under the ETag of `record`; what it did has to be read."""
        key = odata.key({"ShipmentId": _number(_id(record.key))})
        path = f"{self._service.address(self._target.entity_set, key)}/{action}"
        answer = self._service.client.act(path, ETag(record.etag), self._target.entity_set)
        return Written(http_status=answer.status, record=None) if answer else CONFLICT

    def _named(self, sought: Sequence[Sought]) -> dict[OrderKey, dict[str, list[ShipmentKey]]]:
        """Which shipments name an IFS shipment themselves, by its number."""
        named: dict[OrderKey, dict[str, list[ShipmentKey]]] = {}
        for each in sought if "shipment_id" in self._target.find else ():
            for shipment in each.shipments:
                if shipment.ifs_shipment and shipment.ifs_shipment.isdecimal():
                    number = _number(shipment.ifs_shipment)
                    named.setdefault(each.order, {}).setdefault(number, []).append(shipment.key)
        return named

    def _by_lines(self, sought: Sequence[Sought]) -> tuple[Numbers, list[Row]]:
        """The order numbers that have lines, and those lines, by the first way of finding that yields any."""
        found: Numbers = {}
        lines: list[Row] = []
        for finder in self._target.find:
            left = [each.order for each in sought if each.order not in found]
            numbers = self._numbers(finder, left) if finder != "shipment_id" and left else {}
            if numbers:
                hits = self._lines("SourceRef1", {odata.text(n) for own in numbers.values() for n in own})
                known = {str(line["SourceRef1"]) for line in hits}
                lines += hits
                found |= {
                    order: kept for order, own in numbers.items() if (kept := tuple(n for n in own if n in known))
                }
        return found, lines

    def _numbers(self, finder: Finder, orders: Sequence[OrderKey]) -> Numbers:
        if finder == "order_number":
            return {order: (order.reference,) for order in orders}
        rows = self._orders.find(finder, (order.reference for order in orders))
        own = {order: tuple(str(row["OrderNo"]) for row in rows.get(order.reference, ())) for order in orders}
        return {order: numbers for order, numbers in own.items() if numbers}

    def _headers(self, numbers: Iterable[str]) -> Iterator[Record]:
        select = (*HEADER_FIELDS, *self._fields.attributes)
        for filter_text in odata.any_of("ShipmentId", sorted(numbers)):
            for row in self._service.rows(self._target.entity_set, select, filter_text, ("ShipmentId",)):
                if row.get("ShipmentCategory") != "Consolidated":
                    yield self._record(row)

    def _lines(self, attribute: str, literals: Iterable[str]) -> list[Row]:
        rows: list[Row] = []
        for filter_text in odata.any_of(attribute, sorted(literals)):
            rows += self._service.rows(self._target.line_set, LINE_FIELDS, filter_text, LINE_KEY)
        return [row for row in rows if row.get("SourceRefType") == CUSTOMER_ORDER]

    def _lines_by_record(self, numbers: Iterable[str]) -> dict[str, list[Line]]:
        by_record: dict[str, list[Line]] = defaultdict(list)
        for row in self._lines("ShipmentId", numbers):
            by_record[_key(row["ShipmentId"])].append(_line(row))
        return by_record

    def _record(self, row: Row) -> Record:
        state = row.get("Objstate")
        return Record(
            key=_key(row["ShipmentId"]),
            etag=etag_of(row),
            values=self._fields.values(row),
            site=text_of(row.get("Contract")),
            state=text_of(state),
            is_delivered=state in DELIVERED_STATES and bool(row.get("ActualShipDate")),
            is_cancelled=state == "Cancelled",
        )


def _has_unnamed(each: Sought, named: Mapping[OrderKey, Mapping[str, Sequence[ShipmentKey]]]) -> bool:
    told = {key for own in named.get(each.order, {}).values() for key in own}
    return not each.shipments or any(shipment.key not in told for shipment in each.shipments)


def _candidates(
    order: OrderKey,
    headers: Mapping[str, Record],
    lines: Mapping[str, Sequence[Line]],
    numbers: Mapping[OrderKey, Collection[str]],
    named: Mapping[str, Sequence[ShipmentKey]],
) -> Iterator[Candidate]:
    own = tuple(numbers.get(order, ()))
    for key, record in headers.items():
        carried = tuple(lines.get(key, ()))
        carries_own = any(line.order_reference in own for line in carried)
        named_by = tuple(named.get(_id(key), ()))
        if carries_own or named_by:
            yield Candidate(record=record, lines=carried, orders=own if carries_own else (), named_by=named_by)


def _line(row: Row) -> Line:
    part = row.get("SourcePartNo") or row.get("InventoryPartNo") or ""
    return Line(order_reference=str(row.get("SourceRef1")), part=str(part), quantity=_quantity(row.get("InventoryQty")))


def _quantity(value: object) -> int:
    try:
        return int(Decimal(str(value)))
    except (InvalidOperation, ValueError, OverflowError):
        return 0


def _number(value: object) -> str:
    """IFS numbers arrive as 42 or 42.0 and are addressed as 42."""
    return str(int(Decimal(str(value))))


def _key(value: object) -> str:
    return f"{PROFILE}/{_number(value)}"


def _id(key: str) -> str:
    return key.removeprefix(f"{PROFILE}/")
