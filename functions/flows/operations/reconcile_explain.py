"""What the ledger says of the differences that were found without it. It explains; it takes none away but where a
parcel of another day or order stands on the same record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.connections.connection import Connection
from functions.flows.operations.reconcile_beside import compared_with
from functions.flows.operations.reconcile_cases import Case
from functions.flows.operations.reconcile_ledger import Known, Ledger, known_of
from functions.flows.operations.reconcile_whose import Held, ended_in
from functions.model.outcomes import Outcome, Reason
from functions.model.parked import Parked
from functions.model.reconciled import CANCELLED, DISMISSED, EDITED, OUTSIDE_WINDOW, RECORD, Checked
from functions.model.record_memory import FieldMemory, RecordMemory
from functions.model.records import FieldName, Place, RecordKey
from functions.model.state import OrderState
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
PERSONS = {Reason.TYPED_BY_A_PERSON, Reason.NOT_EMPTY}
DONE = {Outcome.WRITTEN, Outcome.UNCHANGED}
GOES_ON = {Outcome.WAITING, Outcome.RETRY}
OVERDUE = timedelta(days=1)  # what was due that long ago, nobody looks at


@dataclass(frozen=True)
class Explained:
    """`unknown` are the shipments that the ledger has never heard of."""

    checked: list[Checked]
    unknown: frozenset[str]


def explain(case: Case, found: list[Checked], connection: Connection, ledger: Ledger) -> Explained:
    """Asks the ledger only where something is not explained without it."""
    if not any(each.is_unexplained for each in found):
        return Explained(found, frozenset())
    known = known_of(case, connection, ledger)
    told = [_told(each, known) if each.is_unexplained else each for each in compared_with(known)]
    heard = {key for each in told for key in each.shipments if each.is_unexplained and each.kind != "extra"}
    return Explained(told, frozenset(heard.difference(*(state.heard_of for state in known.states))))


def _told(each: Checked, known: Known) -> Checked:
    known = known.about(each)
    memory = known.memories.get(RecordKey(place=Place(each.place), id=each.record or ""))
    held = Held(each, known.connection, memory, known.states)
    reasons = (said for said in _reasons(each, known, held) if said not in TELLING or held.bears_out(said))
    reason = next(filter(None, reasons), None)
    return each.explained(_or_dismissed(reason, each, known.states)) if reason else each


def _reasons(each: Checked, known: Known, held: Held) -> Iterator[str | None]:
    """What is remembered of the record comes first, then what is of its orders, then what became nobody's."""
    yield held.whose
    yield _of_memory(each, known, held.past) if held.past else None
    yield from _of_orders(each, known)
    yield _of_numbers(each, known, held.memory)
    yield from _put_aside(each, known)
    yield CANCELLED if _is_cancelled(each, known) else None
    yield EDITED if held.is_typed else None


def _of_memory(each: Checked, known: Known, past: FieldMemory) -> str | None:
    """Records are looked at by their orders alone: one of those has to come again."""
    goes_on = any(_goes_on(past.outcome, state, known.ledger.now) for state in known.states)
    return _reason(past.outcome, past.reason, each) if goes_on or past.outcome not in GOES_ON else None


def _of_orders(each: Checked, known: Known) -> Iterator[str | None]:
    """A shipment's own end tells where the field has none."""
    yield from (_of_field(each, state, known.ledger) for state in known.states)
    for state in known.states:
        if ended_in(state, each) is None:
            yield _of_shipment(each, state, known.ledger)


def _put_aside(each: Checked, known: Known) -> Iterator[str | None]:
    heard = {key for state in known.states for own in state.shipments.values() for key in own.keys}
    if not heard.isdisjoint(each.shipments):
        return
    yield _of_parked(each, known.ledger.parked)
    yield DISMISSED if _of_parked(each, known.ledger.dismissed) else None


def _or_dismissed(reason: str, each: Checked, states: Iterable[OrderState]) -> str:
    """A person has seen to this very reason, and nothing came since."""
    own = [state for state in states if (state.key.company, state.key.reference) == (each.company, each.order)]
    is_seen = reason in set(Reason) and any(state.is_dismissed(Reason(reason)) for state in own)
    return DISMISSED if is_seen else reason


def _of_field(each: Checked, state: OrderState, ledger: Ledger) -> str | None:
    ended = ended_in(state, each)
    if ended is None or not _goes_on(ended.outcome, state, ledger.now):
        return None
    return _reason(ended.outcome, ended.reason, each)


def _of_shipment(each: Checked, state: OrderState, ledger: Ledger) -> str | None:
    for known in state.shipments.values():
        if known.keys.isdisjoint(each.shipments):
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
    """A value that a person typed explains nothing where none stands any more; what a person took back is told with the
    shipments for which it holds.
    """
    if reason is Reason.REVERTED or (reason in PERSONS and each.kind == "missing"):
        return None
    if outcome in DONE:
        return reason if reason in TELLING and each.field in TELLING[reason] else None
    return reason or outcome


def _of_numbers(each: Checked, known: Known, memory: RecordMemory | None) -> str | None:
    """A number that another parcel brought there: of another day, of a baseline, of another order. What was read says
    its own number.
    """
    if each.kind != "extra" or each.shipments:
        return None
    numbers = {number for state in known.states for number in state.explaining}
    numbers |= _brought(memory, known.case.keys) if memory else set()
    words = {word for number in numbers for word in folded(number).replace(",", " ").split()}
    return OUTSIDE_WINDOW if set(folded(each.ifs or "").split()) <= words else None


def _brought(memory: RecordMemory, read: Collection[str]) -> set[str]:
    explaining = {number for order in memory.contributions for number in order.explaining}
    return explaining | {each.tracking for each in memory.shipments if each.tracking and each.shipment not in read}


def _is_cancelled(each: Checked, known: Known) -> bool:
    """It was written, and IFS cancelled that record since."""
    cancelled = {RecordKey(place=Place(row.place), id=row.id) for row in known.case.rows if row.is_cancelled}
    placings = (placing for state in known.states for key, placing in state.placings.items() if key in each.shipments)
    return each.field == RECORD and any(placing.key in cancelled for placing in placings)


def _of_parked(each: Checked, parked: Iterable[Parked]) -> str | None:
    """A row or an order that was put aside before it became anybody's."""
    names = {key[1:] for key in each.shipments}
    return next((str(one.reason) for one in parked if names & set(_numbers(one))), None)


def _numbers(parked: Parked) -> list[str]:
    return "".join(letter if letter.isdigit() else " " for letter in f"{parked.subject} {parked.detail}").split()
