"""The story of one order: each shipment, each IFS record field by field, each attempt, who caused it, why it is where
it is, and what happens next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from functions.connections.connection import Connection
from functions.flows.operations.attention import told
from functions.flows.operations.named_orders import Orders, readable_of
from functions.flows.operations.pushed_story import Pushes
from functions.flows.to_ifs.admission import store_view
from functions.flows.to_ifs.lookup import RecordMemories
from functions.model.advice import ADVICE
from functions.model.audit import AuditEntry, order_record
from functions.model.frozen import Frozen
from functions.model.outcomes import SENTENCES, Outcome, Reason
from functions.model.record_memory import FieldMemory, RecordMemory
from functions.model.records import RecordKey
from functions.model.shipment import ConnectionName, OrderKey, ShipmentKey
from functions.model.state import OrderState, ShipmentState

ATTEMPTS = 50  # of each record, the newest; `attempts_left_out` says that there are more
RECORDS = 20  # whose memory and audit one answer reads


class Audit(Protocol):
    def story(self, connection: ConnectionName, record: RecordKey) -> Iterable[AuditEntry]:
        """The record's entries, newest first, page by page."""


@dataclass(frozen=True)
class Library:
    """Where a story is read."""

    connection: Connection
    orders: Orders
    memories: RecordMemories
    audit: Audit
    pushes: Pushes
    now: Callable[[], datetime]


class ShipmentStory(Frozen):
    """`placed_by` is how its record was decided: `named`, `goods`, `site`, `only` or a `person`. `warehouse` is the
    one of ShipStation's that its label leaves from.
    """

    shipment: ShipmentKey
    shipstation_order_id: int | None
    store: int | None
    carrier: str | None
    service: str | None
    tracking_number: str | None
    warehouse: int | None = None
    created_at: datetime
    voided_at: datetime | None
    withdrawn_at: datetime | None
    record: str | None
    placed_by: str | None
    outcome: Outcome
    reason: Reason | None
    means: str
    choices: tuple[str, ...] = ()


class FieldStory(Frozen):
    """`ours` is what we wrote and read back, `theirs` the last value that was not ours, `tried` what IFS refused."""

    outcome: Outcome
    reason: Reason | None
    means: str
    ours: str | None = None
    theirs: str | None = None
    tried: str | None = None


class RecordStory(Frozen):
    """`write_open_since`: a write whose end nobody knows yet."""

    record: str
    place: str
    fields: dict[str, FieldStory]
    other_orders: tuple[str, ...] = ()
    write_open_since: datetime | None = None


class Attempt(Frozen):
    """One write, or one decision of a person: what each field held before and after, who caused it, and what became of
    it.
    """

    at: datetime
    record: str
    what: str
    cause: str
    by: str | None
    note: str | None
    correlation_id: str
    outcome: str
    reason: Reason | None
    code: str | None
    http_status: int | None
    attempt: int
    shipments: tuple[ShipmentKey, ...]
    changes: dict[str, tuple[str | None, str | None]]
    refused: tuple[str, ...] = ()


class NextStep(Frozen):
    """`told` says in a sentence what happens next, `do` what a person can do."""

    told: str
    do: str
    waiting_for: Reason | None = None
    since: datetime | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    attention: Reason | None = None
    paused_by: str = ""
    dismissed_by: str = ""


class OrderStory(Frozen):
    connection: str
    company: str
    order: str
    shipments: tuple[ShipmentStory, ...]
    records: tuple[RecordStory, ...]
    attempts: tuple[Attempt, ...]
    next: NextStep
    records_left_out: int = 0
    attempts_left_out: bool = False


def story_of(library: Library, state: OrderState) -> OrderStory:
    """One read for each record's memory and one for its audit; the newest attempts first."""
    keys = list(dict.fromkeys((*state.remembered, *(record.key for record in state.records), *state.past)))
    shown = keys[:RECORDS]
    memories = library.memories.load(library.connection.name, shown) if shown else {}
    view = store_view(state, library.connection)
    entries, is_cut = _entries(library, state, shown)
    return OrderStory(
        connection=library.connection.called,
        company=state.key.company,
        order=state.key.name,
        shipments=tuple(_shipment(each) for each in _in_time(state)),
        records=tuple(_record(memories[key], view, state) for key in shown),
        attempts=tuple(_attempt(entry) for entry in entries),
        next=_next(state, library.now()),
        records_left_out=len(keys) - len(shown),
        attempts_left_out=is_cut,
    )


