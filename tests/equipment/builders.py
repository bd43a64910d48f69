"""Builders with overrides, so that a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from functions.connections.connection import Connection
from functions.model.audit import Cause
from functions.model.messages import DeliverOrder
from functions.model.record_memory import Contribution, OrderContribution
from functions.model.records import Candidate, FieldName, Line, Place, Record, RecordKey
from functions.model.shipment import Item, OrderKey, Shipment

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def a_connection(**overrides: Any) -> Connection:
    values: dict[str, Any] = {
        "name": "acme",
        "mode": "write",
        "go_live_at": "2026-01-01T00:00:00Z",
        "ifs": {
            "base_url": "https://ifs.example.com",
            "token_url": "https://ifs.example.com/token",
            "company": "10",
        },
        "carriers": {"ups": "UPS", "fedex": "FEDEX"},
    }
    return Connection.model_validate({**values, **overrides})


def a_shipment(shipment_id: int = 1, **overrides: Any) -> Shipment:
    values: dict[str, Any] = {
        "kind": "label",
        "shipment_id": shipment_id,
        "connection": "acme",
        "company": "10",
        "reference": "P1001",
        "order_id": 500,
        "carrier_code": "ups",
        "tracking_number": f"1Z{shipment_id:04}",
        "created_at": NOON + timedelta(minutes=shipment_id),
        "ship_date": date(2026, 3, 5),
        "items": (Item(sku="BOLT", quantity=2),),
        "read_at": NOON + timedelta(hours=1),
    }
    return Shipment.model_validate({**values, **overrides})


def voided(shipment: Shipment) -> Shipment:
    changes = {"voided_at": shipment.created_at + timedelta(hours=1), "read_at": shipment.read_at + timedelta(hours=1)}
    return shipment.model_copy(update=changes)


PLACE = Place("ifs.example.com/ShipmentHandling/ShipmentSet")  # of `a_connection`


def a_key(record_id: str = "42", place: Place = PLACE) -> RecordKey:
    return RecordKey(place=place, id=record_id)


def a_record(key: str | RecordKey = "42", etag: str = 'W/"1"', **overrides: Any) -> Record:
    values: dict[FieldName, str | None] = dict.fromkeys(FieldName)
    values |= {FieldName(name): overrides.pop(name) for name in list(overrides) if name in set(FieldName)}
    named = a_key(key) if isinstance(key, str) else key
    earlier = {"earlier_key": f"shipment_header/{named.id}"}
    return Record.model_validate({"key": named, "etag": etag, "values": values, **earlier, **overrides})


def a_candidate(record: Record | None = None, *lines: tuple[str, str, int]) -> Candidate:
    carried = lines or (("P1001", "BOLT", 2),)
    return Candidate(
        record=record or a_record(),
        lines=tuple(Line(order_reference=order, part=part, quantity=quantity) for order, part, quantity in carried),
        orders=(carried[0][0],),
    )


def placed_by(order: OrderKey, *shipments: Contribution, **more: Any) -> OrderContribution:
    return OrderContribution(company=order.company, reference=order.reference, shipments=shipments, **more)


def work(shipment: Shipment, kind: str = "poll", **more: Any) -> DeliverOrder:
    return DeliverOrder(order=shipment.order_key, cause=a_cause(kind), shipment=shipment, **more)


def again(order: OrderKey, kind: str = "release", **cause: Any) -> DeliverOrder:
    return DeliverOrder(order=order, cause=a_cause(kind, **cause))


def a_cause(kind: str = "poll", **overrides: Any) -> Cause:
    return Cause.model_validate({"kind": kind, "correlation_id": "c-1", **overrides})
