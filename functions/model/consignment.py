"""What IFS wants packed, as it is read: the projection's values, named by us, cleaned and not yet judged."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal

from functions.model.frozen import Frozen

Fate = Literal["pack", "hold", "cancel", "done"]


class ConsignmentLine(Frozen):
    """`quantity` is None where IFS names none; `order` the IFS customer order, empty for other sources. `delivered` is
    what has left of the line by IFS's books, in the same unit.
    """

    line_key: str
    order: str
    sku: str
    name: str
    quantity: Decimal | None
    delivered: Decimal | None = Decimal(0)


class Consignment(Frozen):
    """An IFS shipment, or what a customer order sends from one site to one place. `fate` is what becomes of its
    ShipStation order: packed, held, cancelled, or left as it stands because IFS has delivered. `is_over`: the goods
    have left, or never will. `address` are up to six lines without the empty ones; `unusable` names what keeps it from
    being used. `shown` are the lines of the order that IFS shows, whatever becomes of them; None where that does not
    matter.
    """

    shipment_id: str = ""
    order_no: str = ""
    group: str = ""
    fate: Fate = "pack"
    is_over: bool = False
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
    phone: str = ""
    email: str | None = None
    unusable: str = ""
    lines: tuple[ConsignmentLine, ...] = ()
    shown: frozenset[str] | None = None

    @property
    def number(self) -> str:
        """What IFS is asked for."""
        return self.order_no or self.shipment_id

    def emptied(self, group: str) -> Consignment:
        """Another part of the same order, of which nothing is to be packed any more."""
        return self.model_copy(update={"group": group, "fate": "cancel", "is_over": True, "lines": ()})
