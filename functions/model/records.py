"""IFS records as the flows see them: our field names, plain text values, and the ETag of the reading."""

from __future__ import annotations

from enum import StrEnum

from functions.model.frozen import Frozen
from functions.model.shipment import OrderKey, Shipment, ShipmentKey


class FieldName(StrEnum):
    TRACKING = "tracking"
    CARRIER = "carrier"
    SERVICE = "service"
    SHIP_DATE = "ship_date"
    STATUS = "status"


class Record(Frozen):
    """One IFS record as read: `key` is `<profile>/<id>`; `etag` is opaque, byte for byte as received; `address` is its
    OData key where that is not the id.

    `values` holds every configured field, None where IFS holds nothing; dates as `YYYY-MM-DDThh:mm:ssZ` or
    `YYYY-MM-DD`. `exists` False is a row that is still to be made, for the customer order `order_number`.
    """

    key: str
    etag: str
    values: dict[FieldName, str | None]
    site: str = ""
    company: str = ""
    is_delivered: bool = False
    is_cancelled: bool = False
    exists: bool = True
    address: str = ""
    order_number: str = ""
    state: str = ""


class Line(Frozen):
    order_reference: str
    part: str
    quantity: int


class Candidate(Frozen):
    """A record together with the order lines it carries (of any order). `orders` are the IFS order numbers that the
    reference stands for. `named_by` are the shipments that say themselves that they belong here; a record without
    `orders` is for nobody else.
    """

    record: Record
    lines: tuple[Line, ...] = ()
    orders: tuple[str, ...] = ()
    named_by: tuple[ShipmentKey, ...] = ()


class Sought(Frozen):
    """What records are looked for: an order, its shipments that concern us, and the records they went to before."""

    order: OrderKey
    shipments: tuple[Shipment, ...] = ()
    remembered: tuple[str, ...] = ()


class Written(Frozen):
    """What IFS says it holds after our PATCH; `record` is None where the answer carried no entity."""

    http_status: int
    record: Record | None


class Conflict(Frozen):
    """The ETag was stale (412, or its database form): somebody else wrote in between."""

    http_status: int
