"""What is remembered of each order, in one item; the due list; what the poll may drop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.errors import Permanent
from functions.ledger.items import from_item, stamp, to_item
from functions.ledger.table import DUE_PARTITION, DUE_SORT, PARTITION, SORT, Table
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName, OrderKey, Shipment
from functions.model.state import OrderState, ShipmentState

SHARDS = 4
STATE = "state"
LIMIT_BYTES = 350_000  # DynamoDB refuses items over 400 KB
MARK_BYTES = 80  # one entry of `marks` and one of `order_ids`
SKIPPED = "-"  # before the mark of what was none of our business
OWN = {PARTITION, SORT, DUE_PARTITION, DUE_SORT, "marks", "order_ids", "schema_version"}


class OrderStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        """Unknown orders are left out. Strongly consistent."""
        items = ((key, self._table.get(_partition(key), STATE)) for key in keys)
        return {key: _state(item) for key, item in items if item is not None}

    def save(self, state: OrderState) -> bool:
        """Stores `state` as the revision after `state.revision`; False when somebody saved in between."""
        successor = state.model_copy(update={"revision": state.revision + 1})
        unseen = Attr(PARTITION).not_exists() if state.revision == 0 else Attr("revision").eq(state.revision)
        return self._table.put(_item(successor), condition=unseen)

    def news(
        self, shipments: Sequence[Shipment], fingerprint: Callable[[Shipment], str], *, lifts: bool = False
    ) -> list[Shipment]:
        """Those whose reading is not recorded yet, whatever its outcome; `fingerprint` names where one is delivered.
        `lifts`: what was skipped is to be judged anew.
        """
        keys = [(_partition(shipment.order_key), STATE) for shipment in shipments]
        marks = {item[PARTITION]: item.get("marks", {}) for item in self._table.get_many(keys, ["marks"])}
        return [
            shipment
            for shipment, (partition, _) in zip(shipments, keys, strict=True)
            if not _is_told(
                marks.get(partition, {}).get(shipment.key), shipment.mark(fingerprint(shipment)), lifts=lifts
            )
        ]

    def holds(self, orders: Mapping[int, OrderKey]) -> set[int]:
        """Those ShipStation order ids of which the item of the given key holds a shipment. Eventually consistent."""
        keys = [(_partition(key), STATE) for key in orders.values()]
        held = {item[PARTITION]: item.get("order_ids", []) for item in self._table.get_many(keys, ["order_ids"])}
        return {order_id for order_id, key in orders.items() if order_id in held.get(_partition(key), [])}

    def due(self, connection: ConnectionName, *, now: datetime, limit: int) -> list[tuple[OrderKey, datetime]]:
        """Orders whose next attempt is due with the instant they are due at, oldest first."""
        shards = (_shard("due", connection, number) for number in range(SHARDS))
        items = [item for shard in shards for item in self._table.query_due(shard, until=stamp(now), limit=limit)]
        items.sort(key=lambda item: str(item[DUE_SORT]))
        return [
            (OrderKey.model_validate(item["key"]), datetime.fromisoformat(item[DUE_SORT])) for item in items[:limit]
        ]

    def claim(self, order: OrderKey, due_at: datetime, until: datetime) -> bool:
        """Move the next attempt from `due_at` to `until`; False when another run was faster or the order moved on."""
        state = self.load([order]).get(order)
        if state is None or state.next_attempt_at != due_at:
            return False
        return self.save(state.model_copy(update={"next_attempt_at": until}))

    def scan(self, connection: ConnectionName) -> Iterator[OrderState]:
        """Every order of the connection the ledger knows, page by page, in no order."""
        return (_state(item) for item in self._table.scan(prefix=f"order#{connection}#"))


def _partition(key: OrderKey) -> str:
    return f"order#{key.connection}#{key.digest}"


def _shard(kind: str, connection: ConnectionName, number: int) -> str:
    return f"{kind}#{connection}#{number}"


def _item(state: OrderState) -> dict[str, Any]:
    body = state.model_dump_json(exclude_none=True, exclude_defaults=True)
    if len(body.encode()) + MARK_BYTES * len(state.shipments) > LIMIT_BYTES:
        raise Permanent(Reason.ORDER_TOO_LARGE, f"order {state.key.digest[:16]} holds {len(state.shipments)} shipments")
    dumped = state.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    keys = {PARTITION: _partition(state.key), SORT: STATE, "revision": state.revision}
    marks = {key: _mark(each, state.fingerprint) for key, each in state.shipments.items()}
    return to_item({**dumped, **keys, "marks": marks, "order_ids": _order_ids(state), **_due(state)})


def _mark(state: ShipmentState, fingerprint: str) -> str:
    return (SKIPPED if state.outcome is Outcome.SKIPPED else "") + state.shipment.mark(fingerprint)


def _is_told(stored: str | None, mark: str, *, lifts: bool) -> bool:
    return stored == mark or (not lifts and stored == SKIPPED + mark)


def _order_ids(state: OrderState) -> list[int]:
    return sorted({each.shipment.order_id for each in state.shipments.values() if each.shipment.order_id is not None})


def _due(state: OrderState) -> dict[str, str]:
    """Sparse: an order that neither waits nor calls for attention is not in the index."""
    number = int(state.key.digest[:2], 16) % SHARDS
    if state.next_attempt_at is not None:
        shard, at = _shard("due", state.key.connection, number), state.next_attempt_at
    elif state.attention is not None and state.shipments:
        newest = max(each.shipment.read_at for each in state.shipments.values())
        shard, at = _shard("attention", state.key.connection, number), newest
    else:
        return {}
    return {DUE_PARTITION: shard, DUE_SORT: stamp(at)}


def _state(item: dict[str, Any]) -> OrderState:
    return OrderState.model_validate({k: v for k, v in from_item(item).items() if k not in OWN})
