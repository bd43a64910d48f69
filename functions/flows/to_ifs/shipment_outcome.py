"""Says how each shipment of an order ended, from where it was placed and how its record's fields ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.flows.to_ifs.place import Assignment
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import Shipment, ShipmentKey
from functions.model.state import FieldState, TargetState

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

Verdict = tuple[Outcome, Reason | None]


def verdicts(
    shipments: Sequence[Shipment], assignment: Assignment, targets: Mapping[str, TargetState]
) -> dict[ShipmentKey, dict[str, object]]:
    """Outcome, reason, target and choices of each shipment."""
    found: dict[ShipmentKey, dict[str, object]] = {}
    for shipment in shipments:
        target = assignment.targets.get(shipment.key)
        outcome, reason = _worst(targets[target]) if target else unplaced(assignment.unplaced.get(shipment.key))
        found[shipment.key] = {"outcome": outcome, "reason": reason, "target": target}
        found[shipment.key]["choices"] = assignment.choices.get(shipment.key, ())
    return found


def unplaced(reason: Reason | None) -> Verdict:
    """Of a shipment without a record; without a reason it is voided and never had one."""
    if reason is None:
        return Outcome.UNCHANGED, Reason.VOIDED
    return (Outcome.WAITING if reason is Reason.NOT_IN_IFS_YET else Outcome.PARKED), reason


def _worst(target: TargetState) -> Verdict:
    """A shipment's outcome is its record's gravest; a ship date that waits does not hide a tracking number written."""
    fields = sorted(target.fields.values(), key=lambda state: SEVERITY.index(state.outcome))
    gravest = fields[0] if fields else FieldState(outcome=Outcome.SKIPPED)
    outcome = Outcome.UNCHANGED if gravest.outcome is Outcome.SKIPPED else gravest.outcome
    return outcome, gravest.reason