def _in_time(state: OrderState) -> list[ShipmentState]:
    return sorted(state.shipments.values(), key=lambda each: (each.shipment.created_at, each.shipment.key))


def _shipment(state: ShipmentState) -> ShipmentStory:
    shipment = state.shipment
    return ShipmentStory(
        shipment=shipment.key,
        shipstation_order_id=shipment.order_id,
        store=shipment.store_id,
        carrier=shipment.carrier_code,
        service=shipment.service_code,
        tracking_number=shipment.tracking_number or None,
        warehouse=shipment.warehouse_id,
        created_at=shipment.created_at,
        voided_at=shipment.voided_at,
        withdrawn_at=state.withdrawn_at,
        record=state.placing.key.id if state.placing else None,
        placed_by=state.placing.by if state.placing else None,
        outcome=state.outcome,
        reason=state.reason,
        means=told(SENTENCES, state.reason),
        choices=state.choices,
    )


def _record(memory: RecordMemory, view: Connection, state: OrderState) -> RecordStory:
    """By our field names where the file has them; by IFS's attributes where it has them no more."""
    target = view.ifs.target_of(memory.key.place)
    names = {rule.attribute: str(name) for name, rule in target.rules.items()} if target is not None else {}
    others = sorted(order.name for order in memory.orders if order != state.key)
    return RecordStory(
        record=memory.key.id,
        place=memory.key.place,
        fields={names.get(attribute, attribute): _field(past) for attribute, past in memory.fields.items()},
        other_orders=tuple(others),
        write_open_since=memory.intent.at if memory.intent else None,
    )


def _field(past: FieldMemory) -> FieldStory:
    return FieldStory(
        outcome=past.outcome,
        reason=past.reason,
        means=told(SENTENCES, past.reason),
        ours=past.ours,
        theirs=past.theirs,
        tried=past.tried if past.is_refused else None,
    )


def _entries(library: Library, state: OrderState, records: Iterable[RecordKey]) -> tuple[list[AuditEntry], bool]:
    """And whether there are more."""
    found: list[AuditEntry] = []
    is_cut = False
    for key in (*records, order_record(state.key)):
        own = list(islice(library.audit.story(library.connection.name, key), ATTEMPTS + 1))
        is_cut |= len(own) > ATTEMPTS
        found += own[:ATTEMPTS]
    return sorted(found, key=lambda entry: entry.at, reverse=True), is_cut


def _attempt(entry: AuditEntry) -> Attempt:
    return Attempt(
        at=entry.at,
        record=entry.record.id,
        what=entry.action or "write",
        cause=entry.cause.kind,
        by=entry.cause.by,
        note=entry.cause.note,
        correlation_id=entry.cause.correlation_id,
        outcome=entry.outcome,
        reason=entry.reason,
        code=entry.code,
        http_status=entry.http_status,
        attempt=entry.attempt,
        shipments=entry.shipments,
        changes={name: change.values for name, change in entry.changes.items()},
        refused=entry.refused,
    )


def _next(state: OrderState, now: datetime) -> NextStep:
    reason = state.attention or state.waiting_for
    return NextStep(
        told=_told(state, now),
        do=told(ADVICE, reason, "Nothing."),
        waiting_for=state.waiting_for,
        since=min(state.waits.values(), default=None),
        attempts=state.attempts,
        next_attempt_at=state.next_attempt_at,
        attention=state.attention,
        paused_by=state.paused_by,
        dismissed_by=state.dismissed.by if state.dismissed else "",
    )


def _told(state: OrderState, now: datetime) -> str:
    if state.paused_by:
        return "It rests under a pause and goes on when that is resumed."
    if state.next_attempt_at is not None:
        when = "now" if state.next_attempt_at <= now else f"at {state.next_attempt_at:%Y-%m-%d %H:%M} UTC"
        return f"It is looked at again {when}."
    if state.watched:
        return "It is looked at as soon as IFS has delivered its record."
    if state.attention is not None:
        return "Nothing until a person has seen to it, or something new comes for it."
    return "Nothing: it has ended. A new label, a void or a correction begins it anew."


def known_orders(library: Library, number: str) -> list[OrderState]:
    """Those of this IFS order number, in every company of the connection."""
    connection = library.connection
    keys = [OrderKey(connection=connection.name, company=each, reference=number) for each in connection.companies]
    return readable_of(library.orders, keys)
