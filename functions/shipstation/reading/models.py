"""The part of ShipStation's rows that we read, in V1's words. Names, addresses and e-mails never get this far.

Source: https://docs.shipstation.com/apis/shipstation-v1/docs/models/
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from functions.shipstation.pacific import parse_date, parse_instant
from functions.shipstation.values import as_cost, as_fields, as_flag, as_id, as_order_id, as_rows, as_text, as_whole

# Only what a row is nothing without may reject it: its id and its order's, its instants, whether it counts at all.
Id = Annotated[int, BeforeValidator(as_id)]
MaybeOrderId = Annotated[int | None, BeforeValidator(as_order_id)]
Text = Annotated[str | None, BeforeValidator(as_text)]
Whole = Annotated[int | None, BeforeValidator(as_whole)]
Flag = Annotated[bool | None, BeforeValidator(as_flag)]
Instant = Annotated[datetime, BeforeValidator(parse_instant)]
MaybeInstant = Annotated[datetime | None, BeforeValidator(parse_instant)]
Cost = Annotated[Decimal | None, BeforeValidator(as_cost)]
Day = Annotated[date | None, BeforeValidator(parse_date)]
MOST_MERGED = 1000  # orders combined into one; more is no combination, and could not be kept


def _merged_ids(raw: object) -> list[int]:
    ids = [number for number in map(as_whole, raw) if number] if isinstance(raw, list) else []
    if len(ids) > MOST_MERGED:
        raise ValueError("too many merged orders")
    return ids


MergedIds = Annotated[tuple[int, ...], BeforeValidator(_merged_ids)]


class Row(BaseModel):
    """Extra fields are dropped, so that personal data never enters a model."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, populate_by_name=True)


class ShipStationItem(Row):
    sku: Text = None
    quantity: Whole = None
    adjustment: Flag = None


class AdvancedOptions(Row):
    store_id: Whole = Field(default=None, alias="storeId")
    custom_field_1: Text = Field(default=None, alias="customField1")
    custom_field_2: Text = Field(default=None, alias="customField2")
    custom_field_3: Text = Field(default=None, alias="customField3")
    merged_ids: MergedIds = Field(default=(), alias="mergedIds")


Items = Annotated[tuple[ShipStationItem, ...], BeforeValidator(as_rows)]
Advanced = Annotated[AdvancedOptions | None, BeforeValidator(as_fields)]


class ShipStationOrder(Row):
    order_id: Id = Field(alias="orderId")
    order_number: Text = Field(default=None, alias="orderNumber")
    order_key: Text = Field(default=None, alias="orderKey")
    modified_at: Instant = Field(alias="modifyDate")
    status: Text = Field(default=None, alias="orderStatus")
    is_elsewhere: Flag = Field(default=None, alias="externallyFulfilled")
    items: Items = ()
    advanced: Advanced = Field(default=None, alias="advancedOptions")
    tells_merged: Flag = Field(default=True, alias="tellsMerged")


class ShipStationShipment(Row):
    shipment_id: Id = Field(validation_alias=AliasChoices("shipmentId", "shipment_id"))
    order_id: MaybeOrderId = Field(default=None, alias="orderId")
    order_number: Text = Field(default=None, alias="orderNumber")
    order_key: Text = Field(default=None, alias="orderKey")
    created_at: Instant = Field(alias="createDate")
    ship_date: Day = Field(default=None, alias="shipDate")
    voided: bool | None = None
    voided_at: MaybeInstant = Field(default=None, alias="voidDate")
    is_return: bool | None = Field(default=None, alias="isReturnLabel")
    carrier_code: Text = Field(default=None, alias="carrierCode")
    service_code: Text = Field(default=None, alias="serviceCode")
    tracking_number: Text = Field(default=None, alias="trackingNumber")
    cost: Cost = Field(default=None, alias="shipmentCost")
    currency: Text = Field(default=None, alias="shipmentCurrency")
    tracking_status: Text = Field(default=None, alias="trackingStatus")
    delivered_at: MaybeInstant = Field(default=None, alias="deliveredAt")
    items: Items = Field(default=(), alias="shipmentItems")
    warehouse_id: Whole = Field(default=None, alias="warehouseId")
    holds_its_order: Flag = Field(default=None, alias="holdsItsOrder")  # V2: no items of its own, all of its order's
    advanced: Advanced = Field(default=None, alias="advancedOptions")

    def delivered(self, at: datetime | None) -> ShipStationShipment:
        """As its tracking log tells."""
        return self.model_copy(update={"delivered_at": at})


class ShipStationFulfilment(Row):
    """Goods marked as shipped elsewhere: no items, no store, and a carrier named for people (`USPS`, `FedEx`)."""

    fulfilment_id: Id = Field(alias="fulfillmentId")
    order_id: MaybeOrderId = Field(default=None, alias="orderId")
    order_number: Text = Field(default=None, alias="orderNumber")
    created_at: Instant = Field(alias="createDate")
    ship_date: Day = Field(default=None, alias="shipDate")
    voided: bool | None = None
    voided_at: MaybeInstant = Field(default=None, alias="voidDate")
    carrier: Text = Field(default=None, alias="carrierCode")
    service_code: Text = Field(default=None, alias="fulfillmentServiceCode")
    tracking_status: Text = Field(default=None, alias="trackingStatus")
    delivered_at: MaybeInstant = Field(default=None, alias="deliveredAt")
    tracking_number: Text = Field(default=None, alias="trackingNumber")
