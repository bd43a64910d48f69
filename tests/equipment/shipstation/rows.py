"""What the account remembers. Rows never change: an edit puts a new row in place of the old one, instants are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """`body` holds the line as it was written, in the API's own words."""

    order_item_id: int
    created: datetime
    quantity: int
    body: Json

    @property
    def is_physical(self) -> bool:
        return not self.body.get("adjustment")

    @property
    def names(self) -> tuple[str, ...]:
        return (str(self.order_item_id), str(self.body.get("lineItemKey")), str(self.body.get("sku")))


@dataclass(frozen=True)
class Order:
    """`body` holds every field as it was written that no behaviour depends on."""

    order_id: int
    order_key: str
    order_number: str
    store_id: int
    status: str
    created: datetime
    modified: datetime
    order_date: datetime  # naive: stored as written
    payment_date: datetime | None
    ship_to: Json
    items: tuple[Item, ...]
    import_batch: str
    body: Json = field(default_factory=dict)
    parent_id: int | None = None
    merged_ids: tuple[int, ...] = ()
    is_merged_or_split: bool = False
    carrier_code: str | None = None
    service_code: str | None = None
    ship_date: date | None = None
    is_externally_fulfilled: bool = False
    is_gone: bool = False

    @property
    def row_id(self) -> int:
        return self.order_id

    @property
    def email(self) -> str | None:
        return self.body.get("customerEmail")


@dataclass(frozen=True)
class Label:
    """A V1 `shipment`: a label bought inside ShipStation."""

    shipment_id: int
    order: Order | None
    created: datetime
    ship_date: date
    tracking_number: str | None
    carrier_code: str
    service_code: str
    batch_id: int
    items: tuple[Item, ...]
    ship_to: Json
    cost: float = 0.0
    weight_ounces: float = 16.0
    warehouse_id: int | None = None
    is_return: bool = False
    voided_at: datetime | None = None
    tracking_status: str = "in_transit"  # from the start, as captured
    delivered_at: datetime | None = None
    is_gone: bool = False

    @property
    def row_id(self) -> int:
        return self.shipment_id

    @property
    def order_id(self) -> int | None:
        return self.order.order_id if self.order else None

    @property
    def counts(self) -> bool:
        """Whether goods left the house with it."""
        return self.voided_at is None and not self.is_return


@dataclass(frozen=True)
class Fulfillment:
    """An order marked as shipped by hand, by the API or by a provider."""

    fulfillment_id: int
    order: Order
    created: datetime
    ship_date: date
    tracking_number: str | None
    carrier: str
    provider_code: str | None = None
    service_code: str | None = None
    voided_at: datetime | None = None
    delivered_at: datetime | None = None
    is_gone: bool = False

    @property
    def row_id(self) -> int:
        return self.fulfillment_id
