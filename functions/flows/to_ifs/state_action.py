"""Calls the state action that a tenant allowed: at most once, whatever the answer. What became of it is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from functions.connections.targets import StateAction
from functions.errors import ConnectorError, Permanent
from functions.flows.to_ifs.audit_trail import Ending
from functions.flows.to_ifs.ended_write import STATE
from functions.flows.to_ifs.record_session import PutOff, RecordSession
from functions.model.audit import FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import FieldMemory
from functions.model.records import Conflict

NOT_BEGUN = {Reason.CONFLICTS, Reason.OUT_OF_TIME}  # after which it may be called again


def act(session: RecordSession) -> None:
    """After the fields. A plan writes what it showed and nothing else."""
    action: StateAction | None = getattr(session.target, "state_action", None)
    if action is None or session.proposal.planned is not None or session.proposal.giving_back is not None:
        return
    past = session.memory.fields.get(STATE)
    may_begin = (past is None or _never_began(past)) and _is_ready(session)
    if may_begin and session.record.state == action.from_state:
        _with_a_tag(session, past)
    if session.record.state != action.from_state:
        _settle(session, past)
    elif may_begin:
        _call(session, action)


def _with_a_tag(session: RecordSession, past: FieldMemory | None) -> None:
    """A list may carry none, or another one than is checked; where no field was written, nobody has read another."""
    if past is not None or not session.record.etag:
        session.look_again()


def _settle(session: RecordSession, past: FieldMemory | None) -> None:
    """The record has left the state: what became of a call that was open."""
    if past is not None and past.outcome in {Outcome.RETRY, Outcome.PARKED}:
        was_ours = past.reason is Reason.OUTCOME_UNKNOWN
        _remember(session, Outcome.WRITTEN if was_ours else Outcome.UNCHANGED, None)


def _never_began(past: FieldMemory) -> bool:
    return past.outcome is Outcome.RETRY and past.reason in NOT_BEGUN


def _is_ready(session: RecordSession) -> bool:
    attributes = [rule.attribute for rule in session.target.rules.values()]
    outcomes = {session.memory.fields[name].outcome for name in attributes if name in session.memory.fields}
    is_stored = not {Outcome.PARKED, Outcome.RETRY} & outcomes
    return is_stored and any(shipment.is_live for shipment in session.memory.shipments)


def _call(session: RecordSession, action: StateAction) -> None:
    changes = {STATE: FieldChange(before=action.from_state, after=action.action, attribute=STATE)}
    key = _intended(session, changes)
    started, before = session.tools.now(), session.record
    try:
        answer = session.tools.ifs.act(before, action.action)
    except ConnectorError as fault:
        session.heard(fault)
        ending = _failed(session, fault)
    else:
        ending = _answered(session, changes, is_conflict=isinstance(answer, Conflict))
    session.write_down(key, before, changes, ending, started=started, action=action.action)


def _intended(session: RecordSession, changes: Mapping[str, FieldChange]) -> str:
    """Remembered as under way together with the intent, or not at all: without one it is called later."""
    never_called = session.memory
    _remember(session, Outcome.RETRY, Reason.OUTCOME_UNKNOWN)
    try:
        return session.intend("action", changes)
    except PutOff:
        session.memory = never_called
        raise


def _answered(session: RecordSession, changes: Mapping[str, FieldChange], *, is_conflict: bool) -> Ending:
    """A conflict was refused before it began: the only answer after which it may be called again."""
    if is_conflict:
        _remember(session, Outcome.RETRY, Reason.CONFLICTS)
        return Ending(Outcome.RETRY, Reason.CONFLICTS, refused=tuple(changes))
    _remember(session, Outcome.WRITTEN, None)
    return Ending(Outcome.WRITTEN)


def _failed(session: RecordSession, fault: ConnectorError) -> Ending:
    if isinstance(fault, Permanent):
        _remember(session, Outcome.PARKED, fault.reason)
        return Ending(Outcome.PARKED, fault.reason, refused=(STATE,), code=fault.code, http_status=fault.status)
    if fault.reason is Reason.OUT_OF_TIME:
        _remember(session, Outcome.RETRY, fault.reason)
        return Ending(Outcome.RETRY, fault.reason, refused=(STATE,))
    _remember(session, Outcome.RETRY, Reason.OUTCOME_UNKNOWN)
    return Ending("outcome_unknown", fault.reason, code=fault.code, http_status=fault.status)


def _remember(session: RecordSession, outcome: Outcome, reason: Reason | None) -> None:
    session.memory = session.memory.remembering({STATE: FieldMemory(outcome=outcome, reason=reason)})
