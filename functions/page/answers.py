"""The page for each answer: what was asked, what was changed, what a plan would write, what could not be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from functions.flows.operations.attention import AttentionList
from functions.flows.operations.plan_list import PlanList
from functions.flows.operations.reconcile_standing import ReconcileStanding
from functions.flows.operations.standing import DeskStanding, ReadingStanding, TenantStanding
from functions.flows.operations.status import StatusAnswer
from functions.flows.operations.stories import StoriesAnswer
from functions.model.control import Changed
from functions.page.attention_page import attention_page
from functions.page.markup import Html, tag, together
from functions.page.plans_page import plans_page, reconcile_page
from functions.page.sheet import Sheet, table, warn
from functions.page.standing_pages import desk_page, reading_page, status_page, tenant_page
from functions.page.story_page import search_form, stories_page
from functions.page.widget_event import WidgetEvent

PAGES: dict[type[BaseModel], Callable[[Any, Sheet], Html]] = {
    AttentionList: attention_page,
    StoriesAnswer: stories_page,
    ReadingStanding: reading_page,
    TenantStanding: tenant_page,
    DeskStanding: desk_page,
    StatusAnswer: status_page,
    PlanList: plans_page,
    ReconcileStanding: reconcile_page,
}
PLACES = {
    "attention": "what waits",
    "order": "find an order",
    "plans": "plans",
    "reconcile": "comparison",
    "desk": "desk",
    "reading": "reading",
    "tenant": "IFS",
}


MOST = 900_000  # characters; Lambda's own limit is 6 MB, and a browser has to show it
TOO_LARGE = {"error": "This page would be too large for a dashboard.", "next": "Invoke Inspect with the same question."}


def is_blank_search(request: Mapping[str, Any]) -> bool:
    return request.get("show") == "order" and request.keys() <= {"show", "connection"}


def view_page(widget: WidgetEvent, action_id: str, answer: BaseModel | Mapping[str, Any] | None) -> str:
    """`answer` is what `Inspect` answers; None before anything was searched for."""
    sheet = widget.sheet(action_id)
    request = widget.request
    search = search_form(sheet, request) if request.get("show") == "order" else None
    signed = sheet.kept() if request.get("show") == "status" else sheet.who()
    page = sheet.frame(places(sheet), search, signed, _body(answer, sheet)).text
    return page if len(page) <= MOST else sheet.frame(places(sheet), search, refusal(TOO_LARGE)).text


def _body(answer: BaseModel | Mapping[str, Any] | None, sheet: Sheet) -> Html | None:
    if answer is None:
        return None
    return PAGES[type(answer)](answer, sheet) if isinstance(answer, BaseModel) else refusal(answer)


def places(sheet: Sheet) -> Html | None:
    if not sheet.connection:
        return None
    own = {"connection": sheet.connection}
    buttons = [sheet.look(word, {"show": show, **own}) for show, word in PLACES.items()]
    return tag("p", buttons, sheet.look("all connections", {"show": "status"}))


def act_page(widget: WidgetEvent, answer: Changed | Mapping[str, Any]) -> str:
    """What was done, and the way back to a fresh look."""
    sheet = widget.sheet("")
    body = _changed(answer) if isinstance(answer, Changed) else refusal(answer)
    return sheet.frame(places(sheet), body, back(widget, sheet), sheet.kept()).text


def _changed(answer: Changed) -> Html:
    return together(
        tag("h2", f"Done: {answer.done}"),
        tag("p", answer.told, f" ({answer.concerned})" if answer.concerned else ""),
        table(("left", "why"), answer.left.items()),
    )


def refusal(answer: Mapping[str, Any]) -> Html:
    step = answer.get("next")
    return together(tag("p", warn(str(answer.get("error")))), tag("p", step) if isinstance(step, str) else None)


def back(widget: WidgetEvent, sheet: Sheet) -> Html | None:
    if widget.back is None:
        return None
    return tag("p", sheet.look("back, and look again", widget.back, kind="btn btn-primary"))
