"""What a replay would write and the button that carries it out: the Replay function's own answers, shown by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from functions.page.answers import back, places, refusal
from functions.page.markup import Child, Html, tag, together
from functions.page.sheet import Sheet, left_out, soft, table
from functions.page.story_page import cut
from functions.page.widget_event import WidgetEvent

ORDERS = 100  # of one page


def on_a_page(event: Mapping[str, Any], replay: Callable[[dict[str, Any]], Any]) -> Any:
    """The answer as it is to whoever invokes; a page to a dashboard."""
    if "widgetContext" not in event:
        return replay(dict(event))
    widget = WidgetEvent.of(event)
    request = widget.request if "plan_id" in widget.ask else widget.signed_request
    return plan_page(widget, replay(request))


def plan_page(widget: WidgetEvent, answer: Mapping[str, Any]) -> str:
    sheet = widget.sheet("")
    body = _applied(answer) if "sent" in answer else _planned(answer, sheet) if "orders" in answer else refusal(answer)
    return sheet.frame(places(sheet), body, back(widget, sheet), sheet.kept()).text


def _applied(answer: Mapping[str, Any]) -> Html:
    return together(tag("h2", f"{answer['sent']} orders are on their way"), tag("p", soft(str(answer.get("next", "")))))


def _planned(answer: Mapping[str, Any], sheet: Sheet) -> Html:
    differences, step = answer.get("differences", ()), answer.get("next")
    sure = "Write what this plan shows?"
    return together(
        tag("h2", f"A replay of {answer['orders']} orders would change {answer.get('would_change', 0)}"),
        table(("order", "outcome", "would be written"), map(_difference, differences[:ORDERS])),
        left_out(max(0, len(differences) - ORDERS) + int(answer.get("not_shown", 0)), "orders"),
        sheet.plan("apply", step, sure) if isinstance(step, dict) else tag("p", str(step)),
    )


def _difference(shown: Mapping[str, Any]) -> tuple[Child, ...]:
    ended = " ".join(str(part) for part in (shown.get("outcome"), shown.get("reason")) if part)
    choices = ", ".join(map(str, shown.get("choices", ())))
    return (
        str(shown.get("order")),
        together(ended, tag("br"), soft(str(shown.get("means", ""))), f" choices: {choices}" if choices else ""),
        [tag("div", line) for record in shown.get("changes", ()) for line in _lines(record)],
    )


def _lines(record: Mapping[str, Any]) -> Iterable[str]:
    for name, change in record.items():
        if isinstance(change, dict):
            before, after = (cut(change.get(side)) or "empty" for side in ("before", "after"))
            yield f"{record.get('record')} {name}: {before} → {after}"
