"""What of a customer order is in no parcel yet: goods become ready in waves, and each wave is an order of ShipStation.

ordered 10, in parcels 4, delivered 0       6 are left: IFS has not heard of the parcel yet
ordered 10, in parcels 4, delivered 4       6 are left: it has
ordered 10, in parcels 4, delivered 3       nobody can tell whether the parcel's are among the 3
ordered  3, in parcels 4, delivered 0       more has left than is wanted
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from functions.model.frozen import Frozen
from functions.model.outbound import OrderContent, OutboundItem

Goods = Mapping[str, int]  # pieces by line


class Parcel(Frozen):
    """An order of ShipStation that has left, and what was in it of ours."""

    generation: int
    order_id: int
    goods: dict[str, int]


class UncertainError(Exception):
    """How much of a line is left nobody can tell."""

    def __init__(self, line_key: str) -> None:
        super().__init__(line_key)
        self.line_key = line_key


def left_after(content: OrderContent, parcels: Iterable[Goods]) -> OrderContent:
    """What is in none of them, the oldest first. Raises UncertainError."""
    items = content.items
    for goods in parcels:
        items = tuple(_left(item, goods.get(item.line_key, 0)) for item in items)
    return content.holding(items)


def _left(item: OutboundItem, packed: int) -> OutboundItem:
    if not packed:
        return item
    delivered, wanted = item.delivered, item.quantity
    if delivered is None or 0 < delivered < packed or wanted + delivered < packed:
        raise UncertainError(item.line_key)
    beyond = max(delivered - packed, 0)
    return item.left(wanted + delivered - packed - beyond, beyond)


def goods_of(content: OrderContent) -> dict[str, int]:
    return {item.line_key: item.quantity for item in content.items}


def pieces(items: str) -> dict[str, int]:
    """Of the text in which two systems' lines are compared; what is no line of ours is left out."""
    return {line: int(quantity) for line, _, quantity in rows(items) if line and quantity}


def rows(items: str) -> Iterator[tuple[str, str, str]]:
    """Line, part number and quantity of each."""
    for row in items.splitlines():
        line, _, rest = row.partition("\t")
        part, _, quantity = rest.rpartition("\t")
        yield line, part, quantity
