"""Says how an order ended, from its records' results or from what hindered it: what the ledger remembers of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from functions.flows.to_ifs.admission import store_of
from functions.flows.to_ifs.earlier_version import taken_over
from functions.flows.to_ifs.place import Placement
from functions.flows.to_ifs.proposal import OrderCase
from functions.flows.to_ifs.record_write import RecordResult
from functions.flows.to_ifs.shipment_outcome import shipment_outcome
from functions.model.outcomes import Outcome, Reason
from functions.model.records import Record, RecordKey
from functions.model.shipment import ShipmentKey
from functions.model.state import FieldOutcome, OrderRecord, OrderState, ShipmentState

Results = Mapping[RecordKey, RecordResult]
UNFINISHED = {Outcome.RETRY, Outcome.PARKED, Outcome.WOULD_WRITE}
ENDS = {Reason.MODE_OFF: Outcome.SKIPPED, Reason.PAUSED: Outcome.WAITING, Reason.ORDER_TOO_LARGE: Outcome.PARKED}


def stated_wait(case: OrderCase, now: datetime) -> datetime | None:
    wait = getattr(case.fault, "retry_after_seconds", None)
    return now + timedelta(seconds=wait) if wait else None


def hindered(case: OrderCase) -> OrderState:
    """Nothing could be decided: everything stays where it is, and what the order owes stays due."""
    outcome = ENDS.get(case.hindrance, Outcome.RETRY) if case.hindrance else Outcome.RETRY
    state, known = case.state, {record.key: record for record in case.state.records}
    fields = {"record": FieldOutcome(outcome=outcome, reason=case.hindrance)}
    records = [known.get(key, OrderRecord(key=key)).ended(fields) for key in state.remembered]
    shipments = {s.key: state.shipments[s.key].waiting(outcome, case.hindrance) for s in state.in_scope}
    rests = case.connection.pause_of(store_of(state))
    return state.with_shipments(shipments).with_records(records, state.debts, state.past).resting(rests)


def settled(
    case: OrderCase, placement: Placement, own: Results, held: Collection[RecordKey] = frozenset()
) -> OrderState:
    """`held` are records that nobody may write now and whose last write may still arrive."""
    state = case.state
    placed = placement.records
    away = [key for key in state.remembered if key not in placed]
    # Forgotten is only what is known to be gone: a debt costs one look more, a lost one leaves our number on another's
    # record.
    debts = [key for key in away if not _is_paid(key, own, held, case)]
    past = state.past_with(key for key in away if key not in debts)
    left = [key for key in debts if key not in {*own, *held}]
    records = [*_records(placed, own), *_hidden(state, left), *map(_awaited, held)]
    changed = state.with_shipments(_shipments(state, placement, own, is_writing=case.is_writing)).with_records(
        records, debts, past
    )
    rests = changed.resting(_pause(case, own.values()))
    return taken_over(rests, _stored(own) if case.is_writing else [], case.connection)


def _pause(case: OrderCase, results: Iterable[RecordResult]) -> str | None:
    """That of the first record whose site rests."""
    resting = (result.record for result in results if result.hindrance is Reason.PAUSED)
    return next((case.connection.pause_at(record.site) for record in resting), None)


def _stored(own: Results) -> list[Record]:
    return [result.record for result in own.values() if result.is_stored]


def _shipments(
    state: OrderState, placement: Placement, own: Results, *, is_writing: bool
) -> dict[ShipmentKey, ShipmentState]:
    fields = {key: _fields(result).values() for key, result in own.items()}
    gone = {key: each.taken_out() for key, each in state.shipments.items() if is_writing and _is_gone(each, own)}
    decided = {s.key: shipment_outcome(state.shipments[s.key], s.key, placement, fields) for s in state.in_scope}
    return {**decided, **gone}


def _records(placed: set[RecordKey], own: Results) -> list[OrderRecord]:
    """Those that it stands on, and those that it left and that are not finished without it."""
    return [_record(key, result) for key, result in own.items() if key in placed or _is_unfinished(result)]


def _record(key: RecordKey, result: RecordResult) -> OrderRecord:
    return OrderRecord(key=key, site=result.record.site, fields=_fields(result), shown=dict(result.shown))


def _awaited(key: RecordKey) -> OrderRecord:
    return OrderRecord(key=key, fields={"record": FieldOutcome(outcome=Outcome.RETRY, reason=Reason.OUTCOME_UNKNOWN)})


def _hidden(state: OrderState, keys: Iterable[RecordKey]) -> list[OrderRecord]:
    """Something has to leave them, and IFS does not show them. What was made anew elsewhere waits for nothing."""
    away = {s.placing.key for s in state.shipments.values() if not s.is_in_scope and s.placing is not None}
    field = FieldOutcome(outcome=Outcome.WAITING, reason=Reason.NOT_IN_IFS_YET)
    return [OrderRecord(key=key, fields={"record": field}) for key in keys if key in away]


def _fields(result: RecordResult) -> dict[str, FieldOutcome]:
    if result.hindrance is not None:
        return {"record": FieldOutcome(outcome=ENDS.get(result.hindrance, Outcome.RETRY), reason=result.hindrance)}
    return dict(result.fields)


def _is_unfinished(result: RecordResult) -> bool:
    """Ours that was left standing for a person to judge counts, too; who left a shared record on which nothing of ours
    stands need not wait until it is shared no more.
    """
    fields = _fields(result).values()
    holds = any(past.ours is not None for past in result.memory.fields.values())
    left = [field for field in fields if holds or field.reason is not Reason.SHARED_TARGET]
    return any(field.outcome in UNFINISHED or field.reason is Reason.VOIDED for field in left)


def _is_gone(each: ShipmentState, own: Results) -> bool:
    """Out of scope, and its record was written without it."""
    if each.is_in_scope or each.placing is None:
        return False
    result = own.get(each.placing.key)
    return result is not None and result.hindrance is None


def _is_paid(key: RecordKey, own: Results, held: Collection[RecordKey], case: OrderCase) -> bool:
    """The record is known to stand without the order: its result says so, or nothing of the order was ever there. What
    was only shown is not known, and what may not be written now stays owed.
    """
    result = own.get(key)
    if result is None:
        seen = (c.record for c in case.candidates if c.record.key == key)
        return key not in held and any(map(case.connection.is_ours, seen))
    is_written = (
        case.is_writing and result.hindrance is None and result.memory.intent is None and not _is_unfinished(result)
    )
    return is_written and not result.memory.of(case.state.key)
