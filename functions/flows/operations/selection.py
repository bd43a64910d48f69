"""Which orders a dry run looks at: what the ledger answers of what a person asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from functions.flows.to_ifs.audit_trail import Audit
from functions.flows.to_ifs.lookup import RecordMemories
from functions.model.outcomes import Outcome
from functions.model.record_memory import RecordMemory
from functions.model.selection import Selection
from functions.model.state import OrderState, ShipmentState


def selected(
    states: Iterable[OrderState], selection: Selection, memories: RecordMemories, audit: Audit
) -> Iterator[OrderState]:
    """`memories` and `audit` are asked for the mapping alone, and only of what everything else fits."""

    def is_mapped(state: OrderState, shipment: ShipmentState) -> bool:
        return selection.mapping_version is None or _version(state, shipment, memories, audit) in set(
            selection.mapping_version
        )

    return (state for state in states if _fits(state, selection, is_mapped))


def _fits(state: OrderState, selection: Selection, is_mapped: Callable[[OrderState, ShipmentState], bool]) -> bool:
    if state.stub and selection.names_stubs:
        return True
    return any(
        selection.names(each.shipment)
        and selection.ends(state, each)
        and _is_at(state, each, selection.site)
        and is_mapped(state, each)
        for each in state.shipments.values()
    )


def _is_at(state: OrderState, shipment: ShipmentState, sites: tuple[str, ...] | None) -> bool:
    """The record that it is placed on is of one of the sites."""
    if sites is None:
        return True
    return any(record.site in sites and shipment.is_on({record.key}) for record in state.records)


def _version(state: OrderState, shipment: ShipmentState, memories: RecordMemories, audit: Audit) -> str | None:
    """What its record was last written with. A memory of an earlier version does not tell, the record's audit does."""
    if shipment.placing is None:
        return None
    key = shipment.placing.key
    memory = memories.load(state.key.connection, [key])[key]
    return memory.mapping_version or _audited(memory, audit)


def _audited(memory: RecordMemory, audit: Audit) -> str | None:
    if all(past.tried is None for past in memory.fields.values()):
        return None
    story = audit.story(memory.connection, memory.key)
    return next((entry.mapping_version for entry in story if entry.outcome is Outcome.WRITTEN), None)
