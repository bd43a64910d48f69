"""Which of ShipStation's warehouses is which site, as the file names it or the alignment has found it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from functions.connections.align import SEPARATOR, Warehouses
from functions.connections.connection import Connection


def finds_warehouses(connection: Connection) -> bool:
    """Whether the alignment's findings count: those of shadow mode are used by nobody."""
    aligned = connection.aligning("warehouses")
    return aligned is not None and aligned.mode == "write"


def knows_warehouses(connection: Connection) -> bool:
    return finds_warehouses(connection) or bool(_named(connection))


def sites_of_warehouses(connection: Connection, found: Mapping[str, int]) -> dict[int, str]:
    """The site of each warehouse, as the file names it, else as it was `found` by site. One that several sites ship
    from is none's.
    """
    places = {**found, **_named(connection)}
    several = {number for number, count in Counter(places.values()).items() if count > 1}
    return {number: code.partition(SEPARATOR)[0] for code, number in places.items() if number not in several}


def _named(connection: Connection) -> dict[str, int]:
    """The warehouse of a site, as the file names it."""
    aligned = connection.aligning("warehouses")
    links = aligned.links if isinstance(aligned, Warehouses) else {}
    return {**links, **(connection.orders.warehouses if connection.orders else {})}
