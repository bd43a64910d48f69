"""Writes one named order as a delivery would and reads it back: the only proof of an update grant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from functions.connections.connection import Connection
from functions.flows.to_ifs.admission import admitted
from functions.flows.to_ifs.deliver import Delivery
from functions.flows.to_ifs.examine import examine, order_case
from functions.flows.to_ifs.proposal import OrderCase, Proposal
from functions.flows.to_ifs.record_write import RecordWrite
from functions.model.audit import Cause
from functions.model.fit import Finding
from functions.model.messages import DeliverOrder
from functions.model.outcomes import SENTENCES, Outcome, Reason
from functions.model.sample import Sample
from functions.model.state import OrderState

ADVICE = {
    Reason.IFS_PERMISSION: "Grant update on the projection to a permission set of the service user.",
    Reason.NOT_STORED: "Name another attribute, or make this one updatable in the projection.",
}


@dataclass(frozen=True)
class Pilot:
    """Works with what a delivery works with, and with its memory. In shadow mode it writes all the same: that is what
    it is asked for. Whatever else hinders a delivery hinders it.
    """

    delivery: Delivery

    def run(self, reference: str, sample: Sample, cause: Cause) -> list[Finding]:
        """Raises Retryable or Permanent where the ledger cannot be read."""
        shipments = [s for s in sample.shipments if s.reference == reference]
        if not shipments:
            return [_misfit("No shipment among the newest 500 belongs to that order.")]
        messages = [DeliverOrder(order=s.order_key, cause=cause, shipment=s) for s in shipments]
        case = self._case(messages)
        if not case.state.in_scope:
            reason = next(s.reason for s in case.state.shipments.values())
            return [_misfit(SENTENCES[reason] if reason else "Nothing of that order is to be written.")]
        proposal = examine([case], self.delivery.lookup)
        hindrance = _hindrance(proposal)
        if hindrance is not None:
            return [_misfit(SENTENCES[hindrance])]
        self.delivery.queue.send(messages)  # should this run die, a consumer finishes what it began
        return list(self._write(proposal, cause))

    def _case(self, messages: list[DeliverOrder]) -> OrderCase:
        key = messages[0].order
        connection = self.delivery.connection
        before = self.delivery.orders.load([key]).get(key, OrderState(key=key))
        case = order_case(admitted(before, messages, connection), connection)
        return replace(case, connection=_writing(case.connection))

    def _write(self, proposal: Proposal, cause: Cause) -> Iterable[Finding]:
        (case,) = proposal.cases
        for record in proposal.of(case.state.key):
            tools = self.delivery.tools(record.view, is_probe=False)
            result = RecordWrite(tools, record, case.state.key, cause).run()
            if result.hindrance is not None:
                yield _misfit(SENTENCES[result.hindrance])
            for name, field in result.fields.items():
                yield _finding(f"ifs.pilot.{name}", field.outcome, field.reason)


def _writing(view: Connection) -> Connection:
    return view.in_mode("write") if view.mode == "shadow" else view


def _hindrance(proposal: Proposal) -> Reason | None:
    (case,) = proposal.cases
    unplaced = next(iter(proposal.placements[case.state.key].unplaced.values()), None)
    records = proposal.of(case.state.key)
    is_shared = any(record.is_shared or len(record.memory.orders) > 1 for record in records)
    hindered = next((record.hindrance for record in records if record.hindrance), None)
    return case.hindrance or unplaced or hindered or (Reason.SHARED_TARGET if is_shared else None)


def _finding(subject: str, outcome: Outcome, reason: Reason | None) -> Finding:
    if outcome is Outcome.WRITTEN:
        return Finding(subject=subject, severity="fits", sentence="Written, and read back as written.")
    if outcome is Outcome.UNCHANGED:
        sentence = "IFS holds this value already, so that nothing was proven."
        return Finding(
            subject=subject, severity="unproven", sentence=sentence, advice="Name an order that is empty there."
        )
    sentence = SENTENCES[reason] if reason else "Left alone."
    if outcome in {Outcome.WAITING, Outcome.KEPT, Outcome.SKIPPED}:
        return Finding(subject=subject, severity="unproven", sentence=sentence)
    return Finding(
        subject=subject, severity="misfit", sentence=sentence, advice=ADVICE.get(reason, "") if reason else ""
    )


def _misfit(sentence: str) -> Finding:
    return Finding(subject="ifs.pilot", severity="misfit", sentence=sentence, advice="Name another order.")
