"""What is remembered of ShipStation orders, one small item each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import PARTITION, SORT, each_readable, read_as, stamp, to_item, unmoved
from functions.ledger.table import Table
from functions.model.clocks import newest
from functions.model.facts import OrderFacts
from functions.model.shipment import ConnectionName

FACTS = "facts"
ATTRIBUTES = [*OrderFacts.model_fields, "checked"]  # the last is how earlier versions stored `crosschecked`
READ_AS_OF = "read_as_of"


class FactStore:
    def __init__(self, table: Table, now: Callable[[], datetime]) -> None:
        self._table, self._now = table, now

    def load(self, connection: ConnectionName, order_ids: Collection[int]) -> dict[int, OrderFacts]:
        """Eventually consistent; unknown orders are left out, and those whose item cannot be read."""
        keys = [(_partition(connection, order_id), FACTS) for order_id in order_ids]
        items = self._table.get_many(keys, ATTRIBUTES) if keys else []
        return {facts.order_id: facts for facts in each_readable(items, _facts)}

    def save(self, facts: OrderFacts) -> None:
        """An older reading never replaces a newer one; what was stamped ahead of time is no newer one."""
        key = {PARTITION: _partition(facts.connection, facts.order_id), SORT: FACTS}
        modified = stamp(facts.modified_at)
        body = facts.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        newer = unmoved(0) | Attr(READ_AS_OF).lte(modified) | Attr(READ_AS_OF).gt(stamp(newest(self._now())))
        self._table.put(to_item({**body, **key, READ_AS_OF: modified}), condition=newer)


def _facts(item: Mapping[str, Any]) -> OrderFacts:
    return read_as(OrderFacts, item)


def _partition(connection: ConnectionName, order_id: int) -> str:
    return f"facts#{connection}#{order_id}"
