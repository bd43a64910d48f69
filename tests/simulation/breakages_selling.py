"""Deliberate breakages of the way from customer orders to ShipStation orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.flows.from_ifs import pull
from functions.flows.to_shipstation import look, merge, push
from functions.ifs import customer_orders, order_parts, places
from functions.model.pushed_order import PushedOrder
from tests.simulation.patching import patch


def _what_has_left_is_packed_again() -> None:
    patch(push, "left_over", lambda content, pushed, current: content)


def _earlier_orders_are_forgotten() -> None:
    followed = PushedOrder.followed
    patch(PushedOrder, "followed", lambda self, current: followed(self, current).model_copy(update={"former": ()}))


def _a_line_joins_before_it_has_left() -> None:
    patch(pull, "parted", lambda wanted, known: list(wanted))


def _what_is_uncertain_is_packed() -> None:
    """What IFS says is left, whatever the parcel held."""

    def left(content: Any, pushed: Any, current: Any) -> Any:
        items = tuple(each for each in content.items if current.goods.get(each.line_key) != each.quantity)
        return content.model_copy(update={"items": items})

    patch(merge, "left_over", left)
    patch(push, "left_over", left)


def _no_order_follows_another() -> None:
    patch(merge, "_is_followed", lambda content, pushed, current: False)


def _a_voided_label_still_packs() -> None:
    patch(look, "_is_open_again", lambda flow, step: False)


def _a_blocked_order_is_packed() -> None:
    fate = order_parts._fate

    def hasty(order: Any, lines: Any, orders: Any) -> Any:
        found = fate(order, lines, orders)
        return "pack" if found == "hold" else found

    patch(order_parts, "_fate", hasty)


def _every_line_goes_where_the_order_goes() -> None:
    patch(order_parts, "place_of_line", lambda line, order, names: places.place_of_order(order, names))


def _a_line_is_packed_wherever_it_leaves_from() -> None:
    parts = order_parts.parts

    def of_one_site(order: Any, receivers: Any, orders: Any) -> Any:
        found = parts(order, receivers, orders)
        return [each.model_copy(update={"site": order.site}) for each in found]

    patch(customer_orders, "parts", of_one_site)


def _what_was_cleared_stays_open() -> None:
    """Nothing is left of a second order, and it is not taken back."""
    rest = PushedOrder.rest

    def kept(self: Any, outbound: Any) -> Any:
        reduced = rest(self, outbound)
        return outbound if reduced.wish == "clear" else reduced

    patch(PushedOrder, "rest", kept)


SELLING_BREAKAGES: dict[str, Callable[[], None]] = {
    "what has left is packed again": _what_has_left_is_packed_again,
    "earlier orders are forgotten": _earlier_orders_are_forgotten,
    "a line joins a part before it left another": _a_line_joins_before_it_has_left,
    "what is uncertain is packed": _what_is_uncertain_is_packed,
    "no order follows another": _no_order_follows_another,
    "a voided label still packs": _a_voided_label_still_packs,
    "a blocked order is packed": _a_blocked_order_is_packed,
    "every line goes where the order goes": _every_line_goes_where_the_order_goes,
    "a line is packed wherever it leaves from": _a_line_is_packed_wherever_it_leaves_from,
    "what was cleared stays open": _what_was_cleared_stays_open,
}
