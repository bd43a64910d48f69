"""No role may use the key but through the services that it calls: what a stolen role took elsewhere stays closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.integration

Template = dict[str, Any]
OF_A_LAMBDA = "ServiceRole"  # in its role's id; the Scheduler's roles use no key
DATA_KEY_FOR = {"sqs:SendMessage": "sqs", "sns:Publish": "sns", "s3:PutObject": "s3"}
ANY_FUNCTION_OF_OURS = "arn:{AWS::Partition}:lambda:{AWS::Region}:{AWS::AccountId}:function:*"


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def plain(value: Any) -> str:
    """A joined text with its references in braces."""
    if isinstance(value, str):
        return value
    if "Ref" in value:
        return f"{{{value['Ref']}}}"
    return "".join(map(plain, value["Fn::Join"][1]))


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy" and OF_A_LAMBDA in resource["Properties"]["Roles"][0]["Ref"]:
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                yield resource["Properties"]["Roles"][0]["Ref"].partition(OF_A_LAMBDA)[0], statement


def of_the_key(statement: dict[str, Any]) -> bool:
    return any(action.startswith("kms:") for action in as_list(statement["Action"]))


def called(template: Template) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for role, statement in statements(template):
        found[role] |= set() if of_the_key(statement) else set(as_list(statement["Action"]))
    return found


def through(template: Template) -> dict[str, dict[str, set[str]]]:
    """What each role may do with the key, by service; by `variables` as Lambda decrypts them."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for role, statement in statements(template):
        if of_the_key(statement):
            ((operator, condition),) = statement["Condition"].items()
            ((name, value),) = condition.items()
            if name == "kms:ViaService":
                assert operator == "StringEquals"
                service, _, host = plain(value).partition(".")
                assert host == "{AWS::Region}.amazonaws.com"
            else:
                assert (operator, name) == ("StringLike", "kms:EncryptionContext:aws:lambda:FunctionArn")
                assert plain(value) == ANY_FUNCTION_OF_OURS
                service = "variables"
            found[role][service] |= set(as_list(statement["Action"]))
    return found


def expected(actions: set[str]) -> dict[str, set[str]]:
    services = {action.partition(":")[0] for action in actions} - {"logs", "cloudwatch"}  # under CloudWatch's own key
    made = {DATA_KEY_FOR[action] for action in actions if action in DATA_KEY_FOR}
    keys = {each: {"kms:Decrypt", *({"kms:GenerateDataKey"} if each in made else ())} for each in services}
    return {"variables": {"kms:Decrypt"}, **keys}


def test_each_role_uses_the_key_through_the_services_that_it_calls_and_for_its_variables(documented: Template) -> None:
    granted = through(documented)
    functions = [each for each in documented["Resources"].values() if each["Type"] == "AWS::Lambda::Function"]

    assert len(granted) == len(functions)
    assert {role: dict(by) for role, by in granted.items()} == {
        role: expected(actions) for role, actions in called(documented).items()
    }


def test_every_use_of_the_key_in_a_role_carries_a_condition(documented: Template) -> None:
    policies = [each for each in documented["Resources"].values() if each["Type"] == "AWS::IAM::Policy"]
    used = [s for each in policies for s in each["Properties"]["PolicyDocument"]["Statement"] if of_the_key(s)]

    assert used
    assert [statement for statement in used if "Condition" not in statement] == []
