"""What ShipStation's V2 shows: UTC throughout, 200 requests a minute, no items on labels, no list of what was voided
when.

Source: https://docs.shipstation.com/apis/shipstation-v2/openapi; labels have no filter on their last change, and a void
changes none of those there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.errors import Retryable
from functions.model.cursors import Span, Stream
from functions.model.outcomes import Reason
from functions.shipstation.reading.api import Api, Fetch, Listing, OneLabel, Page, Row, Search
from functions.shipstation.reading.keyset_walk import Window, readable, walk
from functions.shipstation.reading.named_list import NamedList
from functions.shipstation.v2 import rows, utc

PAGE_SIZE = 100  # the largest that every endpoint is known to take
VOIDABLE = timedelta(days=35)  # carriers take a label back for 30 days at most
VOIDED = {"label_status": "voided"}
MOST_LIVE = 10  # labels of a page that say they are not void: odd ones; more are a list that ignores what is asked for


def voided(fetch: Fetch, listing: Listing, start: datetime, end: datetime) -> Iterator[Page]:
    """All voids of the labels that can still be voided, by their creation; only the end of the walk proves something.
    Whether a void moves a label up in the order of changes is not documented, so nothing depends on it.
    """
    del end  # nothing but the newest void can be told
    reached: datetime | None = None
    for page in walk(fetch, listing, VOIDED, Window(start - VOIDABLE)):
        if sum(row.get("voided") is False for row in page.rows) > MOST_LIVE:
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {listing.path}: ignores label_status")
        dated = [(row, readable(row.get("voidDate"))) for row in page.rows]
        reached = max(filter(None, (reached, *(at for _, at in dated))), default=None)
        fresh = [row for row, at in dated if at is None or at >= start]
        yield replace(page, rows=fresh, last=reached if page.is_last else None)


def voids(span: Span) -> dict[str, str]:
    return {**VOIDED, **V2.labels.window(Span(start=span.start - VOIDABLE, end=span.end))}


def _fixed(sort: str) -> dict[str, str]:
    return {"sort_by": sort, "sort_dir": "asc", "page_size": str(PAGE_SIZE)}


def _numbered(name: str) -> Callable[[str], Mapping[str, str]]:
    return lambda number: {name: f"{rows.PREFIX}{number}"}


def _by(name: str) -> Callable[[str], Mapping[str, str]]:
    return lambda value: {name: value}


def _listing(path: str, key: str, said: Callable[[Row], Row | None], *, sort: str, id_field: str, by: str) -> Listing:
    """Bounds are inside the window for labels, and not said to be for the others: a second more on both sides."""
    return Listing(
        path=f"/v2/{path}",
        collection=path,
        key_field=key,
        id_field=id_field,
        key_start=f"{by}_start",
        key_end=f"{by}_end",
        fixed=_fixed(sort),
        clock=utc,
        newest_first={"sort_dir": "desc"},
        is_open=True,
        size_field="page_size",
        said=said,
    )


def _order_row(body: Any) -> Row | None:
    """The bare object, or wrapped as clients have seen it."""
    inner = body.get("shipment") if isinstance(body, dict) else None
    shown = inner if isinstance(inner, dict) else body
    return rows.order(shown) if isinstance(shown, dict) and shown else None


V2 = Api(
    labels=_listing("labels", "createDate", rows.label, sort="created_at", id_field="shipmentId", by="created_at"),
    fulfilments=_listing(
        "fulfillments", "createDate", rows.fulfilment, sort="created_at", id_field="fulfillmentId", by="create_date"
    ),
    orders=_listing("shipments", "modifyDate", rows.order, sort="modified_at", id_field="orderId", by="modified_at"),
    order=lambda order_id: f"/v2/shipments/{rows.PREFIX}{order_id}",
    order_row=_order_row,
    of_order=lambda order_id: {"shipment_id": f"{rows.PREFIX}{order_id}"},
    pointers={
        "shipments_batch": (Stream.LABELS_CREATED, _numbered("batch_id")),
        "orders_import": (Stream.ORDERS, lambda batch: {"import_batch_id": batch}),
        "fulfilment": (Stream.FULFILMENTS, _numbered("fulfillment_id")),
    },
    searches={
        "shipstation_order": (
            Search(Stream.ORDERS, _by("shipment_number"), "orderNumber"),
            Search(Stream.FULFILMENTS, _by("shipment_number"), "orderNumber"),
        ),
        "tracking": (
            Search(Stream.LABELS_CREATED, _by("tracking_number"), "trackingNumber"),
            Search(Stream.FULFILMENTS, _by("tracking_number"), "trackingNumber"),
        ),
        "fulfilment": (Search(Stream.FULFILMENTS, _numbered("fulfillment_id"), "fulfillmentId"),),
    },
    voided=voided,
    voids=voids,
    stores=None,
    webhooks="/v2/environment/webhooks",
    event_field="event",
    warehouses=NamedList("/v2/warehouses", "warehouses", "warehouse_id", "name", spelt=rows.bare),
    locations=NamedList("/v2/inventory_locations", "inventory_locations", "inventory_location_id", "name"),
    one_label=OneLabel(
        path=lambda number: f"/v2/labels/{rows.PREFIX}{number}",
        log=lambda number: f"/v2/labels/{rows.PREFIX}{number}/track",
        delivered_at=rows.delivered_at,
    ),
)
