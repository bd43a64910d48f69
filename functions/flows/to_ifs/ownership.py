"""Decides field by field whether we may write: whose value stands there, and what the field's policy says. Pure.

Ours is what we wrote and read back. Everything else is a person's, also when it equals our label.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from functions.connections.targets import AnyTarget, FieldRule, ShipDateRule, TrackingRule
from functions.flows.to_ifs.desired import DesiredValue, desired, joined, normalised
from functions.model.audit import FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import FieldMemory, RecordMemory
from functions.model.records import FieldName, Record
from functions.model.same_value import same


@dataclass(frozen=True)
class Decision:
    """`write`: `value` (None clears the field) is to be sent. `memory` is what to remember: once the write is done, or
    at once where there is none.
    """

    write: bool
    memory: FieldMemory
    value: str | None = None

    @property
    def extended(self) -> str | None:
        """Somebody else's text that the value keeps: before ours, or alone where ours is taken back."""
        if self.memory.extends:
            return self.memory.theirs
        return self.value if self.memory.ours is None else None


UNSEEN = FieldMemory(outcome=Outcome.SKIPPED)
CALLED_A_PERSONS = {Outcome.KEPT, Outcome.UNCHANGED}


@dataclass(frozen=True)
class FieldCase:
    """One field's whole case. `numbers` are the tracking numbers that our shipments explain. `is_reverted`: a
    person took ours back, and nothing has come since. `is_overwritten`: a person wants ours there, whatever is kept.
    """

    name: FieldName
    rule: FieldRule
    want: DesiredValue
    past: FieldMemory
    current: str | None
    is_delivered: bool = False
    numbers: frozenset[str] = frozenset()
    retries_parked: bool = True
    is_reverted: bool = False
    is_overwritten: bool = False

    @property
    def is_ours(self) -> bool:
        return self.current is not None and self.past.ours is not None and self.same(self.current, self.past.ours)

    def same(self, one: str | None, other: str | None) -> bool:
        return same(self.name, one, other)

    def leave(self, outcome: Outcome, reason: Reason | None) -> Decision:
        """Not written. What stands there and is not ours is remembered as somebody else's."""
        memory = self.past if self.is_ours else self.past.somebodys(self.current)
        return Decision(write=False, memory=memory.ended(outcome, reason))

    def write(self, value: str | None, reason: Reason | None, *, extends: bool = False) -> Decision:
        theirs = self.past.theirs if self.is_ours or self.current is None else self.current
        is_given_back = (extends or self.want.value is None) and value is not None and self.same(value, theirs)
        ours = FieldMemory(
            outcome=Outcome.WRITTEN,
            reason=reason,
            ours=None if is_given_back else value,
            theirs=theirs,
            tried=value,
            extends=extends and not is_given_back,
        )
        return Decision(write=True, memory=ours, value=value)


def decide(
    record: Record,
    memory: RecordMemory,
    target: AnyTarget,
    *,
    retries_parked: bool = True,
    is_replay: bool = False,
    overwrite: Collection[str] = (),
) -> dict[FieldName, Decision]:
    """Every configured field of the record, from all shipments placed on it. `retries_parked`: what IFS refused before
    is tried again though the value is the same. `is_replay`: a person asks, also for what a person took back.
    `overwrite` are the fields that are written where they would be kept.
    """
    live = {shipment.shipment for shipment in memory.shipments if shipment.is_live}
    numbers = frozenset(map(normalised, memory.numbers))
    return {
        name: own(
            FieldCase(
                name=name,
                rule=target.rules[name],
                want=want,
                past=past,
                current=record.values.get(name),
                is_delivered=record.is_delivered,
                numbers=numbers,
                retries_parked=retries_parked,
                is_reverted=not is_replay and past.is_reverted_for(live),
                is_overwritten=str(name) in overwrite,
            )
        )
        for name, want in _wanted(record, memory, target).items()
        for past in [memory.fields.get(target.rules[name].attribute, UNSEEN)]
    }


