"""What waits, was kept, rests or is parked: groups by reason, and the entries of one, page by page."""

from __future__ import annotations

from typing import Any

from functions.flows.operations.attention import AttentionList, Entry, Group
from functions.page.markup import Html, tag, together
from functions.page.sheet import Sheet, at, one_line, soft, table, warn


def attention_page(answer: AttentionList, sheet: Sheet) -> Html:
    return together(
        tag("h2", f"What waits in {answer.connection}"),
        tag("p", f"{answer.total} wait, are kept or parked; ", _calls(answer.calls), "."),
        None if answer.is_whole else tag("p", warn("There are more than are counted here.")),
        table(
            ("reason", "orders", "ask", "oldest", "what it means, what to do", "for example", ""),
            (_group(group, sheet) for group in answer.groups),
        ),
        table(
            ("order", "reason", "since (UTC)", "looked at again", "stores"),
            (_entry(entry, sheet) for entry in answer.entries),
        ),
        _pages(answer, sheet),
    )


def _calls(calls: int) -> Html:
    return warn(f"{calls} {'ask' if calls > 1 else 'asks'} a person") if calls else soft("none asks a person")


def _group(group: Group, sheet: Sheet) -> tuple[Any, ...]:
    own = {"show": "attention", "connection": sheet.connection, "reason": group.reason}
    return (
        one_line(sheet.link(group.reason, own)) if group.reason else soft("not told yet"),
        group.count,
        warn(group.calls) if group.calls else "",
        one_line(f"{group.oldest_hours} h"),
        together(group.means, tag("br"), soft(group.do)),
        order_link(group.example, sheet),
        together(_release(group, sheet), _plan(group, sheet)),
    )


def _release(group: Group, sheet: Sheet) -> Html | None:
    if group.reason is None:
        return None
    sure = f"Look again at all {group.count} that wait for {group.reason}?"
    return sheet.act("look again", {"do": "release", "reasons": [group.reason]}, sure)


def _plan(group: Group, sheet: Sheet) -> Html | None:
    """What would be written for all of one reason: a dry run of a plan."""
    if group.reason is None:
        return None
    ask = {"connection": sheet.connection, "select": {"reason": group.reason}}
    return sheet.plan("what would be written?", ask)


def _entry(entry: Entry, sheet: Sheet) -> tuple[Any, ...]:
    reason = one_line(warn(entry.reason) if entry.calls else entry.reason)
    return (
        order_link(entry.order, sheet),
        reason,
        at(entry.since),
        at(entry.next_at),
        one_line(", ".join(map(str, entry.stores))),
    )


def order_link(name: str, sheet: Sheet) -> Html:
    return sheet.link(name, {"show": "order", "connection": sheet.connection, "order": name})


def _pages(answer: AttentionList, sheet: Sheet) -> Html | None:
    others = ("earlier", answer.page - 1 or None), ("more", answer.next_page)
    return tag("p", [sheet.look(word, {**sheet.back, "page": page}) for word, page in others if page])
