"""What a connection file may say about the IFS records that are written: three profiles of one engine."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from functions.connections.values import Whole
from functions.model.frozen import Frozen
from functions.model.records import FieldName

Policy = Literal["always", "if_empty", "if_empty_or_ours", "never"]
VoidPolicy = Literal["clear", "restore", "flag"]
FieldType = Literal["text", "timestamp", "date", "number"]
Finder = Literal["shipment_id", "order_number", "customer_po", "custom_field"]
Attribute = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Endpoint = Literal["main", "int"]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]
NOT_TEXT = {FieldName.SHIP_DATE, FieldName.COST, FieldName.DELIVERED_AT}
Patches = tuple[tuple[FieldName, ...], ...]


class FieldRule(Frozen):
    """One IFS attribute and when we may write it. `max_length` counts bytes. A `timestamp` is midnight of the day."""

    attribute: Attribute
    type: FieldType = "text"
    max_length: Whole = Field(default=50, ge=1, le=4000)
    policy: Policy = "if_empty_or_ours"
    on_void: VoidPolicy = "clear"


class TrackingRule(FieldRule):
    """`parcels` says what several tracking numbers on one record become."""

    attribute: Attribute = "ProNo"
    parcels: Literal["join", "first"] = "join"
    separator: str = Field(default=", ", min_length=1, max_length=5)


class CarrierRule(FieldRule):
    attribute: Attribute = "ForwardAgentId"
    max_length: Whole = Field(default=20, ge=1, le=4000)
    policy: Policy = "always"
    on_void: VoidPolicy = "restore"


class ServiceRule(FieldRule):
    """Off unless switched on: a changed ship-via code makes IFS recalculate freight."""

    attribute: Attribute = "ShipViaCode"
    max_length: Whole = Field(default=3, ge=1, le=4000)
    policy: Policy = "never"
    on_void: VoidPolicy = "restore"


class ShipDateRule(FieldRule):
    """`source = "label"` takes the day the label was made in the site's zone, `"ship_date"` the field of that name.
    `when = "delivered"` waits until IFS has delivered, because the delivery overwrites `ActualShipDate`.
    """

    attribute: Attribute = "ActualShipDate"
    type: Literal["timestamp", "date"] = "timestamp"
    policy: Policy = "always"
    on_void: VoidPolicy = "flag"
    source: Literal["label", "ship_date"] = "ship_date"
    when: Literal["delivered", "at_once"] = "delivered"


class StatusRule(FieldRule):
    """`shipped` while a label stands, `voided` once the last one is taken back. Off unless switched on."""

    attribute: Attribute = "NoteText"
    max_length: Whole = Field(default=20, ge=7, le=4000)
    policy: Policy = "never"
    shipped: str = Field(default="shipped", min_length=1)
    voided: str = Field(default="voided", min_length=1)


class CostRule(FieldRule):
    """What the labels of a record cost together, rounded to `decimals`. Off unless it is named."""

    type: Literal["number", "text"] = "number"
    decimals: Whole = Field(default=2, ge=0, le=6)


class CurrencyRule(FieldRule):
    """Stands beside the cost: what the label tells, and `code` where it tells none, as in V1."""

    max_length: Whole = Field(default=3, ge=3, le=4000)
    code: str = Field(pattern=r"^[A-Z]{3}$", examples=["USD"])


class TrackingStatusRule(FieldRule):
    """V2's own word: `in_transit`, `error`, and `delivered` once every parcel is. Off unless it is named."""

    max_length: Whole = Field(default=20, ge=10, le=4000)


class DeliveredAtRule(FieldRule):
    """When the last of the record's parcels was delivered, by the site's clock. Off unless it is named."""

    type: Literal["timestamp", "date"] = "timestamp"


class Target(Frozen):
    """What the profiles share. `find` says, in order, what an order's reference is looked for as; `shared` what becomes
    of a record that carries lines of other orders too: parked for a person, or written for all of them together.
    """

    endpoint: Endpoint = "main"
    find: tuple[Finder, ...] = Field(default=("order_number",), min_length=1)
    find_attribute: Attribute | None = Field(default=None, examples=["Cf_Web_Order_No"])
    find_type: Literal["text", "number"] = "text"
    shared: Literal["park", "join"] = "park"
    tracking: TrackingRule = TrackingRule()
    carrier: CarrierRule = CarrierRule()
    service: ServiceRule = ServiceRule()
    ship_date: ShipDateRule = ShipDateRule()
    status: StatusRule = StatusRule()
    cost: CostRule | None = None
    currency: CurrencyRule | None = None
    tracking_status: TrackingStatusRule | None = None
    delivered_at: DeliveredAtRule | None = None

    @property
    def rules(self) -> dict[FieldName, FieldRule]:
        """The fields this target writes, each with its rule."""
        rules: dict[FieldName, FieldRule | None] = {
            FieldName.TRACKING: self.tracking,
            FieldName.CARRIER: self.carrier,
            FieldName.SERVICE: self.service,
            FieldName.SHIP_DATE: self.ship_date,
            FieldName.STATUS: self.status,
            FieldName.COST: self.cost,
            FieldName.CURRENCY: self.currency,
            FieldName.TRACKING_STATUS: self.tracking_status,
            FieldName.DELIVERED_AT: self.delivered_at,
        }
        return {name: rule for name, rule in rules.items() if rule and rule.policy != "never"}

    @property
    def place(self) -> tuple[str, ...]:
        """The records and attributes that are written, as they are addressed."""
        where = (str(getattr(self, name)) for name in ("profile", "endpoint", "projection", "entity_set"))
        return (*where, *(f"{name}={rule.attribute}" for name, rule in self.rules.items()))

    @property
    def patches(self) -> Patches:
        """Which fields are written together. A date that waits for the delivery goes alone: IFS may refuse it, or
        overwrite it, without harm to the rest.
        """
        rules = tuple(self.rules)
        if self.ship_date.when == "at_once":
            return (rules,)
        return tuple(name for name in rules if name is not FieldName.SHIP_DATE), (FieldName.SHIP_DATE,)

    @model_validator(mode="after")
    def _can_be_found_and_written(self) -> Target:
        if ("custom_field" in self.find) != (self.find_attribute is not None):
            raise ValueError('find = ["custom_field"] and find_attribute belong together')
        if not self.rules:
            raise ValueError("writes no field")
        if FieldName.CURRENCY in self.rules and FieldName.COST not in self.rules:
            raise ValueError("currency is written beside the cost: cost is missing")
        if max(len(self.status.shipped.encode()), len(self.status.voided.encode())) > self.status.max_length:
            raise ValueError("status.max_length is too small for its texts")
        return self

    @model_validator(mode="after")
    def _writes_each_attribute_once(self) -> Target:
        attributes = Counter(rule.attribute for rule in self.rules.values())
        for name, rule in self.rules.items():
            if rule.type != "text" and name not in NOT_TEXT:
                raise ValueError(f"{name}.type must be text")
            if attributes[rule.attribute] > 1:
                raise ValueError(f"{rule.attribute} is written by two fields")
        return self


