"""What a connection with `[[align]]` adds to the template, and that no other connection has any of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.integration


def of_type(template: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: r["Properties"] for name, r in template["Resources"].items() if r["Type"] == kind}


def test_without_reference_data_nothing_of_it_is_deployed(template: dict[str, Any]) -> None:
    assert [name for name in template["Resources"] if name.startswith("Align")] == []


def test_each_profile_has_a_schedule_of_its_own(documented: dict[str, Any]) -> None:
    all_schedules = of_type(documented, "AWS::Scheduler::Schedule")
    schedules = [each for name, each in all_schedules.items() if name.startswith("AlignFlow")]
    assert [each["ScheduleExpression"] for each in schedules] == ["rate(1 hour)"] * 3
    events = [json.loads(each["Target"]["Input"]) for each in schedules]
    assert all(each["is_scheduled"] for each in events)
    assert {(each["connection"], each["profile"]) for each in events} == {
        ("reference-data", "warehouses"),
        ("reference-data", "customers"),
        ("stock", "stock"),
    }


def test_the_function_reads_the_secrets_of_its_connections_alone(documented: dict[str, Any]) -> None:
    (function,) = [
        each
        for each in of_type(documented, "AWS::Lambda::Function").values()
        if each.get("Handler") == "functions.handlers.align.handler"
    ]
    variables = function["Environment"]["Variables"]
    told = json.dumps([variables["IFS_SECRETS"], variables["SHIPSTATION_SECRETS"]])
    assert "reference-data" in told
    assert "stock" in told
    assert "orders" not in told


def test_the_grants_are_those_that_are_used(documented: dict[str, Any]) -> None:
    policies = of_type(documented, "AWS::IAM::Policy")
    (policy,) = [each for name, each in policies.items() if name.startswith("AlignServiceRole")]
    granted = {
        action
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert granted == {
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
        "kms:Decrypt",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "secretsmanager:GetSecretValue",
    }


def test_its_silence_its_questions_and_its_errors_are_watched(documented: dict[str, Any]) -> None:
    alarms = {
        name.removeprefix("Alarms").rstrip("0123456789ABCDEF") for name in of_type(documented, "AWS::CloudWatch::Alarm")
    }
    assert {"AlignErrors", "referencedataAlignSilent", "referencedataAlignAttention"} <= alarms
