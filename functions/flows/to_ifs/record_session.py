"""One record while it is being written: its reading, its memory, and how both are kept in step with the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from functions.errors import ConnectorError, Scope
from functions.flows.to_ifs.audit_trail import Audit, Ending, Journal
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.flows.to_ifs.lookup import RecordMemories, Search, explained
from functions.flows.to_ifs.ownership import UNSEEN
from functions.flows.to_ifs.proposal import RecordProposal
from functions.model.audit import Cause, FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import FieldMemory, OpenIntent, RecordMemory
from functions.model.records import Conflict, FieldName, Record, Written
from functions.model.shipment import OrderKey

Kind = Literal["patch", "post", "action"]


class Records(Search, Protocol):
    """The calls to IFS that one record needs. Raises Retryable, OutcomeUnknown (writes only) or Permanent."""

    def reread(self, record: Record) -> Record | None:
        """By its key, with the tag that a write checks; None where it is not there."""

    def write(self, record: Record, changes: Mapping[FieldName, str | None]) -> Written | Conflict:
        """Exactly these fields, under the ETag of `record`; a record that does not exist is made."""

    def act(self, record: Record, action: str) -> Written | Conflict:
        """Calls a bound action under the ETag of `record`."""


@dataclass(frozen=True)
class Tools:
    """What a write works with. `pause` waits before try n of a conflict; `now` is a UTC clock; `has_time` says whether
    another request may be begun. A probe is sent although the tenant's circuit is open.
    """

    ifs: Records
    memories: RecordMemories
    audit: Audit
    breaker: Breaker
    now: Callable[[], datetime]
    pause: Callable[[int], None]
    has_time: Callable[[], bool]
    is_probe: bool = False

    def reread(self, record: Record) -> Record | None:
        """As IFS does; of a fault the circuit breaker hears."""
        try:
            return self.ifs.reread(record)
        except ConnectorError as fault:
            self.breaker.failed(fault, "search", f"{record.key}")
            raise


class PutOff(Exception):
    """Nothing more can be done now, and no look before `until` is of use. `is_open`: whether the write arrived is not
    known yet, and its intent stays.
    """

    def __init__(self, reason: Reason, until: datetime | None = None, *, is_open: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.until, self.is_open = reason, until, is_open


class Moved(Exception):
    """Somebody else changed what is remembered of the record."""


class RecordSession:
    """`memory` is what will be stored, `saved` what the ledger holds. `is_writing`: an intent of this run is open."""

    def __init__(self, tools: Tools, proposal: RecordProposal, order: OrderKey, cause: Cause) -> None:
        self.tools, self.order = tools, order
        self.journal = Journal(tools.audit, order, cause, proposal.view.mapping_version)
        self.begin(proposal)

    def begin(self, proposal: RecordProposal) -> None:
        self.proposal, self.target = proposal, proposal.target
        self.record, self.saved, self.memory = proposal.record, proposal.stored, proposal.memory
        self.is_writing = False

    def begin_again(self) -> None:
        """On what somebody else stored, and on a reading that is newer than that."""
        key = self.record.key
        # The memory first: a reading that is older than it would call a person's what another consumer has just
        # written.
        stored = self.tools.memories.load(self.saved.connection, [key])[key]
        record = self.asked_again() or self.record
        known, _ = explained(stored, record, self.target, self.tools.audit)
        self.begin(self.proposal.rebased(record, stored, known))

    # --- reading

    def asked_again(self) -> Record | None:
        try:
            return self.tools.reread(self.record)
        except ConnectorError as fault:
            raise PutOff(fault.reason) from fault

    def look_again(self) -> bool:
        """False where IFS says that the row is there, and shows none of this shipment and order."""
        record = self.asked_again()
        # One look that does not see a record forgets nothing.
        if record is None and self.record.exists:
            raise PutOff(Reason.NOT_IN_IFS_YET)
        if record is None:
            return False
        self.record = record
        self.memory, _ = explained(self.memory, record, self.target, self.tools.audit)
        return True

    # --- what is remembered

    def past(self, name: FieldName) -> FieldMemory:
        return self.memory.fields.get(self.target.rules[name].attribute, UNSEEN)

    def remember(self, fields: Mapping[FieldName, FieldMemory]) -> None:
        named = {self.target.rules[name].attribute: memory for name, memory in fields.items()}
        self.memory = self.memory.remembering(named) if named else self.memory

    def end(self, names: Iterable[FieldName], outcome: Outcome, reason: Reason) -> None:
        self.remember({name: self.past(name).ended(outcome, reason) for name in names})

    # --- what is kept

    def intend(self, kind: Kind, changes: Mapping[str, FieldChange]) -> str:
        """Stores the intent before anything is sent; the key that its audit entry will have."""
        refusal = self.tools.breaker.refusal(is_probe=self.tools.is_probe)
        now = self.tools.now()
        if refusal is not None:
            wait = refusal.retry_after_seconds
            # Before the intent: an intent that is stored and never sent would hold the record for a lease.
            raise PutOff(refusal.reason, now + timedelta(seconds=wait) if wait else None)
        # A write that is cut off by the end of the Lambda has an unknown outcome; one that is not begun has none.
        if not self.tools.has_time():
            raise PutOff(Reason.OUT_OF_TIME)
        key, by = self.tools.audit.new_key(now), self.order.reference
        # Should this run die, whoever ends the write still says in the audit who asked for it.
        asked = self.journal.cause if self.journal.cause.by is not None else None
        intent = OpenIntent(
            kind=kind, audit_key=key, at=now, by=by, changes=dict(changes), etag=self.record.etag, cause=asked
        )
        self._save(self.memory.intending(intent))
        self.is_writing = True
        return key

    def found(self, intent: OpenIntent) -> None:
        """Where a clock far ahead dated it, its lease counts from now on. It keeps its audit key: whoever wrote it and
        is merely slow finds it again, and what the audit says of it is obeyed.
        """
        if intent == self.saved.intent:
            return
        saved = self.saved.finding(intent)
        if not self.tools.memories.save(saved):
            raise Moved
        self.saved = saved.stored()

    def carried_out(self) -> None:
        """A person can ask how far a plan is. What a revert or an overwrite could not write for a passing fault is
        still to be written: nobody but its plan asks for it again.
        """
        plan_id = self.proposal.plan_id
        if plan_id is not None and not (self.proposal.is_of_its_plan_alone and self._has_to_try_again()):
            self.memory = self.memory.carried_out(plan_id)

    def _has_to_try_again(self) -> bool:
        decisions = self.proposal.decisions(self.record, self.memory)
        return any(each.write and self.past(name).outcome is Outcome.RETRY for name, each in decisions.items())

    def conclude(self) -> None:
        """Unchanged, it costs nothing."""
        if self.memory != self.proposal.stored:
            self._save(self.memory.concluded(self.tools.now()))
            self.is_writing = False

    def _save(self, memory: RecordMemory) -> None:
        # Orders whose outcome changes with this save are named in the same item: no crash can lose that they must hear
        # of it.
        memory = memory.telling(self.saved, self.proposal.entries)
        if not self.tools.memories.save(memory):
            raise Moved
        self.saved = self.memory = memory.stored()

    def heard(self, fault: ConnectorError) -> None:
        self.tools.breaker.failed(fault, "write", f"{self.record.key}")
        # From the first fault on: how long this record alone has failed decides whether it is its own.
        if fault.scope is Scope.UNCLEAR and self.memory.failing_since is None:
            self.memory = self.memory.failing(self.tools.now())

    def served(self) -> None:
        self.tools.breaker.served("write")
        self.memory = self.memory.failing(None) if self.memory.failing_since else self.memory

    def write_down(
        self,
        key: str,
        before: Record,
        changes: Mapping[str, FieldChange],
        ending: Ending,
        *,
        started: datetime,
        attempt: int = 1,
        action: str | None = None,
    ) -> None:
        now = self.tools.now()
        entry = self.journal.entry(
            self.memory, before, changes, ending, at=now, started=started, attempt=attempt, action=action
        )
        self.tools.audit.put(key, entry)
        if ending.outcome is Outcome.WRITTEN:
            self.memory = self.memory.written_with(entry.mapping_version)
