"""What IFS holds of each part: rows of one location, lot, serial number and handling unit each, added up by site.

Seen in public code: `InventoryPartInStockSet`, whose rows of zero remain, so that only rows that hold something are
asked for. Which rows count, the connection file says: frozen, customer-owned and project stock has attributes that
tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal, InvalidOperation

from functions.connections.align import Stock
from functions.ifs import odata
from functions.ifs.client import IfsClient
from functions.ifs.service import Row, Service
from functions.ifs.values import as_text

HOLDING = ("QtyOnhand", "QtyReserved")  # a row holds something where one of them is above zero


class StockCounts:
    """Raises Retryable or Permanent."""

    def __init__(self, client: IfsClient, profile: Stock) -> None:
        where = profile.holdings
        self._service, self._set = Service(client, where.endpoint, where.projection), where
        self._profile = profile

    def totals(self) -> dict[tuple[str, str], int | None]:
        """Whole pieces: what is left over of one cannot be packed."""
        return self._summed(self._held())

    def of_parts(self, site: str, parts: Iterable[str]) -> dict[tuple[str, str], int | None]:
        """Of these, where IFS lists any row of them, be it of zero."""
        return self._summed(self._listed(site, parts))

    def _summed(self, rows: Iterable[Row]) -> dict[tuple[str, str], int | None]:
        sums: dict[tuple[str, str], Decimal | None] = {}
        spelt: dict[tuple[str, str], object] = {}
        for row in rows:
            part = row.get(self._profile.part)
            place = (as_text(row.get(self._profile.site)), as_text(part))
            if all(place):
                # Two parts of IFS that ShipStation would take for one are not added up.
                counted = self._counted(row) if spelt.setdefault(place, part) == part else None
                sums[place] = _added(sums.get(place, Decimal(0)), counted)
        return {place: None if total is None else _whole(total) for place, total in sums.items()}

    def _held(self) -> Iterable[Row]:
        holds = " or ".join(f"{name} gt 0" for name in HOLDING)
        for sites in odata.any_of(self._profile.site, map(odata.text, sorted(self._profile.locations))):
            yield from self._rows(f"({sites}) and ({holds})")

    def _listed(self, site: str, parts: Iterable[str]) -> Iterable[Row]:
        for named in odata.any_of(self._profile.part, map(odata.text, parts)):
            yield from self._rows(f"{self._profile.site} eq {odata.text(site)} and ({named})")

    def _rows(self, filter_text: str) -> Iterable[Row]:
        profile = self._profile
        asked = (profile.site, profile.part, profile.quantity, *profile.only)
        return self._service.rows(self._set.entity_set, asked, filter_text, self._set.key)

    def _counted(self, row: Row) -> Decimal | None:
        """Zero where the row does not count: its part is told all the same."""
        if any(_text(row.get(name)) not in texts for name, texts in self._profile.only.items()):
            return Decimal(0)
        return _number(row.get(self._profile.quantity))


def _added(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _whole(total: Decimal) -> int:
    return int(total.to_integral_value(ROUND_FLOOR))


def _number(value: object) -> Decimal | None:
    try:
        number = Decimal(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _text(value: object) -> str:
    """As the file writes it: a flag in small letters, nothing as nothing."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
