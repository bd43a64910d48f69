"""Where an order is: the search, and for each order that fits what was shipped, what IFS holds, who wrote it, what
comes next, and what a person can do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from functions.flows.operations.pushed_story import PushedStory
from functions.flows.operations.search import AtShipStation
from functions.flows.operations.stories import StoriesAnswer
from functions.flows.operations.story import Attempt, FieldStory, OrderStory, RecordStory, ShipmentStory
from functions.model.desk import MapName
from functions.model.outcomes import Outcome, Reason
from functions.model.records import FieldName
from functions.page.markup import Child, Html, tag, together
from functions.page.sheet import Sheet, at, field, left_out, one_line, soft, table, warn

PUSHED = 20
STORIES, SHIPMENTS, RECORDS, ATTEMPTS, CHOICES, CODES = 2, 40, 10, 50, 10, 5  # of one page
LONGEST = 300  # characters of a value
SEARCHED = {
    "order": "IFS order",
    "shipstation_order": "ShipStation order",
    "tracking": "tracking number",
    "shipment": "shipment (L123)",
}
UNMAPPED: dict[Reason, MapName] = {
    Reason.CARRIER_UNMAPPED: "carriers",
    Reason.SERVICE_UNMAPPED: "services",
    Reason.AMBIGUOUS_TARGET: "warehouses",
}


def search_form(sheet: Sheet, typed: Mapping[str, Any]) -> Html:
    ask = {"show": "order", "connection": sheet.connection}
    fields = [field(f"search.{name}", label, str(typed.get(name) or "")) for name, label in SEARCHED.items()]
    return tag("p", fields, sheet.look("find", ask, form="search", kind="btn btn-primary"))


def stories_page(answer: StoriesAnswer, sheet: Sheet) -> Html:
    return together(
        tag("p", answer.told) if len(answer.stories) != 1 else None,
        table(
            ("ShipStation", "status", "store", "stands for", "at (UTC)"),
            (_there(each) for each in answer.at_shipstation),
        ),
        table(
            ("to ShipStation", "its order", "made (UTC)", "IFS asks, read (UTC)", "ended", "since (UTC)"),
            (_pushed(each, sheet) for each in answer.pushed[:PUSHED]),
        ),
        left_out(len(answer.pushed) - PUSHED, "parts"),
        [_story(story, sheet) for story in answer.stories[:STORIES]],
        left_out(len(answer.stories) - STORIES, "orders"),
    )


def _there(found: AtShipStation) -> tuple[Any, ...]:
    return f"{found.kind} {found.id}", found.status, found.store, found.reference, at(found.at)


def _pushed(each: PushedStory, sheet: Sheet) -> tuple[Any, ...]:
    what = f"shipment {each.shipment}" if each.shipment else f"order {each.order} {each.part}"
    ended = " ".join(filter(None, (each.outcome, each.field)))
    goods = (f"{line}: {count}" for line, count in each.goods.items())
    held = cut(", ".join((*each.fields, *goods)))
    why = warn(each.attention) if each.attention else each.reason
    number = each.order or each.shipment
    sure = f"Nobody is asked for {number} any more?"
    ask = {"do": "dismiss", "orders" if each.order else "subjects": [number]}
    seen = sheet.act("I have seen to it", ask, sure) if each.attention else None
    drawn = {"connection": sheet.connection, "to_shipstation": True, "orders": [number]}
    planned = sheet.for_pushes().plan("what would be pushed?", drawn)
    return (
        together(what, tag("br"), soft(each.told), tag("br"), soft(held)),
        each.shipstation_order_id,
        at(each.pushed_at),
        together(each.wish, tag("br"), soft(at(each.read_at))),
        together(ended, " ", why, tag("br"), soft(each.means), " ", soft(each.do), seen, planned),
        at(each.since),
    )


def _story(story: OrderStory, sheet: Sheet) -> Html:
    step = story.next
    asked = warn(step.attention) if step.attention else step.waiting_for
    return together(
        tag("h2", f"Order {story.order}", soft(f" company {story.company}")),
        tag("p", step.told, _since(" Its trouble: ", asked, step.since)),
        tag("p", soft(step.do)),
        tag("p", soft(f"Seen to by {step.dismissed_by}.")) if step.dismissed_by else None,
        tag("p", *_actions(story, sheet)),
        [*_mappings(story, sheet)],
        table(
            ("shipment", "carrier", "tracking number", "made (UTC)", "IFS record", "is"),
            (_shipment(each, story, sheet) for each in story.shipments[:SHIPMENTS]),
        ),
        left_out(len(story.shipments) - SHIPMENTS, "shipments"),
        [_record(record, story, sheet) for record in story.records[:RECORDS]],
        left_out(story.records_left_out + max(0, len(story.records) - RECORDS), "records"),
        tag("h3", "What was written and decided") if story.attempts else None,
        table(
            ("at (UTC)", "record", "what", "by", "ended", "changes"), (_attempt(e) for e in story.attempts[:ATTEMPTS])
        ),
        left_out(len(story.attempts) - ATTEMPTS, "entries"),
        tag("p", soft("Older entries are in the audit.")) if story.attempts_left_out else None,
    )


def _since(told: str, what: Child, since: datetime | None) -> Html | None:
    if not (what or since):
        return None
    return together(told, what, " since " if since else "", at(since), " UTC." if since else ".")


def _actions(story: OrderStory, sheet: Sheet) -> Iterator[Html | None]:
    number = story.order
    own = {"orders": [number], "company": story.company}
    yield sheet.act("look again now", {"do": "release", **own}, f"Look at {number} now?")
    if story.next.attention:
        sure = f"Nobody is asked for {number} any more?"
        yield sheet.act("I have seen to it", {"do": "dismiss", **own}, sure)
    yield sheet.plan("what would be written?", {"connection": sheet.connection, "select": {"orders": [number]}})


def _shipment(each: ShipmentStory, story: OrderStory, sheet: Sheet) -> tuple[Any, ...]:
    ended = " ".join(filter(None, (each.outcome, each.reason)))
    gone = "voided" if each.voided_at else "withdrawn" if each.withdrawn_at else ""
    order = f"order {each.shipstation_order_id}" if each.shipstation_order_id else ""
    return (
        together(each.shipment, " ", warn(gone), tag("br"), soft(order), tag("br"), soft(_warehouse(each))),
        "/".join(filter(None, (each.carrier, each.service))),
        cut(each.tracking_number),
        at(each.created_at),
        together(each.record, tag("br"), soft(each.placed_by)) if each.record else "",
        together(ended, tag("br"), soft(each.means), *_ways_out(each, story, sheet)),
    )


def _warehouse(each: ShipmentStory) -> str:
    return f"warehouse {each.warehouse}" if each.warehouse else ""


def _ways_out(each: ShipmentStory, story: OrderStory, sheet: Sheet) -> Iterator[Html | None]:
    for choice in each.choices[:CHOICES]:
        ask = {"do": "place", **_its(story), "shipment": each.shipment, "record": choice}
        yield sheet.act(f"belongs to {choice}", ask, f"{each.shipment} belongs to {choice}?")
    yield left_out(len(each.choices) - CHOICES, "choices")


def _mappings(story: OrderStory, sheet: Sheet) -> Iterator[Html | None]:
    """For each code that a shipment or a field of a record lacks in a map."""
    said = {story.next.attention, story.next.waiting_for, *(each.reason for each in story.shipments)}
    said |= {each.reason for record in story.records for each in record.fields.values()}
    for reason, name in UNMAPPED.items():
        for number, code in enumerate(_codes(story, name)[:CODES] if reason in said else ()):
            yield mapping_form(sheet, f"map-{name}-{number}", name, code)


def _codes(story: OrderStory, name: MapName) -> list[str]:
    """Of its live shipments, each once."""
    codes = (_code(each, name) for each in story.shipments if each.voided_at is None)
    return list(dict.fromkeys(code for code in codes if code))


def _code(each: ShipmentStory, name: MapName) -> str:
    """Empty where it tells none."""
    if name == "warehouses":
        return str(each.warehouse or "")
    if not each.carrier:
        return ""
    return f"{each.carrier}/{each.service}" if name == "services" and each.service else str(each.carrier)


def mapping_form(sheet: Sheet, form: str, name: MapName, code: str = "") -> Html | None:
    """One line: what ShipStation calls it, what IFS calls it."""
    button = sheet.act("map", {"do": "map", "table": name}, f"Map it in {name}?", form=form)
    if button is None:
        return None
    return tag("div", field(f"{form}.code", name, code), field(f"{form}.value", "is in IFS"), button)


def _record(record: RecordStory, story: OrderStory, sheet: Sheet) -> Html:
    others = f" together with {', '.join(record.other_orders)}" if record.other_orders else ""
    is_open = record.write_open_since is not None
    open_since = _since(" A write is under way", "", record.write_open_since) if is_open else None
    return together(
        tag("h3", f"IFS record {record.record}", soft(others, open_since)),
        table(
            ("field", "is", "ours", "somebody else's", "refused", ""),
            (_field(name, each, story, sheet) for name, each in record.fields.items()),
        ),
    )


def _field(name: str, each: FieldStory, story: OrderStory, sheet: Sheet) -> tuple[Any, ...]:
    ended = " ".join(filter(None, (each.outcome, each.reason)))
    ask = {"do": "adopt", **_its(story), "fields": [name]}
    sure = f"The value of {name} is ours from now on?"
    ways = (sheet.act("it is ours", ask, sure), _overwrite(name, story, sheet)) if each.outcome is Outcome.KEPT else ()
    is_ = together(ended, tag("br"), soft(each.means)) if each.means else ended
    return one_line(name), is_, cut(each.ours), cut(each.theirs), cut(each.tried), ways


def _its(story: OrderStory) -> dict[str, str]:
    """Several companies may have an order of that number."""
    return {"order": story.order, "company": story.company}


def _overwrite(name: str, story: OrderStory, sheet: Sheet) -> Html | None:
    """A plan, which is shown before it is applied."""
    if name not in set(FieldName):
        return None  # a state action
    ask = {"connection": sheet.connection, "select": {"orders": [story.order]}, "overwrite": [name]}
    return sheet.plan("write ours over it?", ask)


def _attempt(entry: Attempt) -> tuple[Any, ...]:
    ended = " ".join(str(part) for part in (entry.outcome, entry.reason, entry.code, entry.http_status) if part)
    by = tag("span", " ".join(filter(None, (entry.cause, entry.by))), title=entry.correlation_id)
    refused = soft(f"refused by IFS: {', '.join(entry.refused)}") if entry.refused else None
    return (
        at(entry.at),
        entry.record,
        entry.what,
        together(by, tag("br"), soft(entry.note)) if entry.note else by,
        ended,
        together([_change(name, before, after) for name, (before, after) in entry.changes.items()], refused),
    )


def _change(name: str, before: str | None, after: str | None) -> Html:
    return tag("div", f"{name}: {_or_empty(before)} → {_or_empty(after)}")


def _or_empty(value: str | None) -> str:
    return "empty" if value is None else cut(value)


def cut(value: Child) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
