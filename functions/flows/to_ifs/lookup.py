"""Asks IFS for the records of a batch of orders, and the ledger for what is remembered of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget
from functions.connections.vendors import Targets
from functions.errors import ConnectorError, Permanent, Retryable, Scope
from functions.flows.to_ifs.audit_trail import Audit, is_open
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.flows.to_ifs.earlier_version import Earlier
from functions.flows.to_ifs.ended_write import as_ended
from functions.flows.to_ifs.ownership import changed_since, unexplained
from functions.flows.to_ifs.place import Placement
from functions.flows.to_ifs.proposal import OrderCase, Remembered, Sites, view_of
from functions.model.audit import AuditEntry
from functions.model.clocks import CLOCKS
from functions.model.outcomes import Reason
from functions.model.record_memory import OpenIntent, RecordMemory
from functions.model.records import Candidate, Record, RecordKey, Sought
from functions.model.shipment import ConnectionName, OrderKey

OVER = Retryable(Reason.OUT_OF_TIME, "the run ends")
VANISHED = 2  # remembered records that are gone at once are no coincidence


class Search(Protocol):
    """Raises Retryable or Permanent."""

    def find(self, sought: Sequence[Sought]) -> dict[OrderKey, list[Candidate]]:
        """The records these orders may go to and those that are remembered, batched; orders without any are left out. A
        candidate's lines include those of other orders on the same record.
        """

    def read(self, keys: Sequence[RecordKey]) -> dict[RecordKey, Record]:
        """Fresh readings, batched; records that no longer exist are left out."""


class RecordMemories(Protocol):
    def load(self, connection: ConnectionName, keys: Sequence[RecordKey]) -> dict[RecordKey, RecordMemory]:
        """Empty ones where nothing is remembered. Strongly consistent."""

    def save(self, memory: RecordMemory) -> bool:
        """Stores it as the revision after its own; False when somebody else was faster. Raises Permanent for one that
        is too large.
        """


@dataclass(frozen=True)
class Lookup:
    """`ifs` opens IFS as a connection, or a store's view of it, describes its targets; `drift` says why nothing may be
    written there; `earlier` what an earlier version remembered; `sites` those of ShipStation's warehouses. `now` is a
    UTC clock, `has_time` says whether another request may be begun.
    """

    connection: Connection
    ifs: Callable[[Connection], Search]
    drift: Callable[[Connection], ConnectorError | None]
    breaker: Breaker
    memories: RecordMemories
    audit: Audit
    earlier: Earlier
    now: Callable[[], datetime]
    has_time: Callable[[], bool]
    sites: Callable[[], Sites] = dict

    def found(self, cases: Sequence[OrderCase], *, is_probe: bool = False) -> list[OrderCase]:
        """The cases with what IFS shows of each, or with what hinders them. One search a target."""
        asking = [case for case in cases if case.hindrance is None and case.state.has_something_to_do]
        answers: dict[OrderKey, Answer] = {}
        for own in _by_targets(asking).values():
            refusal = self.breaker.refusal(is_probe=is_probe)
            answers |= self._asked(own) if refusal is None else {case.state.key: refusal for case in own}
        return [_answered(self._with_sites(case), answers.get(case.state.key)) for case in cases]

    def _with_sites(self, case: OrderCase) -> OrderCase:
        """Asked for only where a shipment of the order says which warehouse it leaves from."""
        is_told = any(shipment.warehouse_id is not None for shipment in case.state.in_scope)
        return replace(case, sites=self.sites()) if is_told else case

    def _asked(self, cases: Sequence[OrderCase]) -> dict[OrderKey, Answer]:
        """Metadata that is due may take as long as a request can."""
        if not self.has_time():
            return dict.fromkeys(map(_key, cases), OVER)
        writing = [case for case in cases if case.is_writing]
        drift = self.drift(writing[0].connection) if writing else None
        if drift is None:
            return self._searched(cases)
        left = [case for case in cases if not case.is_writing]
        return {**dict.fromkeys(map(_key, writing), drift), **(self._searched(left) if left else {})}

    def _searched(self, cases: Sequence[OrderCase]) -> dict[OrderKey, Answer]:
        """What fails for all of them is asked for one by one: it may be one order that IFS cannot find."""
        if not self.has_time():
            return dict.fromkeys((case.state.key for case in cases), OVER)
        try:
            found = self._find(cases)
        except ConnectorError as fault:
            if len(cases) > 1 and _may_be_one_orders(fault):
                return self._one_by_one(cases)
            self.breaker.failed(fault, "search", cases[0].state.key.digest)
            return {case.state.key: fault for case in cases}
        self._heard(cases, found)
        return dict(found)

    def _one_by_one(self, cases: Sequence[OrderCase]) -> dict[OrderKey, Answer]:
        """Two that fail in a row are the tenant's trouble, not theirs."""
        answers: dict[OrderKey, Answer] = {}
        failed: list[ConnectorError] = []
        for case in cases:
            if len(failed) == len(answers) and len(failed) >= VANISHED:
                answers[case.state.key] = failed[-1]
            elif not self.has_time():
                answers[case.state.key] = OVER
            else:
                answer = self._alone(case)
                answers[case.state.key] = answer
                failed += [answer] if isinstance(answer, ConnectorError) else []
        return answers

    def _alone(self, case: OrderCase) -> Answer:
        try:
            found = self._find([case])
        except ConnectorError as fault:
            self.breaker.failed(fault, "search", case.state.key.digest)
            return fault
        self._heard([case], found)
        return found.get(case.state.key, [])

    def _find(self, cases: Sequence[OrderCase]) -> dict[OrderKey, list[Candidate]]:
        sought = [
            Sought(order=c.state.key, shipments=tuple(c.state.in_scope), remembered=c.state.remembered) for c in cases
        ]
        found = self.ifs(cases[0].connection).find(sought)
        if _have_vanished(cases, found):
            raise Retryable(Reason.RECORDS_VANISHED, "no remembered record is shown any more", scope=Scope.TENANT)
        return found

    def _heard(self, cases: Sequence[OrderCase], found: Mapping[OrderKey, Sequence[Candidate]]) -> None:
        self.breaker.served("search")
        if any(_sees_a_remembered(case, found.get(case.state.key, ())) for case in cases):
            self.breaker.served("seen")

    def remembered(
        self, cases: Sequence[OrderCase], placements: Mapping[OrderKey, Placement], asked_at: datetime
    ) -> tuple[list[OrderCase], dict[RecordKey, Remembered]]:
        """What is remembered of every record that was shown or that an order remembers, and the cases with readings
        that are not older than it.
        """
        seen = {c.record.key for case in cases for c in case.candidates}
        stored = self._stored(seen, cases)
        fresh = self._reread(cases, stored, asked_at)
        never_written = _never_written(stored, cases)
        cases = [self._refreshed(case, stored, fresh).forgiven(never_written) for case in cases]
        known = self._explained(cases, placements, stored)
        there = {c.record.key: c.record for case in cases for c in case.candidates if c.record.exists}
        return cases, {key: self._remembered(stored[key], known[key], there.get(key)) for key in stored}

    def _remembered(self, stored: RecordMemory, known: RecordMemory, record: Record | None) -> Remembered:
        """A write that is not open any more is finished before anything else is written: what it left counts here."""
        open_now = is_open(stored, self.audit, self.now(), exists=record is not None)
        if record is not None and stored.intent is not None and not open_now:
            known = as_ended(stored, known, stored.intent, record, self._told_of(stored, stored.intent))
        return Remembered(stored, known, is_open=open_now)

    def _told_of(self, stored: RecordMemory, intent: OpenIntent) -> AuditEntry | None:
        return self.audit.get(stored.connection, stored.key, intent.audit_key)

    def _stored(self, seen: Iterable[RecordKey], cases: Sequence[OrderCase]) -> dict[RecordKey, RecordMemory]:
        wanted = list(dict.fromkeys((*seen, *(key for case in cases for key in case.state.remembered))))
        return dict(self.memories.load(self.connection.name, wanted)) if wanted else {}

    def _view(self, memory: RecordMemory, case: OrderCase) -> Connection:
        return view_of(memory, self.connection, case.connection)

    def _reread(
        self, cases: Sequence[OrderCase], stored: Mapping[RecordKey, RecordMemory], asked_at: datetime
    ) -> Readings:
        """A reading that was asked for before the record's last result, or under the rules of another store than the
        record's, is taken anew.
        """
        wanted: dict[Targets, tuple[Connection, set[RecordKey]]] = {}
        for case in cases:
            for record in (candidate.record for candidate in case.candidates if candidate.record.exists):
                view = self._view(stored[record.key], case)
                if _is_newer(stored[record.key], asked_at) or _differ(view, case.connection, record.key):
                    wanted.setdefault(view.ifs.targets, (view, set()))[1].add(record.key)
        return {
            (targets, key): answer
            for targets, (view, keys) in wanted.items()
            for key, answer in self._read(view, sorted(keys, key=str)).items()
        }

    def _refreshed(self, case: OrderCase, stored: Mapping[RecordKey, RecordMemory], fresh: Readings) -> OrderCase:
        candidates: list[Candidate] = []
        for candidate in case.candidates:
            key = candidate.record.key
            answer = fresh.get((self._view(stored[key], case).ifs.targets, key))
            if isinstance(answer, ConnectorError):
                return _answered(case, answer)
            candidates.append(candidate if answer is None else candidate.reading(answer))
        return replace(case, candidates=tuple(candidates))

    def _read(self, view: Connection, keys: Sequence[RecordKey]) -> Mapping[RecordKey, Record | ConnectorError]:
        """A fault hinders the orders that see one of these records, and nobody else."""
        if not self.has_time():
            return dict.fromkeys(keys, OVER)
        try:
            return self.ifs(view).read(keys)
        except ConnectorError as fault:
            self.breaker.failed(fault, "search", f"{keys[0]}")
            return dict.fromkeys(keys, fault)

    def _explained(
        self,
        cases: Sequence[OrderCase],
        placements: Mapping[OrderKey, Placement],
        stored: Mapping[RecordKey, RecordMemory],
    ) -> dict[RecordKey, RecordMemory]:
        """With what an earlier version knew, and what the audit says of values that nothing remembered explains."""
        memories = dict(stored)
        for case in cases:
            touched = placements[case.state.key].records
            for candidate in case.candidates:
                key = candidate.record.key
                memory = self.earlier.added(memories[key], candidate.record, case)
                target = self._view(stored[key], case).ifs.target_of(key.place)
                if target is not None and (key in touched or memory.of(case.state.key)):
                    memory, unknown = explained(memory, candidate.record, target, self.audit)
                    memory = self.earlier.claimed(memory, candidate.record, unknown, case) if unknown else memory
                memories[key] = memory
        return memories


