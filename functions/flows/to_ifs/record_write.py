"""Writes one IFS record until it agrees: intent recorded, PATCH under its ETag, answer verified, result recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from functions.connections.connection import Connection
from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable
from functions.flows.to_ifs.audit_trail import Attempt, Audit, Journal
from functions.flows.to_ifs.ownership import Decision, changes_of, decide, same
from functions.flows.to_ifs.state_action import Acting, Actor
from functions.model.audit import AuditEntry, Cause, FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.records import Conflict, FieldName, Record, Written
from functions.model.shipment import OrderKey, Shipment
from functions.model.state import FieldState, TargetState

CONFLICT_ATTEMPTS = 5

# IFS refuses a whole PATCH for one of its values: each field is then tried alone, so that the others are stored.
FIELDS_OWN_FAULTS = {Reason.REFUSED_BY_IFS, Reason.UNKNOWN_IN_IFS, Reason.VALUE_REFUSED, Reason.IFS_CONFIGURATION}


class Records(Actor, Protocol):
    """The calls to IFS that one record needs. Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    def read(self, keys: Sequence[str]) -> dict[str, Record]:
        """Fresh readings by record key, batched; records that no longer exist are left out."""

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """Exactly these fields, under the ETag of `record`; a record that does not exist is made."""


@dataclass(frozen=True)
class Tools:
    """What a settlement works with. `pause` waits before try n of a conflict; `now` is a UTC clock."""

    connection: Connection
    ifs: Records
    audit: Audit
    now: Callable[[], datetime]
    pause: Callable[[int], None]


@dataclass(frozen=True)
class _Try:
    """One PATCH: the fields it is about, what it changes, and the reading it is based on."""

    number: int
    names: tuple[FieldName, ...]
    decisions: Mapping[FieldName, Decision]
    changes: Mapping[FieldName, str | None]
    before: Record
    started: datetime

    def has_landed(self, after: Record) -> bool:
        return not self.dropped(after)

    def dropped(self, after: Record) -> list[FieldName]:
        return [name for name, value in self.changes.items() if not same(name, after.values.get(name), value)]


