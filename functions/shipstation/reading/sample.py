"""The newest shipments and orders of an account, for the fit check: five lists, those of warehouses and locations where
the file names any, and a few single orders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Scope
from functions.model.facts import OrderFacts
from functions.model.outcomes import Reason
from functions.model.sample import NamedPlace, Sample, SampledOrder, Store
from functions.model.shipment import Shipment
from functions.shipstation.client import Answer, ShipStationClient
from functions.shipstation.reading.api import Api, Listing, Rows
from functions.shipstation.reading.models import Flag, Row, ShipStationFulfilment, ShipStationOrder, ShipStationShipment
from functions.shipstation.reading.normalise import needs_order, normalised, order_reading
from functions.shipstation.values import as_rows

SINGLE_ORDERS = 20  # asked for by id where the newest page does not hold them
SOURCES = ("order_number", "order_key", "custom_field_1", "custom_field_2", "custom_field_3")

Model = TypeVar("Model", bound=Row)


class _Store(Row):
    store_id: int = Field(alias="storeId")
    name: str | None = Field(default=None, alias="storeName")
    active: Flag = None


class AccountSample:
    """Raises Retryable or Permanent as the client does."""

    def __init__(
        self, client: ShipStationClient, api: Api, connection: Connection, now: Callable[[], datetime]
    ) -> None:
        self._client, self._api, self._connection, self._now = client, api, connection, now

    def take(self) -> Sample:
        """At most a page of labels and one of fulfilments, the newest."""
        stores = self._client.get(self._api.stores, {"showInactive": "true"}, "poll") if self._api.stores else None
        hooks = self._client.get(self._api.webhooks, {}, "poll")
        newest = self._client.get(self._api.orders.path, self._api.orders.newest, "poll")
        server_now = newest.server_now if newest else None
        orders = list(_rows(_said(newest, self._api.orders), ShipStationOrder))
        elsewhere = _rows(self._newest(self._api.fulfilments), ShipStationFulfilment)
        shipments = list(_rows(self._newest(self._api.labels), ShipStationShipment))
        facts, name = self._facts(shipments, orders), self._api.event_field
        return Sample(
            shipments=self._normalised(shipments, facts),
            fulfilments=self._normalised(elsewhere, facts),
            orders=tuple(map(_sampled, orders)),
            stores=tuple(map(_store, _rows(_listed(stores, ""), _Store))),
            events=tuple(sorted({str(hook[name]) for hook in _listed(hooks, "webhooks") if hook.get(name)})),
            warehouses=self._api.warehouses.all_of(self._client) if self._connection.named_warehouses else None,
            locations=self._locations(),
            skew_seconds=(server_now - self._now()).total_seconds() if server_now else None,
        )

    def _locations(self) -> tuple[NamedPlace, ...] | None:
        listed = self._api.locations
        return listed.all_of(self._client) if listed and self._connection.aligning("stock") else None

    def ask(self) -> None:
        """For one list, once."""
        self._client.probe(self._api.orders.path, self._api.orders.no_rows, "poll")

    def accepts_key(self) -> bool:
        try:
            self.ask()
        except ConnectorError:
            return False
        return True

    def _newest(self, listing: Listing) -> Rows:
        return _said(self._client.get(listing.path, listing.newest, "poll"), listing)

    def _normalised(
        self, rows: Iterable[ShipStationShipment | ShipStationFulfilment], facts: Mapping[int, OrderFacts]
    ) -> tuple[Shipment, ...]:
        now = self._now()
        return tuple(normalised(row, facts.get(row.order_id or 0), self._connection, now) for row in rows)

    def _facts(self, shipments: list[ShipStationShipment], orders: list[ShipStationOrder]) -> Mapping[int, OrderFacts]:
        facts = {row.order_id: order_reading(row, self._connection).facts for row in orders}
        needed = {row.order_id for row in shipments if row.order_id and needs_order(row, self._connection)}
        for order_id in sorted(needed - facts.keys(), reverse=True)[:SINGLE_ORDERS]:
            for row in _rows(self._single(order_id), ShipStationOrder):
                facts[order_id] = order_reading(row, self._connection).facts
        return facts

    def _single(self, order_id: int) -> Rows:
        """Nothing for an order that is gone, and for one that ShipStation does not show."""
        try:
            answer = self._client.get(self._api.order(order_id), {}, "poll", scope=Scope.RECORD)
        except ConnectorError as fault:
            if fault.reason not in {Reason.SHIPSTATION_REQUEST, Reason.SHIPSTATION_UNAVAILABLE}:
                raise
            return []
        row = self._api.order_row(answer.body) if answer else None
        return [row] if row else []


def _store(row: _Store) -> Store:
    return Store(store_id=row.store_id, name=row.name or "", is_active=row.active is not False)


def _sampled(row: ShipStationOrder) -> SampledOrder:
    places: dict[str, str | None] = {"order_number": row.order_number, "order_key": row.order_key}
    if row.advanced:
        places |= {source: getattr(row.advanced, source) for source in SOURCES[2:]}
    texts = {source: text.strip() for source, text in places.items() if text and text.strip()}
    store, merged = (row.advanced.store_id, row.advanced.merged_ids) if row.advanced else (None, ())
    return SampledOrder(order_id=row.order_id, store_id=store, is_combined=bool(merged), texts=texts)


def _said(answer: Answer | None, listing: Listing) -> Rows:
    said = map(listing.said, _listed(answer, listing.collection))
    return [row for row in said if row]


def _listed(answer: Answer | None, collection: str) -> Rows:
    """Some lists are bare arrays."""
    body: Any = answer.body if answer else None
    return as_rows(body.get(collection) if isinstance(body, dict) else body)


def _rows(rows: Iterable[Mapping[str, Any]], model: type[Model]) -> Iterator[Model]:
    """The readable ones."""
    for row in rows:
        try:
            yield model.model_validate(row)
        except ValidationError:
            continue
