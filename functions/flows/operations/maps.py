"""The maps that a person may add to while a connection runs: what an entry of each is, what the file says of it, what
had waited for it, how it is written into the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from functions.connections.carriers import same_carrier
from functions.connections.connection import Connection
from functions.connections.vendors import LONGEST_SITE
from functions.flows.operations.control_tools import RefusedError
from functions.model.desk import MapEntry, MapName
from functions.model.outcomes import Reason


class Map(Protocol):
    @property
    def waits(self) -> tuple[Reason, ...]:
        """What orders wait for that lack an entry."""

    @property
    def without_it(self) -> str:
        """What becomes of what an entry did that the file does not have."""

    def code(self, text: str) -> str:
        """As it is looked up. Raises RefusedError."""

    def said(self, connection: Connection, code: str, value: str) -> str | None:
        """What the file says of it, in the file's words; None where it has a gap."""

    def check(self, connection: Connection, code: str, value: str, entries: Iterable[MapEntry]) -> None:
        """Whether the file could say so, beside the other entries. Raises RefusedError."""

    def mended_by(self, code: str, before: str) -> str:
        """What becomes of what an entry with another value did."""

    def conflict(self, connection: Connection, entry: MapEntry) -> str | None:
        """Where the file says something else by now."""

    def toml(self, connection: Connection, entries: Iterable[MapEntry]) -> tuple[str, list[str]]:
        """The table's head, and its lines."""


class CarrierMap:
    """`[carriers]` or `[services]`: ShipStation's code, with or without a service, and what IFS calls it."""

    def __init__(self, table: MapName, missing: Reason) -> None:
        self._table, self.waits = table, (missing, Reason.UNKNOWN_IN_IFS)
        self.without_it = (
            "new shipments lack it; what it wrote is taken back as after a void where an order is looked at again "
            f"({missing})"
        )

    def code(self, text: str) -> str:
        found = same_carrier(text)
        if not found.partition("/")[0]:
            raise RefusedError("code: names no carrier")
        return found

    def said(self, connection: Connection, code: str, value: str) -> str | None:
        del value
        known = self._of(connection).get(code)
        return None if known is None else f'{self._table}.{code} = "{known}"'

    def check(self, connection: Connection, code: str, value: str, entries: Iterable[MapEntry]) -> None:
        del code, entries
        limit = connection.longest_of(self._table)
        if limit and len(value.encode()) > limit:
            raise RefusedError(f"value: is longer than the target's max_length, {limit} bytes")

    def mended_by(self, code: str, before: str) -> str:
        select = f'{{"carrier": ["{code.partition("/")[0]}"]}}'
        return f'what was written as "{before}" stays so: replay with select {select} shows and mends it'

    def conflict(self, connection: Connection, entry: MapEntry) -> str | None:
        said = self._of(connection).get(entry.code)
        if said in {None, entry.value}:
            return None
        return f'{entry.table}.{entry.code}: the file says "{said}", which counts; "{entry.value}" is beside it'

    def toml(self, connection: Connection, entries: Iterable[MapEntry]) -> tuple[str, list[str]]:
        del connection
        return f"[{self._table}]", [f"{_quoted(each.code)} = {_quoted(each.value)}" for each in entries]

    def _of(self, connection: Connection) -> Mapping[str, str]:
        return connection.carriers if self._table == "carriers" else connection.services


class WarehouseMap:
    """`orders.warehouses`, or `align.links` where the file has no `[orders]`: the id of one of ShipStation's, and its
    site in IFS.
    """

    waits = (Reason.AMBIGUOUS_TARGET,)
    without_it = "what it brought to its site stays there; new shipments lack it"

    def code(self, text: str) -> str:
        if not text.isascii() or not text.isdecimal() or not int(text):
            raise RefusedError("code: is the id of a ShipStation warehouse, a number")
        return str(int(text))

    def said(self, connection: Connection, code: str, value: str) -> str | None:
        found = (f"{s} = {n}" for s, n in connection.named_warehouses.items() if s == value or str(n) == code)
        return next((f"{_table_of(connection)}.{line}" for line in found), None)

    def check(self, connection: Connection, code: str, value: str, entries: Iterable[MapEntry]) -> None:
        if not connection.takes_warehouses:
            raise RefusedError('table: the connection file has neither [orders] nor an [[align]] of "warehouses"')
        if connection.orders is not None and len(value) > LONGEST_SITE:
            raise RefusedError(f"value: is the code of an IFS site, {LONGEST_SITE} characters at most")
        # The file has one warehouse for a site.
        other = next((e.code for e in entries if e.table == "warehouses" and e.value == value and e.code != code), None)
        if other is not None:
            raise RefusedError(f"value: {value} is warehouse {other} beside the file; unmap that one first")

    def mended_by(self, code: str, before: str) -> str:
        return f"what warehouse {code} brought to site {before} stays there"

    def conflict(self, connection: Connection, entry: MapEntry) -> str | None:
        beside = f"{entry.value} = {entry.code} is beside it"
        if not connection.takes_warehouses:
            return f"warehouses.{entry.code}: the file has no place for it any more; {beside}"
        said = self.said(connection, entry.code, entry.value)
        if said is None or connection.named_warehouses.get(entry.value) == int(entry.code):
            return None
        return f"warehouses.{entry.code}: the file says {said}, which counts; {beside}"

    def toml(self, connection: Connection, entries: Iterable[MapEntry]) -> tuple[str, list[str]]:
        table = _table_of(connection)
        where = ' # below the [[align]] of profile = "warehouses"' if table == "align.links" else ""
        return f"[{table}]{where}", [f"{_quoted(each.value)} = {each.code}" for each in entries]


MAPS: dict[MapName, Map] = {
    "carriers": CarrierMap("carriers", Reason.CARRIER_UNMAPPED),
    "services": CarrierMap("services", Reason.SERVICE_UNMAPPED),
    "warehouses": WarehouseMap(),
}


def conflicts(connection: Connection, entries: Iterable[MapEntry]) -> list[str]:
    found = (MAPS[entry.table].conflict(connection, entry) for entry in entries)
    return [each for each in found if each is not None]


def toml(connection: Connection, entries: Iterable[MapEntry]) -> str:
    """A table each; text is quoted as TOML and JSON both do."""
    tables: dict[MapName, list[MapEntry]] = {}
    for entry in entries:
        tables.setdefault(entry.table, []).append(entry)
    written = (MAPS[table].toml(connection, own) for table, own in sorted(tables.items()))
    return "\n".join("\n".join([head, *sorted(lines)]) + "\n" for head, lines in written)


def _table_of(connection: Connection) -> str:
    return "orders.warehouses" if connection.orders is not None else "align.links"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
