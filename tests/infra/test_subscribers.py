"""An alarm reaches a person: both policies let CloudWatch in, and whoever the context names is subscribed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.alarm_topic import SubscriberError, subscribers
from tests.equipment.local_aws.synth import SynthError, synthesise
from tests.infra.conftest import CONTEXT

pytestmark = pytest.mark.integration

Template = dict[str, Any]
ALARMS_OF_THE_ACCOUNT = {
    "Fn::Join": [
        "",
        [
            "arn:",
            {"Ref": "AWS::Partition"},
            ":cloudwatch:",
            {"Ref": "AWS::Region"},
            ":",
            {"Ref": "AWS::AccountId"},
            ":alarm:*",
        ],
    ]
}


def resources(template: Template, kind: str) -> list[dict[str, Any]]:
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def of_cloudwatch(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for statement in policy["Statement"]:
        if statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}:
            yield statement


def test_cloudwatch_may_publish_to_the_topic_and_use_its_key_for_alarms_of_this_account(template: Template) -> None:
    (topic,) = resources(template, "AWS::SNS::Topic")
    (topic_policy,) = resources(template, "AWS::SNS::TopicPolicy")
    key = template["Resources"][topic["KmsMasterKeyId"]["Fn::GetAtt"][0]]["Properties"]
    (publish,) = of_cloudwatch(topic_policy["PolicyDocument"])
    (use,) = of_cloudwatch(key["KeyPolicy"])

    assert (publish["Effect"], publish["Action"], use["Effect"]) == ("Allow", "sns:Publish", "Allow")
    assert publish["Resource"] == topic_policy["Topics"][0]
    assert set(use["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    for statement in (publish, use):
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": ALARMS_OF_THE_ACCOUNT},
        }


def test_nobody_is_subscribed_without_a_word(template: Template) -> None:
    assert resources(template, "AWS::SNS::Subscription") == []


def test_whoever_the_context_names_is_subscribed(tmp_path: Path) -> None:
    named = "on.call@example.com, https://alarms.example.com/hook?key=1"
    assembly = synthesise({**CONTEXT, "alarms": named}, tmp_path)
    template = json.loads((assembly / "ifs-shipstation.template.json").read_text())

    assert {(each["Protocol"], each["Endpoint"]) for each in resources(template, "AWS::SNS::Subscription")} == {
        ("email", "on.call@example.com"),
        ("https", "https://alarms.example.com/hook?key=1"),
    }


@pytest.mark.parametrize(
    "given", ["on call", "http://alarms.example.com", "a@b", "a@b.example,", "mailto:a@b.example", "+155512345", ","]
)
def test_any_other_address_is_refused(given: str) -> None:
    with pytest.raises(SubscriberError):
        subscribers(given)


def test_a_bad_address_is_answered_with_one_sentence_that_does_not_repeat_it(tmp_path: Path) -> None:
    with pytest.raises(SynthError) as failure:
        synthesise({**CONTEXT, "alarms": "http://alarms.example.com/s3cret"}, tmp_path)

    *_, said = str(failure.value).strip().splitlines()
    assert said == "stack: -c alarms=… takes e-mail addresses and https addresses, with commas between them"
    assert "Traceback" not in str(failure.value)
    assert "s3cret" not in str(failure.value)


def test_a_name_that_cloudformation_refuses_is_answered_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SynthError) as failure:
        synthesise({**CONTEXT, "stack": "bad_name"}, tmp_path)

    assert str(failure.value).strip().splitlines()[-1].startswith("stack: -c stack=… begins with a letter")
    assert "Traceback" not in str(failure.value)
