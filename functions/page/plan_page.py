"""What a plan would write, the buttons that carry it out, and how far it is: the own answers of Replay and Pull, each
shown by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from functions.page.answers import back, places, refusal
from functions.page.markup import Child, Html, tag, together
from functions.page.sheet import Sheet, left_out, soft, table
from functions.page.story_page import cut
from functions.page.widget_event import WidgetEvent

# What may be asked next of a plan: the button, and what it asks before.
STEPS = {
    "apply": ("apply", "Write what this plan shows?"),
    "cancel": ("stop it", "Stop this plan? What was written stays."),
    "revert": ("what would be taken back?", "Draw up what takes this plan back?"),
}


def plan_page(widget: WidgetEvent, answer: Mapping[str, Any], *, is_to_shipstation: bool = False) -> str:
    """`is_to_shipstation`: it is Pull's."""
    sheet = widget.sheet("").for_pushes() if is_to_shipstation else widget.sheet("")
    body = refusal(answer) if "error" in answer else together(tag("h2", _title(answer)), _differences(answer))
    steps = tag("p", *_steps(answer, sheet))
    return sheet.frame(places(sheet), sheet.who(), body, steps, back(widget, sheet)).text


def _title(answer: Mapping[str, Any]) -> str:
    state = f" ({answer['state']})" if "state" in answer else ""
    if "orders" in answer:
        return (
            f"{_kind(answer)} of {_orders(answer['orders'])} would change {answer.get('would_change', 0)}"
            f"{_undecided(answer)}{_gone(answer)}{state}"
        )
    if "looked_at" in answer:
        return f"It looks at orders: {answer['looked_at']} so far{state}"
    return f"On their way: {_orders(answer.get('sent', 0))}{state}"


def _kind(answer: Mapping[str, Any]) -> str:
    kinds = {"reverts": "A revert", "overwrites": "An overwrite", "to_shipstation": "A push to ShipStation"}
    return next((kind for key, kind in kinds.items() if answer.get(key)), "A replay")


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count} orders"


def _undecided(answer: Mapping[str, Any]) -> str:
    return f", {answer['undecided']} could not be decided" if answer.get("undecided") else ""


def _gone(answer: Mapping[str, Any]) -> str:
    if "sent" not in answer:
        return ""
    return f"; {answer['sent']} are sent, {answer.get('settled', 0)} of them settled, {answer.get('left', 0)} left"


def _differences(answer: Mapping[str, Any]) -> Html:
    return together(
        table(("order", "outcome", "would be written", ""), map(_difference, answer.get("differences", ()))),
        left_out(int(answer.get("not_shown", 0)), "orders"),
    )


def _steps(answer: Mapping[str, Any], sheet: Sheet) -> Iterator[Html | None]:
    step, plan = answer.get("next"), {"plan_id": answer.get("plan_id")}
    page, pages = int(answer.get("page", 1)), int(answer.get("pages", 1))
    for word, other in (("earlier", page - 1), ("more", page + 1)):
        if 1 <= other <= pages:
            yield sheet.plan(word, {**plan, "page": other})
    if isinstance(step, str):
        yield soft(step)
    if isinstance(step, Mapping):
        yield _step(step, sheet)
    if answer.get("state") in {"drawing", "applying"}:
        yield _step({**plan, "cancel": True}, sheet)


def _step(asked: Mapping[str, Any], sheet: Sheet) -> Html | None:
    wanted = next((name for name in STEPS if asked.get(name) is True), None)
    if wanted is None:
        return sheet.plan("look at the plan", {"plan_id": asked["plan_id"]})
    label, sure = STEPS[wanted]
    return sheet.plan(label, {"plan_id": asked["plan_id"], wanted: True}, sure)


def _difference(shown: Mapping[str, Any]) -> tuple[Child, ...]:
    ended = " ".join(str(part) for part in (shown.get("outcome"), shown.get("reason"), shown.get("field")) if part)
    choices = ", ".join(map(str, shown.get("choices", ())))
    return (
        str(shown.get("order")),
        together(ended, tag("br"), soft(str(shown.get("means", ""))), f" choices: {choices}" if choices else ""),
        [tag("div", line) for record in shown.get("changes", ()) for line in _lines(record)],
        [tag("div", soft(line)) for record in shown.get("left", ()) for line in _left(record)],
    )


def _lines(record: Mapping[str, Any]) -> Iterable[str]:
    for name, change in record.items():
        if isinstance(change, dict):
            before, after = (cut(change.get(side)) or "empty" for side in ("before", "after"))
            yield f"{record.get('record')} {name}: {before} → {after}"


def _left(record: Mapping[str, Any]) -> Iterable[str]:
    return (f"{record.get('record')} {name} stays: {cut(why)}" for name, why in record.items() if name != "record")
