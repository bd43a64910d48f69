"""What a customer order still wants of goods that are not in the parcel of its order: certain, or a person is asked."""

from __future__ import annotations

from collections.abc import Container

from functions.model.outbound import OrderContent, OutboundItem
from functions.model.pushed_order import CurrentOrder, PushedOrder
from functions.model.text import digest
from functions.model.waves import UncertainError, left_after, rows


def left_over(content: OrderContent, pushed: PushedOrder, current: CurrentOrder) -> OrderContent | None:
    """Of an order that has left; None where nobody can tell. What the warehouse changed in it IFS has to confirm, by
    what it delivers: a line that it typed anew bears no key of ours.
    """
    try:
        left = left_after(content, [current.goods])
    except UncertainError:
        return None
    if digest(current.fields["items"]) == pushed.written.get("items"):
        return left
    by_hand = _typed_in(current)
    wanted = {item.line_key: item for item in content.items}
    is_certain = all(_is_certain(wanted[item.line_key], pushed, current, by_hand) for item in left.items)
    return left if is_certain else None


def _is_certain(item: OutboundItem, pushed: PushedOrder, current: CurrentOrder, by_hand: Container[str]) -> bool:
    packed = current.goods.get(item.line_key, 0)
    if packed:
        return (item.delivered or 0) >= packed
    return item.line_key not in pushed.lines and item.sku not in by_hand


def _typed_in(current: CurrentOrder) -> set[str]:
    """The part numbers of rows that are no line of ours."""
    return {part for line, part, _ in rows(current.fields["items"]) if not line}


def is_told_of(content: OrderContent, current: CurrentOrder) -> bool:
    """IFS has delivered all that the order held of what it still wants: where that went is past."""
    goods = current.goods
    return all((item.delivered or 0) >= goods.get(item.line_key, 0) for item in content.items)
