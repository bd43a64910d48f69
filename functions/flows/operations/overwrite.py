"""Shows what would be written over that is kept for a person: of named orders, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.flows.operations.named_orders import NamedOrder, readable, undecided
from functions.flows.operations.replay import Looked, Replay, SelectedOrders
from functions.flows.operations.revert import planned_alone
from functions.flows.to_ifs.examine import look_at, order_case
from functions.flows.to_ifs.proposal import RecordProposal
from functions.model.outcomes import Reason
from functions.model.plans import Plan, PlannedRecord


@dataclass(frozen=True)
class KeptOrders:
    """Those that a person names, and what is kept on their records in the fields of the plan."""

    replay: Replay
    plan: Plan

    def page(self, position: str) -> tuple[list[NamedOrder], str]:
        return SelectedOrders(self.replay, self.plan).page(position)

    def look(self, states: Sequence[NamedOrder]) -> Looked:
        """On what is remembered of each record: what other orders would place there anew is another look's."""
        cases = [order_case(state, self.replay.connection) for state in readable(states)]
        proposal = look_at(cases, self.replay.lookup, lambda _: ())
        orders = [
            planned_alone(case, (key for key in proposal.touching[case.state.key] if key in proposal.records))
            for case in proposal.cases
        ]
        return [*orders, *undecided(states)], [self._record(record) for record in proposal.records.values()]

    def _record(self, found: RecordProposal) -> PlannedRecord:
        record = found.overwriting(self.plan.overwrites)
        reason = record.hindrance or (Reason.SHARED_TARGET if record.is_shared else None)
        decisions = record.decisions(record.record, record.memory) if reason is None else {}
        stays = {str(name): each.memory.reason for name, each in decisions.items() if not each.write}
        return PlannedRecord(
            key=record.record.key,
            changes=record.changes,
            revision=record.stored.revision,
            reason=reason,
            left={name: why for name, why in stays.items() if why is not None},
        )
