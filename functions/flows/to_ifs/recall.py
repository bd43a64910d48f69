"""Sends on its way what a person wants looked at again, and what a pause held back that is over: at the tenant's rate,
beside what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from functions.errors import ConnectorError, Permanent, Retryable
from functions.flows.to_ifs.release import CLAIM, PASSED_OVER, OrderQueue
from functions.model.attention import Listed, ListedPage
from functions.model.audit import Cause
from functions.model.desk import Desk, Pause, Recall
from functions.model.messages import DeliverOrder
from functions.model.shipment import ConnectionName, OrderKey


class ListedOrders(Protocol):
    def paused(self, connection: ConnectionName, pause: str, *, limit: int) -> list[Listed]:
        """Orders that rest under a pause. Eventually consistent."""

    def listed(self, shard: str, *, limit: int, after: Mapping[str, str] | None = None) -> ListedPage:
        """Those of a shard of the list of what waits, in its order. One call. Eventually consistent."""

    def recall(self, order: OrderKey, until: datetime) -> bool:
        """Due at `until` unless it is before; False where it is not known or comes by itself. Raises Retryable."""


class Desks(Protocol):
    def change(self, connection: ConnectionName, change: Callable[[Desk], Desk]) -> Desk:
        """What stands there afterwards."""


PAGE, PAGES = 200, 25  # entries of the list in one call, and calls of one run: it has other work to do


@dataclass(frozen=True)
class Walk:
    """How far a recall has come in this run. `is_held_up`: the ledger does not answer for the order that is next."""

    recall: Recall
    sent: int = 0
    pages: int = 0
    is_held_up: bool = False


@dataclass(frozen=True)
class Recalling:
    """`is_probe`: IFS serves nobody; what is sent then tells whether it does again."""

    orders: ListedOrders
    desks: Desks
    queue: OrderQueue
    now: datetime
    correlation_id: str
    is_probe: bool = False

    def run(self, desk: Desk, limit: int) -> int:
        """How many were sent, `limit` at most."""
        sent, pages = 0, PAGES
        for pause in desk.over(self.now):
            sent += self._resumed(desk.connection, pause, limit - sent)
        for recall in desk.recalls:
            walk = self._recalled(recall, limit - sent, pages)
            sent, pages = sent + walk.sent, pages - walk.pages
            if walk.recall != recall:
                self.desks.change(desk.connection, lambda desk, walk=walk: desk.recalled(walk.recall))  # type: ignore[misc] # the loop's
        return sent

    def _resumed(self, connection: ConnectionName, pause: Pause, limit: int) -> int:
        """A pause stands at the desk for a while after its end: a run that began before it may put orders there yet."""
        if limit <= 0:
            return 0
        found = self.orders.paused(connection, pause.name, limit=limit + PASSED_OVER)
        cause = Cause(kind="release", correlation_id=self.correlation_id)
        orders = (each.order for each in found if each.order is not None and self._is_claimed(each.order))
        claimed = list(islice(orders, limit))
        self._send(claimed, cause, f"p{int(self.now.timestamp())}")
        # The list is eventually consistent.
        if not found and self.now - pause.end >= CLAIM:
            self.desks.change(connection, lambda desk: desk.drained(pause.name, self.now))
        return len(claimed)

    def _recalled(self, recall: Recall, limit: int, pages: int) -> Walk:
        """Each of its orders once: what comes back to the list stands before where it has come to."""
        walk = Walk(recall)
        while walk.recall.left and walk.sent < limit and walk.pages < pages and not walk.is_held_up:
            page = self.orders.listed(walk.recall.left[0], limit=PAGE, after=walk.recall.reached or None)
            walk = self._walked(walk, page, limit - walk.sent)
        return walk

    def _walked(self, walk: Walk, page: ListedPage, limit: int) -> Walk:
        """As far into the page as the limit lets it."""
        recall, claimed, is_held_up = walk.recall, list[OrderKey](), False
        for listed in page.entries:
            if len(claimed) >= limit:
                break
            try:
                claimed += self._claimed(listed, recall)
            except Retryable:
                is_held_up = True
                break
            # Also past what was not wanted: the position says what was looked at.
            recall = recall.moved_to(listed.place)
        else:
            recall = recall.next_shard() if page.is_last else recall
        cause = Cause(kind="control", correlation_id=self.correlation_id, by=recall.by, note=recall.note)
        self._send(claimed, cause, recall.recall_id)
        return Walk(recall, walk.sent + len(claimed), walk.pages + 1, is_held_up)

    def _is_wanted(self, listed: Listed, recall: Recall) -> bool:
        """What is due within minutes comes by itself."""
        is_far = not listed.is_due_at or listed.at > self.now + CLAIM
        return listed.order is not None and is_far and recall.wants(listed.reasons, listed.stores)

    def _send(self, orders: Sequence[OrderKey], cause: Cause, attempt: str) -> None:
        self.queue.send(
            DeliverOrder(order=order, cause=cause, attempt=attempt, is_probe=self.is_probe) for order in orders
        )

    def _claimed(self, listed: Listed, recall: Recall) -> list[OrderKey]:
        """The order, where it is wanted and its claim is ours; one that cannot be read keeps no other from being sent.
        Raises Retryable: what is passed over now is never looked at again.
        """
        if listed.order is None or not self._is_wanted(listed, recall):
            return []
        try:
            return [listed.order] if self.orders.recall(listed.order, self.now + CLAIM) else []
        except Permanent:
            return []

    def _is_claimed(self, order: OrderKey) -> bool:
        """One that cannot be read, or not now, keeps no other from being sent, and stays on the list."""
        try:
            return self.orders.recall(order, self.now + CLAIM)
        except ConnectorError:
            return False
