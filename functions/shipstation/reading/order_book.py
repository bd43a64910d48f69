"""What a ShipStation order id means: from the pages just read, from what is remembered, else by asking for it once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Scope
from functions.model.clocks import newest
from functions.model.facts import OrderFacts, OrderReading
from functions.model.outcomes import Reason
from functions.shipstation.budget import Lane
from functions.shipstation.client import ShipStationClient
from functions.shipstation.reading.api import Api
from functions.shipstation.reading.models import ShipStationOrder
from functions.shipstation.reading.normalise import order_reading

CAPACITY = 5000  # ten pages of the orders stream
TRIES = 2  # for one order: the page that needs it is read again anyway
PATIENCE = timedelta(seconds=60)  # with the orders of one portion; what is left is asked for with the next
MOST_WITHHELD = 2  # in a row; where the last one fails too, the others are not asked for
Remembered = Callable[[Collection[int]], Mapping[int, OrderFacts]]


class OrderWithheldError(Exception):
    """ShipStation shows lists, and not this one order."""


@dataclass
class Asked:
    """Orders that were asked for: those that are neither here nor there are gone from ShipStation. For those that are
    `left` there was no time.
    """

    readings: dict[int, OrderReading] = field(default_factory=dict)
    withheld: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    failed_in_a_row: int = 0

    @property
    def facts(self) -> dict[int, OrderFacts]:
        return {order_id: reading.facts for order_id, reading in self.readings.items()}


class OrderBook:
    """`remembered` answers from the ledger. Pages are noted as they are read, the newest `CAPACITY` orders stay."""

    def __init__(
        self,
        client: ShipStationClient,
        api: Api,
        connection: Connection,
        remembered: Remembered,
        now: Callable[[], datetime],
    ) -> None:
        self._now = now
        self._client, self._api, self._connection, self._remembered = client, api, connection, remembered
        self._noted: OrderedDict[int, OrderFacts] = OrderedDict()
        self._asked: OrderedDict[int, None] = OrderedDict()

    def note(self, facts: Iterable[OrderFacts]) -> None:
        for order in facts:
            _keep(self._noted, order.order_id, order)

    def known(self, wanted: Collection[int]) -> dict[int, OrderFacts]:
        """Without a request. A run elsewhere may have read a later version since; who reads later knows the names that
        an order had before.
        """
        found = dict(self._remembered(wanted)) if wanted else {}
        for order_id in wanted:
            noted, remembered = self._noted.get(order_id), found.get(order_id)
            if noted is not None and (remembered is None or not self._is_later(remembered, noted)):
                found[order_id] = noted.succeeding(remembered) if remembered else noted
        return found

    def _is_later(self, remembered: OrderFacts, noted: OrderFacts) -> bool:
        """What was stamped ahead of time is no later version."""
        return noted.modified_at < remembered.modified_at <= newest(self._now())

    def was_asked(self, order_id: int) -> bool:
        return order_id in self._asked

    def ask(self, wanted: Collection[int], lane: Lane) -> Asked:
        """One request each, in the order in which they are wanted. Raises Retryable or Permanent for what concerns more
        than one order.
        """
        asked, waiting, began = Asked(), list(dict.fromkeys(wanted)), self._now()
        while waiting:
            self._put(asked, waiting.pop(0), lane)
            if self._now() - began >= PATIENCE:
                asked.left.update(waiting)
                return asked
            if waiting and asked.failed_in_a_row >= MOST_WITHHELD:
                self._put(asked, waiting.pop(), lane)  # orders that fail next to each other say nothing of one far away
                if asked.failed_in_a_row:
                    break
        asked.withheld.update(waiting)
        return asked

    def _put(self, asked: Asked, order_id: int, lane: Lane) -> None:
        try:
            reading = self._ask(order_id, lane)
        except OrderWithheldError:
            asked.withheld.add(order_id)
            asked.failed_in_a_row += 1
        else:
            asked.readings |= {order_id: reading} if reading else {}
            asked.failed_in_a_row = 0

    def _ask(self, order_id: int, lane: Lane) -> OrderReading | None:
        try:
            answer = self._client.get(self._api.order(order_id), {}, lane, TRIES, Scope.RECORD)
        except ConnectorError as fault:
            if not self._is_of_one_order(fault, lane):
                raise
            raise OrderWithheldError(order_id) from fault
        reading = self._read(order_id, answer.body) if answer else None
        _keep(self._asked, order_id, None)
        self.note([reading.facts] if reading else [])
        return reading

    def _is_of_one_order(self, fault: ConnectorError, lane: Lane) -> bool:
        """A refusal is; silence is where ShipStation goes on showing lists."""
        if fault.reason is Reason.SHIPSTATION_UNAVAILABLE:
            self._client.probe(self._api.orders.path, self._api.orders.no_rows, lane)
        return fault.reason in {Reason.SHIPSTATION_UNAVAILABLE, Reason.SHIPSTATION_REQUEST}

    def _read(self, order_id: int, body: Any) -> OrderReading | None:
        """None for an answer that holds no order."""
        said = self._api.order_row(body)
        if said is None:
            return None
        try:
            row = ShipStationOrder.model_validate(said)
        except ValidationError as error:
            raise OrderWithheldError(order_id) from error
        if row.order_id != order_id:
            raise OrderWithheldError(order_id)
        return order_reading(row, self._connection).read_at(self._now())


def _keep(kept: OrderedDict[int, Any], order_id: int, value: Any) -> None:
    kept.pop(order_id, None)  # to the end; slices of a job, which read beside each other, may have taken it out
    kept[order_id] = value
    while len(kept) > CAPACITY:
        kept.popitem(last=False)
