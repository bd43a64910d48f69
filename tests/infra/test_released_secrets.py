"""A later version never overwrites a live secret. CloudFormation writes its value anew where `SecretString` or
`GenerateSecretString` changes, and makes another secret where `Name` or the logical id does: what is deployed stands in
`released/secrets.json`, and is compared with what the stack says now.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

RELEASED = Path(__file__).parent / "released" / "secrets.json"  # of the example's connection
OF_A_CONNECTION = 3
NAME = "example"


def secrets_of(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {n: each for n, each in template["Resources"].items() if each["Type"] == "AWS::SecretsManager::Secret"}


def released() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(RELEASED.read_text(encoding="utf-8"))
    return found


def test_every_secret_is_what_it_was_when_it_was_released(template: dict[str, Any]) -> None:
    assert secrets_of(template) == released(), "a deployment would write over the values of customers: CONTRIBUTING.md"


def test_the_secrets_of_every_connection_are_alike_whatever_its_file_asks_for(documented: dict[str, Any]) -> None:
    alike = sorted(json.dumps(each) for each in released().values())
    found = secrets_of(documented).values()
    names = {each["Properties"]["Description"].partition(":")[0] for each in found}
    assert len(names) > 1
    for name in names:
        own = [json.dumps(each) for each in found if each["Properties"]["Description"].startswith(f"{name}:")]
        assert sorted(each.replace(f"{name}:", f"{NAME}:") for each in own) == alike
    assert len(found) == OF_A_CONNECTION * len(names)
