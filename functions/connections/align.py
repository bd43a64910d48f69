"""The file's `[[align]]`: reference data that both systems keep. Absent, nothing of it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from functions.connections.customer_orders import Attribute
from functions.connections.orders import Country, WarehouseId
from functions.connections.targets import Endpoint, Name
from functions.connections.values import Text, Whole, YesNo, one_each, some
from functions.connections.vendors import Site, Sites
from functions.model.frozen import Frozen

AlignMode = Literal["off", "shadow", "write"]
Direction = Literal["to_shipstation", "to_ifs", "both"]
Winner = Literal["ifs_wins", "shipstation_wins", "ask"]
MatchKey = Literal["code", "name"]
CustomerKey = Literal["code", "email", "name"]
Domain = Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]{2,}$")]
LocationId = Annotated[Text, Field(max_length=50)]
Matched = Annotated[tuple[MatchKey, ...], Field(min_length=1)]
Code = Annotated[Text, Field(max_length=100), AfterValidator(str.upper)]  # as IFS keeps sites and their warehouses
SEPARATOR = "/"  # between the parts of a place's code: site, or site and warehouse
WRITING: dict[Winner, Direction] = {"ifs_wins": "to_shipstation", "shipstation_wins": "to_ifs"}


class RecordSet(Frozen):
    """One entity set of IFS. `key` are the attributes that its records are addressed by."""

    endpoint: Endpoint = "main"
    projection: Name = "CompanySiteHandling"
    entity_set: Name = "CompanySiteSet"
    key: tuple[Attribute, ...] = Field(default=("Contract",), min_length=1)


class AddressSet(RecordSet):
    """Where a site's delivery address stands. Nothing public names that set. It has the site's key, too."""

    entity_set: Name = Field(examples=["SiteAddressSet"])


class WarehouseAttributes(Frozen):
    """What IFS calls the parts of a site, `name` in its own set and the others in that of the addresses. A part without
    an attribute is left to ShipStation.
    """

    name: Attribute = "Description"
    contact: Attribute | None = Field(default=None, examples=["AddressName"])
    street1: Attribute = "Address1"
    street2: Attribute = "Address2"
    street3: Attribute = "Address3"
    city: Attribute = "City"
    state: Attribute = "State"
    postal_code: Attribute = "ZipCode"
    country: Attribute = "Country"
    phone: Attribute | None = Field(default=None, examples=["Phone"])


class WarehousePolicies(Frozen):
    """What becomes of a single field that differs; None is as the table says."""

    name: Winner | None = None
    contact: Winner | None = None
    street1: Winner | None = None
    street2: Winner | None = None
    street3: Winner | None = None
    city: Winner | None = None
    state: Winner | None = None
    postal_code: Winner | None = None
    country: Winner | None = None
    phone: Winner | None = None

    @property
    def named(self) -> dict[str, Winner]:
        """The fields that have one of their own."""
        return self.model_dump(exclude_none=True)


class Warehouses(Frozen):
    """IFS sites and ShipStation's warehouses. `match` says, in order, what a warehouse's name is compared with; `links`
    names the warehouse of a site by hand. `policy` says what becomes of a field that differs, `policies` of a single
    one. A site's warehouse is made unless `creates` says no; a site is never made.
    """

    profile: Literal["warehouses"]
    mode: AlignMode = "shadow"
    direction: Direction = "to_shipstation"
    every_minutes: Whole = Field(default=60, ge=5, le=1440)
    match: Matched = ("code", "name")
    creates: YesNo = True
    policy: Winner = "ifs_wins"
    policies: WarehousePolicies = WarehousePolicies()
    sites: Annotated[Sites, BeforeValidator(some)] = Field(default=(), examples=[["CHI", "DAL"]])
    links: Annotated[dict[Code, WarehouseId], BeforeValidator(one_each)] = Field(
        default_factory=dict, examples=[{"CHI": 4711}]
    )
    countries: dict[str, Country] = Field(default_factory=dict, examples=[{"Sweden": "SE"}])
    places: RecordSet = RecordSet()
    addresses: AddressSet | None = None
    attributes: WarehouseAttributes = WarehouseAttributes()

    @property
    def of_places(self) -> dict[str, str]:
        """The fields that stand in the sites' own set, with their attributes."""
        return {"name": self.attributes.name}

    @property
    def of_addresses(self) -> dict[str, str]:
        """The fields that stand in the addresses' set, with their attributes; none where the file names no set."""
        named: dict[str, str | None] = self.attributes.model_dump(exclude={"name"})
        return {field: name for field, name in named.items() if name} if self.addresses else {}

    @property
    def winners(self) -> dict[str, Winner]:
        """The fields that are compared, and what becomes of one that differs."""
        own = self.policies.named
        return {field: own.get(field, self.policy) for field in (*self.of_places, *self.of_addresses)}

    @property
    def personal(self) -> frozenset[str]:
        """The fields of which the audit keeps digests."""
        return frozenset({"contact", "phone"})

    def writes(self, direction: Direction) -> bool:
        return self.direction in {direction, "both"}

    def linking(self, more: Mapping[str, int]) -> Warehouses:
        """With these, where the file names none."""
        return self.model_copy(update={"links": {**more, **self.links}})

    def names(self, code: str) -> bool:
        """Whether the file names the site of a place, whose code begins with it."""
        return not self.sites or code.partition(SEPARATOR)[0] in self.sites

    @model_validator(mode="after")
    def _writes_where_it_says(self) -> Warehouses:
        for winner in (self.policy, *self.policies.named.values()):
            if winner in WRITING and not self.writes(WRITING[winner]):
                raise ValueError(f'{winner} writes {WRITING[winner]}, and direction is "{self.direction}"')
        return self

    @model_validator(mode="after")
    def _links_each_warehouse_once(self) -> Warehouses:
        if len(set(self.links.values())) < len(self.links):
            raise ValueError("links: a warehouse stands there twice")
        return self


