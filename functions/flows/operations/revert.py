"""Shows what of an applied plan can be taken back: what the audit says it wrote, where it still stands as ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from functions.flows.operations.named_orders import NamedOrder, each_named, readable, undecided
from functions.flows.operations.replay import Looked, Replay
from functions.flows.to_ifs.examine import look_at, order_case
from functions.flows.to_ifs.order_outcome import ENDS
from functions.flows.to_ifs.ownership import UNSEEN
from functions.flows.to_ifs.proposal import OrderCase, Proposal, RecordProposal
from functions.flows.to_ifs.revert_field import stands
from functions.model.audit import AuditEntry, FieldChange
from functions.model.clocks import CLOCKS
from functions.model.outcomes import Outcome, Reason
from functions.model.plans import Plan, PlannedOrder, PlannedRecord
from functions.model.records import FieldName, RecordKey
from functions.model.same_value import same

PAGE = 100


@dataclass(frozen=True)
class AppliedOrders:
    """The orders that `plan` takes back are those that `applied` sent."""

    replay: Replay
    plan: Plan
    applied: Plan

    def page(self, position: str) -> tuple[list[NamedOrder], str]:
        found = list(islice(self.replay.plans.orders(self.applied.plan_id, position), PAGE))
        keys = [order.order for _, order in found if order.records]
        return each_named(self.replay.orders, keys), found[-1][0] if len(found) == PAGE else ""

    def look(self, states: Sequence[NamedOrder]) -> Looked:
        """Orders that another delivery placed elsewhere, or that IFS does not show, are told with the reason."""
        cases = [order_case(state, self.replay.connection) for state in readable(states)]
        proposal = look_at(cases, self.replay.lookup, lambda _: ())
        orders: list[PlannedOrder] = []
        records: dict[RecordKey, PlannedRecord] = {}
        for case in proposal.cases:
            own = self._records(case, proposal) if _hindrance(case) is None else {}
            records |= own
            orders.append(planned_alone(case, own))
        return [*orders, *undecided(states)], list(records.values())

    def _records(self, case: OrderCase, proposal: Proposal) -> dict[RecordKey, PlannedRecord]:
        applied = self.replay.plans.order(self.applied.plan_id, case.state.key)
        keys = applied.records if applied is not None else ()
        return {key: self._record(key, case, proposal) for key in keys}

    def _record(self, key: RecordKey, case: OrderCase, proposal: Proposal) -> PlannedRecord:
        changes = self._written(key)
        if changes is None:
            return PlannedRecord(key=key, reason=Reason.LEDGER_ITEM)
        record = proposal.records.get(key) if key in proposal.touching[case.state.key] else None
        if record is None:
            is_gone = any(candidate.record.key == key for candidate in case.candidates)
            reason = Reason.REWRITTEN_SINCE if is_gone else Reason.NOT_IN_IFS_YET
            return PlannedRecord(key=key, reason=reason, left=dict.fromkeys(changes, reason))
        if record.hindrance is not None:
            return PlannedRecord(key=key, reason=record.hindrance)
        return _taken_back(record, changes)

    def _written(self, key: RecordKey) -> dict[str, FieldChange | None] | None:
        """By field that the plan wrote from what to what; None where it was written for another cause since. None at
        all where the audit does not tell.
        """
        found: dict[str, FieldChange | None] = {}
        own: set[str] = set()
        for entry in self._since_it_began(key):
            if entry.outcome == "unreadable":
                return None
            is_plans = entry.cause.plan_id == self.applied.plan_id
            for name, change in _stored(entry):
                last = found.setdefault(name, change if is_plans else None)
                if is_plans:
                    own.add(name)
                    found[name] = last.going_back_to(change) if last is not None else None
        return {name: found[name] for name in found if name in own}

    def _since_it_began(self, key: RecordKey) -> Iterator[AuditEntry]:
        """Newest first."""
        began = (self.applied.applied_at or self.applied.made_at) - CLOCKS
        story = self.replay.lookup.audit.story(self.applied.connection, key)
        return takewhile(lambda entry: entry.at >= began, story)


def _hindrance(case: OrderCase) -> Reason | None:
    """What only shadow mode shows is not written."""
    return case.hindrance or (None if case.is_writing else Reason.MODE_OFF)


def planned_alone(case: OrderCase, records: Iterable[RecordKey]) -> PlannedOrder:
    """For a plan that decides nothing but its own fields: what they say of these records, or what hinders the order."""
    hindrance = _hindrance(case)
    if hindrance is not None:
        return PlannedOrder(order=case.state.key, outcome=ENDS.get(hindrance, Outcome.RETRY), reason=hindrance)
    return PlannedOrder(order=case.state.key, outcome=Outcome.UNCHANGED, touches=tuple(records))


def _stored(entry: AuditEntry) -> Iterator[tuple[str, FieldChange]]:
    """What the write put there, or may have. A state action is never taken back."""
    is_stored = entry.outcome in {Outcome.WRITTEN, "outcome_unknown"} and entry.action is None
    changed = entry.changes.items() if is_stored else ()
    return ((name, change) for name, change in changed if name not in entry.refused)


def _taken_back(record: RecordProposal, written: Mapping[str, FieldChange | None]) -> PlannedRecord:
    changes: dict[str, FieldChange] = {}
    left: dict[str, Reason] = {}
    for name, change in _known(record, written):
        current, past = record.record.values.get(name), record.known.fields.get(_attribute(record, name), UNSEEN)
        back = _back(change) if change is not None else None
        if back is not None and stands(name, past, current, back):
            changes[str(name)] = back
        elif back is not None and same(name, current, back.after):
            continue  # it stands there again
        else:
            is_ours = change is None or (past.ours is not None and same(name, current, past.ours))
            left[str(name)] = Reason.REWRITTEN_SINCE if is_ours else Reason.TYPED_BY_A_PERSON
    return PlannedRecord(key=record.record.key, changes=changes, revision=record.stored.revision, left=left)


def _known(
    record: RecordProposal, written: Mapping[str, FieldChange | None]
) -> Iterable[tuple[FieldName, FieldChange | None]]:
    """Of the fields that the file still writes, under the attribute that they had."""
    for name, rule in record.target.rules.items():
        if str(name) in written:
            change = written[str(name)]
            yield name, change if change is None or change.attribute == rule.attribute else None


def _attribute(record: RecordProposal, name: FieldName) -> str:
    return record.target.rules[name].attribute


def _back(change: FieldChange) -> FieldChange:
    """From what the plan wrote to what stood there before."""
    is_given_back = change.extended is not None and change.extended == change.after
    return FieldChange(
        before=change.after,
        after=change.before,
        attribute=change.attribute,
        extended=change.after if is_given_back else None,
    )
