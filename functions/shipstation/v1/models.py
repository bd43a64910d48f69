"""The part of ShipStation's V1 rows that we read. Names, addresses and e-mails never get this far.

Source: https://docs.shipstation.com/apis/shipstation-v1/docs/models/
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from functions.shipstation.v1.pacific import parse_date, parse_instant

Instant = Annotated[datetime, BeforeValidator(parse_instant)]
MaybeInstant = Annotated[datetime | None, BeforeValidator(parse_instant)]
Day = Annotated[date | None, BeforeValidator(parse_date)]


class Row(BaseModel):
    """Extra fields are dropped, so that personal data never enters a model."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, populate_by_name=True)


class ShipStationItem(Row):
    sku: str | None = None
    quantity: int | None = None
    adjustment: bool | None = None


class AdvancedOptions(Row):
    store_id: int | None = Field(default=None, alias="storeId")
    custom_field_1: str | None = Field(default=None, alias="customField1")
    custom_field_2: str | None = Field(default=None, alias="customField2")
    custom_field_3: str | None = Field(default=None, alias="customField3")
    merged_ids: tuple[int, ...] | None = Field(default=None, alias="mergedIds")


class ShipStationOrder(Row):
    order_id: int = Field(alias="orderId")
    order_number: str | None = Field(default=None, alias="orderNumber")
    order_key: str | None = Field(default=None, alias="orderKey")
    modified_at: Instant = Field(alias="modifyDate")
    status: str = Field(default="", alias="orderStatus")
    is_elsewhere: bool | None = Field(default=None, alias="externallyFulfilled")
    items: tuple[ShipStationItem | None, ...] | None = None
    advanced: AdvancedOptions | None = Field(default=None, alias="advancedOptions")


class ShipStationShipment(Row):
    shipment_id: int = Field(validation_alias=AliasChoices("shipmentId", "shipment_id"))
    order_id: int | None = Field(default=None, alias="orderId")
    order_number: str | None = Field(default=None, alias="orderNumber")
    order_key: str | None = Field(default=None, alias="orderKey")
    created_at: Instant = Field(alias="createDate")
    ship_date: Day = Field(default=None, alias="shipDate")
    voided: bool | None = None
    voided_at: MaybeInstant = Field(default=None, alias="voidDate")
    is_return: bool | None = Field(default=None, alias="isReturnLabel")
    carrier_code: str | None = Field(default=None, alias="carrierCode")
    service_code: str | None = Field(default=None, alias="serviceCode")
    tracking_number: str | None = Field(default=None, alias="trackingNumber")
    items: tuple[ShipStationItem | None, ...] | None = Field(default=None, alias="shipmentItems")
    advanced: AdvancedOptions | None = Field(default=None, alias="advancedOptions")


class ShipStationFulfilment(Row):
    """Goods marked as shipped elsewhere: no items, no store, and a carrier named for people (`USPS`, `FedEx`)."""

    fulfilment_id: int = Field(alias="fulfillmentId")
    order_id: int | None = Field(default=None, alias="orderId")
    order_number: str | None = Field(default=None, alias="orderNumber")
    created_at: Instant = Field(alias="createDate")
    ship_date: Day = Field(default=None, alias="shipDate")
    voided: bool | None = None
    voided_at: MaybeInstant = Field(default=None, alias="voidDate")
    carrier: str | None = Field(default=None, alias="carrierCode")
    service_code: str | None = Field(default=None, alias="fulfillmentServiceCode")
    tracking_number: str | None = Field(default=None, alias="trackingNumber")
