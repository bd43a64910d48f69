"""What Inspect answers of orders and of all connections, for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from functions.console.screen import Block, Line, Shown, Table
from functions.flows.operations.attention import AttentionList
from functions.flows.operations.pushed_story import PushedStory
from functions.flows.operations.status import ConnectionStatus, StatusAnswer
from functions.flows.operations.stories import StoriesAnswer
from functions.flows.operations.story import Attempt, OrderStory, RecordStory, ShipmentStory

NONE = "-"
SHOWN_ATTEMPTS = 20  # of a story; --json has them all
Answer = Mapping[str, Any]


def own(answer: Answer) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "show"}


def when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else NONE


def word(value: object) -> str:
    return NONE if value in {None, ""} else str(value)


def value(text: str | None) -> str:
    """Of a field; a day alone is shown as one."""
    return (text or "empty").removesuffix("T00:00:00Z")


def listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values)) or NONE


def status(answer: Answer) -> Shown:
    found = StatusAnswer.model_validate(own(answer))
    lines = found.connections
    table = Table(("connection", "mode", "is", "asks", "waits", "oldest", "behind", "ShipStation", "IFS", "paused"))
    for each in lines:
        table.rows.append(
            (
                each.connection,
                each.mode,
                "well" if each.is_well else "LOOK",
                str(each.calls),
                str(each.waiting),
                f"{each.oldest_call_hours:g} h" if each.calls else NONE,
                f"{each.minutes_behind:g} min" if each.minutes_behind is not None else NONE,
                each.shipstation,
                each.ifs,
                listed(each.paused),
            )
        )
    unwell = not all(each.is_well for each in lines)
    told = list(_closer(lines)) if unwell else [Line(WELL)]
    told += [Line(f"{each.connection}: {remark}") for each in lines for remark in each.remarks]
    return Shown([table, *told, Line(f"Version {found.version}")], asks=unwell)


def _closer(lines: Iterable[ConnectionStatus]) -> Iterator[Line]:
    """What is wrong, and the command that tells more of it."""
    for each in lines:
        for trouble in each.troubles:
            told = f"{each.connection}: {trouble.told.rstrip('.')}. Look closer: {trouble.look}"
            yield Line(f"{told} --connection {each.connection}", tone="yellow")


WELL = "Nobody has to do anything."


def attention(answer: Answer) -> Shown:
    found = AttentionList.model_validate(own(answer))
    if not found.total:
        return Shown([Line(f"{found.connection}: nothing waits.")])
    more = "" if found.is_whole else " and more, which are not counted"
    blocks: list[Block] = [
        Line(f"{found.connection}: {found.total} wait{more}; {found.calls} of them ask for a person")
    ]
    for group in found.groups:
        asks = f"{group.calls} ask, " if group.calls else ""
        count = f"{group.count} {word(group.reason)}: {asks}the oldest for {group.oldest_hours:g} h, as {group.example}"
        blocks += [Line(count, tone="yellow" if group.calls else ""), Line(group.means, 4), Line(group.do, 4)]
    table = Table(("order", "reason", "since", "next look", "asks", "stores"))
    for entry in found.entries:
        asks = "a person" if entry.calls else NONE
        row = entry.order, word(entry.reason), when(entry.since), when(entry.next_at), asks, listed(entry.stores)
        table.rows.append(row)
    blocks.append(table)
    if found.next_page:
        blocks.append(Line(f"More: --page {found.next_page}"))
    return Shown(blocks, asks=bool(found.calls))


def order(answer: Answer) -> Shown:
    found = StoriesAnswer.model_validate(own(answer))
    blocks: list[Block] = [] if found.stories else [Line(found.told)]
    for story in found.stories:
        blocks += story_blocks(story)
    if not found.stories and found.at_shipstation:
        table = Table(("at ShipStation", "id", "is", "store", "IFS order", "at"))
        for each in found.at_shipstation:
            row = each.kind, str(each.id), each.status, word(each.store), word(each.reference), when(each.at)
            table.rows.append(row)
        blocks.append(table)
    for pushed in found.pushed:
        blocks += _pushed(pushed)
    calls = [*(story.next.attention for story in found.stories), *(pushed.attention for pushed in found.pushed)]
    return Shown(blocks, asks=not calls or any(calls))


def _pushed(pushed: PushedStory) -> Iterator[Line]:
    kind, number = ("shipment", pushed.shipment) if pushed.shipment else ("order", pushed.order)
    part = f", part {pushed.part}" if pushed.part else ""
    ended = " ".join(filter(None, (pushed.outcome, pushed.reason, pushed.field)))
    yield Line(f"IFS {kind} {number}{part}: {pushed.told}", tone="yellow" if pushed.attention else "bold")
    since = f" since {when(pushed.since)}" if pushed.since else ""
    yield Line(f"{ended}{since}; IFS asked to {pushed.wish}, read {when(pushed.read_at)}", 2)
    yield from (Line(text, 4) for text in (pushed.means, pushed.do) if text)
    if pushed.pushed_at:
        yield Line(f"made {when(pushed.pushed_at)}, of ours: {listed(pushed.fields)}", 2)
        yield Line(f"pieces by line: {listed(f'{line}: {count}' for line, count in pushed.goods.items())}", 2)


def story_blocks(story: OrderStory, attempts: int = SHOWN_ATTEMPTS) -> Iterator[Block]:
    asks = story.next.attention is not None
    yield Line(f"{story.order}, company {story.company}: {story.next.told}", tone="yellow" if asks else "bold")
    if reason := story.next.attention or story.next.waiting_for:
        since = f" since {when(story.next.since)}" if story.next.since else ""
        yield Line(f"{reason}{since}: {story.next.do}", 2)
    for shipment in story.shipments:
        yield from _shipment(shipment)
        yield from _choices(story, shipment)
    for record in story.records:
        yield from _record(record)
    for attempt in story.attempts[:attempts]:
        yield from _attempt(attempt)
    if story.attempts_left_out or len(story.attempts) > attempts:
        yield Line("Earlier ones are in the answer as it is: --json", 2)


def _shipment(shipment: ShipmentStory) -> Iterator[Line]:
    parcel = " ".join(filter(None, (shipment.carrier, shipment.service, shipment.tracking_number)))
    place = f", record {shipment.record} ({shipment.placed_by})" if shipment.record else ""
    ends = [f"from warehouse {shipment.warehouse}"] if shipment.warehouse else []
    ends += [f"made {when(shipment.created_at)}"]
    ends += [f"voided {when(shipment.voided_at)}"] if shipment.voided_at else []
    end = " ".join(filter(None, (shipment.outcome, shipment.reason)))
    yield Line(f"{shipment.shipment} {parcel}, {', '.join(ends)}{place}: {end}", 2)
    if shipment.means:
        yield Line(shipment.means, 6)


def _choices(story: OrderStory, shipment: ShipmentStory) -> Iterator[Line]:
    if shipment.choices:
        place = f"place {story.order} {shipment.shipment} {shipment.choices[0]}"
        yield Line(f"To choose from: {listed(shipment.choices)}; {place} chooses the first", 6)


def _record(record: RecordStory) -> Iterator[Line]:
    others = f", shared with {listed(record.other_orders)}" if record.other_orders else ""
    fields = [
        f"{name} {each.outcome}{f' {each.reason}' if each.reason else ''} {value(each.ours or each.theirs)}"
        for name, each in record.fields.items()
    ]
    yield Line(f"IFS record {record.record}{others}: {'; '.join(fields) or 'nothing was decided'}", 2)
    if record.write_open_since:
        yield Line(f"A write is open since {when(record.write_open_since)}", 6)


def _attempt(attempt: Attempt) -> Iterator[Line]:
    who = f" by {attempt.by}: {attempt.note}" if attempt.by else ""
    end = " ".join(str(each) for each in (attempt.outcome, attempt.reason, attempt.code, attempt.http_status) if each)
    what = "" if attempt.what == "write" else f" {attempt.what}"
    yield Line(f"{attempt.at:%Y-%m-%d %H:%M:%S} {attempt.cause}{what}, {attempt.record}: {end}{who}", 2)
    changes = [f"{name}: {value(before)} → {value(after)}" for name, (before, after) in attempt.changes.items()]
    if changes:
        yield Line("; ".join(changes), 6)
