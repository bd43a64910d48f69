"""How many connections one stack holds: as many as Lambda takes environment variables for, told before a deployment."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from functions.settings import ENVIRONMENT_LIMIT_BYTES
from tests.equipment.local_aws.server import ROOT
from tests.equipment.local_aws.synth import SynthError, synthesise
from tests.infra.conftest import CONTEXT

pytestmark = pytest.mark.integration

LONGEST_NAME = 31  # of a connection
REGION, ACCOUNT, STACK = "ap-southeast-1", "123456789012", "ifs-shipstation"
# With everything that each connection can have a function of its own for.
EXAMPLE = (
    (ROOT / "infra/connections/example.toml")
    .read_text(encoding="utf-8")
    .replace("[shipstation.", '[shipstation]\nwebhooks = "registered"\n\n[shipstation.', 1)
)


def connections(folder: Path, count: int, length: int) -> Path:
    folder.mkdir()
    for number in range(count):
        name = f"c{number:02}".ljust(length, "x")
        (folder / f"{name}.toml").write_text(EXAMPLE, encoding="utf-8")
    return folder


def template_of(folder: Path, tmp_path: Path) -> dict[str, Any]:
    assembly = synthesise({**CONTEXT, "connections": str(folder)}, tmp_path / "cdk.out")
    found: dict[str, Any] = json.loads((assembly / f"{STACK}.template.json").read_text())
    return found


def deployed(value: Any, types: dict[str, str]) -> str:
    """As AWS names what CloudFormation makes; ids as long as they can be."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        return "".join(deployed(part, types) for part in value["Fn::Join"][1])
    if value.get("Fn::GetAtt", [""])[-1] == "ApiEndpoint":
        return f"https://{'x' * 10}.execute-api.{REGION}.amazonaws.com"
    name = value["Ref"]
    generated = f"{STACK}-{name}-{'x' * 13}"
    shown = {
        "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-{'x' * 12}-{'x' * 6}",
        "AWS::SQS::Queue": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/" + f"{STACK}-{name}-{'x' * 12}.fifo"[:80],
        "AWS::DynamoDB::Table": generated,
        "AWS::S3::Bucket": generated[:63],
        "AWS::SNS::Topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{generated}",
    }
    return shown[types[name]]


def sizes(template: dict[str, Any]) -> list[int]:
    """What Lambda measures of each function: its variables as one JSON text."""
    types = {name: each["Type"] for name, each in template["Resources"].items()}
    return [
        len(json.dumps({n: deployed(v, types) for n, v in variables.items()}, separators=(",", ":")))
        for each in template["Resources"].values()
        if each["Type"] == "AWS::Lambda::Function"
        for variables in [each["Properties"]["Environment"]["Variables"]]
    ]


def documented() -> dict[int, int]:
    """Connections by the length of their names."""
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) characters \| (\d+) \|$", text, flags=re.MULTILINE)
    return {int(length): int(count) for length, count in rows}


@pytest.mark.parametrize(("length", "count"), documented().items())
def test_a_stack_holds_as_many_connections_as_documented(tmp_path: Path, length: int, count: int) -> None:
    template = template_of(connections(tmp_path / "files", count, length), tmp_path)

    assert max(sizes(template)) <= ENVIRONMENT_LIMIT_BYTES
    assert len(template["Resources"]) <= 500
    assert len(template["Outputs"]) <= 200


@pytest.mark.parametrize(("length", "count"), documented().items())
def test_one_connection_more_is_answered_with_one_sentence(tmp_path: Path, length: int, count: int) -> None:
    with pytest.raises(SynthError) as failure:
        template_of(connections(tmp_path / "files", count + 1, length), tmp_path)

    *_, said = str(failure.value).strip().splitlines()
    assert said.startswith("stack: too many connections in one stack: ")
    assert said.endswith('deploy each with make deploy FOLDER=FOLDER CONTEXT="-c stack=NAME"')
    assert "Traceback" not in str(failure.value)


def test_the_longest_names_are_documented() -> None:
    assert len(documented()) == 3
    assert max(documented()) == LONGEST_NAME
