"""Settles a write whose result nobody stored: what its audit entry says, or what stands in IFS after its lease."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from functions.connections.connection import Connection
from functions.flows.to_ifs.ended_write import STATE, ending_of, obeying
from functions.flows.to_ifs.proposal import AsPlanned, RecordProposal
from functions.flows.to_ifs.record_session import Moved, PutOff, RecordSession, Tools
from functions.model.audit import AuditEntry, Cause
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE, POST_AGAIN, OpenIntent, RecordMemory
from functions.model.records import Record
from functions.model.shipment import OrderKey


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
        session.found(intent.found(now))
        raise PutOff(intent.reason_to_wait([session.order]), intent.since(now) + LEASE)
    if entry is None:
        entry = _found_out(session, intent)
    session.memory = session.memory.remembering(obeying(session.saved, intent, entry, session.record)).closed()
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
        raise PutOff(Reason.OUTCOME_UNKNOWN, intent.since(now) + POST_AGAIN)
    ending = ending_of(intent, session.record)
    before = session.record.tagged(intent.etag)
    action = intent.changes[STATE].after if STATE in intent.changes else None
    # The audit names who asked for the write, not who happened to find it.
    journal = replace(session.journal, cause=intent.cause or session.journal.cause)
    # With what stood there then: what its order has placed there since was not taken back by a person's revert.
    entry = journal.entry(session.saved, before, intent.changes, ending, at=now, action=action)
    # Two may find the intent at once: the key of the intent lets one entry in, and both go by that.
    if session.tools.audit.put(intent.audit_key, entry):
        return entry
    return session.tools.audit.get(session.saved.connection, session.record.key, intent.audit_key) or entry
