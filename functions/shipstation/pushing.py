"""What both APIs need where orders of ours are read back and written: lists of those that were made together, and one
at a time where a request of many is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from functions.connections.orders import Orders
from functions.errors import ConnectorError
from functions.model.outbound import HELD, OrderField
from functions.model.outcomes import Reason
from functions.model.pushed_order import CurrentOrder, PushedOrder, Upserted
from functions.shipstation.values import as_text, as_whole

ONE_BY_ONE = 3  # orders of a stretch of time; more are asked for as a list
TOGETHER = timedelta(hours=1)  # pushed within that of each other: one list
AROUND = timedelta(minutes=10)  # our clock against ShipStation's, and as long as a run lasts
ALONE = timedelta(minutes=2)  # of a run's five, for orders that are sent one at a time
MOST_IN_A_ROW = 10  # orders that ShipStation stumbles over; then it is ShipStation
FAR_AHEAD = "2099-01-01"  # of a hold that is to have no end, where one has to be named
DAY_LENGTH = len(FAR_AHEAD)
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)

Body = Mapping[str, Any]
Portion = TypeVar("Portion")
Found = dict[str, CurrentOrder | None]
# The orders made between two instants, oldest first, and whether these are all.
List = Callable[[datetime, datetime], tuple[Sequence[CurrentOrder], bool]]


def listed(pushed: Sequence[PushedOrder], orders_between: List) -> Found:
    """By our order key, those that were made at about the same time. None where a whole list shows no such order; the
    parts of a split one share its key.
    """
    found: Found = {}
    for stretch in _stretches(pushed):
        if len(stretch) > ONE_BY_ONE:
            found |= _of_a_stretch(stretch, orders_between)
    return found


def _of_a_stretch(stretch: Sequence[PushedOrder], orders_between: List) -> Found:
    at, ids = [_pushed_at(each) for each in stretch], {each.order_key: each.order_id for each in stretch}
    orders, is_whole = orders_between(min(at) - AROUND, max(at) + AROUND)
    found: Found = dict.fromkeys(ids) if is_whole else {}
    for order in orders:
        if order.order_key in ids and ids[order.order_key] in {None, order.order_id}:
            found[order.order_key] = found.get(order.order_key) or order
    return found


def one_by_one(
    bodies: Sequence[Portion], write: Callable[[Portion], Sequence[Upserted]], now: Callable[[], datetime]
) -> list[Upserted]:
    """What was written before a fault is told. An order that ShipStation stumbles over has no result, nor has one whose
    turn does not come in time.
    """
    results: list[Upserted] = []
    in_a_row, until = 0, now() + ALONE
    for body in bodies:
        if now() >= until:
            break
        try:
            results += write(body)
            in_a_row = 0
        except ConnectorError as fault:
            in_a_row += 1
            if in_a_row < MOST_IN_A_ROW and is_of_an_order(fault):
                continue
            if not results:
                raise
            break
    return results


def is_of_an_order(fault: ConnectorError) -> bool:
    """An answer that one order of many can bring about; 403 is the key's."""
    is_refused = fault.reason is Reason.SHIPSTATION_REQUEST and fault.status != HTTPStatus.FORBIDDEN
    return is_refused or fault.status == HTTPStatus.INTERNAL_SERVER_ERROR


def marks(orders: Orders, names: Mapping[str, str]) -> dict[OrderField, str]:
    """The custom fields that say where an order came from; `names` are the API's for ours."""
    places: dict[OrderField, str | None] = {"reference": orders.reference_in, "group": orders.group_in}
    return {field: names[place] for field, place in places.items() if place is not None}


def item_text(line_key: object, sku: object, quantity: object) -> str:
    """As `outbound.texts` writes a line."""
    parts = (as_text(line_key), as_text(sku), as_whole(quantity))
    return "\t".join("" if part is None else str(part) for part in parts)


def hold_text(until: object) -> str:
    """Of an order that is held: a hold to a day ends by itself, one to a day that nobody waits for is one without."""
    day = (as_text(until) or "")[:DAY_LENGTH]
    return f"until {day}" if "" < day < FAR_AHEAD else HELD


def word(raw: object) -> str:
    return as_text(raw) or ""


def as_dict(raw: object) -> dict[str, Any]:
    return raw if isinstance(raw, dict) else {}


def _stretches(pushed: Sequence[PushedOrder]) -> Iterator[list[PushedOrder]]:
    """Those that were pushed at about the same time."""
    stretch: list[PushedOrder] = []
    for each in sorted(pushed, key=_pushed_at):
        if stretch and _pushed_at(each) - _pushed_at(stretch[0]) > TOGETHER:
            yield stretch
            stretch = []
        stretch.append(each)
    if stretch:
        yield stretch


def _pushed_at(each: PushedOrder) -> datetime:
    return each.pushed_at or _NEVER
