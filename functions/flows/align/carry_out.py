"""Carries out what a look has proposed, one record after the other.

    save what is tried ──▶ write ──▶ audit ──▶ save what came of it

A run that dies after the first leaves a note, and the next one looks what became of it before it writes again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus

from functions.connections.align import Warehouses
from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.flows.align.step import Align, Look, Step, shown, tell, tried
from functions.model.alignment import Aligned, Proposal, Side, SideRecord, digests
from functions.model.audit import Cause
from functions.model.outcomes import Outcome, Reason

WRITING = timedelta(minutes=4)  # of a run's five
REFUSED = timedelta(days=1)  # until what was refused is tried again as it is
MOST_IN_A_ROW = 3  # records that a system stumbles over; then it is the system
OF_THE_LEDGER = {Reason.LEDGER_UNAVAILABLE, Reason.LEDGER_REFUSED, Reason.LEDGER_ITEM, Reason.LEDGER_VERSION}
OF_A_KEY = {Reason.SHIPSTATION_CREDENTIALS, Reason.IFS_CREDENTIALS}
OF_A_PERSON = {Outcome.PARKED, Outcome.KEPT}


@dataclass
class Report:
    """`news` are the records that ended otherwise than at the look before, `attention` those that ask for a person,
    `fault` is the trouble of a whole system, `in_a_row` how many records a system has stumbled over without a break.
    """

    records: int = 0
    attention: int = 0
    news: list[Aligned] = field(default_factory=list)
    fault: ConnectorError | None = None
    in_a_row: int = 0


def carry_out(flow: Align, look: Look, cause: Cause, began: datetime) -> Report:
    """`began` is when the run did: what the look has taken is not left for writing. One record's trouble is its own; a
    system's ends the writing, and the next look does the rest. Raises what the ledger raises.
    """
    until, report = began + WRITING, Report()
    for step in look.steps:
        if not step.proposal.key.id:
            continue  # nobody has to remember what only ShipStation has
        if report.fault is None and flow.now() >= until:
            report.fault = Retryable(Reason.OUT_OF_TIME, "the others took the time of this run")
        after = _attempt(flow, step, cause, report)
        _save(flow, step, after, report)
    _save_map(flow, look.steps)
    _save_read_up_to(flow, look, report)
    report.fault = look.fault or report.fault
    return report


def _attempt(flow: Align, step: Step, cause: Cause, report: Report) -> Aligned | None:
    """How the record stands now, whatever became of it; None where somebody else is at it, or its turn did not come."""
    try:
        after = _end(flow, step, cause, report.fault)
    except ConnectorError as fault:
        if fault.reason in OF_THE_LEDGER:
            raise
        _stumble(report, fault)
        # Who gets no turn is as before: the next look comes to him.
        return None if fault.reason is Reason.OUT_OF_TIME else _failed(step, fault, flow.now())
    report.in_a_row = 0
    return after


def _stumble(report: Report, fault: ConnectorError) -> None:
    report.in_a_row += 1
    if not _is_of_a_record(fault) or report.in_a_row == MOST_IN_A_ROW:
        report.fault = fault


def _end(flow: Align, step: Step, cause: Cause, fault_of_all: ConnectorError | None) -> Aligned | None:
    """How the record stands now; None where somebody else is at it."""
    if step.untold is not None:
        tell(flow, step.untold, cause, tried(step.untold))
    linked = step.memory.linked(step.proposal.other or step.memory.other).alike(step.proposal.alike)
    if not step.proposal.changes:
        return _unchanged(step, linked)
    if not flow.is_writing:
        return step.memory.ended(Outcome.WOULD_WRITE, shown=step.proposal.shown)
    if cause.kind == "poll" and _is_refused(flow, step):
        return step.stored  # a person who applies a plan asks for all of it
    if fault_of_all is not None:
        raise fault_of_all
    return _create(flow, step, cause) if step.proposal.kind == "create" else _change(flow, step, linked, cause)


def _unchanged(step: Step, linked: Aligned) -> Aligned:
    """What was written and still stands stays written: that is no news."""
    is_as_before = linked == step.stored and linked.outcome is Outcome.WRITTEN and step.proposal.kind == "agree"
    return linked if is_as_before else _told(linked, step.proposal, Outcome.UNCHANGED)


def _is_refused(flow: Align, step: Step) -> bool:
    """The same was refused, and not long ago."""
    is_the_same = step.stored.refused == step.proposal.shown
    return is_the_same and flow.now() < (step.stored.refused_at or flow.now()) + REFUSED


def _create(flow: Align, step: Step, cause: Cause) -> Aligned | None:
    """The id of what is made is kept before it is made, where it is ours to choose."""
    (side,) = {change.side for change in step.proposal.changes.values()}
    known = step.pair.ifs.fields if step.pair.ifs else {}
    wanted = {**known, **{name: change.after for name, change in step.proposal.changes.items()}}
    step.memory = step.memory.linked(step.proposal.other)
    if not _begin(flow, step, side, wanted, is_making=True):
        return None
    made = flow.sides[side].make(wanted)
    tell(flow, step.memory, cause, shown(flow, step.proposal.changes))
    theirs = digests({name: made.fields.get(name, "") for name in wanted})
    return step.memory.linked(made.id).alike(digests(wanted), theirs).done().ended(Outcome.WRITTEN)


def _change(flow: Align, step: Step, linked: Aligned, cause: Cause) -> Aligned | None:
    step.memory = linked
    sides: tuple[Side, ...] = ("shipstation", "ifs")
    for side in sides:
        changes = step.proposal.on(side)
        record = step.pair.ifs if side == "ifs" else step.pair.other
        if not changes or record is None:
            continue
        for part in flow.sides[side].parts({name: change.after for name, change in changes.items()}):
            if not _begin(flow, step, side, part, is_making=False):
                return None
            after = flow.sides[side].change(record, part)
            if after is None:
                return step.memory.done().ended(Outcome.RETRY, Reason.CONFLICTS)
            _written(flow, step, side, part, after, cause)
            record = after
    return _told(step.memory, step.proposal, Outcome.WRITTEN)


def _written(  # noqa: PLR0917 -- one write, and where it stands
    flow: Align, step: Step, side: Side, part: Mapping[str, str], after: SideRecord, cause: Cause
) -> None:
    """What is written has its entry, whatever becomes of the rest."""
    tell(flow, step.memory, cause, shown(flow, {name: step.proposal.changes[name] for name in part}))
    theirs = digests({name: after.fields.get(name, "") for name in part})
    of_other = theirs if side == "shipstation" else None
    step.memory = step.memory.alike(digests(part), of_other).done()


def _begin(flow: Align, step: Step, side: Side, wanted: Mapping[str, str], *, is_making: bool) -> bool:
    """False where somebody saved the record in between: he goes first."""
    now = flow.now()
    key = step.memory.audit_key or flow.audit.new_key(now)  # what is gone on with is one write
    begun = step.memory.about_to_write(side, wanted, at=now, audit_key=key, is_making=is_making)
    begun = begun if is_making else begun.over({name: step.proposal.changes[name].before for name in wanted})
    if not flow.memories.save(begun):
        return False
    step.memory = step.stored = begun.saved()
    return True


def _told(memory: Aligned, proposal: Proposal, outcome: Outcome) -> Aligned:
    """With what a person has to see to."""
    if proposal.asked:
        fields, reason = ", ".join(sorted(proposal.asked)), next(iter(proposal.asked.values()))
        return memory.ended(Outcome.KEPT, reason, fields)
    if proposal.reason is not None:
        is_waiting = proposal.reason is Reason.OUTCOME_UNKNOWN and not proposal.choices
        where = proposal.field or ", ".join(proposal.choices)
        is_skipped = proposal.reason is Reason.MARKETPLACE_ALIAS
        parked = Outcome.SKIPPED if is_skipped else Outcome.PARKED
        return memory.ended(Outcome.RETRY if is_waiting else parked, proposal.reason, where)
    return memory.ended(outcome)


def _failed(step: Step, fault: ConnectorError, now: datetime) -> Aligned:
    """`trying` stays where the write may have happened, and where a record may be half made."""
    is_half_made = step.memory.is_making and bool(step.memory.other)
    memory = step.memory if isinstance(fault, OutcomeUnknown) or is_half_made else step.memory.done()
    if not isinstance(fault, Permanent) or not _is_of_a_record(fault):
        return memory.ended(Outcome.RETRY, fault.reason)
    reason = Reason.REFUSED_BY_SHIPSTATION if fault.reason is Reason.SHIPSTATION_REQUEST else fault.reason
    return memory.ended(Outcome.PARKED, reason).turned_away(step.proposal.shown, now)


def _is_of_a_record(fault: ConnectorError) -> bool:
    """An answer that one record of many can bring about."""
    if fault.reason in OF_A_KEY:
        return False
    if fault.reason is Reason.SHIPSTATION_REQUEST:
        return fault.status != HTTPStatus.FORBIDDEN
    return isinstance(fault, OutcomeUnknown) or fault.scope is Scope.RECORD or isinstance(fault, Permanent)


def _save(flow: Align, step: Step, after: Aligned | None, report: Report) -> None:
    """Where nothing is new nothing is saved, and where somebody saved in between the next look finds what he left."""
    report.records += 1
    if after is None:
        return
    report.attention += after.outcome in OF_A_PERSON
    if after == step.stored:
        step.memory = after
        return
    is_news = after.outcome is Outcome.WRITTEN or _end_of(after) != _end_of(step.stored)
    if flow.memories.save(after):
        step.memory = step.stored = after.saved()
        report.news += [after] if is_news else []


def _end_of(memory: Aligned) -> tuple[object, ...]:
    return memory.outcome, memory.reason, memory.field, memory.shown


def _save_read_up_to(flow: Align, look: Look, report: Report) -> None:
    """Only once everything up to there is carried out: what a fault has left over is read again."""
    if look.newest is not None and flow.is_writing and report.fault is None:
        flow.memories.save_read_up_to(flow.connection.name, flow.profile.profile, look.newest)


def _save_map(flow: Align, steps: Sequence[Step]) -> None:
    """Only where it counts: what shadow mode found is used by nobody."""
    if flow.is_writing and isinstance(flow.profile, Warehouses):
        linked = {step.memory.key.id: step.memory.other for step in steps if step.memory.key.id and step.memory.other}
        flow.memories.save_map(flow.connection.name, flow.profile.profile, linked)
