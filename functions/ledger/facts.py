"""What is remembered of ShipStation orders, one small item each."""

from __future__ import annotations

from collections.abc import Collection

from boto3.dynamodb.conditions import Attr

from functions.ledger.items import from_item, stamp, to_item
from functions.ledger.table import PARTITION, SORT, Table
from functions.model.facts import OrderFacts
from functions.model.shipment import ConnectionName

FACTS = "facts"
OWN = {PARTITION, SORT, "schema_version", "read_as_of"}


class FactStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, connection: ConnectionName, order_ids: Collection[int]) -> dict[int, OrderFacts]:
        """Eventually consistent; unknown orders are left out."""
        keys = [(_partition(connection, order_id), FACTS) for order_id in order_ids]
        items = self._table.get_many(keys, [*OrderFacts.model_fields]) if keys else []
        known = (OrderFacts.model_validate({k: v for k, v in from_item(i).items() if k not in OWN}) for i in items)
        return {facts.order_id: facts for facts in known}

    def save(self, facts: OrderFacts) -> None:
        """An older reading never replaces a newer one."""
        key = {PARTITION: _partition(facts.connection, facts.order_id), SORT: FACTS}
        modified = stamp(facts.modified_at)
        body = facts.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        newer = Attr(PARTITION).not_exists() | Attr("read_as_of").lte(modified)
        self._table.put(to_item({**body, **key, "read_as_of": modified}), condition=newer)


def _partition(connection: ConnectionName, order_id: int) -> str:
    return f"facts#{connection}#{order_id}"
