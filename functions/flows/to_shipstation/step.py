"""One order on its way to ShipStation: what a run has to work with, and the ends that reading and writing share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from functions.connections.connection import Connection
from functions.connections.orders import Orders
from functions.errors import ConnectorError, Retryable
from functions.flows.to_shipstation.merge import Decision
from functions.model.audit import AuditEntry, AuditOutcome, Cause, FieldChange
from functions.model.outbound import OrderContent, OrderField, Outbound, OutboundKey, texts
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Plan, PlannedRecord
from functions.model.pushed_order import CurrentOrder, PushedOrder, Upserted
from functions.model.records import Place, RecordKey
from functions.model.shipment import ConnectionName
from functions.model.text import digest

# Faults that the next look may not meet, whoever's they are; what the ledger raises goes on.
OF_SHIPSTATION = {
    Reason.SHIPSTATION_UNAVAILABLE,
    Reason.SHIPSTATION_REQUEST,
    Reason.SHIPSTATION_CREDENTIALS,
    Reason.SHIPSTATION_NOT_CONFIGURED,
    Reason.BUDGET_EXHAUSTED,
    Reason.OUT_OF_TIME,
    Reason.SECRETS_UNAVAILABLE,
}
PERSONAL: tuple[OrderField, ...] = ("ship_to", "customer", "email")  # the audit keeps their digests
LONGEST_SHOWN = 2000  # of one field: five hundred lines would fill the item
OF_ONE_ORDER = {Reason.SHIPSTATION_UNAVAILABLE, Reason.SHIPSTATION_REQUEST}


class PushedOrders(Protocol):
    def load(self, keys: Sequence[OutboundKey]) -> dict[OutboundKey, PushedOrder]: ...

    def save(self, pushed: PushedOrder) -> bool:
        """As the revision after its own; False when somebody saved in between."""


class Writer(Protocol):
    """ShipStation's orders. Raises Retryable, OutcomeUnknown or Permanent."""

    def read(self, pushed: Sequence[PushedOrder]) -> dict[str, CurrentOrder | None]:
        """By order key, those that lists tell of: the cheapest way to most of them. None where a whole list shows no
        such order.
        """

    def read_one(self, pushed: PushedOrder) -> CurrentOrder | None:
        """By its id, or by its key where nobody was told the id; None where ShipStation shows no such order."""

    def new(self, order_key: str, content: OrderContent) -> dict[str, Any]:
        """The body that makes an order."""

    def merged(self, current: CurrentOrder, content: OrderContent, ours: Sequence[OrderField]) -> dict[str, Any]:
        """The order as it stands, but for these fields."""

    def cancelling(self, current: CurrentOrder) -> dict[str, Any]: ...

    def upsert(self, bodies: Sequence[Mapping[str, Any]]) -> list[Upserted]:
        """Each order's own fate."""


class Audit(Protocol):
    def new_key(self, at: datetime) -> str: ...

    def put(self, key: str, entry: AuditEntry) -> bool: ...

    def story(self, connection: ConnectionName, record: RecordKey) -> Iterator[AuditEntry]:
        """The record's entries, newest first."""


class Planned(Protocol):
    """What a person was shown."""

    def head(self, plan_id: str) -> Plan | None: ...

    def records(self, plan_id: str, keys: Iterable[RecordKey]) -> dict[RecordKey, PlannedRecord]: ...


@dataclass(frozen=True)
class Push:
    """`is_planning`: nothing is written, and what would be is worked out in any mode."""

    connection: Connection
    orders: Orders
    pushed: PushedOrders
    writer: Writer
    audit: Audit
    planned: Planned
    now: Callable[[], datetime]
    is_planning: bool = False

    @property
    def is_pushing(self) -> bool:
        return self.is_planning or self.connection.is_pushing


AGREE = Decision("agree")


