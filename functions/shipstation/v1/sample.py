"""The newest shipments and orders of an account, for the fit check: five lists and a few single orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Scope
from functions.model.facts import OrderFacts
from functions.model.outcomes import Reason
from functions.model.sample import Sample, SampledOrder, Store
from functions.model.shipment import Shipment
from functions.shipstation.client import Answer, ShipStationClient
from functions.shipstation.reading.models import Flag, Row, ShipStationFulfilment, ShipStationOrder, ShipStationShipment
from functions.shipstation.reading.normalise import needs_order, normalised, order_reading

NEWEST = {"sortDir": "DESC", "pageSize": "500", "page": "1"}
SINGLE_ORDERS = 20  # asked for by id where the newest page does not hold them
SOURCES = ("order_number", "order_key", "custom_field_1", "custom_field_2", "custom_field_3")

Model = TypeVar("Model", bound=Row)


class _Store(Row):
    store_id: int = Field(alias="storeId")
    name: str | None = Field(default=None, alias="storeName")
    active: Flag = None


class _Webhook(Row):
    event: str | None = Field(default=None, alias="HookType")


class AccountSample:
    """Raises Retryable or Permanent as the client does."""

    def __init__(self, client: ShipStationClient, connection: Connection, now: Callable[[], datetime]) -> None:
        self._client, self._connection, self._now = client, connection, now

    def take(self) -> Sample:
        """At most 500 labels and 500 fulfilments, the newest."""
        stores = self._client.get("/stores", {"showInactive": "true"}, "poll")
        skew = (stores.server_now - self._now()).total_seconds() if stores and stores.server_now else None
        hooks = list(_rows(self._client.get("/webhooks", {}, "poll"), "webhooks", _Webhook))
        newest = {"sortBy": "ModifyDate", **NEWEST}
        orders = list(_rows(self._client.get("/orders", newest, "poll"), "orders", ShipStationOrder))
        made = {"sortBy": "CreateDate", **NEWEST}
        elsewhere = _rows(self._client.get("/fulfillments", made, "poll"), "fulfillments", ShipStationFulfilment)
        labels = {"sortBy": "CreateDate", "includeShipmentItems": "true", **NEWEST}
        shipments = list(_rows(self._client.get("/shipments", labels, "poll"), "shipments", ShipStationShipment))
        facts = self._facts(shipments, orders)
        return Sample(
            shipments=self._normalised(shipments, facts),
            fulfilments=self._normalised(elsewhere, facts),
            orders=tuple(map(_sampled, orders)),
            stores=tuple(map(_store, _rows(stores, None, _Store))),
            events=tuple(sorted({hook.event for hook in hooks if hook.event})),
            skew_seconds=skew,
        )

    def _normalised(
        self, rows: Iterable[ShipStationShipment | ShipStationFulfilment], facts: Mapping[int, OrderFacts]
    ) -> tuple[Shipment, ...]:
        now = self._now()
        return tuple(normalised(row, facts.get(row.order_id or 0), self._connection, now) for row in rows)

    def _facts(self, shipments: list[ShipStationShipment], orders: list[ShipStationOrder]) -> Mapping[int, OrderFacts]:
        facts = {row.order_id: order_reading(row, self._connection).facts for row in orders}
        needed = {row.order_id for row in shipments if row.order_id and needs_order(row, self._connection)}
        for order_id in sorted(needed - facts.keys(), reverse=True)[:SINGLE_ORDERS]:
            for row in _rows(self._single(order_id), None, ShipStationOrder):
                facts[order_id] = order_reading(row, self._connection).facts
        return facts

    def _single(self, order_id: int) -> Answer | None:
        """None for an order that is gone, and for one that ShipStation does not show."""
        try:
            answer = self._client.get(f"/orders/{order_id}", {}, "poll", scope=Scope.RECORD)
        except ConnectorError as fault:
            if fault.reason not in {Reason.SHIPSTATION_REQUEST, Reason.SHIPSTATION_UNAVAILABLE}:
                raise
            return None
        return Answer([answer.body], None) if answer else None


def _store(row: _Store) -> Store:
    return Store(store_id=row.store_id, name=row.name or "", is_active=row.active is not False)


def _sampled(row: ShipStationOrder) -> SampledOrder:
    places: dict[str, str | None] = {"order_number": row.order_number, "order_key": row.order_key}
    if row.advanced:
        places |= {source: getattr(row.advanced, source) for source in SOURCES[2:]}
    texts = {source: text.strip() for source, text in places.items() if text and text.strip()}
    return SampledOrder(order_id=row.order_id, store_id=row.advanced.store_id if row.advanced else None, texts=texts)


def _rows(answer: Answer | None, collection: str | None, model: type[Model]) -> Iterator[Model]:
    """The readable rows of a list; some lists are bare arrays."""
    body: Any = answer.body if answer else None
    rows = body.get(collection) if isinstance(body, dict) and collection else body
    for row in rows if isinstance(rows, list) else ():
        try:
            yield model.model_validate(row)
        except ValidationError:
            continue
