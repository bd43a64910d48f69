"""Our normalised shipment: what a ShipStation label or fulfilment says, without names or addresses."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal, NewType

from functions.model.connection_name import ConnectionName
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason

__all__ = ["ConnectionName", "Item", "OrderKey", "Shipment", "ShipmentKey", "newer"]

ShipmentKey = NewType("ShipmentKey", str)
# https://docs.shipstation.com/apis/shipstation-v2/openapi, tracking_status; the fourth is "unknown"
IN_TRANSIT, ERROR, DELIVERED = "in_transit", "error", "delivered"
ROUNDED = timedelta(seconds=1)  # how far the same instant may differ in two APIs
VOID_STANDS = timedelta(minutes=15)  # longer than a list of ShipStation's lags behind another


# Left out of a mark where nothing is said, so that marks of before there were these stay what they are.
MAY_BE_UNSAID = ("cost", "currency", "warehouse_id", "tracking_status", "delivered_at")


class OrderKey(Frozen):
    """Names one customer order in one company of one connection; `reference` is the resolved IFS order number."""

    connection: ConnectionName
    company: str
    reference: str

    @property
    def name(self) -> str:
        """As a person asks for it: the order's number, or the shipment that has none."""
        return self.reference.removeprefix("\x00")

    @property
    def digest(self) -> str:
        """SHA-256 in hex: raw order numbers hold characters that SQS group ids refuse."""
        raw = f"{self.connection}\x1f{self.company}\x1f{self.reference}"
        return hashlib.sha256(raw.encode()).hexdigest()


class Item(Frozen):
    sku: str
    quantity: int


class Shipment(Frozen):
    """One parcel. `created_at` and `voided_at` are UTC instants; `ship_date` is ShipStation's own calendar date.

    `reference` is None where no IFS order number could be read; `skip` then says why nothing is to be written.
    `ifs_shipment` is the id of the IFS shipment where the order carries one.
    `cost` is the label's, where a target writes it and ShipStation tells one, `currency` what V2 tells beside it.
    `tracking_status` and `delivered_at` are kept where a target writes them; V2 alone tells them.
    `warehouse_id` is where the label says that it leaves from, where a connection knows its warehouses' sites.
    `read_at` is when we asked ShipStation, so that an older reading never replaces a newer one.
    """

    kind: Literal["label", "fulfilment"]
    shipment_id: int
    connection: ConnectionName
    company: str
    reference: str | None = None
    skip: Reason | None = None
    ifs_shipment: str | None = None
    order_id: int | None = None
    store_id: int | None = None
    carrier_code: str | None = None
    service_code: str | None = None
    tracking_number: str | None = None
    created_at: datetime
    ship_date: date | None = None
    cost: Decimal | None = None
    currency: str | None = None
    tracking_status: str | None = None
    delivered_at: datetime | None = None
    warehouse_id: int | None = None
    voided_at: datetime | None = None
    items: tuple[Item, ...] = ()
    read_at: datetime

    @property
    def key(self) -> ShipmentKey:
        return ShipmentKey(f"{self.kind[0].upper()}{self.shipment_id}")

    @property
    def order_key(self) -> OrderKey:
        """Shipments without a reference stand alone under their own key."""
        reference = self.reference if self.reference is not None else f"\x00{self.key}"
        return OrderKey(connection=self.connection, company=self.company, reference=reference)

    @property
    def is_voided(self) -> bool:
        return self.voided_at is not None

    def is_twin_of(self, other: Shipment) -> bool:
        """Whether it is that fulfilment under another number: that both APIs number fulfilments alike is nowhere
        said.
        """
        if {self.kind, other.kind} != {"fulfilment"} or self.order_id is None or not self.tracking_number:
            return False
        is_same = (self.order_id, self.tracking_number) == (other.order_id, other.tracking_number)
        return is_same and abs(self.created_at - other.created_at) <= ROUNDED

    def numbered(self, shipment_id: int) -> Shipment:
        """The same under that number."""
        return self.model_copy(update={"shipment_id": shipment_id})

    def read_again(self, at: datetime) -> Shipment:
        """The same content, as of the later of both readings."""
        return self.model_copy(update={"read_at": max(at, self.read_at)})

    def combined_from(self, *, company: str, reference: str, ifs_shipment: str | None) -> Shipment:
        """The same parcel for an order that was combined into its own, which bears the cost."""
        share = None if self.cost is None else Decimal(0)
        found = {"company": company, "reference": reference, "ifs_shipment": ifs_shipment, "skip": None, "cost": share}
        return self.model_copy(update=found)

    def combined_from_unread(self) -> Shipment:
        """The same parcel for a combined order that was never read: its copy calls for a person."""
        unknown = {"reference": None, "ifs_shipment": None, "skip": Reason.COMBINED_UNKNOWN}
        return self.model_copy(update=unknown)

    def delivered_like(self, other: Shipment) -> Shipment:
        """What was delivered stays so: events and lists tell of a parcel's way in any order."""
        if other.tracking_status != DELIVERED or (self.tracking_status == DELIVERED and self.delivered_at):
            return self
        at = self.delivered_at or other.delivered_at
        return self.model_copy(update={"tracking_status": DELIVERED, "delivered_at": at})

    def not_voided(self) -> Shipment:
        return self.model_copy(update={"voided_at": None})

    def of(self, order: OrderKey) -> Shipment:
        """The same, as a shipment of that order."""
        return self.model_copy(update={"reference": order.reference, "company": order.company, "skip": None})

    def mark(self, fingerprint: str) -> str:
        """Compared to drop a row already recorded: its content and where it was delivered to, not when it was read."""
        unsaid = {name for name in MAY_BE_UNSAID if getattr(self, name) is None}
        content = self.model_dump_json(exclude={"read_at", *unsaid})
        return hashlib.sha256(f"{fingerprint}\x1f{content}".encode()).hexdigest()[:32]


def newer(known: Shipment, arriving: Shipment) -> Shipment:
    """Of two readings of one shipment the one to believe: the later one. Lists show a change at different times: a void
    is taken back only by a reading that is clearly later, a delivery by none.
    """
    return _later(known, arriving).delivered_like(known).delivered_like(arriving)


def _later(known: Shipment, arriving: Shipment) -> Shipment:
    if known.is_voided != arriving.is_voided:
        voided, live = (known, arriving) if known.is_voided else (arriving, known)
        return live if live.read_at - voided.read_at >= VOID_STANDS else voided
    return arriving if arriving.read_at >= known.read_at else known
