"""How often an order came back from the dead-letter queue, one small item each, gone when it is too old to count."""

from __future__ import annotations

from datetime import timedelta

from functions.ledger.items import PARTITION, SORT, read_as, to_item, unmoved
from functions.ledger.table import EXPIRES, Table
from functions.model.dead_letters import Returns
from functions.model.shipment import OrderKey

RETURNS = "returns"
KEPT = timedelta(days=30)  # longer than a round counts


class ReturnStore:
    def __init__(self, table: Table) -> None:
        self._table = table

    def load(self, order: OrderKey) -> Returns:
        """Without rounds where nothing ever came back. Strongly consistent."""
        item = self._table.get(_partition(order), RETURNS)
        if item is None:
            return Returns(order=order)
        return read_as(Returns, item)

    def save(self, returns: Returns) -> bool:
        """Stores it as the revision after its own; False when somebody else was faster."""
        keys = {PARTITION: _partition(returns.order), SORT: RETURNS}
        expires = {EXPIRES: int((returns.rounds[-1] + KEPT).timestamp())} if returns.rounds else {}
        item = to_item({**returns.stored().model_dump(mode="json"), **keys, **expires})
        return self._table.put(item, condition=unmoved(returns.revision))


def _partition(order: OrderKey) -> str:
    return f"returns#{order.connection}#{order.digest}"
