"""Which of ShipStation's warehouses is which site, as it is named or the alignment has found it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from functions.connections.align import SEPARATOR
from functions.connections.connection import Connection


def finds_warehouses(connection: Connection) -> bool:
    """Whether the alignment's findings count: those of shadow mode are used by nobody."""
    aligned = connection.aligning("warehouses")
    return aligned is not None and aligned.mode == "write"


def sites_of_warehouses(connection: Connection, found: Mapping[str, int]) -> dict[int, str]:
    """The site of each warehouse, as the file names it or a person beside it, else as it was `found` by site. One that
    several sites ship from is none's.
    """
    places = {**found, **connection.named_warehouses}
    several = {number for number, count in Counter(places.values()).items() if count > 1}
    return {number: code.partition(SEPARATOR)[0] for code, number in places.items() if number not in several}
