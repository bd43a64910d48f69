"""What a comparison found: the Reconcile function's own answers, shown by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from functions.page.answers import back, places, refusal
from functions.page.markup import Html, tag, together
from functions.page.sheet import Sheet, soft
from functions.page.widget_event import WidgetEvent


def compared_page(widget: WidgetEvent, answer: Mapping[str, Any]) -> str:
    """What Reconcile itself answers."""
    sheet = widget.sheet("")
    told = [tag("div", str(line)) for line in answer.get("text", ())]
    body = together(
        tag("h2", f"Comparison {answer['run_id']}: {answer['state']}") if "run_id" in answer else None,
        refusal(answer) if "error" in answer else None,
        told or (tag("p", _counts(answer)) if "percent" in answer else None),
        tag("p", soft(answer["next"])) if isinstance(answer.get("next"), str) and "error" not in answer else None,
    )
    steps = tag("p", *_asks(answer, sheet))
    return sheet.frame(places(sheet), sheet.who(), body, steps, back(widget, sheet)).text


def _counts(answer: Mapping[str, Any]) -> str:
    told = ", ".join(f"{answer[name]} {name}" for name in ("equal", "explained", "unexplained") if name in answer)
    return f"{answer['percent']} %: {answer.get('shipments', 0)} shipments, {told}"


def _asks(answer: Mapping[str, Any], sheet: Sheet) -> Iterator[Html | None]:
    if answer.get("state") == "under way":
        yield sheet.compare("how far is it?", {"run_id": answer["run_id"]})
    step = answer.get("next")
    if isinstance(step, Mapping):
        yield sheet.plan("look at the plan that repairs it", {"plan_id": step["plan_id"]})
