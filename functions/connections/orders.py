"""The file's `[orders]`: IFS shipments, or customer orders, become ShipStation orders. Absent, nothing of it runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from functions.connections.customer_orders import AddressNames, Attribute, CustomerOrders
from functions.connections.values import one_each, some
from functions.connections.vendors import Site, Sites
from functions.model.frozen import Frozen

WarehouseId = Annotated[int, Field(strict=True, gt=0)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
CustomField = Literal["custom_field_1", "custom_field_2", "custom_field_3"]


class Receiver(AddressNames):
    """What IFS calls the parts of a shipment's delivery address. Only `ReceiverAddressName` was seen over HTTP; the
    others follow the logical unit's names, so `make check` compares them with what the tenant publishes.
    """

    id: Attribute = "ReceiverId"
    name: Attribute = "ReceiverAddressName"
    address_1: Attribute = "ReceiverAddress1"
    address_2: Attribute = "ReceiverAddress2"
    address_3: Attribute = "ReceiverAddress3"
    address_4: Attribute = "ReceiverAddress4"
    address_5: Attribute = "ReceiverAddress5"
    address_6: Attribute = "ReceiverAddress6"
    city: Attribute = "ReceiverCity"
    state: Attribute = "ReceiverState"
    postal_code: Attribute = "ReceiverZipCode"
    country: Attribute = "ReceiverCountry"
    reference: Attribute = "ReceiverReference"


OF_SHIPMENTS = ("shipment_id_in", "states", "projection", "shipments", "lines", "created", "ship_by", "receiver")
OF_ORDERS = ("order_number_in", "group_in", "customer_orders")


class Orders(Frozen):
    """`source` is what becomes an order. `store_id` is where new orders are made. An order carries the IFS order number
    as its number. A shipment's id stands in `shipment_id_in`, where `shipstation.shipment_id` reads it on the way back;
    a customer order's number in `order_number_in` too, where the order reference is read from a custom field, and what
    part of the order it is in `group_in`. `states` are those in which a shipment is packed. `countries` maps what IFS
    calls a country to its two letters, `warehouses` a site to the id of one of ShipStation's warehouses. `phone` stands
    where a carrier demands one and IFS has none. `fractions` says what becomes of a quantity that is no whole number.
    """

    mode: Literal["off", "shadow", "write"] = "shadow"
    source: Literal["shipments", "orders"] = "shipments"
    store_id: int = Field(strict=True, gt=0, examples=[100001])
    shipment_id_in: CustomField | None = Field(default=None, examples=["custom_field_2"])
    order_number_in: CustomField | None = Field(default=None, examples=["custom_field_1"])
    group_in: CustomField | None = Field(default=None, examples=["custom_field_3"])
    states: tuple[Annotated[str, Field(pattern=r"^[A-Za-z]+$")], ...] = Field(default=("Preliminary",), min_length=1)
    sites: Annotated[Sites, BeforeValidator(some)] = Field(default=(), examples=[["CHI", "DAL"]])
    poll_minutes: int = Field(default=5, ge=1, le=1440)
    projection: Attribute = "ShipmentHandling"
    shipments: Attribute = "ShipmentSet"
    lines: Attribute = "ShipmentLineSet"
    created: Attribute = "CreatedDate"
    ship_by: Attribute = "PlannedShipDate"
    receiver: Receiver = Receiver()
    customer_orders: CustomerOrders = CustomerOrders()
    countries: dict[str, Country] = Field(default_factory=dict, examples=[{"Sweden": "SE"}])
    warehouses: Annotated[dict[Site, WarehouseId], BeforeValidator(one_each)] = Field(
        default_factory=dict, examples=[{"CHI": 4711}]
    )
    phone: str = Field(default="", max_length=50)
    fractions: Literal["park", "round_up"] = "park"

    @property
    def fingerprint(self) -> str:
        """Changes with anything of it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

    def within(self, sites: tuple[str, ...]) -> Orders:
        """Of these sites, where the file names none of its own."""
        return self.model_copy(update={"sites": self.sites or sites})

    def shipping_from(self, found: Mapping[str, int]) -> Orders:
        """With the warehouses that were found, where the file names none."""
        return self.model_copy(update={"warehouses": {**found, **self.warehouses}})

    @property
    def reference_in(self) -> CustomField | None:
        """The custom field that the way back reads."""
        return self.shipment_id_in if self.source == "shipments" else self.order_number_in

    @model_validator(mode="after")
    def _keys_are_of_the_source(self) -> Orders:
        foreign, other = (OF_SHIPMENTS, "shipments") if self.source == "orders" else (OF_ORDERS, "orders")
        stray = next((name for name in foreign if name in self.model_fields_set), None)
        if stray:
            raise ValueError(f'{stray} belongs to source = "{other}"; leave it out')
        if self.source == "shipments" and self.shipment_id_in is None:
            raise ValueError('shipment_id_in is missing; for example shipment_id_in = "custom_field_2"')
        if self.group_in is not None and self.group_in == self.order_number_in:
            raise ValueError("group_in and order_number_in name the same custom field")
        return self
