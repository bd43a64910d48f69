"""Replay plans, kept for their lifetime, in parts that fit an item each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.errors import Retryable
from functions.ledger.items import PARTITION, SORT, plain, to_item
from functions.ledger.table import EXPIRES, Table
from functions.model.outcomes import Reason
from functions.model.plans import Plan, PlannedOrder, PlannedRecord
from functions.model.shipment import OrderKey

PLAN = "plan"
PART_BYTES = 200_000
OWN = {"where"}


class PlanStore:
    """Parts are stored before the head that counts them; the head says in which part each order stands."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, plan: Plan) -> bool:
        """False when a plan of this id stands already."""
        parts = list(_parts(plan))
        for number, (orders, records) in enumerate(parts):
            part = plan.part(orders, records, len(parts))
            self._table.put(_item(part, f"part#{number}"), condition=Attr(PARTITION).not_exists())
        where = {order.order.digest[:16]: number for number, (orders, _) in enumerate(parts) for order in orders}
        head = {**_item(plan.part((), (), len(parts)), PLAN), "where": where}
        return self._table.put(head, condition=Attr(PARTITION).not_exists())

    def get(self, plan_id: str, order: OrderKey | None = None) -> Plan | None:
        """The whole plan, or what of it concerns one order: with all that its records hold."""
        item = self._table.get(_partition(plan_id), PLAN)
        if item is None:
            return None
        head, where = _plan(item), item.get("where")
        if where is None:
            return head  # an earlier version's, which stands in one item
        if order is None:
            return head.whole([self._part(plan_id, number) for number in range(head.parts)])
        number = where.get(order.digest[:16])
        return head.of_order(self._part(plan_id, int(number)), order) if number is not None else head

    def _part(self, plan_id: str, number: int) -> Plan:
        item = self._table.get(_partition(plan_id), f"part#{number}")
        if item is None:
            raise Retryable(Reason.LEDGER_UNAVAILABLE, f"plan {plan_id} lacks part {number}")
        return _plan(item)

    def mark_applied(self, plan_id: str, at: datetime) -> bool:
        """False when it was applied before."""
        item = self._table.get(_partition(plan_id), PLAN)
        if item is None:
            return False
        return self._table.put({**item, "applied_at": at.isoformat()}, condition=Attr("applied_at").not_exists())


def _parts(plan: Plan) -> Iterator[tuple[list[PlannedOrder], list[PlannedRecord]]]:
    """An order stands with all its records."""
    by_key = {record.key: record for record in plan.records}
    orders: list[PlannedOrder] = []
    records: dict[Any, PlannedRecord] = {}
    size = 0
    for order in plan.orders:
        own = {key: by_key[key] for key in order.records if key in by_key}
        more = _size(order) + sum(_size(record) for key, record in own.items() if key not in records)
        if orders and size + more > PART_BYTES:
            yield orders, list(records.values())
            orders, records, size = [], {}, 0
        orders.append(order)
        records |= own
        size += more
    yield orders, list(records.values())


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
