"""Writes one named order as a delivery would and reads it back: the only proof of an update grant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from functions.connections.connection import Connection
from functions.flows.to_ifs.admission import is_ours
from functions.flows.to_ifs.audit_trail import Audit
from functions.flows.to_ifs.deliver import Ifs
from functions.flows.to_ifs.place import assign
from functions.flows.to_ifs.record_write import Settlement, Tools
from functions.model.audit import Cause
from functions.model.fit import Finding
from functions.model.outcomes import SENTENCES, Outcome, Reason
from functions.model.records import Record, Sought
from functions.model.sample import Sample
from functions.model.shipment import Shipment
from functions.model.state import TargetState

ADVICE = {
    Reason.IFS_PERMISSION: "Grant update on the projection to a permission set of the service user.",
    Reason.NOT_STORED: "Name another attribute, or make this one updatable in the projection.",
}


@dataclass(frozen=True)
class Pilot:
    """`audit` keeps the intent and the result of the write, as every write has them."""

    connection: Connection
    ifs: Callable[[Connection], Ifs]
    audit: Audit
    now: Callable[[], datetime]
    pause: Callable[[int], None]

    def run(self, reference: str, sample: Sample, cause: Cause) -> list[Finding]:
        """Raises Retryable or Permanent where IFS cannot be searched."""
        shipments = [s for s in sample.shipments if s.reference == reference and s.skip is None and not s.is_voided]
        if not shipments:
            return [_misfit("No shipment among the newest 500 belongs to that order.", "Name another order.")]
        order = shipments[0].order_key
        view = self.connection.at_store(shipments[0].store_id)
        candidates = self.ifs(view).find([Sought(order=order, shipments=tuple(shipments))]).get(order, [])
        assignment = assign(shipments, candidates, {}, is_ours(view))  # a shared record is no pilot
        if assignment.unplaced:
            return [_misfit(SENTENCES[next(iter(assignment.unplaced.values()))], "Name another order.")]
        records = {candidate.record.key: candidate.record for candidate in candidates}
        writing = view.model_copy(update={"mode": "write"})
        return [
            finding
            for key in sorted(set(assignment.targets.values()))
            for finding in self._write(
                records[key], [s for s in shipments if assignment.targets[s.key] == key], writing, cause
            )
        ]

    def _write(self, record: Record, shipments: list[Shipment], view: Connection, cause: Cause) -> Iterator[Finding]:
        tools = Tools(view, self.ifs(view), self.audit, self.now, self.pause)
        order = shipments[0].order_key
        settled = Settlement(tools, order, cause, record, shipments, shipments, TargetState()).run()
        for name, state in settled.fields.items():
            yield _finding(f"ifs.pilot.{name}", state.outcome, state.reason)


def _finding(subject: str, outcome: Outcome, reason: Reason | None) -> Finding:
    if outcome is Outcome.WRITTEN:
        return Finding(subject=subject, standing="fits", sentence="Written, and read back as written.")
    if outcome is Outcome.UNCHANGED:
        sentence = "IFS holds this value already, so that nothing was proven."
        return Finding(
            subject=subject, standing="unproven", sentence=sentence, advice="Name an order that is empty there."
        )
    told = SENTENCES[reason] if reason else "Left alone."
    if outcome in {Outcome.WAITING, Outcome.KEPT, Outcome.SKIPPED}:
        return Finding(subject=subject, standing="unproven", sentence=told)
    return Finding(subject=subject, standing="misfit", sentence=told, advice=ADVICE.get(reason, "") if reason else "")


def _misfit(sentence: str, advice: str) -> Finding:
    return Finding(subject="ifs.pilot", standing="misfit", sentence=sentence, advice=advice)