class OrderPlace(Frozen):
    """Where customer orders are read: number, company, site, state."""

    endpoint: Endpoint = "main"
    projection: Name = "CustomerOrderHandling"
    entity_set: Name = "CustomerOrderSet"


class StateAction(Frozen):
    """A bound action such as `IfsApp.ShipmentHandling.Shipment_Complete`, called once, on a record in `from_state`,
    when its fields are written. It may issue stock and print documents.
    """

    action: str = Field(
        pattern=r"^IfsApp\.[A-Za-z0-9]+\.[A-Za-z0-9]+_[A-Za-z0-9_]+$",
        examples=["IfsApp.ShipmentHandling.Shipment_Complete"],
    )
    from_state: Name = Field(examples=["Preliminary"])


class ShipmentHeader(Target):
    """The IFS shipment that holds the order's lines."""

    profile: Literal["shipment_header"] = "shipment_header"
    projection: Name = "ShipmentHandling"
    entity_set: Name = "ShipmentSet"
    line_set: Name = "ShipmentLineSet"
    state_action: StateAction | None = None
    orders: OrderPlace = OrderPlace()


class OrderHeader(Target):
    """The customer order itself. Its fields are mostly custom ones: what is not named is not written."""

    profile: Literal["order_header"]
    projection: Name = "CustomerOrderHandling"
    entity_set: Name = "CustomerOrderSet"

    @property
    def orders(self) -> OrderPlace:
        return OrderPlace(endpoint=self.endpoint, projection=self.projection, entity_set=self.entity_set)

    @model_validator(mode="before")
    @classmethod
    def _named_fields(cls, raw: Any) -> Any:
        return _only_named(raw)


class CustomEntity(Target):
    """One row per ShipStation shipment, made once. `id_attribute` holds the shipment's id (`L123` a label, `F7` a
    fulfilment), `order_attribute` the order number; `key_attribute` is what the entity itself is addressed by.
    """

    profile: Literal["custom_entity"]
    endpoint: Endpoint = "int"
    projection: Name = Field(examples=["ShipmentTrackingHandling"])
    entity_set: Name = Field(examples=["ShipmentTrackingSet"])
    id_attribute: Attribute = Field(examples=["ShipstationId"])
    key_attribute: Attribute | None = Field(default=None, examples=["Objkey"])
    order_attribute: Attribute = Field(examples=["OrderNo"])
    company_attribute: Attribute | None = Field(default=None, examples=["Company"])
    orders: OrderPlace = OrderPlace()

    @property
    def key(self) -> str:
        return self.key_attribute or self.id_attribute

    @model_validator(mode="before")
    @classmethod
    def _named_fields(cls, raw: Any) -> Any:
        return _only_named(raw)

    @model_validator(mode="after")
    def _is_no_shipment(self) -> CustomEntity:
        if "shipment_id" in self.find:
            raise ValueError("find: shipment_id finds IFS shipments, custom_entity writes none")
        return self


def _only_named(raw: Any) -> Any:
    """The defaults are those of an IFS shipment. No delivery overwrites other records: the date goes with the rest."""
    if not isinstance(raw, dict):
        return raw
    for name in FieldName:
        given = raw.get(name)
        if isinstance(given, dict) and given.get("policy") != "never" and "attribute" not in given:
            raise ValueError(f'{name}.attribute: has to be named, such as attribute = "Cf_Tracking_No"')
    off = {"policy": "never"}
    dated = {"when": "at_once", **raw["ship_date"]} if isinstance(raw.get("ship_date"), dict) else off
    return {**dict.fromkeys(("tracking", "carrier"), off), **raw, "ship_date": dated}


AnyTarget = Annotated[ShipmentHeader | OrderHeader | CustomEntity, Field(discriminator="profile")]
