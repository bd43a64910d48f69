"""Whatever an answer holds, a page shows it as text, leads where the widget may go, and stays within its size."""

from __future__ import annotations

import ast
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from functions.flows.operations.attention import AttentionList
from functions.flows.operations.plan_list import PlanLine, PlanList
from functions.flows.operations.stories import StoriesAnswer
from functions.model.control import Changed, ControlRequest
from functions.model.inspection import InspectRequest
from functions.model.reconcile_request import ReconcileRequest
from functions.model.replay_request import ReplayRequest
from functions.page import answers
from functions.page.answers import PAGES, act_page, view_page
from functions.page.compared_page import compared_page
from functions.page.plan_page import plan_page
from functions.page.plans_page import plans_page
from functions.page.style import CSS
from functions.page.widget_event import WidgetEvent, on_a_page
from tests.unit.page.pages import ENDPOINTS, Parsed, a_widget, filled, parts_of

ATTACK = "<script>window.ran=1</script>\"'><img src=x onerror=window.ran=2></textarea></style>"
TAGS = {"style", "div", "form", "p", "h2", "h3", "span", "a", "cwdb-action", "label", "input", "pre", "br"}
TAGS |= {"table", "tr", "th", "td"}
ATTRIBUTES = {"class", "type", "name", "value", "action", "display", "endpoint", "confirmation", "title"}
MOST_BYTES = 1_000_000
ASK = {"show": "order", "connection": "acme", "order": ATTACK}


def page_of(model: type[BaseModel], text: str, many: int = 1, **more: Any) -> str:
    typed = {"by": text, "note": text, "search.order": text}
    ask = {**ASK, "order": text} if model is StoriesAnswer else {"show": "attention", "connection": text}
    return view_page(a_widget(ask, typed, **more), "id-1", filled(model, text, many))


def assert_harmless(page: str) -> None:
    parsed = Parsed(page)
    assert (parsed.tags - TAGS, parsed.attributes - ATTRIBUTES) == (set(), set())


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
def test_no_text_of_an_answer_becomes_an_element(model: type[BaseModel]) -> None:
    page = page_of(model, ATTACK)
    assert_harmless(page)
    assert "<script" not in page


