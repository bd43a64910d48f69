"""The services the tenant publishes: their sets, keys and attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.equipment.ifs.filters import Column

NUMBER, TEXT, DATE, TIMESTAMP, ENUM, FLAG = "number", "text", "date", "timestamp", "enum", "flag"


@dataclass(frozen=True)
class EntitySet:
    projection: str
    name: str
    keys: tuple[str, ...]
    columns: Mapping[str, Column]
    is_ours_to_make: bool = False


def _set(projection: str, name: str, keys: tuple[str, ...], columns: Mapping[str, Column]) -> EntitySet:
    return EntitySet(projection, name, keys, columns)


RECEIVER = (
    "ReceiverAddressName",
    *(f"ReceiverAddress{number}" for number in range(1, 7)),
    "ReceiverCity",
    "ReceiverState",
    "ReceiverZipCode",
    "ReceiverCountry",
    "ReceiverReference",
)
SHIPMENTS = _set(
    "ShipmentHandling",
    "ShipmentSet",
    ("ShipmentId",),
    {
        "ShipmentId": Column(NUMBER, is_updatable=False),
        "Objstate": Column(ENUM, is_updatable=False, is_insertable=False),
        "Contract": Column(TEXT, is_updatable=False),
        "ShipmentCategory": Column(TEXT, is_updatable=False),
        "ReceiverId": Column(TEXT, is_updatable=False),
        "SourceRef1": Column(TEXT, is_updatable=False),
        "CreatedDate": Column(TIMESTAMP, is_updatable=False),
        **{name: Column(TEXT) for name in RECEIVER},
        "ForwardAgentId": Column(TEXT, max_length=20),
        "ShipViaCode": Column(TEXT, max_length=3),
        "ProNo": Column(TEXT, max_length=50),
        "AirwayBillNo": Column(TEXT, max_length=50),
        "ConsignmentNoteId": Column(TEXT, max_length=50),
        "ActualShipDate": Column(TIMESTAMP),
        "PlannedShipDate": Column(TIMESTAMP),
        "NoteText": Column(TEXT),
        "SenderReference": Column(TEXT),
        "QtyEurPallets": Column(NUMBER),
        "Cf_Parcel_No": Column(TEXT, max_length=50),
        "Cf_Label_No": Column(TEXT, max_length=50),
        "Cf_Ship_Cost": Column(NUMBER),
        "Cf_Ship_Currency": Column(TEXT, max_length=3),
        "Cf_Tracking_Status": Column(TEXT, max_length=20),
        "Cf_Delivered_At": Column(TIMESTAMP),
    },
)
LINES = _set(
    "ShipmentHandling",
    "ShipmentLineSet",
    ("ShipmentId", "ShipmentLineNo"),
    {
        "ShipmentId": Column(NUMBER, is_updatable=False),
        "ShipmentLineNo": Column(NUMBER, is_updatable=False),
        "SourceRefType": Column(TEXT, is_updatable=False),
        **{f"SourceRef{number}": Column(TEXT, is_updatable=False) for number in (1, 2, 3, 4)},
        "SourcePartNo": Column(TEXT, is_updatable=False),
        "SourcePartDescription": Column(TEXT, is_updatable=False),
        "InventoryPartNo": Column(TEXT, is_updatable=False),
        "InventoryQty": Column(NUMBER, is_updatable=False),
    },
)
ORDERS = _set(
    "CustomerOrderHandling",
    "CustomerOrderSet",
    ("OrderNo",),
    {
        "OrderNo": Column(TEXT, is_updatable=False),
        "Objstate": Column(ENUM, is_updatable=False, is_insertable=False),
        "Contract": Column(TEXT, is_updatable=False),
        "Company": Column(TEXT, is_updatable=False),
        "CustomerNo": Column(TEXT, is_updatable=False),
        "CustomerPoNo": Column(TEXT),
        "ShipAddrNo": Column(TEXT),
        "AddrFlagDb": Column(FLAG),
        "CustRefName": Column(TEXT),
        "OrderId": Column(TEXT),
        "DateEntered": Column(TIMESTAMP, is_updatable=False),
        "BlockedReason": Column(TEXT),
        "ForwardAgentId": Column(TEXT, max_length=20),
        "ShipViaCode": Column(TEXT, max_length=3),
        "Cf_Tracking_No": Column(TEXT, max_length=100),
        "Cf_Carrier": Column(TEXT, max_length=20),
        "Cf_Ship_Date": Column(DATE),
        "Cf_Web_Order_No": Column(TEXT, max_length=50),
        "Cf_Ship_Cost": Column(NUMBER),
        "Cf_Ship_Currency": Column(TEXT, max_length=3),
        "Cf_Tracking_Status": Column(TEXT, max_length=20),
        "Cf_Delivered_At": Column(TIMESTAMP),
        "NoteText": Column(TEXT),
    },
)
ORDER_LINE_KEY = ("OrderNo", "LineNo", "RelNo", "LineItemNo")
ORDER_LINES = _set(
    "CustomerOrderHandling",
    "CustomerOrderLineSet",
    ORDER_LINE_KEY,
    {
        **{name: Column(TEXT, is_updatable=False) for name in ORDER_LINE_KEY[:3]},
        "LineItemNo": Column(NUMBER, is_updatable=False),
        "Objstate": Column(ENUM, is_updatable=False, is_insertable=False),
        **{
            name: Column(TEXT)
            for name in ("Contract", "SupplyCodeDb", "CatalogType", "CatalogNo", "CatalogDesc", "PartNo")
        },
        **{name: Column(NUMBER) for name in ("BuyQtyDue", "DeliveredQtySalesUom", "ConvFactor", "InvertedConvFactor")},
        "DefaultAddrFlag": Column(FLAG),
        "AddrFlag": Column(FLAG),
        "DeliverToCustomerNo": Column(TEXT),
        "ShipAddrNo": Column(TEXT),
        "PlannedShipDate": Column(TIMESTAMP),
    },
)
STREETS = tuple(f"Address{number}" for number in range(1, 7))
OWN_ADDRESS = {name: Column(TEXT) for name in ("Addr1", *STREETS, "City", "State", "ZipCode", "CountryCode")}
ORDER_ADDRESSES = _set(
    "CustomerOrderHandling",
    "CustomerOrderAddressSet",
    ("OrderNo",),
    {"OrderNo": Column(TEXT, is_updatable=False), **OWN_ADDRESS},
)
LINE_ADDRESSES = _set(
    "CustomerOrderHandling",
    "CustOrderLineAddressSet",
    ORDER_LINE_KEY,
    {**{name: ORDER_LINES.columns[name] for name in ORDER_LINE_KEY}, **OWN_ADDRESS},
)
RECEIVER_ADDRESSES = _set(
    "CustomerHandling",
    "Reference_CustomerInfoAddress",
    ("CustomerId", "AddressId"),
    {
        **{
            name: Column(TEXT)
            for name in ("CustomerId", "AddressId", "Name", *STREETS, "City", "State", "ZipCode", "Country")
        },
        "ValidFrom": Column(TIMESTAMP),
        "ValidTo": Column(TIMESTAMP),
    },
)
CONTACTS = _set(
    "CustomerHandling",
    "CustomerInfoCommMethodSet",
    ("CustomerId", "CommId"),
    {
        **{name: Column(TEXT) for name in ("CustomerId", "AddressId", "MethodId", "Value")},
        "CommId": Column(NUMBER),
        "AddressDefault": Column(FLAG),
        "ValidFrom": Column(TIMESTAMP),
        "ValidTo": Column(TIMESTAMP),
    },
)
OF_ORDERS = (ORDER_LINES, ORDER_ADDRESSES, LINE_ADDRESSES, RECEIVER_ADDRESSES, CONTACTS)
TRACKINGS = EntitySet(
    "ShipmentTrackingHandling",
    "ShipmentTrackingSet",
    ("Objkey",),
    {
        "Objkey": Column(TEXT, is_updatable=False, is_insertable=False),
        "ShipstationId": Column(TEXT, is_updatable=False, max_length=20),
        "OrderNo": Column(TEXT, is_updatable=False),
        "Company": Column(TEXT, is_updatable=False),
        "TrackingNo": Column(TEXT, max_length=50),
        "Carrier": Column(TEXT, max_length=20),
        "ShipDate": Column(DATE),
        "Status": Column(TEXT, max_length=20),
        "Cost": Column(NUMBER),
        "Currency": Column(TEXT, max_length=3),
    },
    is_ours_to_make=True,
)
SITES = _set(
    "CompanySiteHandling",
    "CompanySiteSet",
    ("Contract",),
    {
        "Description": Column(TEXT, max_length=50),
        **{name: Column(TEXT, is_updatable=False) for name in ("Contract", "Company", "Country")},
    },
)
SITE_ADDRESSES = _set(
    "CompanySiteHandling",
    "SiteAddressSet",  # what it is really called stands nowhere
    ("Contract", "AddressId"),
    {
        "Contract": Column(TEXT, is_updatable=False),
        "AddressId": Column(TEXT, is_updatable=False),
        **{name: Column(TEXT, max_length=100) for name in ("Address1", "Address2", "Address3", "City", "State")},
        **{name: Column(TEXT, max_length=50) for name in ("ZipCode", "Country", "Phone")},
    },
)
CUSTOMERS = _set(
    "CustomerHandling",
    "CustomerInfoSet",
    ("CustomerId",),
    {"CustomerId": Column(TEXT, is_updatable=False, max_length=20), "Name": Column(TEXT, max_length=100)},
)
CUSTOMER_ADDRESSES = _set(
    "CustomerHandling",
    "CustomerInfoAddresses",
    ("CustomerId", "AddressId"),
    {
        "CustomerId": Column(TEXT, is_updatable=False),
        "AddressId": Column(TEXT, is_updatable=False),
        **{name: Column(TEXT, max_length=100) for name in ("Name", "Address1", "Address2", "Address3", "City")},
        **{name: Column(TEXT, max_length=50) for name in ("State", "ZipCode", "Country")},
    },
)
HOLDINGS = _set(
    "InventoryPartInStockHandling",
    "InventoryPartInStockSet",
    (
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
    {
        **{
            name: Column(TEXT, is_updatable=False)
            for name in (
                "Contract",
                "PartNo",
                "ConfigurationId",
                "LocationNo",
                "LotBatchNo",
                "SerialNo",
                "EngChgLevel",
                "WaivDevRejNo",
                "ProjectId",
                "PartOwnershipDb",
                "LocationTypeDb",
                "FreezeFlagDb",
            )
        },
        **{
            name: Column(NUMBER, is_updatable=False)
            for name in ("ActivitySeq", "HandlingUnitId", "QtyOnhand", "QtyReserved", "AvailableQty")
        },
    },
)
EMAILS = _set(
    "CustomerHandling",
    "CommunicationMethods",
    ("CustomerId", "CommId"),
    {
        "CustomerId": Column(TEXT, is_updatable=False),
        "CommId": Column(NUMBER, is_updatable=False),
        "MethodId": Column(TEXT, max_length=20),
        "Value": Column(TEXT, max_length=200),
    },
)
FORWARDERS = _set(
    "ShipmentHandling",
    "Reference_ForwarderInfo",
    ("ForwarderId",),
    {"ForwarderId": Column(TEXT, is_updatable=False), "Name": Column(TEXT, is_updatable=False)},
)
_ALL = (
    SHIPMENTS,
    LINES,
    ORDERS,
    *OF_ORDERS,
    TRACKINGS,
    SITES,
    SITE_ADDRESSES,
    FORWARDERS,
    CUSTOMERS,
    CUSTOMER_ADDRESSES,
    EMAILS,
    HOLDINGS,
)
SETS = {(entity.projection, entity.name): entity for entity in _ALL}
