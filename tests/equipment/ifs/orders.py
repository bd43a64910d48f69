"""Customer orders as a sales desk enters and changes them: lines, and addresses of customers, orders and lines."""

from __future__ import annotations

from typing import Any

from tests.equipment.ifs.customers import CustomerStore
from tests.equipment.ifs.sets import CONTACTS, LINE_ADDRESSES, ORDER_ADDRESSES, ORDER_LINES, RECEIVER_ADDRESSES
from tests.equipment.ifs.sets import EntitySet as Set
from tests.equipment.ifs.store import Key

HOME = {"Address1": "12 Harbor Street", "City": "Boston", "State": "MA", "ZipCode": "02110"}


class OrderStore(CustomerStore):
    """`unseen` are sets of which the service user sees no row; `renamed` says under which name a set is published."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unseen: set[str] = set()
        self.renamed: dict[str, str] = {}

    def add_order_line(
        self, order_no: str, line_no: str = "1", *, part: str = "BOLT", quantity: float = 2, **values: Any
    ) -> Key:
        """It follows the header, as a line does that nobody sends elsewhere. Returns its key."""
        own = {
            "OrderNo": order_no,
            "LineNo": line_no,
            "RelNo": "1",
            "LineItemNo": 0,
            "Objstate": "Released",
            "Contract": "CHI",
            "SupplyCodeDb": "IO",
            "CatalogType": "INV",
            "CatalogNo": part,
            "CatalogDesc": f"{part} of steel",
            "PartNo": f"{part}-1",
            "BuyQtyDue": quantity,
            "DeliveredQtySalesUom": 0,
            "ConvFactor": 1,
            "InvertedConvFactor": 1,
            "DefaultAddrFlag": True,
            "AddrFlag": False,
            **values,
        }
        self._insert(ORDER_LINES, own)
        return tuple(own[name] for name in ORDER_LINES.keys)

    def add_customer_address(self, customer: str = "C100", address: str = "1", **values: Any) -> None:
        own = {**HOME, "Name": "Kim Larsson", "Country": "US", **values}
        self._insert(RECEIVER_ADDRESSES, {**own, "CustomerId": customer, "AddressId": address})

    def add_own_address(self, key: Key, **values: Any) -> None:
        """Of an order, or of a line, by its key."""
        entity = ORDER_ADDRESSES if len(key) == 1 else LINE_ADDRESSES
        own = {**HOME, "Addr1": "Kim Larsson", "CountryCode": "US", **values}
        self._insert(entity, {**own, **dict(zip(entity.keys, key, strict=True))})

    def add_contact(self, customer: str, number: int, method: str, value: str, **values: Any) -> None:
        own = {"CustomerId": customer, "CommId": number, "MethodId": method, "Value": value, **values}
        self._insert(CONTACTS, own)

    def edit_line(self, key: Key, **changes: Any) -> None:
        self._commit(ORDER_LINES, key, changes, by="colleague", if_match=None)

    def edit_customer_address(self, customer: str, address: str, **changes: Any) -> None:
        self._commit(RECEIVER_ADDRESSES, (customer, address), changes, by="colleague", if_match=None)

    def edit_own_address(self, key: Key, **changes: Any) -> None:
        entity = ORDER_ADDRESSES if len(key) == 1 else LINE_ADDRESSES
        self._commit(entity, key, changes, by="colleague", if_match=None)

    def delete_order_line(self, key: Key) -> None:
        with self.lock:
            del self.sets[ORDER_LINES.name][key]

    def published_as(self, entity: Set) -> str:
        return self.renamed.get(entity.name, entity.name)
