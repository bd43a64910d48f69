"""Lists of an account whose entries the connection file names: its warehouses, and the locations of its inventory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.errors import ConnectorError, Scope
from functions.model.sample import NamedPlace
from functions.shipstation.client import ShipStationClient
from functions.shipstation.values import as_rows, as_text, next_page

MOST_PAGES = 20


@dataclass(frozen=True)
class NamedList:
    """`collection` is empty where the list is a bare array; `spelt` says an id as the connection file does."""

    path: str
    collection: str
    id_field: str
    name_field: str
    spelt: Callable[[object], object] = as_text

    def all_of(self, client: ShipStationClient) -> tuple[NamedPlace, ...] | None:
        """None where ShipStation does not show the whole list, whether to this key or for now."""
        found: list[NamedPlace] = []
        options: dict[str, str] = {}
        for _ in range(MOST_PAGES):
            body = self._page(client, options)
            rows = body.get(self.collection) if isinstance(body, dict) and self.collection else body
            if not isinstance(rows, list):
                return None
            found += map(self._place, as_rows(rows))
            options = next_page(body)
            if not options:
                return tuple(found)
        return None

    def _page(self, client: ShipStationClient, options: Mapping[str, str]) -> Any:
        try:
            answer = client.get(self.path, options, "poll", scope=Scope.RECORD)
        except ConnectorError:
            return None
        return answer.body if answer else None

    def _place(self, row: dict[str, Any]) -> NamedPlace:
        return NamedPlace(id=str(self.spelt(row.get(self.id_field))), name=as_text(row.get(self.name_field)) or "")
