"""When a label was delivered: its row says that it was, its tracking log says when."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Scope
from functions.model.outcomes import Reason
from functions.model.records import FieldName
from functions.model.shipment import DELIVERED
from functions.shipstation.budget import Lane
from functions.shipstation.client import ShipStationClient
from functions.shipstation.reading.api import Api, OneLabel
from functions.shipstation.reading.models import ShipStationFulfilment, ShipStationShipment

TRIES = 2  # for one log: it is asked for again when its label is read again
PATIENCE = timedelta(seconds=60)  # with logs of one portion that are not shown; to wait for the budget costs none
MOST_SILENT = 2  # logs in a row; then the others are not asked for either
OF_ONE_LOG = {Reason.SHIPSTATION_UNAVAILABLE, Reason.SHIPSTATION_REQUEST}


class Deliveries:
    """Asks only where a target writes the instant. A fulfilment's stands in its row."""

    def __init__(
        self, client: ShipStationClient, api: Api, connection: Connection, now: Callable[[], datetime]
    ) -> None:
        self._client, self._now = client, now
        self._one = api.one_label if connection.writes(FieldName.DELIVERED_AT) else None

    def has_to_ask(self, row: ShipStationShipment | ShipStationFulfilment) -> bool:
        """Of a label that counts."""
        is_told = row.tracking_status == DELIVERED and not (row.voided or row.voided_at)
        return self._one is not None and is_told and isinstance(row, ShipStationShipment) and not row.is_return

    def ask(self, labels: Iterable[int], lane: Lane) -> dict[int, datetime]:
        """One request each; a log that is not shown delays nothing else. Raises what concerns more than these."""
        found: dict[int, datetime] = {}
        one, silent, lost = self._one, 0, timedelta(0)
        for number in labels if one else ():
            began = self._now()
            try:
                at = self._ask(one, number, lane) if one else None
            except ConnectorError as fault:
                silent += 1
                if fault.reason not in OF_ONE_LOG:
                    raise
                lost += self._now() - began
                if silent >= MOST_SILENT or lost >= PATIENCE:
                    break
            else:
                silent = 0
                found |= {number: at} if at else {}
        return found

    def _ask(self, one: OneLabel, number: int, lane: Lane) -> datetime | None:
        answer = self._client.get(one.log(number), {}, lane, TRIES, Scope.RECORD)
        return one.delivered_at(answer.body) if answer else None
