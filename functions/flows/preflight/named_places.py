"""Whether the warehouses and inventory locations that the connection file names are the account's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from functions.connections.align import Stock, Warehouses
from functions.connections.connection import Connection
from functions.flows.preflight.named_stores import not_there
from functions.model.fit import Finding
from functions.model.sample import NamedPlace, Sample

WAREHOUSE, LOCATION = "warehouse", "inventory location"


def named_places(sample: Sample, connection: Connection) -> Iterator[Finding]:
    """Told under the key that names it; a list that ShipStation does not show proves nothing."""
    orders, links, stock = connection.orders, connection.aligning("warehouses"), connection.aligning("stock")
    if orders:
        yield from _compared("orders.warehouses", WAREHOUSE, sample.warehouses, orders.warehouses)
    if isinstance(links, Warehouses):
        yield from _compared("align.links", WAREHOUSE, sample.warehouses, links.links)
    if isinstance(stock, Stock):
        yield from _compared("align.locations", LOCATION, sample.locations, stock.locations)


def _compared(
    key: str, what: str, places: Sequence[NamedPlace] | None, entries: Mapping[str, object]
) -> Iterator[Finding]:
    if entries and places is None:
        sentence = f"ShipStation did not show the account's {what}s: nothing is compared with them."
        yield Finding(subject=key, severity="unproven", sentence=sentence, advice="Compare the ids by hand.")
        return
    known = {place.id: place.name for place in places or ()}
    for site, place in entries.items():
        if str(place) not in known:
            yield not_there(f"{key}.{site}", what, str(place), known)
