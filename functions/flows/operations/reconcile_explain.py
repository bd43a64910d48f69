"""What the ledger says of the differences that were found without it. It explains; it takes none away but where a
parcel from before the window stands on the same record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from functions.connections.connection import Connection
from functions.errors import Permanent
from functions.flows.operations.reconcile_compare import Case, compare
from functions.flows.operations.reconcile_reading import Addressed
from functions.model.outcomes import Outcome, Reason
from functions.model.parked import Parked
from functions.model.reconciled import EDITED, OUTSIDE_WINDOW, Checked, Parcel
from functions.model.record_memory import FieldMemory, RecordMemory
from functions.model.records import FieldName, Place, RecordKey
from functions.model.shipment import ConnectionName, OrderKey, Shipment
from functions.model.state import OrderState, ShipmentState
from functions.model.text import folded

# What the file says by itself is not taken from the ledger: a label that it skipped by mistake must show.
FILES_OWN = {Reason.BEFORE_GO_LIVE, Reason.STORE_EXCLUDED, Reason.NO_ORDER_REFERENCE, Reason.RETURN_LABEL}
# Beside a value that was written, and about this field alone.
TELLING = {
    Reason.CARRIER_UNMAPPED: {FieldName.CARRIER},
    Reason.SERVICE_UNMAPPED: {FieldName.SERVICE},
    Reason.TRACKING_DID_NOT_FIT: {FieldName.TRACKING},
    Reason.COST_UNKNOWN: {FieldName.COST, FieldName.CURRENCY},
}
DONE = {Outcome.WRITTEN, Outcome.UNCHANGED}
GOES_ON = {Outcome.WAITING, Outcome.RETRY}
OVERDUE = timedelta(days=1)


class OrderStates(Protocol):
    def load(self, keys: Sequence[OrderKey]) -> dict[OrderKey, OrderState]: ...


class RecordMemories(Protocol):
    def load(self, connection: ConnectionName, keys: Sequence[RecordKey]) -> dict[RecordKey, RecordMemory]: ...


@dataclass(frozen=True)
class Ledger:
    """`now` is when it is asked."""

    orders: OrderStates
    records: RecordMemories
    now: datetime
    parked: Collection[Parked] = ()


@dataclass(frozen=True)
class Explained:
    """`unknown` are the shipments that the ledger has never heard of."""

    checked: list[Checked]
    unknown: frozenset[str]


def explain(case: Case, found: list[Checked], connection: Connection, ledger: Ledger) -> Explained:
    """Costs a read of the ledger for each order and record of a case that does not agree."""
    if not any(each.is_unexplained for each in found):
        return Explained(found, frozenset())
    states = _states(case, connection, ledger)
    before = _earlier(case, states)
    found = compare(case.beside(before)) if before else found
    open_ = [each for each in found if each.is_unexplained]
    keys = {RecordKey(place=Place(each.place), id=each.record) for each in open_ if each.record is not None}
    try:
        memories = ledger.records.load(connection.name, sorted(keys, key=str))
    except Permanent:
        memories = {}
    known = {key for state in states for key in (*state.shipments, *state.stub)}
    told = [_told(each, states, memories, connection, ledger) if each.is_unexplained else each for each in found]
    heard = {key for each in told for key in each.shipments if each.is_unexplained and each.kind != "extra"}
    return Explained(told, frozenset(heard - known))


def _states(case: Case, connection: Connection, ledger: Ledger) -> list[OrderState]:
    orders = {(each.view.ifs.company, each.reference) for each in case.parcels if each.reference}
    keys = [OrderKey(connection=connection.name, company=company, reference=str(name)) for company, name in orders]
    found: list[OrderState] = []
    for key in sorted(keys, key=str):
        try:
            found += ledger.orders.load([key]).values()
        except Permanent:  # an item that cannot be read explains nothing
            continue
    return found


def _earlier(case: Case, states: Iterable[OrderState]) -> list[Addressed]:
    """Parcels of these orders that were not read, because they are of another day, or of an order that was combined
    into another one. What was read is believed over the ledger.
    """
    read = {(each.key, each.reference) for each in case.parcels}
    living = {each.key: each.parcel for each in case.parcels}
    views = {(each.view.ifs.company, each.reference): each.view for each in case.parcels}
    found = []
    for state in states:
        for known in state.shipments.values():
            key = known.shipment.key
            if (key, state.key.reference) in read or not _is_delivered(known):
                continue
            parcel = living.get(key) or _parcel(known.shipment)
            view = views[state.key.company, state.key.reference]
            found.append(Addressed(parcel, view, state.key.reference, known.shipment.ifs_shipment).as_context())
    return found


def _is_delivered(known: ShipmentState) -> bool:
    return known.withdrawn_at is None and known.is_in_scope


def _parcel(shipment: Shipment) -> Parcel:
    return Parcel(
        key=shipment.key,
        order_id=shipment.order_id,
        store_id=shipment.store_id,
        created_at=shipment.created_at,
        voided_at=shipment.voided_at,
        tracking=shipment.tracking_number,
        carrier=shipment.carrier_code,
        service=shipment.service_code,
        ship_date=shipment.ship_date,
        cost=shipment.cost,
        currency=shipment.currency,
        parts=frozenset(item.sku for item in shipment.items),
    )


def _told(
    each: Checked,
    states: Sequence[OrderState],
    memories: Mapping[RecordKey, RecordMemory],
    connection: Connection,
    ledger: Ledger,
) -> Checked:
    memory = memories.get(RecordKey(place=Place(each.place), id=each.record or ""))
    reasons = (
        _of_memory(each, memory, connection),
        *(_of_field(each, state, ledger) for state in states),
        *(_of_shipment(each, state, ledger) for state in states if not _decided(each, state)),
        _of_numbers(each, states, memory),
        _of_parked(each, ledger.parked),
    )
    reason = next(filter(None, reasons), None)
    return each.explained(reason) if reason else each


def _of_memory(each: Checked, memory: RecordMemory | None, connection: Connection) -> str | None:
    """What we wrote was what should stand there, and somebody changed it since; or it was somebody's all along."""
    past = memory.fields.get(_attribute(each, connection)) if memory else None
    if past is None:
        return None
    is_theirs = bool(each.ifs) and past.ours is not None and _is_other(past, each)
    if is_theirs or (past.theirs and each.kind == "extra" and _is_in(each.ifs, past.theirs)):
        return EDITED
    return _reason(past.outcome, past.reason, each)


