"""What the fit check takes of a ShipStation account."""

from __future__ import annotations

from functions.model.frozen import Frozen
from functions.model.shipment import Shipment


class Store(Frozen):
    store_id: int
    name: str
    is_active: bool = True


class NamedPlace(Frozen):
    """A warehouse, or a location of the inventory, by its id as the connection file spells it."""

    id: str
    name: str = ""


class SampledOrder(Frozen):
    """`texts` are what stands where an IFS order number may stand, by the source's name in the connection file."""

    order_id: int
    store_id: int | None = None
    is_combined: bool = False
    texts: dict[str, str]


class Sample(Frozen):
    """The newest labels as `shipments`, fulfilments and orders; all stores; the events of the account's webhooks.
    `warehouses` and `locations` are all of the account, None where the file names none or ShipStation lists none to the
    key. `skew_seconds` is the server's clock against ours, None where it does not tell.
    """

    shipments: tuple[Shipment, ...] = ()
    fulfilments: tuple[Shipment, ...] = ()
    orders: tuple[SampledOrder, ...] = ()
    stores: tuple[Store, ...] = ()
    events: tuple[str, ...] = ()
    warehouses: tuple[NamedPlace, ...] | None = None
    locations: tuple[NamedPlace, ...] | None = None
    skew_seconds: float | None = None
