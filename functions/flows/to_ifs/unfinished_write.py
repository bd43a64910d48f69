"""Settles a write whose result nobody stored: what its audit entry says, or what stands in IFS after its lease."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from functions.connections.connection import Connection
from functions.flows.to_ifs.audit_trail import Ending
from functions.flows.to_ifs.ownership import UNSEEN
from functions.flows.to_ifs.proposal import AsPlanned, RecordProposal
from functions.flows.to_ifs.record_session import Moved, PutOff, RecordSession, Tools
from functions.model.audit import AuditEntry, Cause, FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE, POST_AGAIN, FieldMemory, OpenIntent, RecordMemory
from functions.model.records import FieldName, Record
from functions.model.same_value import same
from functions.model.shipment import OrderKey

STATE = "state"  # a state action, beside the attributes and remembered as they are
FIELDS_OWN_FAULTS = {Reason.REFUSED_BY_IFS, Reason.UNKNOWN_IN_IFS, Reason.VALUE_REFUSED, Reason.IFS_CONFIGURATION}


def is_for_one_of(names: Collection[str], reason: Reason) -> bool:
    """IFS refuses a whole write for one of its values: each is then tried alone, so that the others are stored."""
    return len(names) > 1 and reason in FIELDS_OWN_FAULTS


def take_over(session: RecordSession) -> None:
    """Raises PutOff while somebody may still be writing."""
    intent = session.saved.intent
    if intent is None:
        return
    now = session.tools.now()
    # The entry is written before the result: where it stands, the write has ended, and the lease need not be waited
    # for.
    entry = session.tools.audit.get(session.saved.connection, session.record.key, intent.audit_key)
    # A run that is merely slow must not find its write taken over.
    if entry is None and intent.is_held(now):
        raise PutOff(intent.reason_to_wait([session.order]), intent.at + LEASE)
    if entry is None:
        entry = _found_out(session, intent)
    session.memory = session.memory.remembering(_obeying(session.saved, intent, entry, session.record)).closed()
    if entry.outcome is Outcome.WRITTEN:
        session.memory = session.memory.written_with(entry.mapping_version)


def finish(memory: RecordMemory, view: Connection, order: OrderKey, tools: Tools, cause: Cause) -> datetime | None:
    """For a record that the order does not stand on any more, that IFS does not show, or that the order does not write:
    None once it is known how its last write ended, or that nobody can know, else when a look is of use. Nothing is
    written. `view` is under whose rules the record stands.
    """
    later = tools.now() + timedelta(seconds=view.patience.longest_seconds)
    target = view.ifs.target_of(memory.key.place)
    # A place that the file no longer names cannot be asked; a tenant that is out, only later.
    if target is None or tools.breaker.refusal() is not None:
        return None if target is None else later
    record = Record(key=memory.key, etag="", values={}, exists=False)  # until it is asked for
    proposal = RecordProposal(record, memory, memory, {}, AsPlanned(), view, target)
    session = RecordSession(tools, proposal, order, cause)
    try:
        take_over(session)
        session.conclude()
    except PutOff as put_off:
        return put_off.until or later
    except Moved:
        return later
    return None


def _found_out(session: RecordSession, intent: OpenIntent) -> AuditEntry:
    """Nobody recorded it: what IFS shows now, after the lease, says whether it arrived."""
    now = session.tools.now()
    session.record = session.asked_again() or session.record
    # A POST that was not answered may still make its row.
    if intent.may_arrive(now, exists=session.record.exists):
        raise PutOff(Reason.OUTCOME_UNKNOWN, intent.at + POST_AGAIN)
    ending = _ending(intent, session.record)
    before = session.record.tagged(intent.etag)
    action = intent.changes[STATE].after if STATE in intent.changes else None
    # The audit names who asked for the write, not who happened to find it.
    journal = replace(session.journal, cause=intent.cause or session.journal.cause)
    entry = journal.entry(session.memory, before, intent.changes, ending, at=now, action=action)
    # Two may find the intent at once: the key of the intent lets one entry in, and both go by that.
    if session.tools.audit.put(intent.audit_key, entry):
        return entry
    return session.tools.audit.get(session.saved.connection, session.record.key, intent.audit_key) or entry


def _ending(intent: OpenIntent, record: Record) -> Ending:
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


def _obeying(saved: RecordMemory, intent: OpenIntent, entry: AuditEntry, record: Record) -> dict[str, FieldMemory]:
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
