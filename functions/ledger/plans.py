"""Replay plans, kept for their lifetime, in parts that fit an item each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import PARTITION, SORT, plain, to_item
from functions.ledger.table import EXPIRES, Table
from functions.model.plans import Plan, PlannedOrder, PlannedRecord
from functions.model.records import RecordKey
from functions.model.shipment import OrderKey

PLAN = "plan"
PART_BYTES = 200_000
OWN = {"where"}


class PlanStore:
    """Parts are stored before the head that counts them; the head says in which parts each order stands."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, plan: Plan) -> bool:
        """False when a plan of this id stands already."""
        parts, by_key = _Parts(), {record.key: record for record in plan.records}
        for order in plan.orders:
            parts.add(order, [by_key[key] for key in order.records if key in by_key])
        for number, (orders, records) in enumerate(parts.found):
            part = plan.part(orders, records.values(), len(parts.found))
            self._table.put(_item(part, f"part#{number}"), condition=Attr(PARTITION).not_exists())
        head = {**_item(plan.part((), (), len(parts.found)), PLAN), "where": parts.where}
        return self._table.put(head, condition=Attr(PARTITION).not_exists())

    def head(self, plan_id: str) -> Plan | None:
        """The plan without its orders and records."""
        item = self._table.get(_partition(plan_id), PLAN)
        return _plan(item).part((), (), _plan(item).parts) if item is not None else None

    def get(self, plan_id: str, order: OrderKey | None = None) -> Plan | None:
        """The whole plan, or what of it concerns one order: with all that its records hold. DynamoDB removes the items
        of an expired plan in no order: of a part that is gone nothing is found.
        """
        item = self._table.get(_partition(plan_id), PLAN)
        if item is None:
            return None
        head, where = _plan(item), item.get("where")
        if where is None:
            return head  # an earlier version's, which stands in one item
        if order is None:
            return self._joined(head, range(head.parts))
        numbers = where.get(order.digest[:16], [])
        return self._joined(head, numbers if isinstance(numbers, list) else [numbers]).of_order(order)

    def _joined(self, head: Plan, numbers: Iterable[Any]) -> Plan:
        items = (self._table.get(_partition(head.plan_id), f"part#{int(number)}") for number in numbers)
        return head.whole([_plan(item) for item in items if item is not None])

    def mark_applied(self, plan_id: str, at: datetime) -> bool:
        """False when it was applied before."""
        item = self._table.get(_partition(plan_id), PLAN)
        if item is None:
            return False
        return self._table.put({**item, "applied_at": at.isoformat()}, condition=Attr("applied_at").not_exists())


class _Parts:
    """An order stands in one part; its records there, and in those that follow where they need more room."""

    def __init__(self) -> None:
        self.found: list[tuple[list[PlannedOrder], dict[RecordKey, PlannedRecord]]] = [([], {})]
        self.where: dict[str, list[int]] = {}
        self._bytes = 0

    def add(self, order: PlannedOrder, records: Sequence[PlannedRecord]) -> None:
        self._make_room(_size(order) + sum(_size(record) for record in records if record.key not in self.found[-1][1]))
        self.found[-1][0].append(order)
        self._bytes += _size(order)
        first = len(self.found) - 1
        for record in records:
            self._add_record(record)
        self.where[order.order.digest[:16]] = list(range(first, len(self.found)))

    def _add_record(self, record: PlannedRecord) -> None:
        if record.key in self.found[-1][1]:
            return
        self._make_room(_size(record))
        self.found[-1][1][record.key] = record
        self._bytes += _size(record)

    def _make_room(self, size: int) -> None:
        if self._bytes and self._bytes + size > PART_BYTES:
            self.found.append(([], {}))
            self._bytes = 0


def _size(part: PlannedOrder | PlannedRecord) -> int:
    return len(part.model_dump_json(exclude_none=True).encode())


def _plan(item: dict[str, Any]) -> Plan:
    return Plan.model_validate(plain(item, OWN))


def _partition(plan_id: str) -> str:
    return f"plan#{plan_id}"


def _item(plan: Plan, sort: str) -> dict[str, Any]:
    body = plan.model_dump(mode="json", exclude_none=True)
    body[EXPIRES] = int(plan.expires_at.timestamp())
    return to_item({**body, PARTITION: _partition(plan.plan_id), SORT: sort})