Answer = Sequence[Candidate] | ConnectorError


def _key(case: OrderCase) -> OrderKey:
    return case.state.key


Readings = dict[tuple[Targets, RecordKey], Record | ConnectorError]


def explained(
    memory: RecordMemory, record: Record, target: AnyTarget, audit: Audit
) -> tuple[RecordMemory, dict[str, str]]:
    """Before a value is first called a person's, the record's audit is read: what was written there, or may have been,
    is ours, and so is what was written there after the memory was stored, whatever it says. Also the values that the
    audit does not explain.
    """
    unknown, since, stored_at = unexplained(record, memory, target), dict[str, str](), memory.result_at
    replaced: dict[str, datetime] = {}
    if stored_at is not None:
        since = changed_since(record, memory, target)
    for entry in _told_of(record.key, audit.story(memory.connection, record.key)) if unknown or since else ():
        if stored_at is not None and entry.at <= stored_at:
            since = {}
        asked = {**unknown, **since}
        memory, left = memory.claiming_from(entry, asked, replaced)
        replaced = {**dict.fromkeys(entry.saw_others(asked), entry.at), **replaced}
        unknown, since = _only(unknown, left), _only(since, left)
        if not unknown and not since:
            break
    return memory, unknown


def _told_of(key: RecordKey, story: Iterable[AuditEntry]) -> Iterator[AuditEntry]:
    """Up to an entry that cannot be read, which may say whose the value is: nobody guesses past it."""
    for entry in story:
        if entry.outcome == "unreadable":
            raise Permanent(entry.reason or Reason.LEDGER_ITEM, f"audit of {key}: {entry.action}")
        yield entry


