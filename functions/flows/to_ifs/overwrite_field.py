"""Decides field by field what an overwrite writes: only over what is kept there, and as its plan showed it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from functions.connections.targets import AnyTarget
from functions.flows.to_ifs.ownership import UNSEEN, Decision, decide
from functions.model.audit import FieldChange
from functions.model.outcomes import Outcome, Reason
from functions.model.record_memory import RecordMemory
from functions.model.records import FieldName, Record
from functions.model.same_value import same


def written_over(
    record: Record,
    memory: RecordMemory,
    target: AnyTarget,
    names: Collection[str],
    planned: Mapping[str, FieldChange] | None,
) -> dict[FieldName, Decision]:
    """Of the fields of these names alone. `planned` is what the plan showed; None while it is drawn. What would not be
    the same change by now is left.
    """
    kept = {name for name, each in decide(record, memory, target).items() if each.memory.outcome is Outcome.KEPT}
    wanted = decide(record, memory, target, overwrite=names)
    if planned is None:
        return {name: wanted[name] for name in wanted if str(name) in names and name in kept}
    return {
        name: each if _is_as_shown(name, each, record, planned, target) else _outdated(memory, target, name)
        for name, each in wanted.items()
        if str(name) in names
    }


def _is_as_shown(
    name: FieldName, decision: Decision, record: Record, planned: Mapping[str, FieldChange], target: AnyTarget
) -> bool:
    current, shown = record.values.get(name), planned[str(name)]
    # The file may call another attribute by this name since.
    if decision.write and not shown.is_of(target.rules[name].attribute):
        return False
    # What agrees by now needs no write.
    return shown.values == (current, decision.value) if decision.write else same(name, current, shown.after)


def _outdated(memory: RecordMemory, target: AnyTarget, name: FieldName) -> Decision:
    past = memory.fields.get(target.rules[name].attribute, UNSEEN)
    return Decision(write=False, memory=past.set_aside(Reason.PLAN_OUTDATED))
