"""ShipStation V2's inventory: how much of a SKU a location holds. Its locations are not the warehouses of V1.

    GET  /v2/inventory   rows with `sku` and `on_hand`, further pages by `links.next`
    POST /v2/inventory   one SKU at one location; `adjust` sets the quantity, so that it may be sent twice

An add-on on smaller plans. Source: https://docs.shipstation.com/apis/shipstation-v2/openapi (inventory)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.errors import Permanent, Retryable, Scope
from functions.model.alignment import UNREADABLE, SideRecord
from functions.model.outcomes import Reason
from functions.shipstation.client import ShipStationClient
from functions.shipstation.values import as_rows, as_text, as_whole, next_page

PATH = "/v2/inventory"
PAGE = 100
MOST_PAGES = 500
QUANTITY = "quantity"


class InventoryLevels:
    """Raises Retryable, OutcomeUnknown (writes) or Permanent."""

    def __init__(self, client: ShipStationClient) -> None:
        self._client = client

    def levels(self, location: str) -> dict[str, SideRecord]:
        """By SKU."""
        options = {"inventory_location_id": location, "group_by": "location", "page_size": str(PAGE)}
        found: dict[str, SideRecord] = {}
        rows: list[dict[str, Any]] | None = None
        for _ in range(MOST_PAGES):
            body = self._page(options)
            before, rows = rows, as_rows(body["inventory"])
            for row in rows:
                if (sku := as_text(row.get("sku"))) and row.get("inventory_location_id") in (None, location):
                    on_hand = as_whole(row.get("on_hand"))
                    found[sku] = _level(location, sku, UNREADABLE if on_hand is None else str(on_hand))
            following = next_page(body)
            if not following or following == options:
                return found
            if rows == before:
                raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}: ignores which page is asked for")
            options = following
        raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}: no end of pages")

    def level(self, location: str, sku: str) -> SideRecord:
        return _level(location, sku, "")

    def parts(self, changes: Mapping[str, str]) -> list[dict[str, str]]:
        return [dict(changes)]

    def change(self, record: SideRecord, changes: Mapping[str, str]) -> SideRecord | None:
        """Sets what stands there, whatever stood there before."""
        where = {"inventory_location_id": record.body["location"], "sku": record.body["sku"]}
        body = {"transaction_type": "adjust", **where, "quantity": int(changes[QUANTITY])}
        if not self._client.tell(PATH, body, "push"):
            text = f"POST {PATH}: 404, no such location"
            raise Permanent(Reason.SHIPSTATION_REQUEST, text, status=404, scope=Scope.RECORD)
        return SideRecord(id=record.id, fields=dict(changes), body=record.body)

    def make(self, fields: Mapping[str, str]) -> SideRecord:  # noqa: ARG002 # as the protocol says
        """A level is there as soon as it is set."""
        raise Permanent(Reason.SHIPSTATION_REQUEST, f"POST {PATH}: nothing is made", scope=Scope.RECORD)

    def _page(self, options: Mapping[str, str]) -> dict[str, Any]:
        answer = self._client.get(PATH, options, "sweep")
        if answer is not None and answer.is_empty:
            return {"inventory": []}
        body = answer.body if answer is not None else None
        if not isinstance(body, dict) or not isinstance(body.get("inventory"), list):
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {PATH}: no list")
        return body


def _level(location: str, sku: str, quantity: str) -> SideRecord:
    body = {"location": location, "sku": sku}
    return SideRecord(id=f"{location} {sku}", fields={QUANTITY: quantity}, body=body)
