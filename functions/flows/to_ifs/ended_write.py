"""What becomes of an unfinished write: what its audit entry says, or what IFS shows once its lease is over. Pure."""

from __future__ import annotations

from collections.abc import Collection

from functions.flows.to_ifs.audit_trail import Ending
from functions.flows.to_ifs.ownership import UNSEEN
from functions.model.audit import AuditEntry, Cause, FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import FieldMemory, OpenIntent, RecordMemory
from functions.model.records import FieldName, Record
from functions.model.same_value import same

STATE = "state"  # a state action, beside the attributes and remembered as they are
FIELDS_OWN_FAULTS = {Reason.REFUSED_BY_IFS, Reason.UNKNOWN_IN_IFS, Reason.VALUE_REFUSED, Reason.IFS_CONFIGURATION}


def is_for_one_of(names: Collection[str], reason: Reason) -> bool:
    """IFS refuses a whole write for one of its values: each is then tried alone, so that the others are stored."""
    return len(names) > 1 and reason in FIELDS_OWN_FAULTS


def as_ended(
    saved: RecordMemory, known: RecordMemory, intent: OpenIntent, record: Record, told: AuditEntry | None
) -> RecordMemory:
    """What is `known` once the write is finished, which nobody does here. `told` is its audit entry, if it has one."""
    entry = told or _entry(saved, intent, ending_of(intent, record))
    return known.remembering(obeying(saved, intent, entry, record))


def _entry(saved: RecordMemory, intent: OpenIntent, ending: Ending) -> AuditEntry:
    """As whoever finishes it will write it down."""
    return AuditEntry(
        connection=saved.connection,
        record=saved.key,
        orders=(intent.by,),
        at=intent.at,
        cause=intent.cause or Cause(kind="unknown", correlation_id=""),
        shipments=tuple(shipment.shipment for shipment in saved.shipments),
        changes=intent.changes,
        refused=tuple(ending.refused),
        outcome=ending.outcome,
        reason=ending.reason,
    )


def ending_of(intent: OpenIntent, record: Record) -> Ending:
    """A record with the very tag that was to be written over was not written. Ours is what stands."""
    if intent.kind == "action" or not record.exists:
        return Ending("outcome_unknown", Reason.OUTCOME_UNKNOWN)
    if all(_stands(name, change, record) for name, change in intent.changes.items()):
        return Ending(Outcome.WRITTEN, etag_after=record.etag)
    # The tag moves with every write: the old one proves that none happened.
    if record.etag == intent.etag:
        return Ending(Outcome.RETRY, Reason.OUTCOME_UNKNOWN, refused=tuple(intent.changes))
    return Ending("outcome_unknown", Reason.OUTCOME_UNKNOWN)


def _stands(name: str, change: FieldChange, record: Record) -> bool:
    return same(FieldName(name), record.values.get(FieldName(name)), change.after)


def _is_typed(name: str, change: FieldChange, record: Record) -> bool:
    current = record.values.get(FieldName(name))
    return record.exists and current is not None and not same(FieldName(name), current, change.before)


def obeying(saved: RecordMemory, intent: OpenIntent, entry: AuditEntry, record: Record) -> dict[str, FieldMemory]:
    """What the entry makes of each field as it was when the write began: whoever looked since may have learnt of the
    entry already, and what is claimed twice seems to have stood there before. After an unknown outcome only what stands
    there is ours, and what is neither ours nor what stood there before was typed by somebody since.
    """
    fields: dict[str, FieldMemory] = {}
    for name, change in intent.changes.items():
        past = saved.fields.get(change.attribute, UNSEEN)
        after = _state_after(entry, past) if name == STATE else _field_after(entry, name, change, past, record)
        if after is not None:
            fields[change.attribute] = after
    return fields


def _field_after(
    entry: AuditEntry, name: str, change: FieldChange, past: FieldMemory, record: Record
) -> FieldMemory | None:
    """None where the entry says nothing of it."""
    if name in entry.refused and entry.outcome is Outcome.PARKED and entry.reason is not None:
        is_its_own = not is_for_one_of(entry.refused, entry.reason)
        return past.refused(change.after, entry.reason) if is_its_own else None
    if name not in entry.refused and _is_ours(entry, name, change, record):
        is_back = entry.cause.reverts is not None
        return past.given_back(change.after, entry.shipments) if is_back else past.claiming(name, change)
    if entry.outcome == "outcome_unknown" and _is_typed(name, change, record):
        return past.overtaken(change.after, record.values.get(FieldName(name)))
    return None


def _is_ours(entry: AuditEntry, name: str, change: FieldChange, record: Record) -> bool:
    # A record that is not shown is not empty.
    may_be_seen = entry.outcome == "outcome_unknown" and record.exists
    return entry.outcome is Outcome.WRITTEN or (may_be_seen and _stands(name, change, record))


def _state_after(entry: AuditEntry, past: FieldMemory) -> FieldMemory:
    """Never called again: the state is asked for, and a person is called where it has not moved. What a conflict kept
    from beginning may be.
    """
    if entry.outcome is Outcome.RETRY and entry.reason is Reason.CONFLICTS:
        return past.ended(Outcome.RETRY, Reason.CONFLICTS)
    if entry.outcome is Outcome.WRITTEN:
        return past.ended(Outcome.WRITTEN, None)
    return past.ended(Outcome.PARKED, entry.reason or Reason.OUTCOME_UNKNOWN)
