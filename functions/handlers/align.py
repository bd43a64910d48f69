"""Schedule → both systems: reference data that differs. Manual invoke: the same as a proposal, or exactly that proposal
carried out. A fault leaves nothing undone that the next look does not do; bad input is answered, never raised.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import Field, model_validator

from functions.errors import ConnectorError
from functions.flows.align.carry_out import Report, carry_out
from functions.flows.align.step import Align, Step, shown
from functions.ledger.table import Table
from functions.model.alignment import Aligned, Proposal, plan_of
from functions.model.audit import Cause
from functions.model.frozen import Frozen
from functions.model.outcomes import SENTENCES, Reason
from functions.model.shipment import ConnectionName
from functions.model.signed import NameOrNone, NoteOrNone
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


class Request(Frozen):
    """`is_scheduled` is the schedule's own: it looks and carries out in one."""

    connection: ConnectionName
    profile: str = Field(max_length=50)
    dry_run: bool = True
    plan: str = Field(default="", max_length=100)
    by: NameOrNone = ""
    note: NoteOrNone = ""
    is_scheduled: bool = False

    @model_validator(mode="after")
    def _says_what_is_carried_out(self) -> Request:
        if not self.dry_run and not self.is_scheduled and not (self.plan and self.by and self.note):
            raise ValueError("dry_run: false carries out a plan: give plan, by and note")
        return self

    @property
    def writes(self) -> bool:
        return self.is_scheduled or not self.dry_run

    def cause(self, correlation_id: str) -> Cause:
        if self.is_scheduled:
            return Cause(kind="poll", correlation_id=correlation_id)
        return Cause(
            kind="replay", correlation_id=correlation_id, by=self.by, note=self.note, plan_id=self.plan or None
        )


def build(runtime: Runtime, settings: AlignSettings) -> Handler:
    opened = AlignConnections(runtime, settings)

    @cache
    def parts(name: ConnectionName, profile: str) -> AlignParts | None:
        connection = runtime.connections[name]
        aligned = connection.aligning(profile)
        return opened.open(connection, aligned) if aligned else None

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        request = parsed(event, Request, runtime.connections, lambda asked: asked.connection)
        if isinstance(request, str):
            return {"error": request, "allowed": ALLOWED}
        found = parts(request.connection, request.profile)
        if found is None:
            known = [each.profile for each in runtime.connections[request.connection].align]
            return {"error": f"profile: the connection file has {known or 'no [[align]]'}", "allowed": ALLOWED}
        if "off" in {found.flow.profile.mode, found.flow.connection.mode}:
            return {"records": 0, "next": "it is switched off"}
        return _served(found, request, context.aws_request_id, runtime.table(settings.ledger_table))

    return handle


def _served(parts: AlignParts, request: Request, correlation_id: str, ledger: Table) -> dict[str, Any]:
    flow, began = parts.flow, parts.flow.now()
    told: dict[str, Any] = {
        "connection": flow.connection.name,
        "profile": flow.profile.profile,
        "correlation_id": correlation_id,
    }
    try:
        if request.writes and is_paused(ledger, flow.connection, began):
            heartbeat(flow.connection.name, AlignSucceeded=True)
            return {"records": 0, "next": RESTS}
        looked = parts.look()
        if not request.writes:
            return _proposed(flow, looked.steps)
        plan = plan_of(step.proposal for step in looked.steps)
        if not request.is_scheduled and plan != request.plan:
            return {
                "error": SENTENCES[Reason.PLAN_OUTDATED],
                "reason": Reason.PLAN_OUTDATED,
                **_proposed(flow, looked.steps),
            }
        report = carry_out(flow, looked, request.cause(correlation_id), began)
    except ConnectorError as fault:
        logger.warning("align_failed", reason=fault.reason, detail=str(fault), **told)
        heartbeat(flow.connection.name, AlignSucceeded=False)
        return {"error": SENTENCES[fault.reason], "reason": fault.reason, "next": "try again later"}
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
    answer: dict[str, Any] = {"records": report.records, "ask_for_a_person": report.attention}
    answer["ended"] = [_ended(memory) for memory in report.news[:SHOWN]]
    if report.fault is not None:
        answer |= {"error": SENTENCES[report.fault.reason], "reason": report.fault.reason}
    return answer


def _ended(memory: Aligned) -> dict[str, Any]:
    told = {"record": memory.key.id, "other": memory.other, "outcome": memory.outcome, "field": memory.field}
    return {**told, **_means(memory.reason)}


def _proposed(flow: Align, steps: Sequence[Step]) -> dict[str, Any]:
    """Created, changed, asked and reported, each record with what it is about."""
    proposals = [step.proposal for step in steps]
    worth_showing = [each for each in proposals if each.kind != "agree"]
    plan = plan_of(proposals)
    return {
        "records": len(proposals),
        "would_create": sum(each.kind == "create" for each in proposals),
        "would_change": sum(each.kind == "change" for each in proposals),
        "asked": sum(bool(each.asked) for each in proposals),
        "proposals": [_shown(flow, each) for each in worth_showing[:SHOWN]],
        "not_shown": max(0, len(worth_showing) - SHOWN),
        "plan": plan,
        "next": NEXT if any(each.changes for each in proposals) else "nothing to change",
    }


def _shown(flow: Align, proposal: Proposal) -> dict[str, Any]:
    told: dict[str, Any] = {"record": proposal.key.id, "other": proposal.other, "kind": proposal.kind}
    changes = shown(flow, proposal.changes)
    if changes:
        told["changes"] = {
            name: {"on": proposal.changes[name].side, "before": change.before, "after": change.after}
            for name, change in changes.items()
        }
    if proposal.asked:
        told["asked"] = {name: {**_means(reason)} for name, reason in proposal.asked.items()}
    if proposal.reason is not None:
        told |= {**_means(proposal.reason), "field": proposal.field, "choices": list(proposal.choices)}
    return told


def _means(reason: Reason | None) -> dict[str, Any]:
    return {} if reason is None else {"reason": reason, "means": SENTENCES[reason]}


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), AlignSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