def _wanted(record: Record, memory: RecordMemory, target: AnyTarget) -> dict[FieldName, DesiredValue]:
    wanted, nothing = desired(memory.shipments, target, exists=record.exists), DesiredValue()
    # What IFS refused to make is asked of nobody once nothing is to be made.
    if not wanted:
        return dict.fromkeys(target.rules, nothing)
    status = target.rules.get(FieldName.STATUS)
    past = memory.fields.get(status.attribute) if status is not None else None
    # A record on which nothing of ours ever stood has no status of ours either.
    if memory.shipments or (past is not None and past.ours is not None):
        return wanted
    if past is not None:
        return {**wanted, FieldName.STATUS: nothing}
    return {name: each for name, each in wanted.items() if name is not FieldName.STATUS}


def changes_of(decisions: Mapping[FieldName, Decision], names: Iterable[FieldName]) -> dict[FieldName, str | None]:
    """What a write of these fields has to carry."""
    return {name: decisions[name].value for name in names if name in decisions and decisions[name].write}


def shown(
    record: Record, decisions: Mapping[FieldName, Decision], names: Iterable[FieldName], target: AnyTarget
) -> dict[str, FieldChange]:
    """What is to be written of these fields, with what stands there before and what IFS calls it."""
    return {
        str(name): FieldChange(
            before=record.values.get(name),
            after=value,
            attribute=target.rules[name].attribute,
            extended=decisions[name].extended,
        )
        for name, value in changes_of(decisions, names).items()
    }


def unexplained(record: Record, memory: RecordMemory, target: AnyTarget) -> dict[str, str]:
    """Values by attribute that nothing remembered explains: before one is first called a person's, the audit is asked.
    Once it was called that, the memory knows better.
    """
    unknown = _unknown(record, memory, target)
    return {attribute: value for attribute, value in unknown.items() if not _is_called_a_persons(memory, attribute)}


def changed_since(record: Record, memory: RecordMemory, target: AnyTarget) -> dict[str, str]:
    """Values by attribute of which it was called a person's what stood there when the memory was stored. A memory that
    was restored is older than the audit: what we wrote since then is ours.
    """
    unknown = _unknown(record, memory, target)
    return {attribute: value for attribute, value in unknown.items() if _is_called_a_persons(memory, attribute)}


def _unknown(record: Record, memory: RecordMemory, target: AnyTarget) -> dict[str, str]:
    """What was seen once is remembered, so that the audit is asked once: it costs a read for each record."""
    values = {name: record.values.get(name) for name in target.rules}
    pasts = {name: memory.fields.get(target.rules[name].attribute, UNSEEN) for name in target.rules}
    return {
        target.rules[name].attribute: value
        for name, value in values.items()
        if value is not None and not any(same(name, value, known) for known in (pasts[name].ours, pasts[name].theirs))
    }


def _is_called_a_persons(memory: RecordMemory, attribute: str) -> bool:
    return memory.fields.get(attribute, UNSEEN).outcome in CALLED_A_PERSONS


def own(case: FieldCase) -> Decision:
    """Whose value it is, and what follows."""
    if case.is_reverted and not case.is_overwritten:
        return case.leave(Outcome.KEPT, Reason.REVERTED)
    # Before the value is compared: what somebody else began belongs to what is wanted.
    case = _extended(case)
    decision = _decided(case)
    # Without this a value that IFS refuses is sent again by every look.
    if decision.write and _is_stuck(case, decision.value):
        return case.leave(Outcome.PARKED, case.past.reason)
    if case.want.value is not None and _must_wait(case):
        return case.leave(Outcome.WAITING, Reason.NOT_DELIVERED_YET)  # IFS writes a date of its own by then
    return decision


def _decided(case: FieldCase) -> Decision:
    if case.want.value is None:
        return _take_back(case)
    return _agreed(case) if case.same(case.current, case.want.value) else _by_policy(case)


def _agreed(case: FieldCase) -> Decision:
    return case.leave(Outcome.WRITTEN if case.is_ours else Outcome.UNCHANGED, case.want.reason)


def _must_wait(case: FieldCase) -> bool:
    return isinstance(case.rule, ShipDateRule) and case.rule.when == "delivered" and not case.is_delivered


def _by_policy(case: FieldCase) -> Decision:
    decision = _permitted(case)
    if case.is_overwritten and not decision.write:
        return case.write(case.want.value, case.want.reason)
    return decision


