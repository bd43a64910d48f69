"""Rows as the API prints them: camelCase, Pacific time in three forms, nulls where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.equipment.shipstation.dates import long_form, midnight_form, short_form
from tests.equipment.shipstation.rows import Fulfillment, Item, Label, Order

Wall = Callable[[datetime], datetime]
_ITEM_FIELDS = ("lineItemKey", "sku", "imageUrl", "weight", "unitPrice", "warehouseLocation", "productId")
_PARCEL = ("weight", "dimensions", "packageCode", "confirmation", "insuranceOptions", "internationalOptions")
_OPTIONS = ("warehouseId", "customField1", "customField2", "customField3", "source", "billToParty", "billToAccount")


class View:
    """`suffix` is "Z" where the account prints Pacific time as the official samples do; `warehouse` stands in an order
    that names none.
    """

    def __init__(self, wall: Wall, suffix: str = "", warehouse: int | None = None) -> None:
        self._wall, self._suffix, self._warehouse = wall, suffix, warehouse

    def order(self, order: Order) -> dict[str, Any]:
        body = order.body
        return {
            "orderId": order.order_id,
            "orderNumber": order.order_number,
            "orderKey": order.order_key,
            "orderDate": long_form(order.order_date) + self._suffix,
            "createDate": self._long(order.created),
            "modifyDate": self._long(order.modified),
            "paymentDate": long_form(order.payment_date) + self._suffix if order.payment_date else None,
            "shipByDate": body.get("shipByDate"),
            "orderStatus": order.status,
            "customerId": body.get("customerId"),
            "customerUsername": body.get("customerUsername"),
            "customerEmail": order.email,
            "billTo": body.get("billTo") or {"name": order.ship_to.get("name")},
            "shipTo": dict(order.ship_to),
            "items": [self._order_item(item) for item in order.items],
            "orderTotal": body.get("orderTotal", 0.0),
            "amountPaid": body.get("amountPaid", 0.0),
            "taxAmount": body.get("taxAmount", 0.0),
            "shippingAmount": body.get("shippingAmount", 0.0),
            "customerNotes": body.get("customerNotes"),
            "internalNotes": body.get("internalNotes"),
            "gift": bool(body.get("gift")),
            "requestedShippingService": body.get("requestedShippingService"),
            "carrierCode": order.carrier_code,
            "serviceCode": order.service_code,
            "shipDate": order.ship_date.isoformat() if order.ship_date else None,
            "holdUntilDate": body.get("holdUntilDate"),
            "advancedOptions": self._options(order),
            "tagIds": body.get("tagIds"),
            **{name: body.get(name) for name in _PARCEL},
            "externallyFulfilled": order.is_externally_fulfilled,
        }

    def shipment(self, label: Label, *, with_items: bool) -> dict[str, Any]:
        order = label.order
        return {
            "shipmentId": label.shipment_id,
            "orderId": label.order_id,
            "orderKey": order.order_key if order else None,
            "userId": "3f0c2b9e-0000-4000-8000-000000000001",
            "customerEmail": order.email if order else None,
            "orderNumber": order.order_number if order else None,
            "createDate": self._long(label.created),
            "shipDate": label.ship_date.isoformat(),
            "shipmentCost": label.cost,
            "insuranceCost": 0.0,
            "trackingNumber": label.tracking_number,
            "isReturnLabel": label.is_return,
            "batchNumber": None,
            "carrierCode": label.carrier_code,
            "serviceCode": label.service_code,
            "packageCode": "package",
            "confirmation": "delivery",
            "warehouseId": label.warehouse_id,
            "voided": label.voided_at is not None,
            "voidDate": self._long(label.voided_at) if label.voided_at else None,
            "marketplaceNotified": False,
            "notifyErrorMessage": None,
            "shipTo": dict(label.ship_to) or None,
            "weight": {"value": label.weight_ounces, "units": "ounces", "WeightUnits": 1},
            "dimensions": None,
            "insuranceOptions": {"provider": None, "insureShipment": False, "insuredValue": 0.0},
            "advancedOptions": {"billToParty": "4", "storeId": order.store_id} if order else None,
            "shipmentItems": [self._line(item) for item in label.items] if with_items else None,
            "labelData": None,
            "formData": None,
        }

    def fulfillment(self, row: Fulfillment) -> dict[str, Any]:
        return {
            "fulfillmentId": row.fulfillment_id,
            "orderId": row.order.order_id,
            "orderNumber": row.order.order_number,
            "userId": "3f0c2b9e-0000-4000-8000-000000000001",
            "customerEmail": row.order.email,
            "trackingNumber": row.tracking_number,
            "createDate": self._long(row.created),
            "shipDate": midnight_form(row.ship_date) + self._suffix,
            "voidDate": self._long(row.voided_at) if row.voided_at else None,
            "deliveryDate": None,
            "carrierCode": row.carrier,
            "fulfillmentProviderCode": row.provider_code,
            "fulfillmentServiceCode": row.service_code,
            "fulfillmentFee": 0.0,
            "voidRequested": row.voided_at is not None,
            "voided": row.voided_at is not None,
            "marketplaceNotified": False,
            "notifyErrorMessage": None,
            "shipTo": dict(row.order.ship_to),
        }

    def _options(self, order: Order) -> dict[str, Any]:
        written = order.body.get("advancedOptions") or {}
        return {
            **{name: written.get(name) for name in _OPTIONS},
            "warehouseId": written.get("warehouseId") or self._warehouse,
            "mergedOrSplit": order.is_merged_or_split,
            "mergedIds": list(order.merged_ids),
            "parentId": order.parent_id,
            "storeId": order.store_id,
        }

    def _order_item(self, item: Item) -> dict[str, Any]:
        stamp = short_form(self._wall(item.created)) + self._suffix
        return {
            **self._line(item),
            "taxAmount": item.body.get("taxAmount"),
            "shippingAmount": item.body.get("shippingAmount"),
            "adjustment": bool(item.body.get("adjustment")),
            "upc": item.body.get("upc"),
            "createDate": stamp,
            "modifyDate": stamp,
        }

    def _line(self, item: Item) -> dict[str, Any]:
        return {
            "orderItemId": item.order_item_id,
            **{name: item.body.get(name) for name in _ITEM_FIELDS},
            "name": item.body.get("name", "Example item"),
            "quantity": item.quantity,
            "options": item.body.get("options", []),
            "fulfillmentSku": None,
        }

    def _long(self, instant: datetime) -> str:
        return long_form(self._wall(instant)) + self._suffix
