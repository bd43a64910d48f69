"""Schedules call what they should, under a role that can call nothing else, and are tried again where it matters."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template as Synthesised

from infra.schedules import every

pytestmark = pytest.mark.integration

Template = dict[str, Any]
SCHEDULES_A_CONNECTION = 4  # poll, release, replay, reconcile


def of_type(template: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in template["Resources"].items() if each["Type"] == kind}


def schedules(template: Mapping[str, Any]) -> dict[str, Any]:
    return of_type(template, "AWS::Scheduler::Schedule")


def test_all_schedules_of_a_stack_stand_in_one_group_and_no_rule_is_left(documented: Template) -> None:
    connections = documented["Outputs"]["ConnectionNames"]["Value"].split(",")
    assert len(schedules(documented)) >= SCHEDULES_A_CONNECTION * len(connections)
    (group,) = [
        name for name, each in documented["Resources"].items() if each["Type"] == "AWS::Scheduler::ScheduleGroup"
    ]

    assert {each["GroupName"]["Ref"] for each in schedules(documented).values()} == {group}
    assert {each["FlexibleTimeWindow"]["Mode"] for each in schedules(documented).values()} == {"OFF"}
    assert of_type(documented, "AWS::Events::Rule") == {}


def test_every_connection_is_ticked_for_by_each_function_once(documented: Template) -> None:
    events = [
        (each["Target"]["Arn"]["Fn::GetAtt"][0], each["Target"]["Input"]) for each in schedules(documented).values()
    ]
    assert len(set(events)) == len(events)
    for connection in documented["Outputs"]["ConnectionNames"]["Value"].split(","):
        called = {name[:4] for name, event in events if json.loads(event).get("connection") == connection}
        assert called >= {"Poll", "Rele", "Repl", "Reco"}


def test_a_role_of_the_scheduler_invokes_the_one_function_of_its_schedules(documented: Template) -> None:
    policies = {
        each["Roles"][0]["Ref"]: each["PolicyDocument"] for each in of_type(documented, "AWS::IAM::Policy").values()
    }
    roles = set()
    for schedule in schedules(documented).values():
        role = schedule["Target"]["RoleArn"]["Fn::GetAtt"][0]
        roles.add(role)
        assert policies[role]["Statement"] == [
            {"Action": "lambda:InvokeFunction", "Effect": "Allow", "Resource": schedule["Target"]["Arn"]}
        ]
    assert len(roles) == len({json.dumps(each["Target"]["Arn"]) for each in schedules(documented).values()})
    for name in roles:
        assert_only_for_schedules_of_the_stack(of_type(documented, "AWS::IAM::Role")[name])


def assert_only_for_schedules_of_the_stack(role: dict[str, Any]) -> None:
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trusted["Condition"] == {
        "StringEquals": {
            "aws:SourceAccount": {"Ref": "AWS::AccountId"},
            "aws:SourceArn": {"Fn::GetAtt": ["Schedules", "Arn"]},
        }
    }


@pytest.mark.parametrize(
    ("rate", "attempts", "seconds"),
    [
        (Duration.minutes(1), 0, 60),
        (Duration.minutes(59), 0, 60),
        (Duration.hours(1), 5, 900),
        (Duration.days(1), 5, 21_600),
    ],
    ids=["a minute", "less than an hour", "an hour", "a day"],
)
def test_what_comes_again_soon_is_not_tried_again_and_what_does_not_is(
    rate: Duration, attempts: int, seconds: int
) -> None:
    stack = Stack(App(), "stack")
    code, runtime = lambda_.Code.from_inline("pass"), lambda_.Runtime.PYTHON_3_13
    function = lambda_.Function(stack, "Function", code=code, handler="index.handler", runtime=runtime)
    every(stack, rate, function, {}, description="")
    (schedule,) = schedules(Synthesised.from_stack(stack).to_json()).values()

    assert schedule["Target"]["RetryPolicy"] == {
        "MaximumRetryAttempts": attempts,
        "MaximumEventAgeInSeconds": seconds,
    }
