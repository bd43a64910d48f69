"""How goods leave: labels, voids and returns bought here, and orders marked as shipped elsewhere."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from tests.equipment.shipstation.orders import OrderDesk, RefusedError, UnknownError, divide
from tests.equipment.shipstation.rows import Fulfillment, Item, Label, Order
from tests.equipment.shipstation.store import in_turn

# Fulfillments name the carrier for people; shipments name the postage account.
CARRIER_NAMES = {
    "stamps_com": "USPS",
    "endicia": "USPS",
    "usps": "USPS",
    "ups": "UPS",
    "ups_walleted": "UPS",
    "fedex": "FedEx",
    "dhl_express": "DHL Express",
}


@dataclass(frozen=True)
class Parcel:
    """One label to buy. `quantities` maps line key, SKU or item id to a number; None takes all that is left.

    `closes` decides whether the order is shipped now; None: when nothing is left. `order_id` None is a loose label.
    """

    order_id: int | None
    quantities: Mapping[str, int] | None = None
    carrier_code: str = "stamps_com"
    service_code: str = "usps_priority_mail"
    tracking_number: str | None = None
    ship_date: date | None = None
    cost: float = 7.55
    weight_ounces: float = 16.0
    warehouse_id: int | None = None
    is_return: bool = False
    is_silent: bool = False
    closes: bool | None = None


class ShippingDesk(OrderDesk):
    _batch_ids: itertools.count[int]

    def open_shipping_desk(self, default_warehouse_id: int) -> None:
        self._batch_ids = itertools.count(144_015_674)
        self._labels_of: defaultdict[int, list[int]] = defaultdict(list)
        self._fulfillments_of: defaultdict[int, list[int]] = defaultdict(list)
        self._default_warehouse_id = default_warehouse_id

    def ship(
        self, order_id: int | None, *, at: datetime | None = None, lag_seconds: float | None = None, **parcel: Any
    ) -> int:
        """Buys one label; `parcel` as in `Parcel`. Returns the shipmentId."""
        return self.ship_batch([{"order_id": order_id, **parcel}], at=at, lag_seconds=lag_seconds)[0]

    @in_turn
    def ship_batch(
        self,
        parcels: Sequence[Mapping[str, object]],
        *,
        at: datetime | None = None,
        lag_seconds: float | None = None,
    ) -> list[int]:
        """Buys a batch of labels, told by one notification unless all of them are returns or silent."""
        stamp, batch_id = at or self.now(), next(self._batch_ids)
        told, ids = set(), []
        for details in parcels:
            parcel = Parcel(**details)  # type: ignore[arg-type] # JSON from the control API; a wrong name is refused there
            label = self._buy(parcel, batch_id, stamp, lag_seconds)
            ids.append(label.shipment_id)
            if not parcel.is_silent and not parcel.is_return:
                told.add(label.order.store_id if label.order else self.default_store_id)
        if told:
            self.announce("SHIP_NOTIFY", f"shipments?batchId={batch_id}&includeShipmentItems=False", told)
            self.announce("ITEM_SHIP_NOTIFY", f"shipments?batchId={batch_id}&includeShipmentItems=True", told)
        return ids

    def ship_return(self, order_id: int, *, at: datetime | None = None, **parcel: Any) -> int:
        return self.ship(order_id, at=at, is_return=True, **parcel)

    @in_turn
    def void(self, shipment_id: int, *, at: datetime | None = None, lag_seconds: float | None = None) -> None:
        label, stamp = self._live_label(shipment_id), at or self.now()
        self.commit(self.shipments, replace(label, voided_at=stamp), stamp, lag_seconds)
        if label.order_id is not None and not label.is_return:
            self._restate(label.order_id, stamp)

    @in_turn
    def unvoid(self, shipment_id: int, *, at: datetime | None = None, lag_seconds: float | None = None) -> None:
        """The carrier declines the refund: the label counts again, and no list of voids says so."""
        label, stamp = self.shipments.current.get(shipment_id), at or self.now()
        if label is None or label.voided_at is None:
            raise RefusedError(f"shipment {shipment_id} is not voided")
        self.commit(self.shipments, replace(label, voided_at=None), stamp, lag_seconds)
        if label.order_id is not None and not label.is_return:
            self._restate(label.order_id, stamp)

    @in_turn
    def track(
        self, shipment_id: int, status: str, *, at: datetime | None = None, lag_seconds: float | None = None
    ) -> None:
        """A carrier tells something of a parcel: `in_transit`, `error` or `delivered`."""
        label, stamp = self.shipments.current[shipment_id], at or self.now()
        delivered_at = stamp if status == "delivered" else None
        changed = replace(label, tracking_status=status, delivered_at=delivered_at)
        self.commit(self.shipments, changed, stamp, lag_seconds)
        self.announce("TRACK_EVENT", f"shipments/{shipment_id}/track", {label.order.store_id} if label.order else set())

    @in_turn
    def deliver_fulfillment(self, fulfillment_id: int, *, at: datetime | None = None) -> None:
        stamp = at or self.now()
        row = replace(self.fulfillments.current[fulfillment_id], delivered_at=stamp)
        self.commit(self.fulfillments, row, stamp)

    @in_turn
    def renumber_label(self, shipment_id: int, order_number: str, *, at: datetime | None = None) -> None:
        """Its row shows another number than its order, which keeps the old one."""
        label = self.shipments.current.get(shipment_id)
        if label is None or label.order is None:
            raise RefusedError(f"shipment {shipment_id} has no order")
        renumbered = replace(label, order=replace(label.order, order_number=order_number))
        self.commit(self.shipments, renumbered, at or self.now())

    @in_turn
    def relabel(self, shipment_id: int, *, at: datetime | None = None, **parcel: Any) -> int:
        """Voids a label and buys another for the same goods. Returns the new shipmentId."""
        label = self._live_label(shipment_id)
        self.void(shipment_id, at=at)
        same = {str(item.order_item_id): item.quantity for item in label.items}
        return self.ship(label.order_id, at=at, **{"quantities": same, **parcel})

    @in_turn
    def mark_shipped(
        self,
        order_id: int,
        *,
        carrier_code: str,
        tracking_number: str | None = None,
        ship_date: date | None = None,
        at: datetime | None = None,
        lag_seconds: float | None = None,
    ) -> int:
        """By hand or by the API: a fulfillment that no V1 event tells of. Returns the fulfillmentId."""
        fulfillment = self._fulfill(
            order_id, carrier_code, tracking_number, ship_date, at or self.now(), lag_seconds=lag_seconds
        )
        return fulfillment.fulfillment_id

    @in_turn
    def provider_ships(
        self, order_id: int, *, carrier_code: str, tracking_number: str | None = None, at: datetime | None = None
    ) -> int:
        """A fulfillment provider ships. What its event points at was never recorded: this pointer is a guess."""
        stamp = at or self.now()
        row = self._fulfill(order_id, carrier_code, tracking_number, None, stamp, provider_code="example_3pl")
        pointer = f"fulfillments?fulfillmentId={row.fulfillment_id}"
        self.announce("FULFILLMENT_SHIPPED", pointer, {row.order.store_id})
        return row.fulfillment_id

    @in_turn
    def provider_rejects(self, order_id: int, *, at: datetime | None = None) -> None:
        order = self.live_order(order_id)
        self.set_status(order_id, "rejected_fulfillment", at=at)
        self.announce("FULFILLMENT_REJECTED", f"orders?importBatch={order.import_batch}", {order.store_id})

    @in_turn
    def void_fulfillment(
        self, fulfillment_id: int, *, at: datetime | None = None, lag_seconds: float | None = None
    ) -> None:
        row, stamp = self.fulfillments.current.get(fulfillment_id), at or self.now()
        if row is None or row.voided_at:
            raise RefusedError(f"no live fulfillment {fulfillment_id}")
        self.commit(self.fulfillments, replace(row, voided_at=stamp), stamp, lag_seconds)
        self._restate(row.order.order_id, stamp)

    @in_turn
    def fulfill_externally(self, order_id: int, *, at: datetime | None = None) -> None:
        """The marketplace shipped it: the order is shipped, and there is neither label nor fulfillment."""
        stamp = at or self.now()
        order = replace(self.live_order(order_id), status="shipped", is_externally_fulfilled=True, modified=stamp)
        self._save(order, stamp)

    def _buy(self, parcel: Parcel, batch_id: int, stamp: datetime, lag_seconds: float | None) -> Label:
        order = self._shippable(parcel.order_id) if parcel.order_id is not None else None
        label = Label(
            shipment_id=next(self.shipments.ids),
            order=order,
            created=stamp,
            ship_date=parcel.ship_date or self.wall(stamp).date(),
            tracking_number=self._tracking(parcel) if parcel.tracking_number is None else parcel.tracking_number,
            carrier_code=parcel.carrier_code,
            service_code=parcel.service_code,
            batch_id=batch_id,
            items=self._packed(order, parcel) if order else (),
            ship_to=order.ship_to if order else {},
            cost=parcel.cost,
            weight_ounces=parcel.weight_ounces,
            warehouse_id=parcel.warehouse_id or self._default_warehouse_id,
            is_return=parcel.is_return,
        )
        self.commit(self.shipments, label, stamp, lag_seconds)
        if order:
            self._labels_of[order.order_id].append(label.shipment_id)
        if order and not parcel.is_return:
            self._restate(order.order_id, stamp, closes=parcel.closes)
        return label

    def _packed(self, order: Order, parcel: Parcel) -> tuple[Item, ...]:
        """A further label for an order that is complete carries everything again, as a user's second parcel does."""
        if parcel.quantities is not None:
            return divide(order.items, parcel.quantities)[1]
        return self._left(order) or tuple(item for item in order.items if item.is_physical)

    def _left(self, order: Order) -> tuple[Item, ...]:
        gone = Counter[int]()
        for label in self._live_labels(order.order_id):
            gone.update({item.order_item_id: item.quantity for item in label.items})
        left = (replace(item, quantity=item.quantity - gone[item.order_item_id]) for item in order.items)
        return tuple(item for item in left if item.is_physical and item.quantity > 0)

    def _restate(self, order_id: int, stamp: datetime, *, closes: bool | None = None) -> None:
        """An order is shipped while live labels cover it or a live fulfillment exists; else it waits again."""
        order = self.orders.current[order_id]
        labels = self._live_labels(order_id)
        rows = [self.fulfillments.current[number] for number in self._fulfillments_of[order_id]]
        marks = [row for row in rows if not row.voided_at]
        is_covered = bool(labels) and (not self._left(order) if closes is None else closes)
        every: list[Label | Fulfillment] = [*labels, *marks]
        last = max(every, key=lambda row: row.created, default=None)
        changed = replace(
            order,
            status="shipped" if is_covered or marks else "awaiting_shipment",
            ship_date=last.ship_date if last else None,
            carrier_code=last.carrier_code if isinstance(last, Label) else order.carrier_code,
            service_code=last.service_code if isinstance(last, Label) else order.service_code,
            modified=stamp,
        )
        self._save(changed, stamp)

    def _live_labels(self, order_id: int) -> list[Label]:
        labels = (self.shipments.current[number] for number in self._labels_of[order_id])
        return [label for label in labels if label.counts]

    def _live_label(self, shipment_id: int) -> Label:
        label = self.shipments.current.get(shipment_id)
        if label is None:
            raise UnknownError(f"no shipment {shipment_id}")
        if label.voided_at:
            raise RefusedError(f"shipment {shipment_id} is voided already")
        return label

    def _shippable(self, order_id: int) -> Order:
        order = self.live_order(order_id)
        if order.status == "cancelled":
            raise RefusedError(f"order {order_id} is cancelled")
        return order

    def _fulfill(
        self,
        order_id: int,
        carrier_code: str,
        tracking_number: str | None,
        ship_date: date | None,
        stamp: datetime,
        *,
        lag_seconds: float | None = None,
        provider_code: str | None = None,
    ) -> Fulfillment:
        row = Fulfillment(
            fulfillment_id=next(self.fulfillments.ids),
            order=self._shippable(order_id),
            created=stamp,
            ship_date=ship_date or self.wall(stamp).date(),
            tracking_number=tracking_number,
            carrier=CARRIER_NAMES.get(carrier_code, carrier_code),
            provider_code=provider_code,
        )
        self.commit(self.fulfillments, row, stamp, lag_seconds)
        self._fulfillments_of[order_id].append(row.fulfillment_id)
        self._restate(order_id, stamp)
        return row

    def _hide_with_order(self, order: Order, stamp: datetime) -> None:
        for number in self._labels_of[order.order_id]:
            label = replace(self.shipments.current[number], is_gone=order.is_gone)
            self.commit(self.shipments, label, stamp)
        for number in self._fulfillments_of[order.order_id]:
            row = replace(self.fulfillments.current[number], is_gone=order.is_gone)
            self.commit(self.fulfillments, row, stamp)

    def _tracking(self, parcel: Parcel) -> str:
        if parcel.carrier_code.startswith("ups"):
            return f"1Z{self.random.randrange(36**3):05d}{self.random.randrange(10**11):011d}"
        if parcel.carrier_code.startswith("fedex"):
            return f"{self.random.randrange(10**12):012d}"
        return f"94001118{self.random.randrange(10**14):014d}"