def named() -> set[str]:
    """The attributes that the pages' code names."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in Path(answers.__file__).parent.glob("*.py"))
    return {node.attr for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


# Told otherwise, in a sentence or in hours; or of no use to a person.
LEFT_OUT = {"next_attempt_at", "paused_by", "oldest", "attempt", "place", "reached", "recall_id"}


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
def test_every_field_of_an_answer_has_its_place(model: type[BaseModel]) -> None:
    fields = {name for each in parts_of(model) for name in each.model_fields}
    assert fields - named() - LEFT_OUT == set()
    assert LEFT_OUT & named() == set()


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
def test_the_largest_page_stays_small(model: type[BaseModel]) -> None:
    page = page_of(model, "x" * 50, many=20)
    assert len(page.encode()) < MOST_BYTES
    assert "too large" not in page


def test_a_page_that_is_too_large_says_so() -> None:
    page = page_of(AttentionList, "x" * 50_000, many=20)
    assert len(page.encode()) < MOST_BYTES
    assert "too large" in page


@pytest.mark.parametrize(
    "answer", [{"error": ATTACK, "next": ATTACK}, Changed(done="map", told=ATTACK, left={ATTACK: ATTACK})]
)
def test_what_was_done_or_refused_is_shown_as_text(answer: Any) -> None:
    page = act_page(a_widget({"do": "map"}, {"by": ATTACK}), answer)
    assert_harmless(page)
    assert ATTACK in Parsed(page).text


def actions(page: str) -> list[tuple[str, dict[str, Any]]]:
    """The function that a button calls, and with what."""
    found = re.findall(r'endpoint="([^"]*)"[^>]*>([^<]*)</cwdb-action>', page)
    return [(arn.rpartition(":")[2], json.loads(text)) for arn, text in found]


@pytest.mark.parametrize("model", PAGES, ids=lambda model: model.__name__)
def test_every_button_asks_for_what_the_functions_know(model: type[BaseModel]) -> None:
    typed = {"by": "kim", "note": "why", "pause.of": "100001", "map-carriers-0.code": "a"}
    typed |= {"map-carriers-0.value": "b", "map-services-0.code": "a", "map-services-0.value": "b"}
    typed |= {"carriers.code": "a", "carriers.value": "b", "services.code": "a", "services.value": "b"}
    typed |= {"warehouses.code": "4711", "warehouses.value": "CHI"}
    typed |= {"compare.from": "2026-03-01T00:00Z", "compare.until": "2026-03-02T00:00Z"}
    for endpoint, payload in actions(page_of(model, "L123")):
        context = {"params": ENDPOINTS, "forms": {"all": typed}}
        widget = WidgetEvent.of({**payload, "widgetContext": context})
        if endpoint == "act":
            assert ControlRequest.model_validate(widget.signed_request).root.action_id == "id-1"
        elif endpoint == "replay":
            ReplayRequest.model_validate(widget.signed_request)
        elif endpoint == "reconcile":
            ReconcileRequest.model_validate(widget.signed_request)
        elif endpoint == "view" and widget.request.keys() > {"show", "connection"}:
            InspectRequest.model_validate(widget.request)


NONE: dict[str, set[str]] = {"StatusAnswer": set(), "TenantStanding": set()}


def test_a_widget_that_may_only_look_shows_no_button_that_changes() -> None:
    for model in PAGES:
        everything, page = page_of(model, "L1"), page_of(model, "L1", only=("view",))
        assert {endpoint for endpoint, _ in actions(page)} <= {"view"}
        assert "your name" not in page
        called = {endpoint for endpoint, _ in actions(everything)} - {"view"}
        assert called >= {"PlanList": {"pull"}, "ReconcileStanding": {"reconcile"}, **NONE}.get(model.__name__, {"act"})


def test_what_is_no_lambda_is_never_called() -> None:
    widget = WidgetEvent.of({"view": "https://example.com", "act": 7, "replay": f'{ENDPOINTS["replay"]}"><script>'})
    assert widget.sheet("id").endpoints == {}


def test_who_and_why_stand_once_and_go_along() -> None:
    for model in PAGES:
        page = page_of(model, "kim")
        assert (page.count('name="by"'), page.count('name="note"')) == (1, 1)
        assert page.count('value="kim"') >= 2


LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from([ATTACK, "", "all", "x"])
WORDS = st.sampled_from(["ask", "form", "back", "widgetContext", "show", "connection", "view", "all", "by", "note"])
JSON: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda each: st.lists(each, max_size=3) | st.dictionaries(WORDS, each, max_size=3), max_leaves=6
)
EVENTS = st.dictionaries(WORDS, JSON, max_size=5)


@given(EVENTS, st.dictionaries(st.sampled_from(["params", "forms", "theme"]), JSON))
def test_any_event_becomes_a_page(event: dict[str, Any], context: dict[str, Any]) -> None:
    widget = WidgetEvent.of({**event, "widgetContext": context})
    assert_harmless(view_page(widget, "id", {"error": "no"}))
    assert_harmless(act_page(widget, {"error": str(widget.signed_request)}))


def test_the_version_stands_below_every_page() -> None:
    event = {"ask": ASK, "widgetContext": {"params": ENDPOINTS}}
    widget = WidgetEvent.of(event, ATTACK)
    shown = [view_page(widget, "id", filled(model, "L1")) for model in PAGES]
    shown += [act_page(widget, Changed(done="map", told="done")), on_a_page(event, lambda _: PLAN, plan_page, ATTACK)]
    for page in shown:
        assert_harmless(page)
        assert Parsed(page).text.rstrip().endswith(f"Version {ATTACK}")


PLAN = {
    "plan_id": "p1",
    "orders": 2,
    "would_change": 1,
    "not_shown": 3,
    "differences": [
        {
            "order": ATTACK,
            "outcome": "would_write",
            "reason": ATTACK,
            "means": ATTACK,
            "choices": [ATTACK],
            "left": [{"record": ATTACK, "carrier": ATTACK}],
            "changes": [{"record": ATTACK, "tracking": {"before": None, "after": ATTACK}}],
        }
    ],
    "state": "ready",
    "page": 1,
    "pages": 2,
    "next": {"plan_id": "p1", "apply": True, "by": "…", "note": "…"},
}


def replayed(answer: dict[str, Any], event: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The page, and what `Replay` was asked for it."""
    asked: list[dict[str, Any]] = []

    def replay(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        return answer

    return on_a_page(event, replay, plan_page, ATTACK), asked[0]


def a_click(ask: dict[str, Any], typed: dict[str, str] | None = None) -> dict[str, Any]:
    return {"ask": ask, "back": ASK, "widgetContext": {"params": ENDPOINTS, "forms": {"all": typed or {}}}}


def test_a_plan_is_shown_with_the_button_that_applies_it() -> None:
    select = {"connection": "acme", "select": {"orders": ["P1"]}}
    page, asked = replayed(PLAN, a_click(select, {"by": "kim", "note": "why"}))
    assert asked == {**select, "by": "kim", "note": "why"}
    assert_harmless(page)
    assert "tracking: empty → <script>" in Parsed(page).text
    assert "3 more orders are not shown here." in page
    apply = {"ask": {"plan_id": "p1", "apply": True}, "back": ASK}
    assert ("replay", apply) in actions(page)
    assert ("replay", {"ask": {"plan_id": "p1", "page": 2}, "back": ASK}) in actions(page)
    sent = {"plan_id": "p1", "sent": 2, "left": 0, "next": {"plan_id": "p1"}}
    done, asked = replayed(sent, {**a_click({}, {"by": "kim", "note": "why"}), **apply})
    assert asked == {"plan_id": "p1", "apply": True, "by": "kim", "note": "why"}
    assert "On their way: 2 orders" in done


@pytest.mark.parametrize(
    ("state", "step", "asks"),
    [
        ("drawing", {"plan_id": "p1"}, [{"plan_id": "p1"}, {"plan_id": "p1", "cancel": True}]),
        ("applying", {"plan_id": "p1"}, [{"plan_id": "p1"}, {"plan_id": "p1", "cancel": True}]),
        ("applied", {"plan_id": "p1", "revert": True, "by": "…", "note": "…"}, [{"plan_id": "p1", "revert": True}]),
        ("given_up", "repeat the dry run", []),
    ],
)
def test_a_plan_offers_what_its_state_allows(state: str, step: Any, asks: list[dict[str, Any]]) -> None:
    progress = {"looked_at": 7} if state == "drawing" else {"orders": 2, "sent": 2, "settled": 1, "left": 0}
    page, _ = replayed({"plan_id": "p1", "state": state, **progress, "next": step}, a_click({}))
    assert [payload["ask"] for endpoint, payload in actions(page) if endpoint == "replay"] == asks
    assert f"({state})" in page


@pytest.mark.parametrize(("kind", "whose"), [("replay", "replay"), ("revert", "replay"), ("push", "pull")])
def test_the_list_leads_to_the_function_whose_plan_it_is(kind: Any, whose: str) -> None:
    line = filled(PlanLine, "text").model_copy(update={"kind": kind, "plan_id": "p1"})
    sheet = WidgetEvent.of(a_click({})).sheet("id-1")
    page = plans_page(PlanList(connection="acme", plans=(line,)), sheet).text
    assert [(endpoint, payload["ask"]) for endpoint, payload in actions(page)] == [(whose, {"plan_id": "p1"})]


def test_every_button_of_a_plan_of_what_goes_to_shipstation_leads_to_pull() -> None:
    answer = {**PLAN, "to_shipstation": True, "next": {"plan_id": "p1", "apply": True}}
    page = on_a_page(a_click({}), lambda _: answer, partial(plan_page, is_to_shipstation=True), "1")
    assert {endpoint for endpoint, _ in actions(page)} == {"view", "pull"}
    assert "A push to ShipStation of" in page


def test_a_replay_without_a_dashboard_is_answered_as_ever() -> None:
    event = {"plan_id": "p1", "apply": False}
    assert replayed(PLAN, event) == (PLAN, event)


@pytest.mark.parametrize(
    "answer",
    [{"error": ATTACK, "allowed": {}}, {**PLAN, "pages": 1, "next": "nothing to change"}],
    ids=["refused", "equal"],
)
def test_where_nothing_can_be_applied_there_is_no_button(answer: dict[str, Any]) -> None:
    page, _ = replayed(answer, a_click({"select": {}}))
    assert_harmless(page)
    assert {endpoint for endpoint, _ in actions(page)} == {"view"}


def test_every_class_of_the_style_sheet_is_ours() -> None:
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"@media[^{]+\{", "", CSS))
    assert [part for each in selectors for part in each.split(",") if not part.strip().startswith(".ifss")] == []


