"""Sends on its way what a person wants looked at again, and what a pause held back that is over: at the tenant's rate,
beside what is due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from functions.errors import ConnectorError
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
        """Due at `until` unless it is before; False where the order is not known or another run was faster."""


class Desks(Protocol):
    def change(self, connection: ConnectionName, change: Callable[[Desk], Desk]) -> Desk:
        """What stands there afterwards."""


@dataclass(frozen=True)
class Recalling:
    orders: ListedOrders
    desks: Desks
    queue: OrderQueue
    now: datetime
    correlation_id: str

    def run(self, desk: Desk, limit: int) -> int:
        """How many were sent, `limit` at most."""
        sent = 0
        for pause in desk.over(self.now):
            sent += self._resumed(desk.connection, pause, limit - sent)
        return sent + (self._recalled(desk.recalls[0], desk.connection, limit - sent) if desk.recalls else 0)

    def _resumed(self, connection: ConnectionName, pause: Pause, limit: int) -> int:
        """A pause stands at the desk for a while after its end: a run that began before it may put orders there yet."""
        if limit <= 0:
            return 0
        found = self.orders.paused(connection, pause.name, limit=limit + PASSED_OVER)
        cause = Cause(kind="release", correlation_id=self.correlation_id)
        sent = self._send(found, cause, f"p{int(self.now.timestamp())}", limit)
        if not found and self.now - pause.end >= CLAIM:
            self.desks.change(connection, lambda desk: desk.drained(pause.name, self.now))
        return sent

    def _recalled(self, recall: Recall, connection: ConnectionName, limit: int) -> int:
        """Each of its orders once: what comes back to the list stands before where it has come to."""
        sent, cause = 0, Cause(kind="control", correlation_id=self.correlation_id, by=recall.by, note=recall.note)
        reached = recall
        while reached.left and sent < limit:
            asked = limit - sent
            page = self.orders.listed(reached.left[0], limit=asked, after=reached.reached or None)
            wanted = [each for each in page.entries if self._is_wanted(each, recall)]
            sent += self._send(wanted, cause, recall.recall_id, asked)
            reached = reached.next_shard() if page.end is None or page.is_last else reached.moved_to(page.end)
        if reached != recall:
            self.desks.change(connection, lambda desk: desk.recalled(reached))
        return sent

    def _is_wanted(self, listed: Listed, recall: Recall) -> bool:
        """What is due within minutes comes by itself."""
        is_far = not listed.is_due_at or listed.at > self.now + CLAIM
        return listed.order is not None and is_far and recall.wants(listed.reason, listed.stores)

    def _send(self, listed: Sequence[Listed], cause: Cause, attempt: str, limit: int) -> int:
        orders = (each.order for each in listed if each.order is not None and self._is_claimed(each.order))
        claimed = list(islice(orders, limit))
        self.queue.send(DeliverOrder(order=order, cause=cause, attempt=attempt) for order in claimed)
        return len(claimed)

    def _is_claimed(self, order: OrderKey) -> bool:
        """One that cannot be read, or not now, keeps no other from being sent."""
        try:
            return self.orders.recall(order, self.now + CLAIM)
        except ConnectorError:
            return False