@dataclass
class Step:
    """One order on its way. `pushed` is as the ledger holds it, `loaded` as it did when the run began; `is_open_again`:
    an earlier order of it is no longer as it left, or IFS wants none of what it took; `was_tried`: an earlier run may
    have made it; `is_parted`: the warehouse has split or combined it while it was written; `ended` once nothing is left
    to do in this run.
    """

    outbound: Outbound
    pushed: PushedOrder
    current: CurrentOrder | None = None
    decision: Decision = AGREE
    is_open_again: bool = False
    was_tried: bool = False
    is_parted: bool = False
    ended: PushedOrder | None = None
    loaded: PushedOrder = field(init=False)

    def __post_init__(self) -> None:
        self.loaded = self.pushed


def told(pushed: PushedOrder, step: Step, outcome: Outcome) -> PushedOrder:
    """With the fields that were left to the warehouse, and with what calls for a person beside them."""
    if step.is_open_again or step.is_parted:
        return pushed.ended(step.outbound, Outcome.KEPT, Reason.ORDER_IMMUTABLE)
    kept = step.decision.kept
    reason = Reason.CHANGED_IN_WAREHOUSE if kept else None
    return pushed.ended(step.outbound, outcome, reason, ", ".join(kept))


def delayed(flow: Push, step: Step, fault: ConnectorError) -> PushedOrder:
    """Half as long again as it has lasted; after `patience.attention_hours` a person is told."""
    patience, now = flow.connection.patience, flow.now()
    lasted = now - (step.pushed.since or now)
    pause = min(max(lasted.total_seconds() / 2, patience.first_seconds), patience.longest_seconds)
    wished = fault.retry_after_seconds if isinstance(fault, Retryable) else None
    until = now + timedelta(seconds=max(pause, wished or 0))
    attention = fault.reason if lasted >= timedelta(hours=patience.attention_hours) else None
    return step.pushed.delayed(step.outbound, fault.reason, now=now, until=until, attention=attention)


def asked_again(flow: Push, step: Step) -> PushedOrder:
    """A person is told at once, and what he does is looked for."""
    waiting = delayed(flow, step, Retryable(Reason.ORDER_IMMUTABLE, "an earlier order of it is open again"))
    return waiting.calling(Reason.ORDER_IMMUTABLE)


def audited_as(flow: Push, pushed: PushedOrder) -> RecordKey:
    """What its order is in the audit."""
    return RecordKey(place=Place(f"shipstation/store/{flow.orders.store_id}/orders"), id=pushed.order_key)


def audit(
    flow: Push,
    pushed: PushedOrder,
    cause: Cause,
    changes: dict[str, FieldChange],
    *,
    is_cancel: bool = False,
    outcome: AuditOutcome = Outcome.WRITTEN,
) -> None:
    """Under the key that was saved before the write: one entry for it, whoever comes to tell of it."""
    entry = AuditEntry(
        connection=flow.connection.name,
        record=audited_as(flow, pushed),
        orders=(pushed.number,),
        at=flow.now(),
        cause=cause,
        shipments=(),
        changes=changes,
        action="cancel" if is_cancel else None,
        outcome=outcome,
    )
    flow.audit.put(pushed.audit_key, entry)


def shown(name: OrderField, text: str | None) -> str | None:
    """As the audit keeps it."""
    if not text:
        return None
    return digest(text) if name in PERSONAL else text[:LONGEST_SHOWN]


def texts_of(step: Step) -> dict[OrderField, tuple[str | None, str]]:
    """What is about to be written, before and after, whole; nothing of a cancellation."""
    content, current = step.outbound.content, step.current
    if content is None:
        return {}
    after, before = texts(content), current.fields if current else {}
    fields = step.decision.fields if current else tuple(after)
    return {name: (before.get(name), after[name]) for name in fields}


def changes_of(step: Step) -> dict[str, FieldChange]:
    """As the audit keeps them."""
    return {
        name: FieldChange(before=shown(name, before), after=shown(name, after), attribute=name)
        for name, (before, after) in texts_of(step).items()
    }