@dataclass
class Settlement:
    """One record on its way to agreement. `planned` limits the writes to what a replay plan showed; `revives` says that
    something new or a person asks, so that what was parked is tried again.
    """

    tools: Tools
    order: OrderKey
    cause: Cause
    record: Record
    assigned: Sequence[Shipment]
    known: Sequence[Shipment]
    memory: TargetState
    revives: bool = True
    planned: Mapping[str, FieldChange] | None = None
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        tools = self.tools
        self.journal = Journal(tools.audit, self.order, self.cause, tools.connection.mapping_version, tools.now)

    def run(self) -> TargetState:
        """The record's state to remember. IFS faults end in the fields' outcomes; only the ledger's own raise."""
        self._recover()
        for names in self.tools.connection.ifs.target_of(self.record.key).patches:
            open_ones = tuple(name for name in names if self.revives or not self._is_parked(name))
            if open_ones:
                self._settle(open_ones)
        self._act()
        return self.memory.model_copy(update={"etag": self.record.etag})

    def _act(self) -> None:
        """A person's plan writes what it showed and nothing else."""
        action = getattr(self.tools.connection.ifs.target_of(self.record.key), "state_action", None)
        if action is not None and self.tools.connection.mode == "write" and self.planned is None:
            acting = Acting(action, self.tools.ifs, self.journal, self.record, self.assigned, self.revives)
            self.memory = acting.run(self.memory)

    def put_off(self, reason: Reason) -> TargetState:
        """Nothing is read or written now; every field is to be tried again."""
        self._fail(self.tools.connection.ifs.target_of(self.record.key).rules, Outcome.RETRY, reason)
        return self.memory

    def _is_parked(self, name: FieldName) -> bool:
        return self.memory.fields.get(name, _UNKNOWN).outcome is Outcome.PARKED

    def _settle(self, names: tuple[FieldName, ...]) -> None:
        try:
            for number in range(1, CONFLICT_ATTEMPTS + 1):
                if self._is_done(self._try(number, names)):
                    return
                self.tools.pause(number)
                self._reread()
            self._fail(names, Outcome.RETRY, Reason.CONFLICTS)
        except Retryable as fault:
            self._fail(names, Outcome.RETRY, fault.reason)
        except Permanent as fault:
            self._refused(names, fault)

    def _refused(self, names: tuple[FieldName, ...], fault: Permanent) -> None:
        decisions = self._decide()
        concerned = tuple(changes_of(decisions, names))
        if len(concerned) > 1 and fault.reason in FIELDS_OWN_FAULTS and self.record.exists:
            for name in names:
                self._settle((name,))
        else:
            self._remember({name: decisions[name].state for name in set(names) - set(concerned)})
            self._fail(concerned or names, Outcome.PARKED, fault.reason)

    def _try(self, number: int, names: tuple[FieldName, ...]) -> _Try:
        decisions = self._decide()
        return _Try(number, names, decisions, changes_of(decisions, names), self.record, self.tools.now())

    def _is_done(self, this: _Try) -> bool:
        """False when somebody else wrote in between: read again, decide again."""
        if not this.changes:
            self._remember({name: d.state for name, d in this.decisions.items() if name in this.names})
            return True
        if self.tools.connection.mode != "write":
            self._rehearse(this)
            return True
        if self.planned is not None and _as_changes(this) != self.planned_for(this.changes):
            self._fail(this.names, Outcome.PARKED, Reason.PLAN_OUTDATED)
            return True
        return self._write(this)

    def planned_for(self, names: Iterable[FieldName]) -> dict[str, FieldChange]:
        """What the plan showed for these fields. One that agrees by now needs no write, and outdates nothing."""
        planned = self.planned or {}
        return {name: planned[name] for name in names if name in planned}

    def _write(self, this: _Try) -> bool:
        self.journal.intend(self._attempt(this), self.assigned)
        try:
            answer = self.tools.ifs.write(this.before, this.changes)
        except OutcomeUnknown as fault:
            return self._after_lost_answer(this, fault)
        except ConnectorError as fault:
            outcome = Outcome.RETRY if isinstance(fault, Retryable) else Outcome.PARKED
            self._end(this, outcome, fault.reason, detail=str(fault))
            raise
        if isinstance(answer, Conflict):
            self._end(this, Outcome.RETRY, Reason.CONFLICTS, http_status=answer.http_status)
            return False
        self._accept(this, answer)
        return True

    def _after_lost_answer(self, this: _Try, fault: OutcomeUnknown) -> bool:
        try:
            self._reread()
        except ConnectorError:
            self._end(this, Outcome.RETRY, fault.reason)
            raise
        if this.has_landed(self.record):
            self._accept(this, Written(http_status=0, record=self.record))
            return True
        self._end(this, Outcome.RETRY, fault.reason)
        return False

    def _accept(self, this: _Try, answer: Written) -> None:
        """IFS answers 200 for attributes it silently drops: only what can be read back counts as written."""
        if answer.record is None:
            self._reread()
        else:
            self.record = answer.record
        dropped = this.dropped(self.record)
        self._remember({name: this.decisions[name].state for name in this.names if name in this.decisions})
        self._fail(dropped, Outcome.PARKED, Reason.NOT_STORED)
        outcome, reason = (Outcome.PARKED, Reason.NOT_STORED) if dropped else (Outcome.WRITTEN, None)
        landed = {} if dropped else {"etag_after": self.record.etag}
        self._end(this, outcome, reason, http_status=answer.http_status or None, **landed)

    def _rehearse(self, this: _Try) -> None:
        """Shadow mode: everything but the write, audited once per proposal."""
        proposed = {name: d.state for name, d in this.decisions.items() if name in this.names}
        for name, value in this.changes.items():
            proposed[name] = FieldState(outcome=Outcome.WOULD_WRITE, reason=proposed[name].reason, intended=value)
        if any(self.memory.fields.get(name) != proposed[name] for name in this.changes):
            self._end(this, Outcome.WOULD_WRITE)
        self._remember(proposed)

    def _recover(self) -> None:
        """A run that died after its PATCH left only the intent: take the value before from there, close the story."""
        agreed = self._agreed_without_memory()
        if not agreed:
            return
        today = self.tools.now().date()
        for entry in self.tools.audit.story(self.order, (today - timedelta(days=1), today)):
            if entry.kind == "intent" and entry.target == self.record.key:
                self._adopt(entry, agreed)

    def _adopt(self, intent: AuditEntry, agreed: set[FieldName]) -> None:
        changes = {FieldName(name): change for name, change in intent.changes.items() if name in agreed}
        ours = {n: c for n, c in changes.items() if same(n, c.after, self.record.values.get(n))}
        if not ours or any(self.memory.fields.get(name, _UNKNOWN).touched for name in ours):
            return
        self._remember(
            {
                name: FieldState(outcome=Outcome.WRITTEN, touched=True, intended=change.after, original=change.before)
                for name, change in ours.items()
            }
        )
        closing = {"kind": "result", "at": self.tools.now(), "outcome": Outcome.WRITTEN, "etag_after": self.record.etag}
        self.journal.keep(intent.model_copy(update={**closing, "cause": self.cause}))

    def _agreed_without_memory(self) -> set[FieldName]:
        fresh = {name: d for name, d in self._decide().items() if not self.memory.fields.get(name, _UNKNOWN).touched}
        return {
            name
            for name, decision in fresh.items()
            if decision.state.outcome is Outcome.UNCHANGED and self.record.values.get(name) is not None
        }

    def _decide(self) -> dict[FieldName, Decision]:
        return decide(self.record, self.assigned, self.known, self.memory, self.tools.connection)

    def _reread(self) -> None:
        records = self.tools.ifs.read([self.record.key])
        if self.record.key not in records:
            raise Retryable(Reason.NOT_IN_IFS_YET, f"{self.record.key} is gone; look for the order again")
        self.record = records[self.record.key]

    def _fail(self, names: Iterable[FieldName], outcome: Outcome, reason: Reason) -> None:
        failed = {"outcome": outcome, "reason": reason}
        self._remember({n: self.memory.fields.get(n, _UNKNOWN).model_copy(update=failed) for n in names})

    def _remember(self, fields: Mapping[FieldName, FieldState]) -> None:
        self.memory = self.memory.model_copy(update={"fields": {**self.memory.fields, **fields}})

    def _attempt(self, this: _Try) -> Attempt:
        return Attempt(this.number, dict(_as_changes(this)), this.before, this.started)

    def _end(self, this: _Try, outcome: Outcome, reason: Reason | None = None, **told: object) -> None:
        self.journal.end(self._attempt(this), self.assigned, outcome, reason, **told)


_UNKNOWN = FieldState(outcome=Outcome.SKIPPED)


def _as_changes(this: _Try) -> dict[str, FieldChange]:
    return {n: FieldChange(before=this.before.values.get(n), after=value) for n, value in this.changes.items()}
