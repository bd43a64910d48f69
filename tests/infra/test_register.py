"""What a connection whose webhooks are registered adds to the template, and that no other connection has any of it."""

from __future__ import annotations

import json
import re
from typing import Any

import jmespath  # type: ignore[import-untyped] # the AWS command line's own, without types
import pytest

from tests.equipment.local_aws.server import ROOT

pytestmark = pytest.mark.integration

KIND = "Custom::ShipStationWebhooks"
REGISTERED = {"orders", "stock"}  # of docs/examples


def of_type(template: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


def test_the_documented_files_say_who_registers() -> None:
    files = ROOT.glob("docs/examples/*.toml")
    assert {file.stem for file in files if 'webhooks = "registered"' in file.read_text(encoding="utf-8")} == REGISTERED


def test_where_a_person_subscribes_nothing_of_it_is_deployed(template: dict[str, Any]) -> None:
    assert [name for name in template["Resources"] if "egister" in name or "WebhooksMissing" in name] == []
    assert of_type(template, KIND) == {}


def test_each_connection_is_looked_at_once_an_hour(documented: dict[str, Any]) -> None:
    all_schedules = of_type(documented, "AWS::Scheduler::Schedule")
    schedules = [each for name, each in all_schedules.items() if name.startswith("RegisterFlow")]
    events = [json.loads(each["Target"]["Input"]) for each in schedules]
    assert [each["ScheduleExpression"] for each in schedules] == ["rate(1 hour)"] * len(REGISTERED)
    assert {each["connection"] for each in events} == REGISTERED
    assert all(each["is_scheduled"] for each in events)


def test_the_function_knows_the_address_and_the_secrets_of_its_connections_alone(documented: dict[str, Any]) -> None:
    functions = of_type(documented, "AWS::Lambda::Function")
    (function,) = [each for each in functions.values() if each["Handler"] == "functions.handlers.register.handler"]
    variables = function["Environment"]["Variables"]
    assert "ApiEndpoint" in json.dumps(variables["API_URL"])
    told = json.dumps([variables["WEBHOOK_SECRETS"], variables["SHIPSTATION_SECRETS"]])
    assert all(name in told for name in REGISTERED)
    assert "reference-data" not in told


def test_it_may_write_its_own_items_and_the_budget_alone(documented: dict[str, Any]) -> None:
    (policy,) = [
        each for name, each in of_type(documented, "AWS::IAM::Policy").items() if name.startswith("RegisterServiceRole")
    ]
    writing = [each for each in policy["PolicyDocument"]["Statement"] if "dynamodb:PutItem" in json.dumps(each)]
    keys = [each["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] for each in writing]
    assert sorted(key for each in keys for key in (each if isinstance(each, list) else [each])) == [
        "budget#*",
        "webhooks#*",
    ]


def test_each_connection_has_a_leave_taking_of_its_own(documented: dict[str, Any]) -> None:
    """What leaves the template keeps its rights until CloudFormation has called it; shared ones would be gone."""
    customs = of_type(documented, KIND)
    tokens = [custom["ServiceToken"]["Fn::GetAtt"][0] for custom in customs.values()]
    assert {custom["Connection"] for custom in customs.values()} == REGISTERED
    assert len(set(tokens)) == len(customs)
    for custom, function in zip(customs.values(), tokens, strict=True):
        name = custom["Connection"]
        assert json.dumps(custom["Address"]).endswith(f'"/webhooks/{name}"]]}}')
        assert int(custom["ServiceTimeout"]) < 3600
        properties = documented["Resources"][function]["Properties"]
        (secrets,) = [name for name in properties["Environment"]["Variables"] if name.endswith("_SECRETS")]
        told = json.dumps(properties["Environment"]["Variables"][secrets])
        assert [other for other in REGISTERED if f"Link{other}" in told] == [name]
        assert properties["Timeout"] * 3 + 180 < int(custom["ServiceTimeout"]), "three runs, and Lambda's two pauses"


def test_before_a_stopped_stack_is_deleted_the_leave_takings_are_started_again(documented: dict[str, Any]) -> None:
    """Else CloudFormation waits for their answer and fails. The query is the documentation's."""
    operations = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    section = operations.split("\n## Remove a stack\n")[1].split("\n## ")[0]
    start, delete = section.index("delete-function-concurrency"), section.index("cloudformation delete-stack")
    assert start < delete
    queries = re.findall(r'--query \\?\s*"([^"]*Lambda::Function[^"]*)"', section[:start])
    resources = [
        {"LogicalResourceId": name, "PhysicalResourceId": name, "ResourceType": each["Type"]}
        for name, each in documented["Resources"].items()
    ]
    leaving = {custom["ServiceToken"]["Fn::GetAtt"][0] for custom in of_type(documented, KIND).values()}

    assert [set(jmespath.search(query, {"StackResourceSummaries": resources})) for query in queries] == [leaving]


def test_a_schedule_goes_before_the_leave_taking_so_that_no_run_subscribes_anew_after_it(
    documented: dict[str, Any],
) -> None:
    """CloudFormation deletes what depends before what it depends on."""
    customs = {each["Connection"]: name for name, each in of_type(documented, KIND).items()}
    schedules = {
        json.loads(each["Target"]["Input"])["connection"]: documented["Resources"][name].get("DependsOn", [])
        for name, each in of_type(documented, "AWS::Scheduler::Schedule").items()
        if name.startswith("RegisterFlow")
    }
    assert schedules == {name: [custom] for name, custom in customs.items()}


def test_a_leave_taking_that_could_not_answer_is_repeated(documented: dict[str, Any]) -> None:
    configured = json.dumps(of_type(documented, "AWS::Lambda::EventInvokeConfig"))
    assert "Unregister" not in configured
    assert "Register" in configured


def test_its_silence_its_errors_and_what_it_cannot_repair_are_watched(documented: dict[str, Any]) -> None:
    alarms = {
        name.removeprefix("Alarms").rstrip("0123456789ABCDEF") for name in of_type(documented, "AWS::CloudWatch::Alarm")
    }
    assert {"RegisterErrors", "RegisterSilent", "WebhooksMissing"} <= alarms
