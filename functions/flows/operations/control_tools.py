"""What every change by a person works with: orders by number, the desk, the queue, the audit of who and why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Protocol

from functions.connections.connection import Connection
from functions.flows.operations.named_orders import each_named, readable, unreadable
from functions.flows.to_ifs.lookup import RecordMemories
from functions.flows.to_ifs.release import CLAIM, OrderQueue
from functions.model.audit import AuditEntry, Cause, FieldChange, desk_record
from functions.model.control import (
    Change,
)
from functions.model.desk import MOST_ENTRIES, MOST_PAUSES, MOST_RECALLS, Desk
from functions.model.messages import DeliverOrder
from functions.model.outcomes import SENTENCES
from functions.model.pushed_order import PushedOrder
from functions.model.records import RecordKey
from functions.model.shipment import ConnectionName, OrderKey, ShipmentKey
from functions.model.state import OrderState

SAVED_IN_BETWEEN = "it was saved by a delivery at the same moment; ask again"


class RefusedError(Exception):
    """Cannot be done; the text says why, beginning with the key."""


class Orders(Protocol):
    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]:
        """Unknown orders are left out. Strongly consistent."""

    def save(self, state: OrderState) -> bool:
        """False when somebody saved in between."""

    def recall(self, order: OrderKey, until: datetime) -> bool:
        """Due at `until` unless it is before; False where the order is not known or another run was faster."""


class Desks(Protocol):
    def load(self, connection: ConnectionName) -> Desk: ...

    def change(self, connection: ConnectionName, change: Callable[[Desk], Desk]) -> Desk:
        """What stands there afterwards."""


class ParkingLot(Protocol):
    def is_open(self, connection: ConnectionName, subject: str) -> bool:
        """Parked, and nobody has seen to it."""

    def dismiss(self, connection: ConnectionName, subject: str, dismissal: Mapping[str, str]) -> bool:
        """False where nothing of that subject is parked."""


class PushedOrders(Protocol):
    def asking(self, connection: ConnectionName, numbers: Collection[str]) -> Sequence[PushedOrder]:
        """What bears one of these numbers of IFS, and asks for a person."""

    def save(self, pushed: PushedOrder) -> bool:
        """False when somebody saved in between."""


class Audit(Protocol):
    def new_key(self, at: datetime) -> str: ...

    def put(self, key: str, entry: AuditEntry) -> bool: ...


@dataclass(frozen=True)
class ControlTools:
    """`connection` is the file's; `recalled` are the shards of the list that a recall goes through."""

    connection: Connection
    orders: Orders
    memories: RecordMemories
    desks: Desks
    parking: ParkingLot
    pushed: PushedOrders
    audit: Audit
    queue: OrderQueue
    recalled: tuple[str, ...]
    now: datetime
    request_id: str

    def send(self, asked: Change, orders: Sequence[OrderKey]) -> None:
        """On their way at once, and due again soon should that be lost."""
        for order in orders:
            self.orders.recall(order, self.now + CLAIM)
        attempt = asked.action_id or self.request_id
        self.queue.send(DeliverOrder(order=order, cause=self.cause(asked), attempt=attempt) for order in orders)

    def one(self, reference: str, company: str, shipment: ShipmentKey | None = None) -> OrderState:
        """The one that has the shipment, where several bear the number."""
        states, unknown = self.named_orders([reference], company)
        if reference in unknown:
            raise RefusedError(f"order: {unknown[reference]}")
        having = [state for state in states if shipment in state.shipments] or states
        if len(having) != 1:
            companies = sorted(state.key.company for state in having)
            raise RefusedError(f"company: name one of {companies}, which both have an order {reference}")
        return having[0]

    def named_orders(self, references: Sequence[str], company: str = "") -> tuple[list[OrderState], dict[str, str]]:
        """And those that nobody knows or can read."""
        name, companies = self.connection.name, self.connection.companies
        if company and company not in companies:
            raise RefusedError(f"company: the connection file has {sorted(companies)}")
        pairs = product(references, [company] if company else companies)
        keys = [OrderKey(connection=name, company=company, reference=reference) for reference, company in pairs]
        named = each_named(self.orders, keys)
        known = {each.key.reference for each in named}
        unknown = {each: "the ledger does not know it" for each in references if each not in known}
        return readable(named), {**unknown, **{e.key.reference: SENTENCES[e.fault.reason] for e in unreadable(named)}}

    def at_desk(
        self,
        asked: Change,
        change: Callable[[Desk], Desk],
        action: str,
        changes: Mapping[str, tuple[str | None, str | None]],
    ) -> Desk:
        def checked(desk: Desk) -> Desk:
            changed = change(desk)
            if len(changed.pauses) > MOST_PAUSES or len(changed.entries) > MOST_ENTRIES:
                raise RefusedError("connection: too many pauses or entries; put the entries into the connection file")
            if len(changed.recalls) > MOST_RECALLS:
                raise RefusedError(
                    "connection: too much is looked at again already; inspect says how far that has come"
                )
            return changed.acting(asked.action_id)

        checked(self.desks.load(asked.connection))
        self.audited(asked, desk_record(asked.connection), action, changes)  # before: nothing is changed unaudited
        return self.desks.change(asked.connection, checked)

    def was_done(self, asked: Change) -> bool:
        """A second copy of a request that changed the desk."""
        return bool(asked.action_id) and asked.action_id in self.desks.load(asked.connection).actions

    def audited(
        self,
        asked: Change,
        record: RecordKey,
        action: str,
        changes: Mapping[str, tuple[str | None, str | None]],
        order: OrderKey | None = None,
    ) -> None:
        entry = AuditEntry(
            connection=asked.connection,
            record=record,
            orders=(order.reference,) if order else (),
            at=self.now,
            cause=self.cause(asked),
            shipments=(),
            changes={name: FieldChange(before=before, after=after) for name, (before, after) in changes.items()},
            action=action,
            outcome="decided",
        )
        self.audit.put(self.audit.new_key(self.now), entry)

    def cause(self, asked: Change) -> Cause:
        return Cause(kind="control", correlation_id=self.request_id, by=asked.by, note=asked.note)
