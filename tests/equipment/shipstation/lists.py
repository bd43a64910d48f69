"""What the three paged lists understand: filters with their open or closed bounds, sorting, page size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tests.equipment.http import Request
from tests.equipment.shipstation.dates import parse_wall
from tests.equipment.shipstation.index import Query, Row, Window
from tests.equipment.shipstation.rows import Fulfillment, Label, Order
from tests.equipment.shipstation.store import Switches

R = TypeVar("R", bound=Row)
Test = Callable[[R], bool]

LARGEST_PAGE = 500
DEFAULT_PAGE = 100


class BadParameterError(ValueError):
    """A filter nobody can read."""


@dataclass(frozen=True)
class Listing(Generic[R]):
    """`dates` maps a filter's stem to (low bound open?, high bound open?, whole days?)."""

    collection: str
    dates: Mapping[str, tuple[bool, bool, bool]]
    exact: Mapping[str, Callable[[str], Any]]
    tests: Mapping[str, Callable[[str], Test[R]]]
    sorts: Mapping[str, str]
    default_sort: str


def _is(read: Callable[[R], Any]) -> Callable[[str], Test[R]]:
    return lambda text: lambda row: str(read(row) or "").lower() == text.lower()


ORDERS = Listing[Order](
    collection="orders",
    dates={
        "createDate": (True, True, False),
        "modifyDate": (True, True, False),
        "orderDate": (True, False, False),
        "paymentDate": (True, True, False),
    },
    exact={"orderId": int, "importBatch": str},
    tests={
        "orderStatus": _is(lambda order: order.status),
        "storeId": _is(lambda order: order.store_id),
        "orderNumber": lambda text: lambda order: order.order_number.lower().startswith(text.lower()),
    },
    sorts={"orderdate": "orderDate", "modifydate": "modifyDate", "createdate": "createDate"},
    default_sort="orderId",
)
SHIPMENTS = Listing[Label](
    collection="shipments",
    dates={
        "createDate": (False, False, False),
        "voidDate": (False, False, False),
        "shipDate": (False, False, True),
    },
    exact={"orderId": int, "batchId": int, "shipmentId": int},
    tests={
        "carrierCode": _is(lambda label: label.carrier_code),
        "serviceCode": _is(lambda label: label.service_code),
        "trackingNumber": _is(lambda label: label.tracking_number),
        "storeId": _is(lambda label: label.order.store_id if label.order else None),
        "orderNumber": _is(lambda label: label.order.order_number if label.order else None),
    },
    sorts={"shipdate": "shipDate", "createdate": "createDate"},
    default_sort="createDate",
)
FULFILLMENTS = Listing[Fulfillment](
    collection="fulfillments",
    dates={"createDate": (False, False, False), "shipDate": (False, False, True)},
    exact={"orderId": int, "fulfillmentId": int},
    tests={
        "trackingNumber": _is(lambda row: row.tracking_number),
        "orderNumber": _is(lambda row: row.order.order_number),
    },
    sorts={"shipdate": "shipDate", "createdate": "createDate"},
    default_sort="createDate",
)


def to_query(listing: Listing[R], request: Request, switches: Switches) -> Query[R]:
    """Names are compared without case, unknown ones are ignored, and so are known ones at times."""
    named = ((name.lower(), value) for name, value in request.query if value)
    given = {name: value for name, value in named if name not in switches.ignored_filters}
    windows = [
        window for stem, rules in listing.dates.items() for window in _window(stem, rules, given, switches.offsets)
    ] + [_exactly(name, read, given[name.lower()]) for name, read in listing.exact.items() if name.lower() in given]
    tests = [make(given[name.lower()]) for name, make in listing.tests.items() if name.lower() in given]
    size = _number(given.get("pagesize"), DEFAULT_PAGE)
    if size > LARGEST_PAGE and switches.page_size_above_cap == "refuse":
        raise BadParameterError("pageSize")
    sort = listing.sorts.get(given.get("sortby", "").lower(), listing.default_sort)
    return Query(
        windows=windows,
        tests=tests,
        sort=sort,
        is_descending=given.get("sortdir", "").upper() == "DESC",
        page=_number(given.get("page"), 1),
        size=min(size, LARGEST_PAGE, switches.largest_page),
    )


def _window(stem: str, rules: tuple[bool, bool, bool], given: Mapping[str, str], offsets: str) -> list[Window]:
    low, high = given.get(f"{stem}start".lower()), given.get(f"{stem}end".lower())
    if low is None and high is None:
        return []
    is_low_open, is_high_open, is_day = rules
    column = "shipDate" if is_day else stem
    return [Window(column, _date(low, offsets, is_day), _date(high, offsets, is_day), is_low_open, is_high_open)]


def _date(text: str | None, offsets: str, is_day: bool) -> Any:  # noqa: FBT001 -- one call site, two kinds of column
    if text is None:
        return None
    try:
        moment = parse_wall(text, offsets)
    except ValueError as error:
        raise BadParameterError(text) from error
    return moment.date() if is_day else moment


def _exactly(name: str, read: Callable[[str], Any], text: str) -> Window:
    try:
        value = read(text)
    except ValueError as error:
        raise BadParameterError(name) from error
    return Window(name, value, value)


def _number(text: str | None, default: int) -> int:
    try:
        return max(1, int(text)) if text else default
    except ValueError as error:
        raise BadParameterError(text) from error
