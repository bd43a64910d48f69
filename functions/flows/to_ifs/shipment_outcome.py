"""Says how each shipment of an order ended, from where it was placed and how its record's fields ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from functions.flows.to_ifs.place import Placement
from functions.model.outcomes import Outcome, Reason
from functions.model.records import RecordKey
from functions.model.shipment import ShipmentKey
from functions.model.state import FieldOutcome, ShipmentState

SEVERITY = (
    Outcome.PARKED,
    Outcome.RETRY,
    Outcome.WOULD_WRITE,
    Outcome.WRITTEN,
    Outcome.KEPT,
    Outcome.UNCHANGED,
    Outcome.WAITING,
    Outcome.SKIPPED,
)


def shipment_outcome(
    state: ShipmentState, key: ShipmentKey, placement: Placement, fields: Mapping[RecordKey, Iterable[FieldOutcome]]
) -> ShipmentState:
    """`fields` are those of every record that was decided."""
    placing, choices = placement.placed.get(key), placement.choices.get(key, ())
    if placing is None:
        outcome, reason = unplaced(placement.unplaced.get(key))
        return state.ended(outcome, reason, choices=choices)
    if placing.key not in fields:
        return state.ended(Outcome.WAITING, Reason.NOT_IN_IFS_YET, placing=placing, choices=choices)
    outcome, reason = worst(fields[placing.key])
    if reason is Reason.SHARED_TARGET:
        choices = (placing.key.id, *choices)
    return state.ended(outcome, reason, placing=placing, choices=choices)


def unplaced(reason: Reason | None) -> tuple[Outcome, Reason | None]:
    """Of a shipment without a record; without a reason it is voided and never had one."""
    if reason is None:
        return Outcome.UNCHANGED, Reason.VOIDED
    return (Outcome.WAITING if reason is Reason.NOT_IN_IFS_YET else Outcome.PARKED), reason


def worst(fields: Iterable[FieldOutcome]) -> tuple[Outcome, Reason | None]:
    """A shipment's outcome is its record's gravest; a ship date that waits does not hide a tracking number written."""
    gravest = min(fields, key=lambda field: SEVERITY.index(field.outcome), default=None)
    if gravest is None or gravest.outcome is Outcome.SKIPPED:
        return Outcome.UNCHANGED, gravest.reason if gravest else None
    return gravest.outcome, gravest.reason
