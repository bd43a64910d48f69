"""An order that no ledger item can carry: a person is called, and what was under way for it is brought to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from functions.flows.to_ifs.lookup import RecordMemories
from functions.model.record_memory import RecordMemory
from functions.model.records import RecordKey
from functions.model.state import OrderState

# Brings what is under way to an end; when to look again at records where that is not known yet.
Finish = Callable[[Iterable[RecordMemory]], dict[RecordKey, datetime]]


def outgrown(state: OrderState, memories: RecordMemories, finish: Finish) -> OrderState:
    """Marks are left of it, and the records whose last write nobody knows the end of yet; for those it is due again."""
    stored = memories.load(state.key.connection, state.remembered) if state.remembered else {}
    left = finish(memory for memory in stored.values() if memory.intent is not None)
    return state.folded(left, min(left.values(), default=None))