def _only(values: Mapping[str, str], left: Collection[str]) -> dict[str, str]:
    return {attribute: value for attribute, value in values.items() if attribute in left}


def _answered(case: OrderCase, answer: Answer | None) -> OrderCase:
    if isinstance(answer, ConnectorError):
        return replace(case, candidates=(), hindrance=answer.reason, fault=answer)
    return replace(case, candidates=tuple(answer or ()))


def _by_targets(cases: Iterable[OrderCase]) -> dict[Targets, list[OrderCase]]:
    grouped: dict[Targets, list[OrderCase]] = {}
    for case in cases:
        grouped.setdefault(case.connection.ifs.targets, []).append(case)
    return grouped


def _differ(one: Connection, other: Connection, key: RecordKey) -> bool:
    """Whether they call other attributes by the same names."""
    targets = [view.ifs.target_of(key.place) for view in (one, other)]
    places = [target.place for target in targets if target is not None]
    return len(set(places)) > 1


def _is_newer(memory: RecordMemory, asked_at: datetime) -> bool:
    return memory.result_at is not None and memory.result_at >= asked_at - CLOCKS


def _sees_a_remembered(case: OrderCase, candidates: Sequence[Candidate]) -> bool:
    return bool({c.record.key for c in candidates if _is_shown(c)} & set(case.state.remembered))


def _never_written(stored: Mapping[RecordKey, RecordMemory], cases: Iterable[OrderCase]) -> set[RecordKey]:
    """What was only announced, and is not there."""
    shown = {c.record.key for case in cases for c in case.candidates if _is_shown(c)}
    return {key for key in stored.keys() - shown if not stored[key].revision}


def _is_shown(candidate: Candidate) -> bool:
    """A row that is only remembered, and is not there, is nothing that the tenant shows."""
    return candidate.record.exists or bool(candidate.named_by)


def _have_vanished(cases: Sequence[OrderCase], found: Mapping[OrderKey, Sequence[Candidate]]) -> bool:
    """All known records at once, and nothing else is found either: the tenant hides them."""
    known = [case for case in cases if case.state.remembered]
    return len(known) >= VANISHED and not any(_is_shown(each) for own in found.values() for each in own)


def _may_be_one_orders(fault: ConnectorError) -> bool:
    """A gateway's time-out may be one order's slow search; a refused token or a stated wait is not."""
    waits = isinstance(fault, Retryable) and fault.retry_after_seconds is not None
    return fault.stage != "token" and not waits and fault.reason is not Reason.RECORDS_VANISHED
