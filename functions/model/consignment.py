"""What IFS wants packed, as it is read: the projection's values, named by us, cleaned and not yet judged."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from functions.model.frozen import Frozen


class ConsignmentLine(Frozen):
    """`quantity` is None where IFS names none; `order` the IFS customer order, empty for other sources."""

    line_key: str
    order: str
    sku: str
    name: str
    quantity: Decimal | None


class Consignment(Frozen):
    """`address` are up to six lines without the empty ones."""

    shipment_id: str
    state: str
    site: str
    created: datetime | None
    ship_by: datetime | None
    receiver: str
    receiver_reference: str
    name: str
    address: tuple[str, ...]
    city: str
    region: str
    postal_code: str
    country: str
    lines: tuple[ConsignmentLine, ...] = ()
