"""Walks over live, moving lists without losing a row: by key, not by page number.

Facts (https://docs.shipstation.com/apis/shipstation-v1/docs/shipments/list): page size at most 500, `createDate`
bounds inclusive, items only on request, sorting by createDate or shipDate but not by voidDate; `pages` and `total`
are unreliable, rows may be null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.model.cursors import Hole
from functions.shipstation.pacific import parse_instant, window_start

PAGE_SIZE = 500

Rows = list[dict[str, Any]]
Fetch = Callable[[Mapping[str, str]], Rows]


@dataclass(frozen=True)
class Page:
    """Rows not seen before in this walk; `last` is the newest key of the prefix read so far."""

    rows: Rows
    last: datetime | None
    is_last: bool
    gaps: tuple[tuple[datetime | None, datetime | None], ...] = ()


@dataclass(frozen=True)
class Listing:
    """One list and the field it is walked by."""

    path: str
    collection: str
    key_field: str
    id_field: str
    key_start: str
    key_end: str
    fixed: Mapping[str, str]


LABELS = Listing(
    path="/shipments",
    collection="shipments",
    key_field="createDate",
    id_field="shipmentId",
    key_start="createDateStart",
    key_end="createDateEnd",
    fixed={"sortBy": "CreateDate", "sortDir": "ASC", "pageSize": str(PAGE_SIZE), "includeShipmentItems": "true"},
)
ORDERS = Listing(
    path="/orders",
    collection="orders",
    key_field="modifyDate",
    id_field="orderId",
    key_start="modifyDateStart",
    key_end="modifyDateEnd",
    fixed={"sortBy": "ModifyDate", "sortDir": "ASC", "pageSize": str(PAGE_SIZE)},
)


FULFILMENTS = Listing(
    path="/fulfillments",
    collection="fulfillments",
    key_field="createDate",
    id_field="fulfillmentId",
    key_start="createDateStart",
    key_end="createDateEnd",
    fixed={"sortBy": "CreateDate", "sortDir": "ASC", "pageSize": str(PAGE_SIZE)},
)


def walk(
    fetch: Fetch,
    listing: Listing,
    filters: Mapping[str, str],
    start: str | None,
    end: str | None = None,
    avoid: Sequence[Hole] = (),
) -> Iterator[Page]:
    """Pages in ascending order of the key. After a full page the next request starts at the last second seen; only a
    second with more rows than a page is read by page number. So is everything behind a page whose rows are out of
    order, and it proves nothing: `last` stays where the order was sound.
    """
    seen: set[Any] = set()
    last: datetime | None = None
    number = 1
    is_ordered = True
    while True:
        bounds = {listing.key_start: start} if start else {}
        bounds |= {listing.key_end: end} if end else {}
        rows = fetch({**listing.fixed, **filters, **bounds, "page": str(number)})
        full = len(rows) >= PAGE_SIZE
        fresh = [row for row in rows if row and row.get(listing.id_field) not in seen]
        seen.update(row.get(listing.id_field) for row in fresh)
        keys = _keys(rows, listing)
        is_ordered = is_ordered and keys == sorted(keys)
        newest = keys[-1] if keys and is_ordered else None
        last = max(filter(None, (last, newest)), default=None)
        yield Page(fresh, last, is_last=not full)
        if not full:
            return
        following = window_start(newest) if newest else None
        moves_on = following is not None and (start is None or following > start)
        start, number = (following, 1) if moves_on else (start, number + 1)


def _keys(rows: Rows, listing: Listing) -> list[datetime]:
    """In the order of the rows. A date nobody can read is left out: its row is reported where rows become models."""
    return [key for row in rows if row and (key := readable(row.get(listing.key_field)))]


def readable(text: Any) -> datetime | None:
    try:
        return parse_instant(text)
    except ValueError:
        return None