class CustomerSet(RecordSet):
    projection: Name = "CustomerHandling"
    entity_set: Name = "CustomerInfoSet"
    key: tuple[Attribute, ...] = Field(default=("CustomerId",), min_length=1, max_length=1)


class EmailSet(Frozen):
    """A flat list of e-mail addresses, one a row, with the customer that each belongs to. Nothing public names one."""

    endpoint: Endpoint = "main"
    projection: Name = Field(examples=["CustomerHandling"])
    entity_set: Name = Field(examples=["CustomerEmailSet"])
    customer: Attribute = "CustomerId"
    value: Attribute = "Value"


class CustomerTemplate(Frozen):
    """The IFS customer that a new one is copied from, with its sales and invoice data. `address` is the id of its
    delivery address, which is then made the new one's; `email_method` what the tenant calls an e-mail address.
    """

    customer: Text = Field(max_length=20, examples=["WEBTEMPLATE"])
    category: Name = "Customer"
    address: Text = Field(default="1", max_length=50)
    email_method: Text = Field(default="EMail", max_length=20)
    new_id: str = Field(default="SS{id}", pattern=r"^[A-Z0-9-]{0,8}\{id\}$")


class Customers(Frozen):
    """ShipStation's customers and those of IFS. `match` says, in order, how one is found there: `code`, the name that
    ShipStation knows it by is IFS's id; its e-mail address; its name. Without a `template` none is made. E-mail
    addresses of the domains in `aliases` change with every order and name nobody.
    """

    profile: Literal["customers"]
    mode: AlignMode = "shadow"
    every_minutes: Whole = Field(default=60, ge=5, le=1440)
    match: Annotated[tuple[CustomerKey, ...], Field(min_length=1)] = ("code",)
    aliases: tuple[Domain, ...] = Field(default=(), examples=[["marketplace.amazon.com"]])
    records: CustomerSet = CustomerSet()
    emails: EmailSet | None = None
    template: CustomerTemplate | None = None

    @property
    def personal(self) -> frozenset[str]:
        """Every field but the id."""
        return frozenset(
            {"name", "email", "street1", "street2", "street3", "city", "state", "postal_code", "country", "phone"}
        )

    @model_validator(mode="after")
    def _can_be_found(self) -> Customers:
        if ("email" in self.match) != (self.emails is not None):
            raise ValueError('match = ["email"] and [align.emails] belong together')
        if self.template is not None and "email" not in self.match:
            raise ValueError('a template needs match = ["email"], so that nobody whom IFS has is made again')
        return self


class StockSet(RecordSet):
    """The first two of `key` are the site and the part."""

    projection: Name = "InventoryPartInStockHandling"
    entity_set: Name = "InventoryPartInStockSet"
    key: tuple[Attribute, ...] = Field(
        default=(
            "Contract",
            "PartNo",
            "ConfigurationId",
            "LocationNo",
            "LotBatchNo",
            "SerialNo",
            "EngChgLevel",
            "WaivDevRejNo",
            "ActivitySeq",
            "HandlingUnitId",
        ),
        min_length=2,
    )


class Stock(Frozen):
    """What IFS holds of each part, told to ShipStation's inventory: `locations` maps a site to the location there.
    `quantity` is the attribute that is summed; rows count only where every attribute of `only` has one of its texts.
    `raises` says when a figure is set higher that ShipStation has lowered since.
    """

    profile: Literal["stock"]
    mode: AlignMode = "shadow"
    every_minutes: Whole = Field(default=60, ge=5, le=1440)
    locations: Annotated[dict[Site, LocationId], BeforeValidator(one_each)] = Field(
        min_length=1, examples=[{"CHI": "se-4711"}]
    )
    quantity: Attribute = "QtyOnhand"
    raises: Literal["when_ifs_moves", "always"] = "when_ifs_moves"
    only: dict[Attribute, tuple[str, ...]] = Field(
        default_factory=dict, examples=[{"PartOwnershipDb": ["COMPANY OWNED"]}]
    )
    holdings: StockSet = StockSet()

    @property
    def site(self) -> str:
        return self.holdings.key[0]

    @property
    def part(self) -> str:
        return self.holdings.key[1]

    @property
    def personal(self) -> frozenset[str]:
        return frozenset()

    @model_validator(mode="after")
    def _fills_each_location_once(self) -> Stock:
        if len(set(self.locations.values())) < len(self.locations):
            raise ValueError("locations: a location stands there twice")
        return self


AnyAlign = Annotated[Warehouses | Customers | Stock, Field(discriminator="profile")]
