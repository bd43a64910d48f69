"""What the fit check asks of a tenant beside the metadata: its clock, what the service user sees, its forwarders."""

from __future__ import annotations

import email.utils
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

from functions.connections.connection import Connection
from functions.connections.targets import OrderPlace, ShipmentHeader
from functions.errors import Permanent, Retryable
from functions.ifs import odata
from functions.ifs.client import IfsClient
from functions.ifs.schema.inspection import Inspection
from functions.ifs.service import Row, Service
from functions.model.fit import Finding
from functions.model.outcomes import Reason

SITES = OrderPlace(projection="CompanySiteHandling", entity_set="CompanySiteSet")
FORWARDERS = "Reference_ForwarderInfo"
FORWARDER_ID = "ForwarderId"

SiteView = Literal["seen", "hidden", "unknown"]


class Survey:
    """Raises Retryable or Permanent unless a method says otherwise. `now` is our clock."""

    def __init__(self, client: IfsClient, connection: Connection, now: Callable[[], datetime]) -> None:
        self._client, self._connection, self._now = client, connection, now

    def inspect(self) -> Sequence[Finding]:
        """Every target of the connection and of its stores, once, what goes to ShipStation, and what is aligned."""
        targets = dict.fromkeys(target for view in self._connection.views for target in view.ifs.targets)
        own = self._connection
        return Inspection(self._client, tuple(targets), own.orders, own.align).findings()

    def skew_seconds(self) -> float | None:
        """The tenant's clock against ours; None where it does not tell. The first call that needs the credentials."""
        place = self._place()
        path = f"{self._path(place)}/{place.entity_set}?{odata.query(_any())}"
        answer = self._client.get(path, place.entity_set, stage="search")
        told = answer.headers.get("date") if answer else None
        try:
            server = email.utils.parsedate_to_datetime(told) if told else None
        except ValueError:
            return None
        return (server.astimezone(UTC) - self._now()).total_seconds() if server else None

    def holds_records(self) -> bool:
        """Whether the service user sees any shipment, or any customer order where shipments are not used."""
        return self._holds(self._place(), {})

    def holds_site(self, site: str) -> bool:
        """Whether the service user sees any such record of that site."""
        return self._holds(self._place(), {"$filter": f"Contract eq {odata.text(site)}"})

    def site(self, site: str) -> tuple[SiteView, str]:
        """Whether the list of sites shows it, and its company there; unknown where that list may not be read."""
        try:
            rows = self._rows(SITES, {"$filter": f"Contract eq {odata.text(site)}"})
        except Permanent as fault:
            if fault.reason not in {Reason.IFS_PERMISSION, Reason.IFS_CONFIGURATION}:
                raise
            return "unknown", ""
        return ("seen", str(rows[0].get("Company") or "")) if rows else ("hidden", "")

    def forwarders(self) -> dict[str, str] | None:
        """Names by id; None where the list is published under another name or may not be read."""
        target = next((t for t in self._connection.ifs.targets if isinstance(t, ShipmentHeader)), ShipmentHeader())
        service = Service(self._client, target.endpoint, target.projection)
        try:
            rows = list(service.rows(FORWARDERS, ("Name",), "", (FORWARDER_ID,)))
        except Permanent:
            return None
        return {str(row.get(FORWARDER_ID)): str(row.get("Name") or "") for row in rows}

    def _place(self) -> OrderPlace:
        """What is read of the first target: no grant is asked for that the delivery does not need."""
        target = self._connection.ifs.targets[0]
        if isinstance(target, ShipmentHeader):
            return OrderPlace(endpoint=target.endpoint, projection=target.projection, entity_set=target.entity_set)
        return target.orders

    def _holds(self, place: OrderPlace, options: dict[str, str]) -> bool:
        return bool(self._rows(place, options))

    def _rows(self, place: OrderPlace, options: dict[str, str]) -> list[Row]:
        path = f"{self._path(place)}/{place.entity_set}?{odata.query({**_any(), **options})}"
        answer = self._client.get(path, place.entity_set, stage="search")
        if answer is None:
            raise Permanent(Reason.IFS_CONFIGURATION, f"GET {place.entity_set}: 404", stage="search", status=404)
        rows = answer.body.get("value") if isinstance(answer.body, dict) else None
        if not isinstance(rows, list):
            text = f"GET {place.entity_set}: no rows in the answer"
            raise Retryable(Reason.IFS_UNAVAILABLE, text, stage="search")
        return [row for row in rows if isinstance(row, dict)]

    def _path(self, place: OrderPlace) -> str:
        return Service(self._client, place.endpoint, place.projection).path


def _any() -> dict[str, str]:
    return {"$top": "1"}
