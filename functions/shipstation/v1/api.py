"""What ShipStation's V1 shows.

Facts (https://docs.shipstation.com/apis/shipstation-v1/docs/shipments/list and .../openapi/orders/list_orders): page
size at most 500; bounds of `createDate` inclusive, of `modifyDate` exclusive; items only on request; shipments cannot
be sorted by voidDate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.errors import Retryable
from functions.model.cursors import Span, Stream
from functions.model.facts import LONG_AGO
from functions.model.outcomes import Reason
from functions.shipstation import pacific
from functions.shipstation.reading.api import Api, Fetch, Listing, Page, Row, Search
from functions.shipstation.reading.keyset_walk import Window, readable, walk
from functions.shipstation.reading.named_list import NamedList

PAGE_SIZE = 500
WIDENED = timedelta(hours=2)  # more than a window reaches back where clocks change
VOIDS_AT_ONCE = timedelta(days=7)  # of a long void window, so that a run that ends loses little
MOST_UNDATED = 10  # rows without a void date: odd ones; more of nothing else are a list that ignores its window


def voided(fetch: Fetch, listing: Listing, start: datetime, end: datetime) -> Iterator[Page]:
    """Voids cannot be sorted by voidDate: a frozen window of it is walked by createDate, and proves something only when
    it was walked to its end. Of a long one every week but the last stands for itself.
    """
    while end - start > 2 * VOIDS_AT_ONCE:
        following = start + VOIDS_AT_ONCE
        yield from _frozen(fetch, listing, Span(start=start, end=following), is_last=False)
        start = following
    yield from _frozen(fetch, listing, Span(start=start, end=end), is_last=True)


def _frozen(fetch: Fetch, listing: Listing, span: Span, *, is_last: bool) -> Iterator[Page]:
    reached: datetime | None = None if is_last else span.end
    for page in walk(fetch, listing, voids(span), Window()):
        voided = [at for row in page.rows if (at := readable(row.get("voidDate")))]
        is_told = bool(voided) or len(page.rows) > MOST_UNDATED
        if is_told and max(voided, default=LONG_AGO) < span.start - WIDENED:
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {listing.path}: ignores voidDateStart")
        reached = max(filter(None, (reached, *voided)), default=None)
        yield replace(page, last=reached if page.is_last else None, is_last=page.is_last and is_last)


def voids(span: Span) -> dict[str, str]:
    return {"voidDateStart": pacific.window_start(span.start), "voidDateEnd": pacific.window_end(span.end)}


def _by(name: str) -> Callable[[str], Mapping[str, str]]:
    return lambda value: {name: value}


def _order_row(body: Any) -> Row | None:
    return body if isinstance(body, dict) and body else None


def _listing(path: str, key: str, id_field: str, *, is_open: bool = False, **more: str) -> Listing:
    return Listing(
        path=f"/{path}",
        collection=path,
        key_field=key,
        id_field=id_field,
        key_start=f"{key}Start",
        key_end=f"{key}End",
        fixed={"sortBy": f"{key[0].upper()}{key[1:]}", "sortDir": "ASC", "pageSize": str(PAGE_SIZE), **more},
        clock=pacific,
        newest_first={"sortDir": "DESC"},
        is_open=is_open,
    )


V1 = Api(
    labels=_listing("shipments", "createDate", "shipmentId", includeShipmentItems="true"),
    fulfilments=_listing("fulfillments", "createDate", "fulfillmentId"),
    orders=_listing("orders", "modifyDate", "orderId", is_open=True),
    order=lambda order_id: f"/orders/{order_id}",
    order_row=_order_row,
    of_order=lambda order_id: {"orderId": str(order_id)},
    pointers={
        "shipments_batch": (Stream.LABELS_CREATED, _by("batchId")),
        "orders_import": (Stream.ORDERS, _by("importBatch")),
        "fulfilment": (Stream.FULFILMENTS, _by("fulfillmentId")),
    },
    searches={
        "shipstation_order": (
            Search(Stream.ORDERS, _by("orderNumber"), "orderNumber"),
            Search(Stream.LABELS_CREATED, _by("orderNumber"), "orderNumber"),
            Search(Stream.FULFILMENTS, _by("orderNumber"), "orderNumber"),
        ),
        "tracking": (
            Search(Stream.LABELS_CREATED, _by("trackingNumber"), "trackingNumber"),
            Search(Stream.FULFILMENTS, _by("trackingNumber"), "trackingNumber"),
        ),
        # Not documented for labels: where it is ignored nothing is found.
        "label": (Search(Stream.LABELS_CREATED, _by("shipmentId"), "shipmentId"),),
        "fulfilment": (Search(Stream.FULFILMENTS, _by("fulfillmentId"), "fulfillmentId"),),
    },
    voided=voided,
    voids=voids,
    stores="/stores",
    webhooks="/webhooks",
    event_field="HookType",
    warehouses=NamedList("/warehouses", "", "warehouseId", "warehouseName"),
)