def _permitted(case: FieldCase) -> Decision:
    value, reason = case.want.value, case.want.reason
    if case.current is None:
        return case.write(value, reason)
    # Not even our own value is written over: a file that wants that says `if_empty_or_ours`.
    if case.rule.policy == "if_empty":
        return case.leave(Outcome.KEPT, Reason.NOT_EMPTY if case.is_ours else Reason.TYPED_BY_A_PERSON)
    if case.is_ours:
        return case.write(value, reason, extends=case.past.extends)
    if _explains(case):
        return case.write(value, reason, extends=True)
    # Whoever types over it again has the last word until we want something else; else two writers take turns forever.
    if case.rule.policy == "always" and _is_untried(case):
        return case.write(value, reason)
    return case.leave(Outcome.KEPT, Reason.TYPED_BY_A_PERSON)


def _is_untried(case: FieldCase) -> bool:
    """Another's value is written over once per desired value; one that was refused may be asked for again."""
    return case.past.is_refused or not case.same(case.past.tried, case.want.value)


def _is_stuck(case: FieldCase, value: str | None) -> bool:
    """IFS refused this very value, or to let go of ours; only a person or something new asks again."""
    return case.past.is_refused and not case.retries_parked and case.same(case.past.tried, value)


def _extended(case: FieldCase) -> FieldCase:
    """What somebody else began stays, and our numbers are appended; taking ours back leaves it."""
    rule = case.rule
    # Ours is what we appended: only what stood there before may be the beginning of the next value.
    base = case.past.theirs if case.is_ours and case.past.extends else case.current if _explains(case) else None
    if base is None or not isinstance(rule, TrackingRule):
        return case
    value, reason = _appended(base, case.want.numbers, rule)
    return replace(case, want=replace(case.want, value=value, reason=reason))


def _appended(base: str, numbers: Sequence[str], rule: TrackingRule) -> tuple[str | None, Reason | None]:
    """What somebody else began stays whole, also where the file leaves no room for it as we would spell it."""
    theirs = _numbers_in(base, rule)
    known = set(map(normalised, theirs))
    if known.issuperset(map(normalised, numbers)):
        return base, None
    value, reason = joined([*theirs, *numbers], rule)
    is_whole = known.issubset(map(normalised, _numbers_in(value or "", rule)))
    return (value, reason) if is_whole else (base, Reason.TRACKING_DID_NOT_FIT)


def _explains(case: FieldCase) -> bool:
    """We never wrote the field, and every number in it is one of our shipments'."""
    rule = case.rule
    if not isinstance(rule, TrackingRule) or rule.parcels != "join" or rule.policy == "if_empty":
        return False
    # Once we wrote there, what stands there is judged as ours or a person's, not as a beginning.
    if case.current is None or case.past.tried is not None or not case.want.numbers:
        return False
    return all(normalised(token) in case.numbers for token in _numbers_in(case.current, rule))


def _numbers_in(text: str, rule: TrackingRule) -> list[str]:
    """The tracking numbers of a field, with or without the spaces around the separator."""
    return [token.strip() for token in text.split(rule.separator.strip() or None)]


def _take_back(case: FieldCase) -> Decision:
    """No live label gives a value: ours leaves as the field's policy says, anybody else's stays."""
    reason = case.want.reason or Reason.VOIDED
    if case.current is None:
        return case.leave(Outcome.UNCHANGED, case.want.reason)
    if not case.is_ours:
        return _somebodys(case, case.current)
    if case.rule.on_void == "flag":
        return case.leave(Outcome.KEPT, reason)
    # Clearing a forwarder that was there before us would make the order worse than we found it.
    back = case.past.theirs if case.rule.on_void == "restore" else None
    if case.same(case.current, back):
        return case.leave(Outcome.UNCHANGED, case.want.reason)
    return case.write(back, case.want.reason)


def _somebodys(case: FieldCase, current: str) -> Decision:
    """It was never ours. Where it is our label's number all the same, a person has to judge."""
    tokens = _numbers_in(current, case.rule) if isinstance(case.rule, TrackingRule) else []
    is_our_number = bool(tokens) and all(normalised(token) in case.numbers for token in tokens)
    if is_our_number and not case.want.reason:
        return case.leave(Outcome.KEPT, Reason.VOIDED)
    return case.leave(Outcome.UNCHANGED, case.want.reason)
