"""What is remembered of a ShipStation order: which IFS order it means, its store, what was merged into it."""

from __future__ import annotations

from datetime import datetime

from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName, Item


class OrderFacts(Frozen):
    """`merged` are the ids of the orders that were combined into this one and vanished. `items` are its goods, empty
    where there are too many to remember. `checked`: it is shipped, and its shipments were asked for by its id.
    """

    connection: ConnectionName
    order_id: int
    reference: str | None = None
    ifs_shipment: str | None = None
    company: str
    store_id: int | None = None
    merged: tuple[int, ...] = ()
    items: tuple[Item, ...] = ()
    modified_at: datetime
    checked: bool = False


class OrderReading(Frozen):
    """One row of the orders stream. `is_elsewhere`: a marketplace shipped it, ShipStation holds no shipment."""

    facts: OrderFacts
    status: str
    is_elsewhere: bool = False
