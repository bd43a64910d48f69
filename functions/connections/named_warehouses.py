"""Which of ShipStation's warehouses is which site, as the file names it in `[orders]` and in `[[align]]`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from functions.connections.align import AnyAlign, Warehouses
from functions.connections.orders import Orders


def named(orders: Orders | None, align: Iterable[AnyAlign]) -> dict[str, int]:
    """The warehouse by the site."""
    links = (each.links for each in align if isinstance(each, Warehouses))
    return {**next(links, {}), **(orders.warehouses if orders else {})}


def filled(
    orders: Orders | None, align: tuple[AnyAlign, ...], beside: Mapping[str, int]
) -> tuple[Orders | None, tuple[AnyAlign, ...]]:
    """Both with what the file names of neither the site nor the warehouse."""
    known = named(orders, align)
    gaps = {site: each for site, each in beside.items() if site not in known and each not in known.values()}
    # Those of the orders count for all that names of warehouses are for.
    if orders is not None:
        return orders.shipping_from(gaps), align
    return None, tuple(each.linking(gaps) if isinstance(each, Warehouses) else each for each in align)
