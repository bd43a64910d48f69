"""An order that no ledger item can carry: a person is called, and what was under way for it is brought to an end."""

from __future__ import annotations

from functions.flows.to_ifs.proposal import OrderCase
from functions.flows.to_ifs.record_session import Tools
from functions.flows.to_ifs.unfinished_write import finish
from functions.model.audit import Cause
from functions.model.state import OrderState


def outgrown(case: OrderCase, tools: Tools, cause: Cause) -> OrderState:
    """Marks are left of it, and the records whose last write nobody knows the end of yet; for those it is due again."""
    state = case.state
    stored = tools.memories.load(state.key.connection, state.remembered) if state.remembered else {}
    ends = {key: finish(memory, case, tools, cause) for key, memory in stored.items() if memory.intent is not None}
    left = {key: at for key, at in ends.items() if at is not None}
    return state.folded(left, min(left.values(), default=None))