def test_a_plan_says_how_many_orders_could_not_be_decided() -> None:
    page, _ = replayed({"plan_id": "p1", "state": "ready", "orders": 3, "would_change": 0, "undecided": 3}, a_click({}))
    assert "would change 0, 3 could not be decided" in page


COMPARED = {"connection": "acme", "run_id": "r-1", "state": "done", "percent": 100.0, "next": {"plan_id": "p-1"}}


@pytest.mark.parametrize(
    ("answer", "asks", "told"),
    [
        ({**COMPARED, "text": ["They disagree. <b>P1</b>"]}, [("replay", {"plan_id": "p-1"})], "&lt;b&gt;P1&lt;/b&gt;"),
        (
            {**COMPARED, "state": "under way", "next": ATTACK},
            [("reconcile", {"connection": "acme", "run_id": "r-1"})],
            "",
        ),
        ({**COMPARED, "state": "failed", "error": ATTACK, "next": None}, [], "failed"),
        ({"error": "from: must be before until"}, [], "from: must be before until"),
    ],
)
def test_a_comparison_is_shown_with_what_may_be_asked_next(
    answer: dict[str, Any], asks: list[tuple[str, dict[str, Any]]], told: str
) -> None:
    event = a_click({"connection": "acme", "status": True}, {"by": "kim", "note": "month end"})
    page = on_a_page(event, lambda _: answer, compared_page, ATTACK)
    assert_harmless(page)
    assert told in page
    assert [(e, payload["ask"]) for e, payload in actions(page) if e != "view"] == asks
