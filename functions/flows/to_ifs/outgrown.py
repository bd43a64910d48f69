"""An order that no ledger item can carry: a person is called, and what was under way for it is brought to an end."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.errors import ConnectorError
from functions.flows.to_ifs.proposal import OrderCase, RecordProposal
from functions.flows.to_ifs.record_session import Moved, PutOff, RecordSession, Tools
from functions.flows.to_ifs.unfinished_write import take_over
from functions.model.audit import Cause
from functions.model.record_memory import RecordMemory
from functions.model.records import Record
from functions.model.state import OrderState


def outgrown(case: OrderCase, tools: Tools, cause: Cause) -> OrderState:
    """Marks are left of it, and the records whose last write nobody knows the end of yet; for those it is due again."""
    state = case.state
    stored = tools.memories.load(state.key.connection, state.remembered) if state.remembered else {}
    ends = {key: _end(memory, case, tools, cause) for key, memory in stored.items() if memory.intent is not None}
    left = {key: at for key, at in ends.items() if at is not None}
    return state.folded(left, min(left.values(), default=None))


def _end(memory: RecordMemory, case: OrderCase, tools: Tools, cause: Cause) -> datetime | None:
    """None once it is known, else when a look is of use."""
    later = tools.now() + timedelta(seconds=case.connection.patience.longest_seconds)
    target = case.connection.ifs.target_of(memory.key.place)
    if target is None:
        return None
    record = _read(memory, tools)
    if record is None:
        return later
    proposal = RecordProposal(record, memory, memory, {}, {}, case.connection, target)
    session = RecordSession(tools, proposal, case.state.key, cause)
    try:
        take_over(session)
        session.conclude()
    except PutOff as put_off:
        return put_off.until or later
    except Moved:
        return later
    return None


def _read(memory: RecordMemory, tools: Tools) -> Record | None:
    if tools.breaker.refusal() is not None:
        return None
    try:
        return tools.ifs.read([memory.key]).get(memory.key)
    except ConnectorError:
        return None
