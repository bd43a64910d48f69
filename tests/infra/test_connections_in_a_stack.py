"""How many connections one stack holds: as many as Lambda takes environment variables for. More are divided among
stacks, and none of them is moved when another one comes.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import app
from functions.connections.file import load_all
from functions.settings import ENVIRONMENT_LIMIT_BYTES
from infra.bundle import Target
from infra.placement import FILE, ROOM, written
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


def templates_of(folder: Path, outdir: Path, **context: str) -> dict[str, dict[str, Any]]:
    assembly = synthesise({**CONTEXT, "connections": str(folder), **context}, outdir)
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text(encoding="utf-8"))
        for path in assembly.glob("*.template.json")
    }


def held(template: dict[str, Any]) -> list[str]:
    names: str = template["Outputs"]["ConnectionNames"]["Value"]
    return names.split(",")


def shipped(template: dict[str, Any], assembly: Path) -> list[str]:
    """The connection files in the bundle."""
    functions = (each for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function")
    (key,) = {each["Properties"]["Code"]["S3Key"] for each in functions}
    return sorted(path.name for path in (assembly / f"asset.{key.removesuffix('.zip')}" / "connections").iterdir())


def of_connections(template: dict[str, Any]) -> Mapping[str, Any]:
    """What a connection has of its own, and what would begin anew in another place."""
    stateful = ("Queue", "Secret", "Table", "Bucket", "Key", "Topic")
    return {name: each for name, each in template["Resources"].items() if each["Type"].split("::")[-1] in stateful}


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
        "AWS::Lambda::Function": generated[:64],
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


def fits(template: dict[str, Any]) -> bool:
    is_small = len(template["Resources"]) <= 500 and len(template["Outputs"]) <= 200
    return is_small and max(sizes(template)) <= ENVIRONMENT_LIMIT_BYTES


def longest_first() -> list[object]:
    """The longest names in `make test`; the others fill the same stack with more, and take longer."""
    counts = sorted(documented().items(), reverse=True)
    return [pytest.param(*each, marks=() if each[0] == LONGEST_NAME else pytest.mark.nightly) for each in counts]


@pytest.mark.parametrize(("length", "count"), longest_first())
def test_a_stack_holds_as_many_connections_as_documented(tmp_path: Path, length: int, count: int) -> None:
    (template,) = templates_of(connections(tmp_path / "files", count, length), tmp_path / "cdk.out").values()

    assert fits(template)
    assert "ConnectorStacks" not in template["Outputs"]
    assert not (tmp_path / "files" / FILE).exists()


@pytest.mark.parametrize(("length", "count"), documented().items())
def test_one_connection_more_does_not_fit(tmp_path: Path, length: int, count: int) -> None:
    target = Target(architecture="x86_64")
    fits = [
        app.fit_into(STACK, load_all(connections(tmp_path / str(n), n, length)), target) for n in (count, count + 1)
    ]

    assert fits == [True, False]


@pytest.mark.nightly
def test_one_connection_more_begins_the_next_stack_also_where_it_comes_first_by_its_name(tmp_path: Path) -> None:
    folder = connections(tmp_path / "files", 9, 9)
    standing = json.dumps({1: [path.stem for path in folder.glob("*.toml")]})
    (folder / "a.toml").write_text(EXAMPLE, encoding="utf-8")
    found = templates_of(folder, tmp_path / "cdk.out", standing=standing)

    assert {name: len(held(template)) for name, template in found.items()} == {STACK: 9, f"{STACK}-2": 1}
    assert held(found[f"{STACK}-2"]) == ["a"]
    assert all(fits(template) for template in found.values())


def test_where_nobody_knows_what_stands_one_connection_more_is_answered_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SynthError) as failure:
        templates_of(connections(tmp_path / "files", 8, LONGEST_NAME), tmp_path / "cdk.out")

    *_, said = str(failure.value).strip().splitlines()
    assert said.startswith("stack: 8 connections may stand in several stacks, and ")
    assert said.endswith("and an empty one says that none is deployed yet")
    assert "Traceback" not in str(failure.value)


def test_a_stack_that_a_person_overfills_is_answered_with_one_sentence(tmp_path: Path) -> None:
    folder = connections(tmp_path / "files", 8, LONGEST_NAME)
    (folder / FILE).write_text("".join(f"{path.stem} = 2\n" for path in folder.glob("*.toml")), encoding="utf-8")
    with pytest.raises(SynthError) as failure:
        templates_of(folder, tmp_path / "cdk.out")

    *_, said = str(failure.value).strip().splitlines()
    assert said.startswith(f"stack: too many connections in {STACK}-2: ")
    assert "Traceback" not in str(failure.value)


def test_six_of_the_longest_names_with_all_that_a_file_may_ask_for_fit_into_a_stack_of_the_longest_name(
    tmp_path: Path,
) -> None:
    folder = connections(tmp_path / "files", 0, 0)
    for number in range(ROOM):
        name = f"{'c' * (LONGEST_NAME - 1)}{number}.toml"
        shutil.copyfile(ROOT / "docs/examples/orders.toml", folder / name)  # its webhooks are registered too
    (template,) = templates_of(folder, tmp_path / "cdk.out", stack="s" * 128).values()

    assert len(held(template)) == ROOM
    assert fits(template)


@pytest.mark.nightly
def test_fifty_connections_synthesise_in_complete_stacks_that_hold_them_all(tmp_path: Path) -> None:
    folder = connections(tmp_path / "files", 50, 12)
    (folder / FILE).touch()
    found = templates_of(folder, tmp_path / "cdk.out")

    assert found.keys() == {STACK, *(f"{STACK}-{number}" for number in range(2, 10))}
    assert sorted(name for template in found.values() for name in held(template)) == sorted(written(folder) or ())
    for template in found.values():
        assert fits(template)
        assert shipped(template, tmp_path / "cdk.out") == sorted(f"{each}.toml" for each in held(template))
        assert template["Outputs"]["ConnectorStacks"]["Value"].split(",") == sorted(found)


@pytest.mark.nightly
def test_one_connection_more_changes_nothing_that_another_stack_or_another_connection_has(tmp_path: Path) -> None:
    folder = connections(tmp_path / "files", 8, 12)
    (folder / FILE).touch()
    before = templates_of(folder, tmp_path / "before")
    (folder / "a.toml").write_text(EXAMPLE, encoding="utf-8")
    after = templates_of(folder, tmp_path / "after")

    assert before.keys() == after.keys() == {STACK, f"{STACK}-2"}
    assert before[STACK]["Resources"] == after[STACK]["Resources"]
    assert of_connections(before[f"{STACK}-2"]).items() < of_connections(after[f"{STACK}-2"]).items()
    assert set(held(after[f"{STACK}-2"])) - set(held(before[f"{STACK}-2"])) == {"a"}


def test_the_room_of_a_stack_is_documented() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert f"Each further stack takes {ROOM}" in text


def test_the_longest_names_are_documented() -> None:
    assert len(documented()) == 3
    assert max(documented()) == LONGEST_NAME
