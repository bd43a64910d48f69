"""What the file says of customer orders that become ShipStation orders: what IFS calls their parts, and which are sent.

The names are those of one typed client of one release, of addresses those of the logical units: `make check` compares
them with what the tenant publishes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from functions.connections.values import Text, some
from functions.model.frozen import Frozen

Attribute = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,60}$")]
State = Annotated[str, Field(pattern=r"^[A-Za-z]+$")]


class AddressNames(Frozen):
    """The attributes of an address; by default a customer's."""

    name: Attribute = "Name"
    address_1: Attribute = "Address1"
    address_2: Attribute = "Address2"
    address_3: Attribute = "Address3"
    address_4: Attribute = "Address4"
    address_5: Attribute = "Address5"
    address_6: Attribute = "Address6"
    city: Attribute = "City"
    state: Attribute = "State"
    postal_code: Attribute = "ZipCode"
    country: Attribute = "Country"

    @property
    def lines(self) -> tuple[str, ...]:
        first = (self.address_1, self.address_2, self.address_3)
        return (*first, self.address_4, self.address_5, self.address_6)


class OwnAddress(AddressNames):
    """An address that an order, or a line, has for itself alone."""

    name: Attribute = "Addr1"
    country: Attribute = "CountryCode"


class CustomerAddress(AddressNames):
    customer: Attribute = "CustomerId"
    id: Attribute = "AddressId"
    valid_from: Attribute = "ValidFrom"
    valid_to: Attribute = "ValidTo"


class Contact(Frozen):
    """Telephones and e-mail addresses of customers. `set` is asked only where it is named; `phones` and `emails` are
    the tenant's own words for the methods, the first that is found counts.
    """

    set: Attribute | None = Field(default=None, examples=["CustomerInfoCommMethodSet"])
    key: Attribute = "CommId"
    customer: Attribute = "CustomerId"
    address: Attribute = "AddressId"
    method: Attribute = "MethodId"
    value: Attribute = "Value"
    preferred: Attribute = "AddressDefault"
    valid_from: Attribute = "ValidFrom"
    valid_to: Attribute = "ValidTo"
    phones: tuple[Text, ...] = Field(default=("Phone", "Mobile"))
    emails: tuple[Text, ...] = Field(default=("EMail", "E-mail"))


class OrderNames(Frozen):
    """The attributes of an order's header. `blocked`, where named, is filled while the order must not be packed, beside
    its state.
    """

    customer: Attribute = "CustomerNo"
    address: Attribute = "ShipAddrNo"
    has_own_address: Attribute = "AddrFlagDb"
    contact: Attribute = "CustRefName"
    type: Attribute = "OrderId"
    created: Attribute = "DateEntered"
    blocked: Attribute | None = Field(default=None, examples=["BlockedReason"])


class LineNames(Frozen):
    """The attributes of an order's line."""

    state: Attribute = "Objstate"
    site: Attribute = "Contract"
    supply: Attribute = "SupplyCodeDb"
    type: Attribute = "CatalogType"
    sales_part: Attribute = "CatalogNo"
    inventory_part: Attribute = "PartNo"
    description: Attribute = "CatalogDesc"
    quantity: Attribute = "BuyQtyDue"
    delivered: Attribute = "DeliveredQtySalesUom"
    factor: Attribute = "ConvFactor"
    inverted_factor: Attribute = "InvertedConvFactor"
    follows_order: Attribute = "DefaultAddrFlag"
    has_own_address: Attribute = "AddrFlag"
    customer: Attribute = "DeliverToCustomerNo"
    address: Attribute = "ShipAddrNo"
    ship_by: Attribute = "PlannedShipDate"


class CustomerOrders(Frozen):
    """`states` are those of orders and lines that are packed. `types` and `customers`, where named, are the only ones.
    Of a package the components are sent, which are picked, or the header, which was sold. `units` says whether
    quantities and part numbers are those of the sale or of the stock. Lines with a supply code of `left_out_supply`
    leave from a supplier; those of `left_out_types` are no goods.
    """

    projection: Attribute = "CustomerOrderHandling"
    orders: Attribute = "CustomerOrderSet"
    lines: Attribute = "CustomerOrderLineSet"
    order_addresses: Attribute = "CustomerOrderAddressSet"
    line_addresses: Attribute = "CustOrderLineAddressSet"
    customers_projection: Attribute = "CustomerHandling"
    customer_addresses: Attribute = "Reference_CustomerInfoAddress"
    states: tuple[State, ...] = Field(default=("Released", "Reserved", "Picked", "PartiallyDelivered"), min_length=1)
    types: Annotated[tuple[Text, ...], BeforeValidator(some)] = Field(default=(), examples=[["NO"]])
    customers: Annotated[tuple[Text, ...], BeforeValidator(some)] = Field(default=(), examples=[["C100"]])
    packages: Literal["components", "header"] = "components"
    units: Literal["sales", "inventory"] = "sales"
    left_out_supply: tuple[Text, ...] = ("PD", "IPD")
    left_out_types: tuple[Text, ...] = Field(default=(), examples=[["NON"]])
    order: OrderNames = OrderNames()
    line: LineNames = LineNames()
    own_address: OwnAddress = OwnAddress()
    customer_address: CustomerAddress = CustomerAddress()
    contact: Contact = Contact()
