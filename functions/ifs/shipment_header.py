"""The `shipment_header` target: the IFS shipments that hold an order's lines, found in bulk, written one by one.

Facts from public IFS documentation and field reports: the key `ShipmentId` is a number and goes unquoted;
`ShipmentLineSet` names a customer order as `SourceRefType` CustomerOrder, its number in `SourceRef1`; lists carry
an `@odata.etag` per row; without `$top` a list may be cut, and a full page comes without `@odata.nextLink`;
delivery is no state, IFS sets `ActualShipDate` when it delivers a shipment that is then Completed or Closed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from functions.connections import Connection
from functions.errors import Permanent, Retryable
from functions.ifs import odata
from functions.ifs.client import ETag, IfsClient
from functions.ifs.faults import Answer
from functions.model.outcomes import Reason
from functions.model.shipment import OrderKey
from functions.model.targets import Candidate, Conflict, FieldName, Line, Record, Written

PROFILE = "shipment_header"
PAGE = 500
DELIVERED_STATES = {"Completed", "Closed"}
CUSTOMER_ORDER = "CustomerOrder"
LINE_FIELDS = (
    "ShipmentId",
    "ShipmentLineNo",
    "SourceRefType",
    "SourceRef1",
    "SourcePartNo",
    "InventoryPartNo",
    "InventoryQty",
)
HEADER_FIELDS = ("ShipmentId", "Objstate", "Contract", "ShipmentCategory", "ActualShipDate")

Row = Mapping[str, Any]


class ShipmentHeaders:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    def __init__(self, client: IfsClient, connection: Connection) -> None:
        self._client, self._target = client, connection.ifs.target
        self._service = (
            f"/{self._target.endpoint}/ifsapplications/projection/v1/{quote(self._target.projection, safe='')}.svc"
        )
        self._attributes = {name: rule.attribute for name, rule in self._target.rules.items()}

    def find(self, orders: Sequence[OrderKey]) -> dict[OrderKey, list[Candidate]]:
        """The records that carry lines of these orders, batched; orders without any are left out.

        A candidate's lines include those of other orders on the same record.
        """
        own = self._lines("SourceRef1", [odata.text(order.reference) for order in orders])
        numbers = {_number(line["ShipmentId"]) for line in own if _is_customer_order(line)}
        if not numbers:
            return {}
        headers = {record.key: record for record in self._headers(numbers)}
        lines = self._lines("ShipmentId", numbers)
        by_record: dict[str, list[Line]] = defaultdict(list)
        for line in lines:
            if _is_customer_order(line):
                by_record[_key(line["ShipmentId"])].append(_line(line))
        candidates = [Candidate(record=headers[key], lines=tuple(by_record[key])) for key in headers]
        return _by_order(orders, candidates)

    def read(self, keys: Sequence[str]) -> dict[str, Record]:
        """Fresh readings by record key, batched; records that no longer exist are left out."""
        return {record.key: record for record in self._headers({_number(_id(key)) for key in keys})}

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """PATCH exactly these fields under the ETag of `record`."""
        for name, value in changes.items():
            if value is not None and len(value.encode()) > self._target.rules[name].max_length:
                raise Permanent(Reason.IFS_CONFIGURATION, f"{name} is longer than its max_length")
        body = {self._attributes[name]: value for name, value in changes.items()}
        path = f"{self._service}/{self._target.entity_set}(ShipmentId={_number(_id(record.key))})"
        answer = self._client.patch(path, ETag(record.etag), body, self._target.entity_set)
        if answer is None:
            return Conflict(http_status=412)
        return Written(http_status=answer.status, record=self._written(answer, record))

    def _written(self, answer: Answer, before: Record) -> Record | None:
        if not isinstance(answer.body, dict) or not set(self._attributes.values()) <= set(answer.body):
            return None
        row = {"ShipmentId": _id(before.key), **answer.body}
        etag = answer.headers.get("etag") or row.get("@odata.etag")
        return self._record(row, etag) if etag else None

    def _headers(self, numbers: Iterable[str]) -> Iterator[Record]:
        fields = odata.selection((*HEADER_FIELDS, *self._attributes.values()))
        for filter_text in odata.any_of("ShipmentId", sorted(numbers)):
            options = {"$select": fields, "$filter": filter_text, "$orderby": "ShipmentId"}
            for row in self._rows(self._target.entity_set, options, ("ShipmentId",)):
                if row.get("ShipmentCategory") != "Consolidated":
                    yield self._record(row, row.get("@odata.etag"))

    def _lines(self, attribute: str, literals: Iterable[str]) -> list[Row]:
        rows: list[Row] = []
        for filter_text in odata.any_of(attribute, sorted(literals)):
            options = {
                "$select": odata.selection(LINE_FIELDS),
                "$filter": filter_text,
                "$orderby": "ShipmentId,ShipmentLineNo",
            }
            rows += self._rows(self._target.line_set, options, ("ShipmentId", "ShipmentLineNo"))
        return rows

    def _rows(self, entity_set: str, options: Mapping[str, str], key: Sequence[str]) -> Iterator[Row]:
        """Pages by `$skip` to the first short one; rows that moved between pages are taken once."""
        seen: set[tuple[str, ...]] = set()
        skip = 0
        while True:
            page = self._page(entity_set, {**options, "$top": str(PAGE), "$skip": str(skip)})
            for row in page:
                identity = tuple(str(row.get(name)) for name in key)
                if identity not in seen:
                    seen.add(identity)
                    yield row
            if len(page) < PAGE:
                return
            skip += PAGE

    def _page(self, entity_set: str, options: Mapping[str, str]) -> list[Row]:
        answer = self._client.get(f"{self._service}/{entity_set}?{odata.query(options)}", entity_set)
        if answer is None:
            raise Permanent(Reason.IFS_CONFIGURATION, f"GET {entity_set}: 404, there is no such set in the projection")
        rows = answer.body.get("value") if isinstance(answer.body, dict) else None
        if not isinstance(rows, list):
            raise Retryable(Reason.IFS_UNAVAILABLE, f"GET {entity_set}: no rows in the answer")
        return [row for row in rows if isinstance(row, dict)]

    def _record(self, row: Row, etag: str | None) -> Record:
        return Record(
            key=_key(row["ShipmentId"]),
            etag=etag or "",
            values={name: _value(name, row.get(attribute)) for name, attribute in self._attributes.items()},
            site=str(row.get("Contract") or ""),
            is_delivered=row.get("Objstate") in DELIVERED_STATES and bool(row.get("ActualShipDate")),
            is_cancelled=row.get("Objstate") == "Cancelled",
        )


def _by_order(orders: Sequence[OrderKey], candidates: Sequence[Candidate]) -> dict[OrderKey, list[Candidate]]:
    found = {
        order: [c for c in candidates if any(line.order_reference == order.reference for line in c.lines)]
        for order in orders
    }
    return {order: own for order, own in found.items() if own}


def _is_customer_order(line: Row) -> bool:
    return line.get("SourceRefType") == CUSTOMER_ORDER


def _line(line: Row) -> Line:
    part = line.get("SourcePartNo") or line.get("InventoryPartNo") or ""
    return Line(
        order_reference=str(line.get("SourceRef1")), part=str(part), quantity=_quantity(line.get("InventoryQty"))
    )


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


def _value(name: FieldName, value: object) -> str | None:
    if value is None or value == "":
        return None
    text = str(value)
    if name is FieldName.SHIP_DATE:
        return f"{text[:10]}T{text[11:19] or '00:00:00'}Z"
    return text
