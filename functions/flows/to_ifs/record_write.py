"""Writes one IFS record until it agrees with its proposal, or says why not.

    order item     record item          IFS                 audit            record item      order item
    ──────────     ───────────          ───                 ─────            ───────────      ──────────
    names the ───▶ open intent ───────▶ PATCH If-Match ───▶ one entry ─────▶ result ────────▶ saved last
    record once    (revision r → r+1)                       (key of intent)  (r+1 → r+2)

    died in between: whoever finds the intent waits three minutes, then does what is missing
    ├─ the entry stands          its outcome is taken over
    ├─ the value stands in IFS   written
    ├─ the tag is the old one    it never happened
    └─ neither                   outcome_unknown: should it be found later, the audit says whose it is

The lease keeps two consumers apart, the revision notices the one that was slower, the ETag a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Scope
from functions.flows.to_ifs.audit_trail import Ending
from functions.flows.to_ifs.ended_write import STATE, is_for_one_of
from functions.flows.to_ifs.ownership import Decision, changes_of, shown
from functions.flows.to_ifs.proposal import RecordProposal, missing
from functions.flows.to_ifs.record_session import Moved, PutOff, RecordSession, Tools
from functions.flows.to_ifs.state_action import act
from functions.flows.to_ifs.unfinished_write import finish, take_over
from functions.model.audit import AuditEntry, Cause, FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import LEASE, POST_AGAIN, RecordMemory
from functions.model.records import Conflict, FieldName, Record, Written
from functions.model.same_value import same
from functions.model.shipment import OrderKey
from functions.model.state import FieldOutcome

CONFLICT_ATTEMPTS = 5  # somebody who saves a record over and over is waited for by the next look
SAVE_ATTEMPTS = 3  # lost to other consumers of the same record; then its orders look anew
OWN_FAULT = timedelta(hours=1)  # a fault without a cause is the record's own after it


@dataclass(frozen=True)
class RecordResult:
    """How every field ended. `hindrance`: nothing could be decided, and `until` no look is of use; `is_lost`: because a
    write had no answer. `is_stored`: the memory stands in the ledger. `shown` is what shadow mode proposes.
    """

    memory: RecordMemory
    record: Record
    fields: Mapping[str, FieldOutcome]
    hindrance: Reason | None = None
    until: datetime | None = None
    is_lost: bool = False
    is_stored: bool = True
    shown: Mapping[str, FieldChange] = field(default_factory=dict)

    @property
    def is_decided(self) -> bool:
        """Nothing of it is tried again as it is."""
        return self.hindrance is None and all(each.outcome is not Outcome.RETRY for each in self.fields.values())


@dataclass(frozen=True)
class _Try:
    """One write: the fields it is about, what it changes, and the reading it is based on."""

    number: int
    decisions: Mapping[FieldName, Decision]
    changes: Mapping[FieldName, str | None]
    before: Record
    started: datetime

    @property
    def has_no_tag(self) -> bool:
        return self.before.exists and not self.before.etag

    @property
    def returning(self) -> list[FieldName]:
        """Whose value of before is given back."""
        return [name for name in self.changes if self.decisions[name].memory.ours is None]

    def is_as_before(self, name: FieldName, after: Record) -> bool:
        return same(name, after.values.get(name), self.before.values.get(name))

    def differing(self, after: Record) -> list[FieldName]:
        return [name for name, value in self.changes.items() if not same(name, after.values.get(name), value)]


class RecordWrite:
    """One record on its way to agreement, for `order` as the cause. IFS faults end in the fields' outcomes; only the
    ledger's own raise.
    """

    def __init__(self, tools: Tools, proposal: RecordProposal, order: OrderKey, cause: Cause) -> None:
        self.tools = tools
        self.session = RecordSession(tools, proposal, order, cause)

    def run(self) -> RecordResult:
        for attempt in range(SAVE_ATTEMPTS):
            try:
                if attempt:
                    self.session.begin_again()
                self._run()
            except PutOff as put_off:
                return self._put_off(put_off)
            except Moved:
                # What an earlier version remembered is brought by the order: a fresh look at the order has to bring it
                # again.
                if self.session.proposal.takes_over:
                    break
            except Permanent as fault:
                # The ledger's own troubles end the order's look, not the record: nothing was decided about it.
                if fault.reason is not Reason.ORDER_TOO_LARGE:
                    raise
                return self._result(fault.reason)
            else:
                return self._result()
        return self._result(Reason.RECORD_SHARED)

    def show(self) -> RecordResult:
        """Shadow mode: everything but the write."""
        session = self.session
        try:
            self._finish_first()
        except PutOff as put_off:
            return self._result(put_off.reason, put_off.until)
        decisions = session.proposal.decisions(session.record, session.memory)
        changes = shown(session.record, decisions, decisions, session.target)
        fields = {str(name): _shown_outcome(decision) for name, decision in decisions.items()}
        return RecordResult(session.memory, session.record, fields, shown=changes)

    def shown_entry(self, changes: Mapping[str, FieldChange]) -> AuditEntry:
        """What shadow mode says once."""
        session, ending = self.session, Ending(Outcome.WOULD_WRITE)
        return session.journal.entry(session.memory, session.record, changes, ending, at=self.tools.now())

    def _finish_first(self) -> None:
        """What a pilot, or an order in another mode, left behind is brought to an end in shadow mode too."""
        session, intent = self.session, self.session.saved.intent
        if intent is not None:
            until = finish(session.saved, session.proposal.view, session.order, self.tools, session.journal.cause)
            if until is not None:
                raise PutOff(intent.reason_to_wait([session.order]), until)
            session.begin_again()
        if session.proposal.hindrance is not None:
            raise PutOff(session.proposal.hindrance)

    def _run(self) -> None:
        session = self.session
        # A pause holds even what a run before it left open: nothing is sent to a site that rests.
        if session.proposal.rests is not None:
            raise PutOff(session.proposal.rests)
        take_over(session)
        reason = missing(session.record, session.memory)
        if reason is not None:
            raise PutOff(reason)
        # What IFS refuses together with one field must not cost the others: each patch ends by itself.
        for names in session.target.patches:
            self._agree(names)
        # Last: a state action may lock the fields.
        act(session)
        session.carried_out()
        session.conclude()

    def _put_off(self, put_off: PutOff) -> RecordResult:
        """What was written before is recorded, unless nobody knows yet how it ended."""
        try:
            # An open intent that is closed here would let the next run write a second time what may still arrive.
            if self.session.is_writing and not put_off.is_open:
                self.session.conclude()
        except Moved:
            return self._result(Reason.RECORD_SHARED)
        return replace(self._result(put_off.reason, put_off.until), is_lost=put_off.is_open)

    def _agree(self, names: tuple[FieldName, ...]) -> None:
        for number in range(1, CONFLICT_ATTEMPTS + 1):
            attempt = self._tried(number, names)
            # Decided anew in each round: after a conflict somebody else may have made the write needless, or not ours
            # to make.
            if not attempt.changes or self._is_outdated(attempt):
                return
            if attempt.has_no_tag:
                self.session.look_again()  # a list that carries none
            elif self._is_written(attempt) or not self._is_there(attempt):
                return
        self.session.end(names, Outcome.RETRY, Reason.CONFLICTS)

    def _tried(self, number: int, names: tuple[FieldName, ...]) -> _Try:
        """What is to be sent; what is decided without a write is remembered."""
        session = self.session
        decisions = session.proposal.decisions(session.record, session.memory)
        changes = changes_of(decisions, names)
        left = [name for name in names if name in decisions and name not in changes]
        session.remember({name: decisions[name].memory for name in left})
        session.remember({name: session.past(name).seeing(name, session.record.values.get(name)) for name in changes})
        return _Try(number, decisions, changes, session.record, self.tools.now())

    def _is_there(self, attempt: _Try) -> bool:
        """After a conflict. False where IFS says that the row is there, and shows none of this shipment and order."""
        session = self.session
        self.tools.pause(attempt.number)
        if session.look_again():
            return True
        session.remember({n: session.past(n).refused(v, Reason.ROW_EXISTS) for n, v in attempt.changes.items()})
        return False

    def _is_outdated(self, attempt: _Try) -> bool:
        """A person's plan writes what it showed and nothing else. What agrees by now needs no write."""
        planned = self.session.proposal.planned
        if planned is None:
            return False
        wanted = self._changes(attempt)
        told = {
            name: change for name, change in planned.items() if name in wanted and change.is_of(wanted[name].attribute)
        }
        if {n: each.values for n, each in told.items()} == {n: each.values for n, each in wanted.items()}:
            return False
        self.session.end(attempt.changes, Outcome.PARKED, Reason.PLAN_OUTDATED)
        return True

    def _is_written(self, attempt: _Try) -> bool:
        """False when somebody else wrote in between: read again, decide again."""
        session = self.session
        # Intent, write, audit entry, result: a crash between any two leaves enough to tell which of them happened.
        key = session.intend("patch" if session.record.exists else "post", self._changes(attempt))
        try:
            answer = self.tools.ifs.write(attempt.before.giving_back(attempt.returning), attempt.changes)
        except OutcomeUnknown as fault:
            session.heard(fault)
            self._after_lost_answer(attempt, key, fault)
            return True
        except ConnectorError as fault:
            session.heard(fault)
            self._refused(attempt, key, fault)
            return True
        # A conflict is an answer of IFS as well: the tenant is not out.
        session.served()
        if isinstance(answer, Conflict):
            conflict = Ending(Outcome.RETRY, Reason.CONFLICTS, tuple(attempt.changes), http_status=answer.http_status)
            self._write_down(attempt, key, conflict)
            return False
        self._accepted(attempt, key, answer)
        return True

    def _accepted(self, attempt: _Try, key: str, answer: Written) -> None:
        """IFS answers 200 for attributes it silently drops: only what can be read back counts as written."""
        # A PATCH answers with the row or with nothing, as the projection is built.
        after = answer.record
        if after is None:
            try:
                after = self.tools.reread(attempt.before)
            except ConnectorError as fault:
                raise PutOff(fault.reason, self._lease_end(), is_open=True) from fault
        if after is None:
            raise PutOff(Reason.OUTCOME_UNKNOWN, self._lease_end(), is_open=True)
        self._read_back(attempt, key, answer, after)

    def _read_back(self, attempt: _Try, key: str, answer: Written, after: Record) -> None:
        """A value that differs under the tag that our write made was dropped; a new one under another tag, somebody
        typed.
        """
        self.session.record = after
        differing = attempt.differing(after)
        # The tag in the answer is that of our own write; a reading under another one shows somebody's later write.
        is_overtaken = answer.record is None and answer.etag is not None and answer.etag != after.etag
        self.session.remember({n: attempt.decisions[n].memory for n in attempt.changes if n not in differing})
        # A proxy that changes the form of tags makes every answer look so: what stands as before was typed by nobody.
        typed = [name for name in differing if is_overtaken and not attempt.is_as_before(name, after)]
        dropped = [name for name in differing if name not in typed]
        self._typed_over(typed, attempt, after)
        self._dropped(dropped, attempt, answer.made(after, attempt.before))
        self._write_down(attempt, key, _ending(attempt, dropped, answer, after))

    def _typed_over(self, names: Iterable[FieldName], attempt: _Try, after: Record) -> None:
        for name in names:
            theirs = self.session.past(name).overtaken(attempt.changes[name], after.values.get(name))
            self.session.remember({name: theirs.ended(Outcome.KEPT, Reason.TYPED_BY_A_PERSON)})

    def _dropped(self, names: Iterable[FieldName], attempt: _Try, made: Record) -> None:
        """`made` is what is known to have come of our write: what IFS made of ours is ours too."""
        for name in names:
            dropped = self.session.past(name).refused(attempt.changes[name], Reason.NOT_STORED)
            is_made = not attempt.is_as_before(name, made) and not attempt.decisions[name].memory.extends
            self.session.remember({name: dropped.holding(made.values.get(name)) if is_made else dropped})

    def _after_lost_answer(self, attempt: _Try, key: str, fault: OutcomeUnknown) -> None:
        """What stands is written. What does not may still arrive: its intent stays until its lease ends."""
        if self._stands(attempt, key):
            return
        # A row may appear long after its request: to ask for it again too soon would make a second one.
        until = self._lease_end() if attempt.before.exists else self.tools.now() + POST_AGAIN
        raise PutOff(fault.reason, until, is_open=True)

    def _stands(self, attempt: _Try, key: str) -> bool:
        """Whether IFS shows what was sent; it is written then."""
        try:
            after = self.tools.ifs.reread(attempt.before)
        except ConnectorError:
            return False
        if after is None or attempt.differing(after):
            return False
        # No answer told it, so that the audit names no status.
        self._read_back(attempt, key, Written(http_status=0, record=after), after)
        return True

    def _lease_end(self) -> datetime:
        return self.tools.now() + LEASE

    def _refused(self, attempt: _Try, key: str, fault: ConnectorError) -> None:
        # A failure whose cause IFS does not tell may have come behind its commit.
        is_told = isinstance(fault, Permanent) or fault.scope is not Scope.UNCLEAR
        if not is_told and self._stands(attempt, key):
            return
        session, fault = self.session, self._judged(fault)
        is_final = isinstance(fault, Permanent)
        self._write_down(attempt, key, _refusal(attempt, fault))
        if not is_final:
            session.end(attempt.changes, Outcome.RETRY, fault.reason)
        # IFS does not say which value it means: alone, each of them answers that.
        elif is_for_one_of(attempt.changes, fault.reason):
            for name in attempt.changes:
                self._agree((name,))
        else:
            session.remember({n: session.past(n).refused(v, fault.reason) for n, v in attempt.changes.items()})

    def _judged(self, fault: ConnectorError) -> ConnectorError:
        """An unknown 5xx passes at first, and is the record's own after it alone has failed for an hour."""
        since = self.session.memory.failing_since
        if fault.scope is not Scope.UNCLEAR or isinstance(fault, Permanent) or since is None:
            return fault
        # While the circuit is open everybody fails, and nothing tells that it is this record.
        is_own = self.tools.now() - since >= OWN_FAULT and self.tools.breaker.refusal() is None
        return Permanent(Reason.REFUSED_BY_IFS, fault.code, code=fault.code, status=fault.status) if is_own else fault

    def _changes(self, attempt: _Try) -> dict[str, FieldChange]:
        return shown(attempt.before, attempt.decisions, attempt.changes, self.session.target)

    def _write_down(self, attempt: _Try, key: str, ending: Ending) -> None:
        changes, number = self._changes(attempt), attempt.number
        self.session.write_down(key, attempt.before, changes, ending, started=attempt.started, attempt=number)

    def _result(self, hindrance: Reason | None = None, until: datetime | None = None) -> RecordResult:
        session = self.session
        is_stored = session.saved == session.memory and hindrance is None
        fields = _outcomes(session.memory, session.proposal)
        return RecordResult(session.memory, session.record, fields, hindrance, until, is_stored=is_stored)


