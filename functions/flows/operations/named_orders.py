"""Orders by their keys, each read for itself: one that the ledger cannot read hinders none of the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from functions.errors import Permanent
from functions.model.outcomes import Outcome
from functions.model.plans import PlannedOrder
from functions.model.shipment import OrderKey
from functions.model.state import OrderState


class Orders(Protocol):
    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        """Unknown orders are left out. Strongly consistent."""


@dataclass(frozen=True)
class UnreadOrder:
    """It stands in the ledger, and `fault` says why it cannot be read."""

    key: OrderKey
    fault: Permanent


NamedOrder = OrderState | UnreadOrder


def each_named(orders: Orders, keys: Iterable[OrderKey]) -> list[NamedOrder]:
    """Unknown orders are left out. Raises Retryable."""
    found: list[NamedOrder] = []
    for key in keys:
        try:
            found += orders.load([key]).values()
        except Permanent as fault:
            found.append(UnreadOrder(key, fault))
    return found


def readable(named: Iterable[NamedOrder]) -> list[OrderState]:
    return [each for each in named if isinstance(each, OrderState)]


def unreadable(named: Iterable[NamedOrder]) -> list[UnreadOrder]:
    return [each for each in named if isinstance(each, UnreadOrder)]


def readable_of(orders: Orders, keys: Iterable[OrderKey]) -> list[OrderState]:
    """Those that can be read. Raises Permanent where none of them can, Retryable."""
    named = each_named(orders, keys)
    states, unread = readable(named), unreadable(named)
    if unread and not states:
        raise unread[0].fault
    return states


def undecided(named: Iterable[NamedOrder]) -> list[PlannedOrder]:
    """As a plan shows those that cannot be read."""
    return [PlannedOrder(order=each.key, outcome=Outcome.RETRY, reason=each.fault.reason) for each in unreadable(named)]
