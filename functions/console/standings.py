"""What Inspect answers of how one connection stands, for people."""

from __future__ import annotations

from functions.console.answers import NONE, Answer, listed, own, when, word
from functions.console.screen import Block, Line, Shown, Table
from functions.flows.operations.key_standing import KeyStanding
from functions.flows.operations.plan_list import PlanList
from functions.flows.operations.standing import DeskStanding, ReadingStanding, TenantStanding


def reading(answer: Answer) -> Shown:
    found = ReadingStanding.model_validate(own(answer))
    troubles = {
        "the key is refused since": found.refused_since and when(found.refused_since),
        "ShipStation is silent since": found.silent_since and when(found.silent_since),
        "not read since": found.late_since and when(found.late_since),
        "not configured:": found.not_configured,
        "to be replaced:": found.key and found.key.trouble,
    }
    rate = f"{word(found.requests_in_the_last_minute)} of {found.requests_per_minute} requests in the last minute"
    blocks: list[Block] = [Line(f"{found.connection}, {found.mode}, through {found.api}: {rate}")]
    blocks += [Line(f"{name} {value}", 2, "yellow") for name, value in troubles.items() if value]
    blocks += _exchange(found.key)
    blocks += _filled(_streams(found), _jobs(found), _parked(found))
    if found.parked_not_shown:
        blocks.append(Line(f"and {found.parked_not_shown} more"))
    return Shown(blocks, asks=any(troubles.values()) or bool(found.parked))


def _filled(*tables: Table) -> list[Table]:
    return [table for table in tables if table.rows]


def _streams(found: ReadingStanding) -> Table:
    table = Table(("stream", "read up to", "settled up to", "minutes behind"))
    for name, each in found.streams.items():
        table.rows.append((name, when(each.read_up_to), when(each.settled_up_to), f"{each.minutes_behind:g}"))
    return table


def _jobs(found: ReadingStanding) -> Table:
    table = Table(("job", "kind", "is", "percent", "minutes left", "rows", "new", "by"))
    for job in found.jobs:
        counts = f"{job.percent:g}", word(job.minutes_left), str(job.rows), str(job.new_shipments)
        table.rows.append((job.job_id, job.kind, job.state, *counts, word(job.by)))
    return table


def _parked(found: ReadingStanding) -> Table:
    table = Table(("parked", "reason", "since", "what"))
    for each in found.parked:
        table.rows.append((each.subject, each.reason, when(each.at), f"{each.means} {each.detail}"))
    return table


def tenant(answer: Answer) -> Shown:
    found = TenantStanding.model_validate(own(answer))
    since = f" since {when(found.out_since)}: {found.reason}. {found.means}" if not found.is_answering else ""
    blocks: list[Block] = [Line(f"{found.connection}: IFS {'answers' if found.is_answering else 'is out'}{since}")]
    if found.left_alone_until:
        blocks.append(Line(f"It is left alone until {when(found.left_alone_until)}", 2))
    compared = f", compared {when(found.compared_at)}" if found.compared_at else ""
    blocks.append(Line(f"What it publishes against the file: {found.published}{compared}", 2))
    blocks += [Line(misfit, 4, "yellow") for misfit in found.misfits]
    trouble = found.key.trouble if found.key else ""
    blocks += [Line(trouble, 2, "yellow")] if trouble else []
    blocks += _exchange(found.key)
    return Shown(blocks, asks=not found.is_answering or bool(found.misfits or trouble))


def _exchange(key: KeyStanding | None) -> list[Line]:
    return [Line(key.exchange, 2)] if key and key.exchange else []


def desk(answer: Answer) -> Shown:
    found = DeskStanding.model_validate(own(answer))
    blocks: list[Block] = [*_filled(_pauses(found), _entries(found), _recalls(found), _decisions(found))]
    if found.toml:
        blocks += [Line("For the connection file:"), *(Line(line, 2) for line in found.toml.splitlines())]
    blocks += [Line(f"{name} was paused a day ago without an end", tone="yellow") for name in found.forgotten]
    blocks += [Line(conflict, tone="yellow") for conflict in found.conflicts]
    if not blocks:
        blocks.append(Line(f"{found.connection}: nothing is paused, mapped or looked at again."))
    if found.unheard:
        blocks.append(Line(f"{found.connection}: {found.unheard}", tone="yellow"))
    return Shown(blocks, asks=bool(found.forgotten or found.conflicts or found.unheard))


def _pauses(found: DeskStanding) -> Table:
    table = Table(("paused", "since", "until", "by", "why"))
    for pause in found.pauses:
        table.rows.append((pause.name, when(pause.at), when(pause.until), pause.by, pause.note))
    return table


def _entries(found: DeskStanding) -> Table:
    table = Table(("map", "ShipStation's code", "IFS's", "since", "by", "why"))
    for entry in found.entries:
        table.rows.append((entry.table, entry.code, entry.value, when(entry.at), entry.by, entry.note))
    return table


def _recalls(found: DeskStanding) -> Table:
    table = Table(("looked at again", "store", "since", "by", "why"))
    for recall in found.recalls:
        table.rows.append((listed(recall.reasons), word(recall.store), when(recall.at), recall.by, recall.note))
    return table


def _decisions(found: DeskStanding) -> Table:
    table = Table(("decided", "what", "by", "why"))
    for past in found.decisions:
        table.rows.append((when(past.at), f"{past.what} {', '.join(past.changes)}", past.by or "", past.note or ""))
    return table


def plans(answer: Answer) -> Shown:
    found = PlanList.model_validate(own(answer))
    table = Table(("plan", "made", "kind", "is", "orders", "would change", "sent", "by", "why", "what for"))
    for plan in found.plans:
        orders = plan.looked_at if plan.state == "drawing" else plan.orders
        sent = f"{plan.sent} of {plan.to_send}" if plan.applied_by else NONE
        counts = str(orders), str(plan.would_change), sent
        aim = f"takes {plan.reverts} back" if plan.reverts else " ".join((plan.select, *plan.overwrites))
        table.rows.append((plan.plan_id, when(plan.made_at), plan.kind, plan.state, *counts, plan.by, plan.note, aim))
    return Shown([table] if table.rows else [Line(f"{found.connection}: no plans in the last 30 days.")])
