"""Reads whole windows of the past for a comparison, page by page, and nothing else: no cursor, no ledger, none of what
the deliveries read with. A fault there must not be repeated here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from functions.errors import ConnectorError, Retryable, Scope
from functions.model.cursors import Span
from functions.model.outcomes import Reason
from functions.model.reconciled import Orders, Parcel, ShipStationOrder
from functions.shipstation.budget import Lane
from functions.shipstation.client import PageBroken, ShipStationClient
from functions.shipstation.pacific import parse_date, parse_instant
from functions.shipstation.reading.api import Api, Listing, Row
from functions.shipstation.values import as_cost, as_flag, as_rows, as_text, as_whole

LANE: Lane = "backfill"  # everybody else comes first
MOST_PAGES = 2000
MANY = 10_000  # labels
MOST_BROKEN = 5  # rows of a list; more is an outage
MOST_SINGLES = 20  # orders that are asked for one by one; for more of them their list is read
LONGEST_TRACKING = 100  # longer is no tracking number
TEXTS = {"orderNumber": "order_number", "orderKey": "order_key"}
CUSTOM = {f"customField{number}": f"custom_field_{number}" for number in (1, 2, 3)}


class ParcelLists:
    """Raises Retryable or Permanent as the client does. `unreadable` counts rows that lack what they are nothing
    without, or that ShipStation cannot show.
    """

    def __init__(self, client: ShipStationClient, api: Api) -> None:
        self._client, self._api = client, api
        self.unreadable = 0

    def claimed(self, window: Span) -> int:
        """How many labels ShipStation says the window holds; MANY where it cannot be asked."""
        listing = self._api.labels
        try:
            answer = self._client.get(listing.path, {**listing.window(window), listing.size_field: "1"}, LANE)
        except PageBroken:  # the first row breaks every page that it is on
            return MANY
        total = answer.body.get("total") if answer and isinstance(answer.body, dict) else None
        return total if isinstance(total, int) else MANY

    def made(self, window: Span) -> list[Parcel]:
        """Labels and fulfilments that were made in the half-open window."""
        found = [
            parcel
            for listing, letter in ((self._api.labels, "L"), (self._api.fulfilments, "F"))
            for parcel in self._parcels(listing, listing.window(window), letter)
        ]
        return [parcel for parcel in found if window.start <= parcel.created_at < window.end]

    def voided(self, window: Span) -> list[Parcel]:
        """Labels that were voided in it, whenever they were made."""
        found = self._parcels(self._api.labels, self._api.voids(window), "L")
        return [each for each in found if each.voided_at and window.start <= each.voided_at < window.end]

    def orders(self, wanted: Collection[int], since: datetime, now: datetime) -> Orders:
        """A label changes its order, so that the list of what changed since holds most; a few are asked for by id."""
        found: dict[int, ShipStationOrder] = {}
        if len(wanted) > MOST_SINGLES:
            window = Span(start=since, end=now)
            rows = self._rows(self._api.orders, self._api.orders.window(window))
            found = {order.order_id: order for order in map(_order, rows) if order is not None}
        left = sorted(set(wanted) - found.keys())
        unread = set(left[MOST_SINGLES:])
        for order_id in left[:MOST_SINGLES]:
            try:
                order = self._order(order_id)
            except ConnectorError as fault:
                if not self._is_of_one_order(fault):
                    raise
                unread.add(order_id)
            else:
                found |= {order_id: order} if order else {}
        return Orders(found, frozenset(unread))

    def _order(self, order_id: int) -> ShipStationOrder | None:
        """None where it is gone."""
        answer = self._client.get(self._api.order(order_id), {}, LANE, scope=Scope.RECORD)
        row = self._api.order_row(answer.body) if answer else None
        return _order(row) if row else None

    def _is_of_one_order(self, fault: ConnectorError) -> bool:
        """A refusal is; silence is where ShipStation goes on showing lists."""
        if fault.reason is Reason.SHIPSTATION_UNAVAILABLE:
            self._client.probe(self._api.orders.path, self._api.orders.no_rows, LANE)
        return fault.reason in {Reason.SHIPSTATION_UNAVAILABLE, Reason.SHIPSTATION_REQUEST}

    def _parcels(self, listing: Listing, filters: Mapping[str, str], letter: str) -> Iterator[Parcel]:
        for row in self._rows(listing, filters):
            parcel = _parcel(row, listing, letter)
            self.unreadable += parcel is None
            if parcel is not None:
                yield parcel

    def _rows(self, listing: Listing, filters: Mapping[str, str]) -> Iterator[Row]:
        """Each row once. The end is a page that brings nothing new, or a narrow one where the counts agree."""
        seen: set[int | None] = set()
        served = broken = 0
        for number in range(1, MOST_PAGES + 1):
            shown, total = self._page(listing, filters, number, listing.page_size)
            served, broken = served + len(shown), broken + shown.count(None)
            if broken > MOST_BROKEN:
                raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {listing.path}: too many rows are not shown")
            said = [listing.said(row) for row in shown if row]
            fresh = {as_whole(row.get(listing.id_field)): row for row in said if row}
            fresh = {number: row for number, row in fresh.items() if number not in seen}
            seen |= fresh.keys()
            yield from fresh.values()
            is_narrow = len(shown) < listing.page_size and total == served
            if is_narrow or not shown or (said and not fresh):
                self.unreadable += broken
                return
        raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {listing.path}: its pages have no end")

    def _page(
        self, listing: Listing, filters: Mapping[str, str], number: int, size: int
    ) -> tuple[list[Row | None], int | None]:
        """A page that one row breaks is read in pieces; None stands for a row that cannot be shown."""
        where = {listing.size_field: str(size), "page": str(number)}
        is_whole = size == listing.page_size
        try:
            answer = self._client.get(
                listing.path, {**listing.fixed, **filters, **where}, LANE, tries=3 if is_whole else 1
            )
        except PageBroken:
            if size == 1:
                return [None], None
            return self._pieces(listing, filters, number, size)
        body: Any = answer.body if answer else None
        if answer is not None and answer.is_empty:
            return [], 0
        rows = body.get(listing.collection) if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"GET {listing.path}: no rows in the answer")
        total = body.get("total")
        return [row if isinstance(row, dict) else {} for row in rows], total if isinstance(total, int) else None

    def _pieces(
        self, listing: Listing, filters: Mapping[str, str], number: int, size: int
    ) -> tuple[list[Row | None], int | None]:
        parts = next(divisor for divisor in range(2, size + 1) if size % divisor == 0)
        rows: list[Row | None] = []
        for piece in range((number - 1) * parts + 1, number * parts + 1):
            rows += self._page(listing, filters, piece, size // parts)[0]
            if rows.count(None) > MOST_BROKEN:
                break
        return rows, None


def _parcel(row: Row, listing: Listing, letter: str) -> Parcel | None:
    """None where it cannot be read: id, instant, and whether it counts have to be there."""
    number = as_whole(row.get(listing.id_field))
    try:
        made, voided = parse_instant(row.get("createDate")), parse_instant(row.get("voidDate"))
        day = _day(row.get("shipDate"))
    except (ValueError, TypeError, OverflowError):
        return None
    is_voided = row.get("voided")
    if number is None or made is None or is_voided not in {True, False, None}:
        return None
    options = row.get("advancedOptions")
    return Parcel(
        key=f"{letter}{number}",
        order_id=as_whole(row.get("orderId")) or None,
        store_id=as_whole(options.get("storeId")) if isinstance(options, dict) else None,
        created_at=made,
        voided_at=(voided or made) if is_voided or voided else None,
        is_return=row.get("isReturnLabel") is True,
        texts=_texts(row, TEXTS),
        tracking=(as_text(row.get("trackingNumber")) or "")[:LONGEST_TRACKING].strip() or None,
        carrier=as_text(row.get("carrierCode")),
        service=as_text(row.get("serviceCode") if letter == "L" else row.get("fulfillmentServiceCode")),
        ship_date=day,
        cost=as_cost(row.get("shipmentCost")) if letter == "L" else None,
        currency=(as_text(row.get("shipmentCurrency")) or "").upper() or None,
        parts=_parts(row.get("shipmentItems")),
    )


def _day(raw: object) -> Any:
    try:
        return parse_date(raw)  # type: ignore[arg-type] # what is no date raises
    except (ValueError, TypeError):
        return None


def _order(row: Row) -> ShipStationOrder | None:
    number = as_whole(row.get("orderId"))
    if not number:
        return None
    told = row.get("advancedOptions")
    options: Row = told if isinstance(told, dict) else {}
    merged = options.get("mergedIds")
    return ShipStationOrder(
        order_id=number,
        store_id=as_whole(options.get("storeId")),
        texts={**_texts(row, TEXTS), **_texts(options, CUSTOM)},
        merged=tuple(filter(None, map(as_whole, merged))) if isinstance(merged, list) else (),
        parts=_parts(row.get("items")),
    )


def _texts(row: Row, names: Mapping[str, str]) -> dict[str, str]:
    return {ours: text for theirs, ours in names.items() if (text := as_text(row.get(theirs)))}


def _parts(raw: object) -> frozenset[str]:
    goods = [item for item in as_rows(raw) if not as_flag(item.get("adjustment")) and as_whole(item.get("quantity"))]
    return frozenset(filter(None, (as_text(item.get("sku")) for item in goods)))
