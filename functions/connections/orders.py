"""The file's `[orders]`: IFS shipments become ShipStation orders. Absent, nothing of it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from functions.connections.values import some
from functions.connections.vendors import Site, Sites
from functions.model.frozen import Frozen

Attribute = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,60}$")]
WarehouseId = Annotated[int, Field(strict=True, gt=0)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Receiver(Frozen):
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


class Orders(Frozen):
    """`store_id` is where new orders are made. An order carries the IFS order number as its number and the shipment's
    id in `shipment_id_in`, where `shipstation.shipment_id` reads it on the way back. `states` are those in which a
    shipment is packed. `countries` maps what IFS calls a country to its two letters, `warehouses` a site to the id of
    one of ShipStation's warehouses. `phone` stands where a carrier demands one and IFS has none. `fractions` says what
    becomes of a quantity that is no whole number.
    """

    mode: Literal["off", "shadow", "write"] = "shadow"
    store_id: int = Field(strict=True, gt=0, examples=[100001])
    shipment_id_in: Literal["custom_field_1", "custom_field_2", "custom_field_3"] = Field(examples=["custom_field_2"])
    states: tuple[Annotated[str, Field(pattern=r"^[A-Za-z]+$")], ...] = Field(default=("Preliminary",), min_length=1)
    sites: Annotated[Sites, BeforeValidator(some)] = Field(default=(), examples=[["CHI", "DAL"]])
    poll_minutes: int = Field(default=5, ge=1, le=1440)
    projection: Attribute = "ShipmentHandling"
    shipments: Attribute = "ShipmentSet"
    lines: Attribute = "ShipmentLineSet"
    created: Attribute = "CreatedDate"
    ship_by: Attribute = "PlannedShipDate"
    receiver: Receiver = Receiver()
    countries: dict[str, Country] = Field(default_factory=dict, examples=[{"Sweden": "SE"}])
    warehouses: dict[Site, WarehouseId] = Field(default_factory=dict, examples=[{"CHI": 4711}])
    phone: str = Field(default="", max_length=50)
    fractions: Literal["park", "round_up"] = "park"

    def shipping_from(self, found: Mapping[str, int]) -> Orders:
        """With the warehouses that were found, where the file names none."""
        return self.model_copy(update={"warehouses": {**found, **self.warehouses}})
