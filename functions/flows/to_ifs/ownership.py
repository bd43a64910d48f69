"""Decides field by field whether we may write: whose value stands there, and what the field's policy says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from functions.connections.connection import Connection
from functions.connections.targets import FieldRule, ShipDateRule
from functions.flows.to_ifs.desired import Wish, derivable, desired, normalised
from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason
from functions.model.records import FieldName, Record
from functions.model.shipment import Shipment
from functions.model.state import FieldState, TargetState


class Decision(Frozen):
    """`write` says whether `value` (None clears the field) is to be sent; `state` is what to remember either way."""

    write: bool
    value: str | None = None
    state: FieldState


UNTOUCHED = FieldState(outcome=Outcome.SKIPPED)


@dataclass(frozen=True)
class _Field:
    """One field's whole case."""

    name: FieldName
    rule: FieldRule
    wish: Wish
    past: FieldState
    current: str | None
    is_delivered: bool
    derivable: Callable[[str], bool]

    @property
    def is_ours(self) -> bool:
        """Whether what stands there was put there by us, or can be made from the shipments we know."""
        if self.current is None:
            return False
        written = self.past.touched and same(self.name, self.current, self.past.intended)
        return written or self.derivable(self.current)

    def remember(self, outcome: Outcome, reason: Reason | None) -> Decision:
        """Leave the field alone."""
        return Decision(write=False, state=self.past.model_copy(update={"outcome": outcome, "reason": reason}))

    def write(self, value: str | None) -> Decision:
        original = self.past.original if self.past.touched else self.current
        written = FieldState(
            outcome=Outcome.WRITTEN, reason=self.wish.reason, touched=True, intended=value, original=original
        )
        return Decision(write=True, value=value, state=written)


def decide(
    record: Record,
    assigned: Sequence[Shipment],
    known: Sequence[Shipment],
    memory: TargetState,
    connection: Connection,
) -> dict[FieldName, Decision]:
    """`assigned` are the record's shipments, `known` all of the order's; both voided ones included, oldest first."""
    rules = connection.ifs.target_of(record.key).rules
    return {
        name: _decide(
            _Field(
                name=name,
                rule=rules[name],
                wish=wish,
                past=memory.fields.get(name, UNTOUCHED),
                current=record.values.get(name),
                is_delivered=record.is_delivered,
                derivable=partial(derivable, name, record=record, known=known, connection=connection),
            )
        )
        for name, wish in desired(record, assigned, connection).items()
    }


def changes_of(decisions: Mapping[FieldName, Decision], names: Iterable[FieldName]) -> dict[FieldName, str | None]:
    """What a PATCH of these fields has to carry."""
    return {name: decisions[name].value for name in names if name in decisions and decisions[name].write}


def same(name: FieldName, one: str | None, other: str | None) -> bool:
    """Whether two readings of a field mean the same; a ship date is a calendar day."""
    if name is FieldName.SHIP_DATE:
        return (one or "")[:10] == (other or "")[:10]
    return normalised(one) == normalised(other)


def _decide(field: _Field) -> Decision:
    if field.wish.voided:
        return _after_void(field)
    if field.wish.value is None:
        return field.remember(field.past.outcome, field.wish.reason)
    if same(field.name, field.current, field.wish.value):
        return field.remember(Outcome.WRITTEN if field.past.touched else Outcome.UNCHANGED, field.wish.reason)
    if _must_wait(field):
        return field.remember(Outcome.WAITING, Reason.NOT_DELIVERED_YET)
    if _may_write(field):
        return field.write(field.wish.value)
    return field.remember(Outcome.KEPT, Reason.TYPED_BY_A_PERSON)


def _after_void(field: _Field) -> Decision:
    if not field.is_ours:
        outcome = Outcome.UNCHANGED if field.past.outcome is Outcome.WAITING else field.past.outcome
        return field.remember(outcome, None)
    if field.rule.on_void == "clear":
        return field.write(None)
    if field.rule.on_void == "restore" and field.past.touched:
        agrees = same(field.name, field.current, field.past.original)
        return field.remember(Outcome.WRITTEN, None) if agrees else field.write(field.past.original)
    return field.remember(field.past.outcome, Reason.VOIDED)


def _must_wait(field: _Field) -> bool:
    return isinstance(field.rule, ShipDateRule) and field.rule.when == "delivered" and not field.is_delivered


def _may_write(field: _Field) -> bool:
    if field.current is None:
        return True
    if field.rule.policy == "always":
        return not field.past.touched or not same(field.name, field.past.intended, field.wish.value)
    return field.rule.policy == "if_empty_or_ours" and field.is_ours
