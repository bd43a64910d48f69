"""Schedule → both systems: reference data that differs. Manual invoke: the same as a proposal, or exactly that proposal
carried out. A fault leaves nothing undone that the next look does not do; bad input is answered, never raised.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from functions.errors import ConnectorError
from functions.flows.align.carry_out import Report, carry_out
from functions.flows.align.step import Align, Step, shown
from functions.ledger.table import Table
from functions.model.align_answer import (
    AlignDone,
    AlignProposed,
    AlignRests,
    ChangedField,
    EndedRecord,
    ProposedRecord,
    Why,
)
from functions.model.align_request import AlignRequest
from functions.model.alignment import Aligned, Proposal, plan_of
from functions.model.answer import out_of_reach, refused
from functions.model.outcomes import SENTENCES, Reason
from functions.model.shipment import ConnectionName
from functions.settings import AlignSettings
from functions.wiring.align_parts import AlignConnections, AlignParts
from functions.wiring.aws import AwsRuntime
from functions.wiring.pauses import is_paused
from functions.wiring.requests import parsed
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import count, heartbeat, logger

SHOWN = 200  # records in one answer
ALLOWED = {
    "dry run": {"connection": "name", "profile": "warehouses"},
    "apply": {"…": "the same and", "dry_run": False, "plan": "of the dry run", "by": "who asks", "note": "why"},
}
RESTS = "a person paused it; resume it first"
NEXT = "the same with dry_run: false, this plan, by and note"


def build(runtime: Runtime, settings: AlignSettings) -> Handler:
    opened = AlignConnections(runtime, settings)

    @cache
    def parts(name: ConnectionName, profile: str) -> AlignParts | None:
        connection = runtime.connections[name]
        aligned = connection.aligning(profile)
        return opened.open(connection, aligned) if aligned else None

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        request = parsed(event, AlignRequest, runtime.connections, lambda asked: asked.connection)
        if isinstance(request, str):
            return refused(request, ALLOWED)
        found = parts(request.connection, request.profile)
        if found is None:
            known = [each.profile for each in runtime.connections[request.connection].align]
            return refused(f"profile: the connection file has {known or 'no [[align]]'}", ALLOWED)
        if "off" in {found.flow.profile.mode, found.flow.connection.mode}:
            return AlignRests(records=0, next="it is switched off").told()
        return _served(found, request, context.aws_request_id, runtime.table(settings.ledger_table))

    return handle


def _served(parts: AlignParts, request: AlignRequest, correlation_id: str, ledger: Table) -> dict[str, Any]:
    flow, began = parts.flow, parts.flow.now()
    told: dict[str, Any] = {
        "connection": flow.connection.name,
        "profile": flow.profile.profile,
        "correlation_id": correlation_id,
    }
    try:
        if request.writes and is_paused(ledger, flow.connection, began):
            heartbeat(flow.connection.name, AlignSucceeded=True)
            return AlignRests(records=0, next=RESTS).told()
        looked = parts.look()
        if not request.writes:
            return _proposed(flow, looked.steps).told()
        plan = plan_of(step.proposal for step in looked.steps)
        if not request.is_scheduled and plan != request.plan:
            return _proposed(flow, looked.steps, Reason.PLAN_OUTDATED).told()
        report = carry_out(flow, looked, request.cause(correlation_id), began)
    except ConnectorError as fault:
        logger.warning("align_failed", reason=fault.reason, detail=str(fault), **told)
        heartbeat(flow.connection.name, AlignSucceeded=False)
        return out_of_reach(fault.reason)
    _log(report, told)
    return _done(report)


def _log(report: Report, told: Mapping[str, Any]) -> None:
    for memory in report.news:
        logger.info(
            "record_aligned",
            record=memory.key.id,
            other=memory.other,
            outcome=memory.outcome,
            reason=memory.reason,
            field=memory.field,
            **told,
        )
    is_whole = report.fault is None or report.fault.reason is Reason.OUT_OF_TIME
    why: dict[str, Any] = {} if report.fault is None else {"reason": report.fault.reason, "detail": str(report.fault)}
    logger.info("align_ended", records=report.records, attention=report.attention, **why, **told)
    heartbeat(told["connection"], AlignSucceeded=is_whole)
    count(told["connection"], AlignAttention=report.attention)


def _done(report: Report) -> dict[str, Any]:
    reason = report.fault.reason if report.fault is not None else None
    return AlignDone(
        records=report.records,
        ask_for_a_person=report.attention,
        ended=tuple(_ended(memory) for memory in report.news[:SHOWN]),
        error=SENTENCES[reason] if reason else None,
        reason=reason,
    ).told()


def _ended(memory: Aligned) -> EndedRecord:
    return EndedRecord(
        record=memory.key.id,
        other=memory.other,
        outcome=memory.outcome,
        field=memory.field,
        reason=memory.reason,
        means=_means(memory.reason),
    )


def _proposed(flow: Align, steps: Sequence[Step], reason: Reason | None = None) -> AlignProposed:
    """Created, changed, asked and reported, each record with what it is about."""
    proposals = [step.proposal for step in steps]
    worth_showing = [each for each in proposals if each.kind != "agree"]
    plan = plan_of(proposals)
    return AlignProposed(
        error=_means(reason),
        reason=reason,
        records=len(proposals),
        would_create=sum(each.kind == "create" for each in proposals),
        would_change=sum(each.kind == "change" for each in proposals),
        asked=sum(bool(each.asked) for each in proposals),
        proposals=tuple(_shown(flow, each) for each in worth_showing[:SHOWN]),
        not_shown=max(0, len(worth_showing) - SHOWN),
        plan=plan,
        next=NEXT if any(each.changes for each in proposals) else "nothing to change",
    )


def _shown(flow: Align, proposal: Proposal) -> ProposedRecord:
    changes = {
        name: ChangedField(on=proposal.changes[name].side, before=change.before, after=change.after)
        for name, change in shown(flow, proposal.changes).items()
    }
    asked = {name: Why(reason=reason, means=_means(reason)) for name, reason in proposal.asked.items()}
    is_reported = proposal.reason is not None
    return ProposedRecord(
        record=proposal.key.id,
        other=proposal.other,
        kind=proposal.kind,
        changes=changes or None,
        asked=asked or None,
        reason=proposal.reason,
        means=_means(proposal.reason),
        field=proposal.field if is_reported else None,
        choices=proposal.choices if is_reported else None,
    )


def _means(reason: Reason | None) -> str | None:
    return None if reason is None else SENTENCES[reason]


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), AlignSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
