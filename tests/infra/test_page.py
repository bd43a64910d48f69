"""The dashboard shows what there is: functions of the stack, metrics that an alarm watches, fields of log lines."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import functions.handlers
from functions.console.schemas import PUBLISHED
from functions.ledger.costs import USD, terms
from functions.model.cursors import Stream
from functions.model.outcomes import Outcome, Reason
from functions.page.widget_event import ENDPOINTS
from functions.settings import DigestSettings
from tests.equipment.local_aws.server import ROOT

pytestmark = pytest.mark.integration

HANDLERS = Path(str(functions.handlers.__file__)).parent
LONGEST = 1_000_000  # characters that a dashboard may have, far more than this one


def text_of(value: Any) -> str:
    """With the logical id for what only a deployment knows."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(map(text_of, value["Fn::Join"][1]))
    return str(value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0])


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


@pytest.fixture(scope="module")
def widgets(template: dict[str, Any]) -> list[dict[str, Any]]:
    return widgets_of(template)


def widgets_of(template: dict[str, Any]) -> list[dict[str, Any]]:
    (dashboard,) = of_type(template, "AWS::CloudWatch::Dashboard").values()
    found: list[dict[str, Any]] = json.loads(text_of(dashboard["DashboardBody"]))["widgets"]
    return found


def test_the_output_leads_to_the_dashboard(template: dict[str, Any], documented: dict[str, Any]) -> None:
    for each in (template, documented):
        (dashboard,) = of_type(each, "AWS::CloudWatch::Dashboard").values()
        leads_to = text_of(each["Outputs"]["DashboardUrl"]["Value"]).rpartition("#dashboards/dashboard/")[2]
        assert leads_to == text_of(dashboard["DashboardName"])


def handler_of(template: dict[str, Any], function: str) -> str:
    return str(of_type(template, "AWS::Lambda::Function")[function]["Handler"]).split(".")[-2]


def test_every_page_is_view_s_and_its_buttons_lead_to_the_functions_that_answer_with_pages(
    template: dict[str, Any], documented: dict[str, Any], widgets: list[dict[str, Any]]
) -> None:
    assert [page["params"]["show"] for page in pages_of(widgets)] == ["status", "attention", "order"]
    assert_leads(template, widgets, set(ENDPOINTS) - {"pull"})
    assert_leads(documented, widgets_of(documented), set(ENDPOINTS))


def pages_of(widgets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each["properties"] for each in widgets if each["type"] == "custom"]


def assert_leads(template: dict[str, Any], widgets: list[dict[str, Any]], names: set[str]) -> None:
    """Pull is there where a file has `[orders]`."""
    for page in pages_of(widgets):
        assert handler_of(template, page["endpoint"]) == "view"
        called = {name: handler_of(template, page["params"][name]) for name in ENDPOINTS if name in page["params"]}
        assert called == {name: name for name in names}


def test_no_metric_is_shown_that_no_alarm_watches(template: dict[str, Any], widgets: list[dict[str, Any]]) -> None:
    alarms = json.dumps(of_type(template, "AWS::CloudWatch::Alarm"))
    graphs = [metric for each in widgets if each["type"] == "metric" for metric in each["properties"]["metrics"]]
    own = {metric[1] for metric in graphs if metric[0] == "IfsShipStation"}
    assert {"PollSucceeded", "OldestDue"} <= own
    assert {name for name in own if f'"{name}"' not in alarms} == set()
    of_the_stack = {"OrdersParked", "AttentionOverdue", "PauseForgotten", "NotCompared", "KeysExpire"}
    assert not own & of_the_stack, "they are sent without a connection, and shown with one"


