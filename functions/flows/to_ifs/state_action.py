"""Calls the state action that a tenant allowed, once: a record that has left its state is never acted on again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from functions.connections.targets import StateAction
from functions.errors import ConnectorError, Retryable
from functions.flows.to_ifs.audit_trail import Attempt, Journal
from functions.model.audit import FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.records import Conflict, Record, Written
from functions.model.shipment import Shipment
from functions.model.state import FieldState, TargetState

STATE = "state"  # beside the fields, and remembered as they are


class Actor(Protocol):
    def act(self, record: Record, action: str) -> Written | Conflict:
        """Call a bound action under the ETag of `record`."""


@dataclass(frozen=True)
class Acting:
    """The action of one record, after its fields. `revives`: what was parked is tried again."""

    action: StateAction
    ifs: Actor
    journal: Journal
    record: Record
    shipments: Sequence[Shipment]
    revives: bool

    def run(self, memory: TargetState) -> TargetState:
        if self.record.state != self.action.from_state:
            return _moved(memory)
        outcomes = {name: field.outcome for name, field in memory.fields.items()}
        is_stuck = outcomes.pop(STATE, None) is Outcome.PARKED and not self.revives
        is_stored = not {Outcome.PARKED, Outcome.RETRY} & set(outcomes.values())
        if is_stuck or not is_stored or all(shipment.is_voided for shipment in self.shipments):
            return memory
        return _with(memory, self._call())

    def _call(self) -> FieldState:
        moved = {STATE: FieldChange(before=self.action.from_state, after=self.action.action)}
        attempt = Attempt(1, moved, self.record, self.journal.now())
        self.journal.intend(attempt, self.shipments)
        reason: Reason | None = None
        try:
            answer = self.ifs.act(self.record, self.action.action)
            is_conflict = isinstance(answer, Conflict)
            outcome, reason = (Outcome.RETRY, Reason.CONFLICTS) if is_conflict else (Outcome.WRITTEN, None)
        except ConnectorError as fault:
            outcome, reason = Outcome.RETRY if isinstance(fault, Retryable) else Outcome.PARKED, fault.reason
        self.journal.end(attempt, self.shipments, outcome, reason)
        return FieldState(outcome=outcome, reason=reason, touched=outcome is Outcome.WRITTEN)


def _moved(memory: TargetState) -> TargetState:
    """By us, and the answer was lost, or by a person: nothing is left to do."""
    state = memory.fields.get(STATE)
    if state is None or state.outcome is not Outcome.RETRY:
        return memory
    return _with(memory, FieldState(outcome=Outcome.WRITTEN, touched=True))


def _with(memory: TargetState, state: FieldState) -> TargetState:
    return memory.model_copy(update={"fields": {**memory.fields, STATE: state}})
