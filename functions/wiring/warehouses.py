"""Which warehouse the alignment has found for each site: one item of the ledger, read where it counts."""

from __future__ import annotations

from functions.connections.connection import Connection
from functions.connections.warehouses import finds_warehouses
from functions.ledger.alignment import AlignStore
from functions.ledger.table import Table


def found_warehouses(ledger: Table, connection: Connection) -> dict[str, int]:
    """By what IFS calls the place; empty where nothing is aligned, or in shadow mode alone."""
    if not finds_warehouses(connection):
        return {}
    found = AlignStore(ledger).map(connection.name, "warehouses")
    return {code: int(number) for code, number in found.items() if number.isdecimal()}
