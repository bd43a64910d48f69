"""Plans as earlier versions stored them: in one item, or a head and parts that it counts. They are only read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from functions.ledger.items import PARTITION, read_as, readable
from functions.ledger.table import Table
from functions.model.plans import Plan
from functions.model.shipment import OrderKey


def is_earlier(item: Mapping[str, Any]) -> bool:
    return "status" not in item


def whole(table: Table, item: Mapping[str, Any]) -> Plan:
    """Of a part that DynamoDB has removed nothing is found."""
    return _joined(table, item, range(int(item.get("parts", 1)))) if "where" in item else _plan(item)


def of_order(table: Table, item: Mapping[str, Any], order: OrderKey) -> Plan:
    """What concerns one order: with all that its records hold."""
    plan = _plan(item)
    if "where" in item:
        numbers = item["where"].get(order.digest[:16], [])
        plan = _joined(table, item, numbers if isinstance(numbers, list) else [numbers])
    orders = [planned for planned in plan.orders if planned.order == order]
    keys = {key for planned in orders for key in planned.records}
    return plan.part(orders, [record for record in plan.records if record.key in keys])


def _joined(table: Table, item: Mapping[str, Any], numbers: Iterable[Any]) -> Plan:
    parts = (table.get(item[PARTITION], f"part#{int(number)}") for number in numbers)
    return _plan(item).joined([_plan(part) for part in parts if part is not None])


def _plan(item: Mapping[str, Any]) -> Plan:
    with readable(item):
        plan = read_as(Plan, item)
    return plan.ended("applied") if plan.applied_at is not None else plan
