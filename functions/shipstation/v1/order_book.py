"""What a ShipStation order id means: from the pages just read, from what is remembered, else by asking for it once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping

from pydantic import ValidationError

from functions.connections.connection import Connection
from functions.model.facts import OrderFacts
from functions.shipstation.budget import Lane
from functions.shipstation.client import ShipStationClient
from functions.shipstation.v1.models import ShipStationOrder
from functions.shipstation.v1.normalise import order_reading

CAPACITY = 5000  # ten pages of the orders stream
Remembered = Callable[[Collection[int]], Mapping[int, OrderFacts]]


class OrderBook:
    """`remembered` answers from the ledger. Pages are noted as they are read, the newest `CAPACITY` orders stay."""

    def __init__(self, client: ShipStationClient, connection: Connection, remembered: Remembered) -> None:
        self._client, self._connection, self._remembered = client, connection, remembered
        self._noted: OrderedDict[int, OrderFacts] = OrderedDict()

    def note(self, facts: Iterable[OrderFacts]) -> None:
        for order in facts:
            self._noted[order.order_id] = order
            self._noted.move_to_end(order.order_id)
        while len(self._noted) > CAPACITY:
            self._noted.popitem(last=False)

    def look_up(self, wanted: Collection[int], needed: Collection[int], lane: Lane) -> dict[int, OrderFacts]:
        """What is known of the `wanted` orders, without those that are gone; only `needed` ones are asked for."""
        found = dict(self._remembered(wanted))
        for order_id in wanted:
            noted, known = self._noted.get(order_id), found.get(order_id)
            if noted is not None and (known is None or noted.modified_at >= known.modified_at):
                found[order_id] = noted  # a run elsewhere may have read a later version since
        for order_id in sorted(set(needed) - set(found)):
            facts = self._ask(order_id, lane)
            if facts is not None:
                found[order_id] = facts
        return found

    def _ask(self, order_id: int, lane: Lane) -> OrderFacts | None:
        answer = self._client.get(f"/orders/{order_id}", {}, lane)
        try:
            row = ShipStationOrder.model_validate(answer.body) if answer else None
        except ValidationError:
            return None
        if row is None:
            return None
        facts = order_reading(row, self._connection).facts
        self.note([facts])
        return facts
