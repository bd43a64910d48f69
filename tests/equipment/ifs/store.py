"""The tenant's records, their versions, and the rules of the shipment that decide whether an update is taken."""

from __future__ import annotations

import base64
import itertools
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.equipment.http import Clock
from tests.equipment.ifs.sets import (
    DATE,
    FORWARDERS,
    LINES,
    NUMBER,
    ORDERS,
    SETS,
    SHIPMENTS,
    SITES,
    TEXT,
    TIMESTAMP,
    TRACKINGS,
    EntitySet,
)

Values = dict[str, Any]
Key = tuple[Any, ...]

FREE_WHEN_CLOSED = frozenset(
    {
        "AirwayBillNo",
        "ProNo",
        "ForwardAgentId",
        "ShipViaCode",
        "NoteText",
        "LanguageCode",
        "DeliveryTerms",
        "SenderReference",
        "QtyEurPallets",
        "PlaceOfDeparture",
    }
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")


class RefusedError(Exception):
    """`code` is the envelope's; `constant` the database's own, stable in every language."""

    def __init__(self, status: int, code: str, constant: str = "") -> None:
        super().__init__(f"{code} {constant}".strip())
        self.status, self.code, self.constant = status, code, constant


@dataclass
class Record:
    row_id: str
    version: str
    values: Values
    is_invoiced: bool = False

    @property
    def etag(self) -> str:
        inner = f'W/"{self.row_id}:{self.version}"'
        return f'W/"{base64.b64encode(inner.encode()).decode()}"'


@dataclass(frozen=True)
class Write:
    """One committed change. `if_match` is None for a person at the screen. `is_unseen`: the record's tag is the same as
    before, because it was changed in this second already.
    """

    at: datetime
    entity: str
    key: Key
    by: str
    if_match: str | None
    before: Values
    changes: Values
    is_unseen: bool = False


@dataclass
class Switches:
    missing_if_match: str = "upsert"  # or "strict428"
    versions: str = "second"  # or "counter"
    conflict: str = "412"  # or "ora20114": the same conflict found inside the database
    is_return_minimal: bool = False
    silently_ignored: set[str] = field(default_factory=set)
    language: str = "en"
    default_page: int = 25
    is_linking: bool = False  # a page that was cut carries a nextLink
    is_link_absolute: bool = False
    largest_page: int = 10_000
    is_annotating: bool = False  # metadata tells what is read-only
    are_rows_unique: bool = True  # the custom entity refuses a second row of one identity
    row_identity: tuple[str, ...] = ("ShipstationId",)  # or with "OrderNo"
    takes_batch: bool = True
    list_tags: str = "true"  # or "stale": never the one that PATCH compares; or "none": rows of lists carry none
    warns_on: set[str] = field(default_factory=set)


class Store:
    """Everything that is true in the tenant; thread-safe. `after_commit` runs once a write is stored."""

    def __init__(self, clock: Clock, time_zone: str = "UTC") -> None:
        self.clock = clock
        self.zone = ZoneInfo(time_zone)
        self.lock = threading.RLock()
        self.switches = Switches()
        self.sets: dict[str, dict[Key, Record]] = {entity.name: {} for entity in SETS.values()}
        self.lines_of: dict[str, set[Key]] = {}
        self.forwarders = {"USPS", "UPS", "FEDEX", "DHL"}
        self.ship_vias = {"GND", "AIR"}
        self.sites: set[str] | None = None
        self.writes: list[Write] = []
        self.accidents: list[str] = []
        self.after_commit: Callable[[Write], None] | None = None
        self._row_numbers = itertools.count(1)
        self._shipment_numbers = itertools.count(19)

    def add_order(self, order_no: str, **values: Any) -> None:
        own = {"Objstate": "Released", "Contract": "CHI", "Company": "10", "CustomerNo": "C100", "ShipAddrNo": "1"}
        columns = {**own, "DateEntered": _stamp(self.clock().replace(microsecond=0)), **values}
        self._insert(ORDERS, {**columns, "OrderNo": order_no})

    def add_site(self, contract: str, company: str, **values: Any) -> None:
        self._insert(SITES, {"Contract": contract, "Company": company, **values})

    def order(self, order_no: str) -> Values:
        return dict(self.record("CustomerOrderSet", (order_no,)).values)

    def edit_order(self, order_no: str, **changes: Any) -> None:
        """A colleague types into the order, or IFS moves its state."""
        self._commit(ORDERS, (order_no,), changes, by="colleague", if_match=None)

    def trackings(self) -> list[Values]:
        return [dict(record.values) for record in self.sets[TRACKINGS.name].values()]

    def add_shipment(self, lines: list[tuple[str, str, int]], *, objstate: str = "Preliminary", **values: Any) -> int:
        """`lines` are (order number, part, quantity). Returns the ShipmentId."""
        with self.lock:
            number = next(self._shipment_numbers)
            common = {"Contract": "CHI", "ShipmentCategory": "Normal", "SourceRef1": lines[0][0] if lines else None}
            created = _stamp(self.clock().replace(microsecond=0))
            given = {**common, "CreatedDate": created, "ConsignmentNoteId": str(number), **values}
            self._insert(SHIPMENTS, {**given, "ShipmentId": number, "Objstate": objstate})
            for line_no, (order_no, part, quantity) in enumerate(lines, start=1):
                self._add_line(number, line_no, order_no, part, quantity)
            return number

    def deliver(self, shipment_id: int, at: datetime | None = None) -> None:
        """IFS delivers: the ship date becomes the site's date, whatever stood there."""
        moment = (at or self.clock()).astimezone(self.zone)
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        record = self.record("ShipmentSet", (shipment_id,))
        planned = record.values.get("PlannedShipDate") or _stamp(day)
        changes = {"ActualShipDate": _stamp(day), "PlannedShipDate": planned, "Objstate": "Completed"}
        self._commit(SHIPMENTS, (shipment_id,), changes, by="ifs", if_match=None)

    def edit(self, shipment_id: int, **changes: Any) -> None:
        """A colleague types into the shipment."""
        self._commit(SHIPMENTS, (shipment_id,), changes, by="colleague", if_match=None)

    def set_state(self, shipment_id: int, objstate: str, *, is_invoiced: bool = False) -> None:
        self._commit(SHIPMENTS, (shipment_id,), {"Objstate": objstate}, by="ifs", if_match=None)
        self.record("ShipmentSet", (shipment_id,)).is_invoiced = is_invoiced

    def order_numbers(self) -> list[str]:
        return [str(key[0]) for key in self.sets["CustomerOrderSet"]]

    def shipments_of(self, order_no: str) -> list[int]:
        """Of the shipments with a line of that order, the oldest first."""
        lines = self.sets["ShipmentLineSet"].items()
        return sorted({int(key[0]) for key, line in lines if line.values["SourceRef1"] == order_no})

    def shipment(self, shipment_id: int) -> Values:
        return dict(self.record("ShipmentSet", (shipment_id,)).values)

    def record(self, name: str, key: Key) -> Record:
        return self.sets[name][key]

    def patch(self, entity: EntitySet, key: Key, body: Values, if_match: str | None) -> Record:
        with self.lock:
            record = self.sets[entity.name].get(key)
            if if_match is None:
                return self._upsert(entity, key, body, record)
            if if_match == "*":
                self.accidents.append(f"If-Match * on {entity.name}{key}")
            if record is None:
                raise RefusedError(404, "ODP_RESOURCE_NOTFOUND")
            if if_match not in {"*", record.etag}:
                if self.switches.conflict == "ora20114":
                    raise RefusedError(500, "DATABASE_ERROR", f"ORA-20114: {entity.name[:-3]}.FND_MODIFIED:")
                raise RefusedError(412, "ODP_PRECONDITION_FAILED")
            changes = self._updatable(entity, record, body)
            return self._commit(entity, key, changes, by="api", if_match=if_match)

    def act(self, entity: EntitySet, key: Key, action: str, if_match: str | None) -> None:
        """Complete is the only action: it moves a preliminary shipment on."""
        with self.lock:
            record = self.sets[entity.name].get(key)
            if record is None:
                raise RefusedError(404, "ODP_RESOURCE_NOTFOUND")
            if if_match is None:
                raise RefusedError(428, "ODP_MISSING_PRECONDITION")
            if if_match != record.etag:
                raise RefusedError(412, "ODP_PRECONDITION_FAILED")
            if action != "IfsApp.ShipmentHandling.Shipment_Complete" or record.values["Objstate"] != "Preliminary":
                raise RefusedError(500, "DATABASE_ERROR", "ORA-20110: Shipment.WRONGSTATE:")
            self._commit(entity, key, {"Objstate": "Completed"}, by="api", if_match=if_match)

    def insert(self, entity: EntitySet, body: Values) -> Record:
        """By POST. Generated keys replace given ones."""
        _check_types(entity, body)
        if entity is SHIPMENTS:
            body = {**body, "ShipmentId": next(self._shipment_numbers), "Objstate": "Preliminary"}
        if not entity.is_ours_to_make:
            self.accidents.append(f"insert into {entity.name}")
            return self._insert(entity, body)
        identity = self.switches.row_identity
        if self.switches.are_rows_unique and any(
            all(row[name] == body.get(name) for name in identity) for row in self.trackings()
        ):
            raise RefusedError(500, "DATABASE_ERROR", "ORA-20112: ShipmentTracking.FND_RECORD_EXIST:")
        record = self._insert(entity, {**body, "Objkey": f"{next(self._row_numbers):032X}"})
        self._record_write(entity, (record.values["Objkey"],), dict(body), {}, by="api", if_match=None)
        return record

    def _upsert(self, entity: EntitySet, key: Key, body: Values, record: Record | None) -> Record:
        if self.switches.missing_if_match == "strict428":
            raise RefusedError(428, "ODP_MISSING_PRECONDITION")
        self.accidents.append(f"no If-Match on {entity.name}{key}")
        if record is None:
            return self.insert(entity, {**dict(zip(entity.keys, key, strict=True)), **body})
        return self._commit(entity, key, self._updatable(entity, record, body), by="api", if_match=None)

    def _updatable(self, entity: EntitySet, record: Record, body: Values) -> Values:
        _check_types(entity, body)
        if entity is SHIPMENTS:
            self._check_shipment(record, body)
        if record.values.get("Objstate") == "Cancelled":
            raise RefusedError(500, "DATABASE_ERROR", f"ORA-20110: {entity.name[:-3]}.CANCELEDNOUPD:")
        self._check_references(body)
        ignored = self.switches.silently_ignored
        return {
            name: value for name, value in body.items() if entity.columns[name].is_updatable and name not in ignored
        }

    def _check_shipment(self, record: Record, body: Values) -> None:
        state = record.values["Objstate"]
        if state == "Closed" and record.is_invoiced and not set(body) <= FREE_WHEN_CLOSED:
            raise RefusedError(500, "DATABASE_ERROR", "ORA-20110: Shipment.INVOICEDNOUPD:")

    def _check_references(self, body: Values) -> None:
        for attribute, known, unit in (
            ("ForwardAgentId", self.forwarders, "ForwarderInfo"),
            ("ShipViaCode", self.ship_vias, "MpccomShipVia"),
        ):
            if body.get(attribute) is not None and body[attribute] not in known:
                raise RefusedError(500, "DATABASE_ERROR", f"ORA-20111: {unit}.FND_RECORD_NOT_EXIST:")

    def rows(self, entity: EntitySet) -> list[Record]:
        """A list of values is made when it is asked for."""
        if entity is FORWARDERS:
            return [Record(f"F{n}", "1", {"ForwarderId": n, "Name": f"{n} Inc."}) for n in sorted(self.forwarders)]
        return list(self.sets[entity.name].values())

    def _insert(self, entity: EntitySet, values: Values) -> Record:
        with self.lock:
            key = tuple(values[name] for name in entity.keys)
            number = next(self._row_numbers)
            every = {name: values.get(name) for name in entity.columns}
            record = Record(f"AAAW{number:06d}AAMAAA{number % 100:02d}", self._version(None), every)
            self.sets[entity.name][key] = record
            return record

    def _add_line(self, shipment_id: int, line_no: int, order_no: str, part: str, quantity: int) -> None:
        values = {
            "ShipmentId": shipment_id,
            "ShipmentLineNo": line_no,
            "SourceRefType": "CustomerOrder",
            "SourceRef1": order_no,
            "SourceRef2": str(line_no),
            "SourceRef3": "1",
            "SourceRef4": "0",
            "SourcePartNo": part,
            "InventoryPartNo": part,
            "InventoryQty": quantity,
        }
        self._insert(LINES, values)

    def _commit(self, entity: EntitySet, key: Key, changes: Values, *, by: str, if_match: str | None) -> Record:
        with self.lock:
            record = self.sets[entity.name][key]
            before = {name: record.values.get(name) for name in changes}
            record.values.update(changes)
            known, record.version = record.version, self._version(record.version)
            is_unseen = known == record.version
            self._record_write(entity, key, dict(changes), before, by=by, if_match=if_match, is_unseen=is_unseen)
        return record

    def _record_write(
        self,
        entity: EntitySet,
        key: Key,
        changes: Values,
        before: Values,
        *,
        by: str,
        if_match: str | None,
        is_unseen: bool = False,
    ) -> None:
        write = Write(self.clock(), entity.name, key, by, if_match, before, changes, is_unseen)
        self.writes.append(write)
        if self.after_commit:
            self.after_commit(write)

    def _version(self, before: str | None) -> str:
        if self.switches.versions == "counter":
            return str(int(before or 0) + 1)
        return f"{self.clock().astimezone(UTC):%Y%m%d%H%M%S}"


def _check_types(entity: EntitySet, body: Values) -> None:
    for name, value in body.items():
        column = entity.columns.get(name)
        if column is None:
            raise RefusedError(400, "BAD_REQUEST")
        if value is None:
            continue
        if column.kind == TIMESTAMP and not (isinstance(value, str) and _TIMESTAMP.fullmatch(value)):
            raise RefusedError(400, "INVALID_VALUE_FOR_PROPERTY")
        if column.kind == DATE and not (isinstance(value, str) and _DATE.fullmatch(value)):
            raise RefusedError(400, "INVALID_VALUE_FOR_PROPERTY")
        if column.kind == NUMBER and not isinstance(value, int | float):
            raise RefusedError(400, "INVALID_VALUE_FOR_PROPERTY")
        if column.kind == TEXT and not isinstance(value, str):
            raise RefusedError(400, "INVALID_VALUE_FOR_PROPERTY")
        if column.kind == TEXT and len(value.encode()) > column.max_length:
            raise RefusedError(500, "DATABASE_ERROR", f"ORA-20124: {entity.name[:-3]}.FND_VALUE_TOO_LONG:")


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