def _refusal(attempt: _Try, fault: ConnectorError) -> Ending:
    """Only what IFS itself refuses is refused: who stands in front of it may have turned away its answer instead of the
    request. One request too many is turned away before it is one: https://www.rfc-editor.org/rfc/rfc6585#section-4
    """
    is_somebody_elses = fault.reason is Reason.IFS_UNAVAILABLE and fault.status is not None and not fault.code
    if is_somebody_elses and fault.status != HTTPStatus.TOO_MANY_REQUESTS:
        return Ending("outcome_unknown", fault.reason, http_status=fault.status)
    outcome = Outcome.PARKED if isinstance(fault, Permanent) else Outcome.RETRY
    return Ending(outcome, fault.reason, tuple(attempt.changes), fault.code, fault.status)


def _ending(attempt: _Try, dropped: Sequence[FieldName], answer: Written, after: Record) -> Ending:
    status = answer.http_status or None
    if len(dropped) == len(attempt.changes):
        return Ending(Outcome.PARKED, Reason.NOT_STORED, dropped, http_status=status)
    return Ending(Outcome.WRITTEN, None, dropped, http_status=status, etag_after=after.etag)


def _outcomes(memory: RecordMemory, proposal: RecordProposal) -> dict[str, FieldOutcome]:
    """By our names, of the fields that the file names now."""
    attributes = {str(name): rule.attribute for name, rule in proposal.target.rules.items()} | {STATE: STATE}
    found = {name: memory.fields[attribute] for name, attribute in attributes.items() if attribute in memory.fields}
    return {name: FieldOutcome(outcome=past.outcome, reason=past.reason) for name, past in found.items()}


def _shown_outcome(decision: Decision) -> FieldOutcome:
    outcome = Outcome.WOULD_WRITE if decision.write else decision.memory.outcome
    return FieldOutcome(outcome=outcome, reason=decision.memory.reason)