def keys_of(handler: str, event: str) -> set[str]:
    """Of the log line that a handler writes of this name, those of its helpers' dictionaries with them."""
    tree = ast.parse((HANDLERS / f"{handler}.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    (line,) = (c for c in calls if isinstance(c.args[0], ast.Constant) and c.args[0].value == event)
    helped = {
        k.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for k in node.keys
        if isinstance(k, ast.Constant)
    }
    return {each.arg for each in line.keywords if each.arg} | {str(key) for key in helped}


def test_every_query_counts_fields_that_its_log_has(template: dict[str, Any], widgets: list[dict[str, Any]]) -> None:
    queries = [each["properties"]["query"] for each in widgets if each["type"] == "log"]
    assert len(queries) == 5
    for query in queries:
        group, event = re.findall(r"SOURCE '(\w+)' \| filter message = \"(\w+)\"", query)[0]
        handler = {"order_delivered": "consume", "poll_ended": "poll"}[event]
        assert group.lower().startswith(handler)
        assert group in of_type(template, "AWS::Logs::LogGroup")
        named = set(re.findall(r"(?:sum|max|pct|count_distinct|coalesce|ispresent)\(([a-z_]+)", query)) - {"reason"}
        made_here = set(re.findall(r" as (\w+)", query))
        assert named - made_here - keys_of(handler, event) == set()
    assert all(any(f"seconds_behind.{stream}" in query for query in queries) for stream in Stream)


def test_the_words_that_are_counted_are_those_of_the_log(widgets: list[dict[str, Any]]) -> None:
    (query,) = (
        each["properties"]["query"] for each in widgets if "strcontains" in str(each["properties"].get("query"))
    )
    assert re.findall(r"strcontains\(@message, '\"(\w+)\"'\)", query) == [Outcome.KEPT, Reason.CONFLICTS]
    assert {"outcomes", "waiting_for"} <= keys_of("consume", "order_delivered")


def may_invoke(template: dict[str, Any]) -> dict[str, set[str]]:
    """The handlers by the managed policy."""
    may = {}
    for name, policy in of_type(template, "AWS::IAM::ManagedPolicy").items():
        statements = policy["PolicyDocument"]["Statement"]
        (statement,) = (each for each in statements if each["Action"] == "lambda:InvokeFunction")
        resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        word = next(word for word in ("Reader", "Operator", "Administrator") if word in name)
        may[word] = {handler_of(template, text_of(each)) for each in resources}
    return may


def test_whatever_a_person_may_invoke_has_a_published_answer(documented: dict[str, Any]) -> None:
    """But what answers with pages: `View` and `Act`."""
    asked = may_invoke(documented)["Administrator"] - {"view", "act"}
    assert {"inspect", "control", "replay", "reconcile", "check", "poll", "pull", "align", "register"} <= asked
    answers = {"inspect": "inspect-status", "poll": "reading-answer"}
    assert {name for name in asked if answers.get(name, f"{name}-answer") not in PUBLISHED} == set()


def test_a_reader_may_look_and_an_operator_may_click(template: dict[str, Any]) -> None:
    may = may_invoke(template)
    assert may["Reader"] == {"inspect", "view"}
    assert may["Operator"] == {*may["Reader"], "control", "act", "replay", "reconcile"}
    assert may["Administrator"] > may["Operator"]


def test_the_prices_are_those_of_the_bill() -> None:
    prices = tomllib.loads((ROOT / "tests/benchmarks/prices.toml").read_text(encoding="utf-8"))
    ran, units = prices["lambda"], prices["dynamodb"]
    assert {
        "GB second": ran["gb_seconds"],
        "invocation": ran["requests"],
        "write unit": units["write_units"],
        "read unit": units["read_units"],
    } == USD


Summed = set[tuple[str, str, frozenset[tuple[str, str]], str]]  # namespace, metric, dimensions, price


def shown_cost(template: dict[str, Any]) -> Summed:
    """What the dashboard adds up."""
    (dashboard,) = of_type(template, "AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(text_of(dashboard["DashboardBody"]))["widgets"]
    (cost,) = (each["properties"] for each in widgets if "USD" in each["properties"]["title"])
    (expression,) = (each[0]["expression"] for each in cost["metrics"] if isinstance(each[0], dict))
    prices = dict(re.findall(r"FILL\((\w+), 0\) \* ([0-9.]+)", expression))
    assert expression == " + ".join(f"FILL({name}, 0) * {usd}" for name, usd in prices.items())
    found = set()
    for namespace, metric, *dimensions, options in (each for each in cost["metrics"] if isinstance(each[0], str)):
        assert (options["stat"], options["period"], options["visible"]) == ("Sum", 86400, False)
        pairs = frozenset(zip(dimensions[::2], dimensions[1::2], strict=True))
        found.add((namespace, metric, pairs, prices.pop(options["id"])))
    assert prices == {}, "an expression of metrics that are not there"
    return found


def told_cost(template: dict[str, Any]) -> Summed:
    """What the message of a day adds up, by the variables of its function."""
    functions = of_type(template, "AWS::Lambda::Function").values()
    (variables,) = (each["Environment"]["Variables"] for each in functions if ".digest." in each["Handler"])
    settings = DigestSettings.from_env({name: text_of(value) for name, value in variables.items()})
    found = terms(settings.lambdas, settings.ledger_table, settings.audit_table)
    return {(each.namespace, each.metric, frozenset(each.dimensions.items()), f"{each.usd:.12f}") for each in found}


UNTOLD = {"digest", "unregister"}  # the message's own function cannot name itself; the other one runs when a file goes


@pytest.mark.parametrize("which", ["template", "documented"])
def test_the_message_of_a_day_tells_the_sum_that_the_dashboard_shows(
    which: str, request: pytest.FixtureRequest
) -> None:
    each: dict[str, Any] = request.getfixturevalue(which)
    shown = shown_cost(each)
    assert shown == told_cost(each)
    functions = of_type(each, "AWS::Lambda::Function")
    ours = {name for name in functions if handler_of(each, name) not in UNTOLD}
    named = {value for _, _, dimensions, _ in shown for name, value in dimensions if name == "FunctionName"}
    assert named == ours
    tables = {value for _, _, dimensions, _ in shown for name, value in dimensions if name == "TableName"}
    assert tables == of_type(each, "AWS::DynamoDB::Table").keys()


def test_a_millisecond_costs_what_the_memory_costs_and_an_index_is_counted(documented: dict[str, Any]) -> None:
    shown = shown_cost(documented)
    for name, properties in of_type(documented, "AWS::Lambda::Function").items():
        if handler_of(documented, name) not in UNTOLD:
            price = f"{properties['MemorySize'] / 1024 * USD['GB second'] / 1000:.12f}"
            assert ("AWS/Lambda", "Duration", frozenset({("FunctionName", name)}), price) in shown
    indexes = {
        (name, index["IndexName"])
        for name, table in of_type(documented, "AWS::DynamoDB::Table").items()
        for index in table.get("GlobalSecondaryIndexes", ())
    }
    seen = [dict(dimensions) for _, _, dimensions, _ in shown]
    assert {(d["TableName"], d["GlobalSecondaryIndexName"]) for d in seen if "GlobalSecondaryIndexName" in d} == indexes
