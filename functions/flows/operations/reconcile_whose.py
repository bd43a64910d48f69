"""Whose it is what IFS holds in one field: ours, a person's, or nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget, FieldRule
from functions.flows.operations.reconcile_values import same, words
from functions.model.outcomes import Outcome, Reason
from functions.model.reconciled import EDITED, MOST_SHOWN, RECORD, Checked
from functions.model.record_memory import FieldMemory, RecordMemory
from functions.model.records import FieldName, Place
from functions.model.shipment import ShipmentKey
from functions.model.state import FieldOutcome, OrderState

CLAIMING = {Outcome.WRITTEN, Outcome.RETRY}
AGREED = {Outcome.WRITTEN, Outcome.UNCHANGED}


@dataclass(frozen=True)
class Held:
    """One difference, and what is remembered of its record and its orders."""

    found: Checked
    connection: Connection
    memory: RecordMemory | None
    states: Sequence[OrderState]

    @property
    def past(self) -> FieldMemory | None:
        rule = self._rule
        return self.memory.fields.get(rule.attribute) if self.memory and rule else None

    @property
    def whose(self) -> str | None:
        """A person took ours back; or what stood there was right, and somebody changed it since; or it was somebody's
        all along.
        """
        past = self.past
        if past is None:
            return None
        if past.is_reverted_for({ShipmentKey(key) for key in self.found.shipments}):
            return Reason.REVERTED
        return EDITED if self._is_edited(past) or self._stood_before(past) else None

    @property
    def is_typed(self) -> bool:
        """Nothing that we sent, where no living parcel has anything: a row of its own, or a value."""
        found = self.found
        if found.kind != "extra" or not self.states:
            return False
        if found.field == RECORD:
            known = {key for state in self.states for key in state.heard_of}
            return self.memory is None and found.ifs not in known
        is_of_label = bool(found.shipments) and found.field == FieldName.TRACKING
        return self._rule is not None and not is_of_label and not self._is_sent()

    def bears_out(self, reason: str) -> bool:
        """Whether what was told beside a value of ours is why this differs: neither why the value is gone, nor why a
        number is missing that had its room, or stands there.
        """
        if self.found.kind == "missing" and self.past is not None and self.past.ours:
            return False
        return reason != Reason.TRACKING_DID_NOT_FIT or self._has_no_room

    @property
    def _has_no_room(self) -> bool:
        """The number that is missing does not fit beside what stands there."""
        said, holds, target = self.found.shipstation, self.found.ifs, self._target
        if not said or not holds or target is None:
            return False
        # What is shown of a long value is not all of it.
        is_cut = len(holds) >= MOST_SHOWN
        return is_cut or len(target.tracking.separator.join([holds, said]).encode()) > target.tracking.max_length

    def _is_sent(self) -> bool:
        """The memory knows what was sent last; where there is none, how the field ended tells whether anything was."""
        if self.past is not None:
            return self._is_of(self.past.ours) or self._is_of(self.past.tried)
        ended = (ended_in(state, self.found) for state in self.states)
        return any(field is not None and field.outcome in CLAIMING for field in ended)

    def _is_edited(self, past: FieldMemory) -> bool:
        """Neither ours nor what stood there before us, where what stood there said what ShipStation says."""
        stood = past.ours or (past.theirs if past.outcome in AGREED else None)
        if not self.found.ifs or not stood or not self._is_said_by(stood):
            return False
        return not (self._is_of(past.ours) or self._is_of(past.theirs))

    def _is_said_by(self, stood: str) -> bool:
        """All that ShipStation says stands in it."""
        said = self.found.shipstation
        if not said or self._same(said, stood):
            return True
        return self.found.field == FieldName.TRACKING and self._words(said) <= self._words(stood)

    def _stood_before(self, past: FieldMemory) -> bool:
        return self.found.kind == "extra" and self._is_of(past.theirs)

    def _is_of(self, value: str | None) -> bool:
        """What stands there is that value, or, where it is what is left of it, a part of that."""
        holds = self.found.ifs
        if not value or not holds:
            return False
        is_part = self.found.kind == "extra" and self._words(holds) <= self._words(value)
        return is_part or self._same(holds, value)

    def _same(self, one: str, other: str) -> bool:
        return same(FieldName(self.found.field), one, other)

    def _words(self, text: str) -> set[str]:
        target = self._target
        separator = target.tracking.separator if target else ""
        return {word for part in words(text, separator) for word in part.split()}

    @property
    def _rule(self) -> FieldRule | None:
        target = self._target
        rules = {str(name): rule for name, rule in target.rules.items()} if target else {}
        return rules.get(self.found.field)

    @property
    def _target(self) -> AnyTarget | None:
        views = (view.ifs.target_of(Place(self.found.place)) for view in self.connection.views)
        return next((target for target in views if target is not None), None)


def ended_in(state: OrderState, found: Checked) -> FieldOutcome | None:
    """How this field of this record ended; what hinders a whole record hinders each of its fields."""
    fields = next((record.fields for record in state.records if record.key.id == found.record), {})
    return fields.get(found.field) or fields.get(RECORD)
