"""Decides field by field what a revert puts back: only over what still stands there as the plan wrote it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from functions.connections.targets import AnyTarget
from functions.flows.to_ifs.ownership import UNSEEN, Decision
from functions.model.audit import FieldChange
from functions.model.record_memory import FieldMemory, RecordMemory
from functions.model.records import FieldName, Record
from functions.model.same_value import same


def given_back(
    record: Record, memory: RecordMemory, target: AnyTarget, changes: Mapping[str, FieldChange]
) -> dict[FieldName, Decision]:
    """`changes` are from what the plan wrote to what stood there before. Whatever stands there otherwise by now, what
    the file writes to another attribute since, and every other field is left out.
    """
    shipments = [shipment.shipment for shipment in memory.shipments]
    decisions: dict[FieldName, Decision] = {}
    for name, past, change in _named(memory, target, changes):
        current, back = record.values.get(name), past.given_back(change.after, shipments)
        is_ours = past.ours is not None and same(name, current, past.ours)
        if same(name, current, change.after) and not is_ours:
            decisions[name] = Decision(write=False, memory=back)
        elif stands(name, past, current, change):
            decisions[name] = Decision(write=True, memory=back, value=change.after)
    return decisions


def _named(
    memory: RecordMemory, target: AnyTarget, changes: Mapping[str, FieldChange]
) -> Iterator[tuple[FieldName, FieldMemory, FieldChange]]:
    for name, rule in target.rules.items():
        if str(name) in changes and changes[str(name)].is_of(rule.attribute):
            yield name, memory.fields.get(rule.attribute, UNSEEN), changes[str(name)]


def stands(name: FieldName, past: FieldMemory, current: str | None, change: FieldChange) -> bool:
    """What a plan wrote there, `before` of its revert, and nobody else's since. `extended` is text of somebody else
    that the plan left alone where it took ours back.
    """
    if not same(name, current, change.before):
        return False
    return current is None or change.extended is not None or (past.ours is not None and same(name, current, past.ours))
