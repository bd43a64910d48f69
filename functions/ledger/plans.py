"""Replay plans of any size, kept for their lifetime: a head, an item for each order and one for each record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.ledger import earlier_plans
from functions.ledger.items import (
    NEWEST,
    PARTITION,
    SORT,
    VERSION,
    each_readable,
    read_as,
    readable,
    stamp,
    to_item,
    unmoved,
)
from functions.ledger.table import DUE_PARTITION, DUE_SORT, EXPIRES, Table
from functions.model.plans import Plan, PlannedOrder, PlannedRecord
from functions.model.records import RecordKey
from functions.model.shipment import ConnectionName, OrderKey

PLAN, ORDER, RECORD = "plan", "order#", "record#"
APPLY_UNTIL = "apply_until"  # `expires_at` is when DynamoDB may remove it
LIMIT_BYTES = 300_000  # as of a record's own item
RUNS = 10  # plans that one run may take up


class PlanStore:
    """The head stands first; its revision guards it, and whoever holds it alone adds to the plan."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self, plan: Plan) -> Plan | None:
        """None where a plan of this id stands already."""
        self._table.put(_listed(plan))  # first: what is listed and was never made is passed over
        return self._saved(plan, Attr(PARTITION).not_exists())

    def newest(self, connection: ConnectionName, most: int) -> list[Plan]:
        """The heads of its plans, the newest first."""
        listed = islice(self._table.query(_list_of(connection), newest_first=True), most)
        return self.heads(dict.fromkeys(str(item["plan_id"]) for item in listed))

    def heads(self, plan_ids: Iterable[str]) -> list[Plan]:
        """Of those that stand and can be read."""
        items = (self._table.get(_partition(plan_id), PLAN) for plan_id in plan_ids)
        return list(each_readable((item for item in items if item is not None), self._head))

    def save(self, plan: Plan) -> Plan | None:
        """As stored; None where somebody else saved it in between."""
        return self._saved(plan, unmoved(plan.revision))

    def head(self, plan_id: str) -> Plan | None:
        """The plan without its orders and records. One of an earlier version is stored as today's first."""
        item = self._table.get(_partition(plan_id), PLAN)
        return self._head(item) if item is not None else None

    def due(self, connection: ConnectionName, now: datetime, *, is_to_shipstation: bool = False) -> list[str]:
        """The ids of plans that a run should go on with. Eventually consistent."""
        found = self._table.query_due(
            _shard(connection, is_to_shipstation=is_to_shipstation), until=stamp(now), limit=RUNS
        )
        return [str(item[PARTITION]).partition("#")[2] for item in found]

    def get(self, plan_id: str, order: OrderKey | None = None) -> Plan | None:
        """The whole plan, or what of it concerns one order: with all that its records hold. DynamoDB removes the items
        of an expired plan in no order: what is gone is not found.
        """
        item = self._table.get(_partition(plan_id), PLAN)
        if item is None:
            return None
        if earlier_plans.is_earlier(item):
            return earlier_plans.of_order(self._table, item, order) if order else earlier_plans.whole(self._table, item)
        if order is None:
            return _plan(item).part((each for _, each in self.orders(plan_id)), self.every_record(plan_id))
        planned = self.order(plan_id, order)
        records = self.records(plan_id, planned.records) if planned is not None else {}
        return _plan(item).part([planned] if planned is not None else [], records.values())

    # --- what it holds

    def add(self, plan: Plan, orders: Iterable[PlannedOrder], records: Iterable[PlannedRecord]) -> None:
        """Instead of what stands there of the same. Records first: an order that stands is whole."""
        for record in records:
            fits = len(record.model_dump_json(exclude_none=True).encode()) < LIMIT_BYTES
            self._add(plan, f"{RECORD}{record.key.digest}", record if fits else record.too_large())
        for order in orders:
            self._add(plan, _order_key(order.order), order)

    def orders(self, plan_id: str, after: str = "") -> Iterator[tuple[str, PlannedOrder]]:
        """With the position of each, from behind `after`, page by page."""
        for item in self._table.query(_partition(plan_id), prefix=ORDER, after=after):
            yield str(item[SORT]), _order(item)

    def order(self, plan_id: str, order: OrderKey) -> PlannedOrder | None:
        item = self._table.get(_partition(plan_id), _order_key(order))
        return _order(item) if item is not None else None

    def standing(self, plan_id: str, orders: Collection[OrderKey]) -> set[OrderKey]:
        """Those of the orders that stand in the plan. Eventually consistent."""
        by_key = {_order_key(order): order for order in orders}
        found = self._table.get_many([(_partition(plan_id), key) for key in by_key], ())
        return {by_key[item[SORT]] for item in found}

    def records(self, plan_id: str, keys: Iterable[RecordKey]) -> dict[RecordKey, PlannedRecord]:
        items = {key: self._table.get(_partition(plan_id), f"{RECORD}{key.digest}") for key in keys}
        return {key: _record(item) for key, item in items.items() if item is not None}

    def every_record(self, plan_id: str) -> Iterator[PlannedRecord]:
        return map(_record, self._table.query(_partition(plan_id), prefix=RECORD))

    def _add(self, plan: Plan, sort: str, held: PlannedOrder | PlannedRecord) -> None:
        body = held.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        self._table.put(to_item({**body, **_keys(plan, sort)}))

    def _saved(self, plan: Plan, condition: Any) -> Plan | None:
        stored = plan.stored()
        return stored if self._table.put(_item(stored), condition=condition) else None

    def _head(self, item: Mapping[str, Any]) -> Plan:
        if earlier_plans.is_earlier(item):
            return self._moved_over(earlier_plans.whole(self._table, item))
        return _plan(item)

    def _moved_over(self, plan: Plan) -> Plan:
        """Who is slower finds it done."""
        self.add(plan, plan.orders, reversed(plan.records))
        counted = plan.counted(plan.orders).part((), ())
        return self._saved(counted, Attr("status").not_exists()) or counted.stored()


