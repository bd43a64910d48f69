"""The same account as V2 shows it: paths below /v2, a key in a header, 200 requests a minute, error envelopes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any
from urllib.parse import unquote, urlencode
from uuid import UUID

from tests.equipment.http import Request, Response, json_response
from tests.equipment.shipstation import v2_views as views
from tests.equipment.shipstation.index import Query, Window
from tests.equipment.shipstation.store import Switches

DEFAULT_PAGE, LARGEST_PAGE = 25, 100
LIMIT = 200
KINDS = {401: "security", 403: "account_status", 429: "system"}  # of an error, by its status
Find = Callable[[Query[Any]], tuple[list[Any], int]]


class BadParameterError(ValueError):
    """A filter nobody can read."""


@dataclass(frozen=True)
class Listing:
    """`dates`, `numbers` and `texts` map a filter to its column; `is_descending` without a word about it."""

    collection: str
    dates: Mapping[str, str]
    numbers: Mapping[str, str]
    texts: Mapping[str, str]
    tests: Mapping[str, Callable[[str], Callable[[Any], bool]]]
    sorts: Mapping[str, str]
    is_descending: bool
    show: Callable[[Any, Switches], dict[str, Any]]


def _has_status(text: str) -> Callable[[Any], bool]:
    return lambda row: ("voided" if row.voided_at else "completed") == text


LABELS = Listing(
    collection="labels",
    dates={"created_at": "createdAt"},
    numbers={"shipment_id": "orderId", "batch_id": "batchId"},
    texts={"tracking_number": "trackingNumber"},
    tests={"label_status": _has_status},
    sorts={"created_at": "createdAt", "modified_at": "changedAt"},
    is_descending=True,
    show=lambda row, switches: views.label(row, with_products=switches.are_products_told),
)
SHIPMENTS = Listing(
    collection="shipments",
    dates={"created_at": "createdAt", "modified_at": "modifiedAt"},
    numbers={},
    texts={"import_batch_id": "importBatch"},
    tests={
        "shipment_number": lambda text: lambda row: row.order_number == text,
        "external_shipment_id": lambda text: lambda row: views.external(row) == text,
        "store_id": lambda text: lambda row: views.se(row.store_id) == text,
        "shipment_status": lambda text: lambda row: views.STATUS[row.status] == text,
    },
    sorts={"created_at": "createdAt", "modified_at": "modifiedAt"},
    is_descending=True,
    show=lambda row, _: views.shipment(row),
)
FULFILLMENTS = Listing(
    collection="fulfillments",
    dates={"create_date": "createdAt"},
    numbers={"shipment_id": "orderId", "fulfillment_id": "fulfillmentId"},
    texts={"tracking_number": "trackingNumber"},
    tests={},
    sorts={"created_at": "createdAt"},
    is_descending=False,
    show=lambda row, _: views.fulfillment(row),
)
LISTS = {listing.collection: listing for listing in (LABELS, SHIPMENTS, FULFILLMENTS)}


def page(listing: Listing, request: Request, find: Find, switches: Switches) -> Response:
    given = {name: value for name, value in request.query if value and name not in switches.ignored_filters}
    query = _query(listing, given, switches)
    rows, total = find(query)
    if not rows and switches.is_empty_no_content:
        return Response(204)
    shown: list[Any] = [listing.show(row, switches) for row in rows]
    if switches.null_every:
        shown[switches.null_every :: switches.null_every] = [None] * len(
            shown[switches.null_every :: switches.null_every]
        )
    pages = -(-total // query.size)
    totals: dict[str, Any] = {"right": {"total": total}, "zero": {"total": 0}, "text": {"total": f"{total}"}}
    counted = totals.get(switches.total, {})
    body = {listing.collection: shown, **counted, "page": query.page, "pages": pages}
    return json_response(200, {**body, "links": links(request, query.page, pages)})


def refused(status: int, code: str, message: str = "") -> Response:
    kind = KINDS.get(status, "validation")
    error = {"error_source": "ShipStation", "error_type": kind, "error_code": code, "message": message or code}
    return json_response(status, {"request_id": str(UUID(int=next(_requests))), "errors": [error]})


_requests = count(1)


def links(request: Request, page: int, pages: int) -> dict[str, dict[str, str]]:
    """Where no page follows or precedes, an empty object."""
    return {
        "first": _link(request, 1),
        "last": _link(request, max(pages, 1)),
        "prev": _link(request, page - 1) if page > 1 else {},
        "next": _link(request, page + 1) if page < pages else {},
    }


def _link(request: Request, number: int) -> dict[str, str]:
    parameters = {**dict(request.query), "page": str(number)}
    return {"href": f"https://api.shipstation.com{request.path}?{urlencode(parameters)}"}


def _query(listing: Listing, given: Mapping[str, str], switches: Switches) -> Query[Any]:
    """Unknown filters are ignored without a word."""
    windows = [window for stem, column in listing.dates.items() for window in _window(stem, column, given)]
    windows += [_exactly(column, _number(given[name])) for name, column in listing.numbers.items() if name in given]
    windows += [_exactly(column, given[name]) for name, column in listing.texts.items() if name in given]
    size = min(_whole(given.get("page_size"), DEFAULT_PAGE), LARGEST_PAGE, switches.largest_page)
    direction = given.get("sort_dir", "desc" if listing.is_descending else "asc")
    return Query(
        windows=windows,
        tests=[make(given[name]) for name, make in listing.tests.items() if name in given],
        sort=listing.sorts.get(given.get("sort_by", ""), "createdAt"),
        is_descending=direction == "desc",
        page=_whole(given.get("page"), 1),
        size=size,
    )


def _window(stem: str, column: str, given: Mapping[str, str]) -> list[Window]:
    """Neither bound is inside."""
    low, high = (_instant(given.get(f"{stem}_{end}")) for end in ("start", "end"))
    return [] if low is None and high is None else [Window(column, low, high, is_low_open=True, is_high_open=True)]


def _exactly(column: str, value: Any) -> Window:
    return Window(column, value, value)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadParameterError(text) from error
    if at.tzinfo is None:
        raise BadParameterError(text)
    return at


def _number(text: str) -> int:
    bare = unquote(text).removeprefix("se-")
    if not bare.isdecimal():
        raise BadParameterError(text)
    return int(bare)


def _whole(text: str | None, default: int) -> int:
    if text is None:
        return default
    if not text.isdecimal() or not int(text):
        raise BadParameterError(text)
    return int(text)