def _is_other(past: FieldMemory, each: Checked) -> bool:
    """Neither ours nor what stood there before us, and ours said what ShipStation says."""
    holds = folded(each.ifs or "")
    said = folded(each.shipstation or "")
    is_right = not said or said in folded(past.ours or "")
    return is_right and holds not in {folded(past.ours or ""), folded(past.theirs or "")}


def _is_in(words: str | None, text: str) -> bool:
    return set(folded(words or "").split()) <= set(folded(text).replace(",", " ").split())


def _attribute(each: Checked, connection: Connection) -> str:
    for view in connection.views:
        target = view.ifs.target_of(Place(each.place))
        rule = {str(name): rule for name, rule in target.rules.items()}.get(each.field) if target else None
        if rule:
            return rule.attribute
    return ""


def _of_field(each: Checked, state: OrderState, ledger: Ledger) -> str | None:
    for record in state.records:
        ended = record.fields.get(each.field)
        if record.key.id == each.record and ended is not None and _goes_on(ended.outcome, state, ledger.now):
            return _reason(ended.outcome, ended.reason, each)
    return None


def _decided(each: Checked, state: OrderState) -> bool:
    """The ledger says how this field of this record ended."""
    return any(record.key.id == each.record and each.field in record.fields for record in state.records)


def _of_shipment(each: Checked, state: OrderState, ledger: Ledger) -> str | None:
    for key, known in state.shipments.items():
        if key not in each.shipments:
            continue
        if known.withdrawn_at is not None:
            return Reason.WITHDRAWN
        if known.outcome is Outcome.SKIPPED:
            return known.reason if known.reason not in FILES_OWN else None
        if known.outcome not in DONE and _goes_on(known.outcome, state, ledger.now):
            return known.reason or known.outcome
    return Reason.ORDER_TOO_LARGE if set(each.shipments) & set(state.stub) else None


def _goes_on(outcome: Outcome, state: OrderState, now: datetime) -> bool:
    """What waits without anything that would ever look at it again, or was due a day ago, explains nothing."""
    due = state.next_attempt_at
    has_future = due is not None and due > now - OVERDUE
    return outcome not in GOES_ON or bool(has_future or state.watched or state.attention or state.paused_by)


def _reason(outcome: Outcome, reason: Reason | None, each: Checked) -> str | None:
    if outcome in DONE:
        return reason if reason in TELLING and each.field in TELLING[reason] else None
    return reason or outcome


def _of_numbers(each: Checked, states: Iterable[OrderState], memory: RecordMemory | None) -> str | None:
    """A number that another parcel brought there: of another day, of a baseline, of another order."""
    if each.kind != "extra" or each.shipments:
        return None
    numbers = {number for state in states for number in state.explaining}
    numbers |= memory.numbers if memory else set()
    known = {word for number in numbers for word in folded(number).replace(",", " ").split()}
    return OUTSIDE_WINDOW if set(folded(each.ifs or "").split()) <= known else None


def _of_parked(each: Checked, parked: Iterable[Parked]) -> str | None:
    """A row or an order that was put aside before it became anybody's."""
    names = {key[1:] for key in each.shipments}
    return next((str(one.reason) for one in parked if names & set(_numbers(one))), None)


def _numbers(parked: Parked) -> list[str]:
    return "".join(letter if letter.isdigit() else " " for letter in f"{parked.subject} {parked.detail}").split()