def _order(item: dict[str, Any]) -> PlannedOrder:
    with readable(item):
        return read_as(PlannedOrder, item)


def _record(item: dict[str, Any]) -> PlannedRecord:
    with readable(item):
        return read_as(PlannedRecord, item)


def _plan(item: Mapping[str, Any]) -> Plan:
    with readable(item):
        return read_as(Plan, {**item, EXPIRES: item[APPLY_UNTIL]})


def _partition(plan_id: str) -> str:
    return f"plan#{plan_id}"


def _shard(connection: ConnectionName, *, is_to_shipstation: bool) -> str:
    return f"{'push-plan' if is_to_shipstation else PLAN}#{connection}"


def _list_of(connection: ConnectionName) -> str:
    return f"plans#{connection}"


def _listed(plan: Plan) -> dict[str, Any]:
    sort = f"{stamp(plan.made_at)}#{plan.plan_id}"
    keys = {PARTITION: _list_of(plan.connection), SORT: sort, EXPIRES: int(plan.kept_until.timestamp())}
    return to_item({**keys, "plan_id": plan.plan_id})


def _order_key(order: OrderKey) -> str:
    return f"{ORDER}{order.digest[:32]}"


def _keys(plan: Plan, sort: str) -> dict[str, Any]:
    return {PARTITION: _partition(plan.plan_id), SORT: sort, EXPIRES: int(plan.kept_until.timestamp())}


def _item(plan: Plan) -> dict[str, Any]:
    """A plan of what goes to ShipStation is refused by the version before, which would send its orders to IFS."""
    body = plan.part((), ()).model_dump(mode="json", exclude_none=True)
    shard = _shard(plan.connection, is_to_shipstation=plan.is_to_shipstation)
    due = {DUE_PARTITION: shard, DUE_SORT: stamp(plan.due_at)} if plan.due_at is not None else {}
    version = {VERSION: NEWEST} if plan.is_to_shipstation else {}
    return to_item({**version, **body, APPLY_UNTIL: body[EXPIRES], **_keys(plan, PLAN), **due})
