"""Who reaches what of which connection: all Lambdas of a shared stack reach every connection's, as documented; with
`-c isolation=strict` no role of one connection reaches anything of another.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import deploy
import pytest

from tests.equipment.local_aws.server import ROOT
from tests.equipment.local_aws.synth import SynthError, synthesise
from tests.infra.conftest import CONTEXT

pytestmark = pytest.mark.integration

Template = dict[str, Any]
FIRST, SECOND = "acme", "beta-two"
FILES = {FIRST: "orders", SECOND: "reference-data"}  # all that a file may ask for
GRANTS = {
    "secretsmanager:GetSecretValue": "reads",
    "sqs:SendMessage": "sends to",
    "sqs:ReceiveMessage": "takes from",
}
KINDS = {
    "ShipStation": "ShipStation secret",
    "Ifs": "IFS secret",
    "Webhook": "webhook secret",
    "Notifications": "notifications",
    "Shipments": "shipments",
    "Orders": "orders",
}
MATCH = "|".join(KINDS)


@pytest.fixture(scope="module")
def two_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("connections")
    for name, example in FILES.items():
        shutil.copyfile(ROOT / f"docs/examples/{example}.toml", folder / f"{name}.toml")
    return folder


@pytest.fixture(scope="module")
def strict(two_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    context = {**CONTEXT, "connections": str(two_files), "isolation": "strict"}
    return synthesise(context, tmp_path_factory.mktemp("strict"))


def templates(assembly: Path) -> dict[str, Template]:
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text(encoding="utf-8"))
        for path in assembly.glob("*.template.json")
    }


def statements(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """Whatever allows anything, with the role or the resource that it hangs on."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for key in ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument"):
            for statement in properties.get(key, {}).get("Statement", ()):
                role = properties.get("Roles", [{"Ref": name}])[0]["Ref"]
                yield role, statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def named(value: Any) -> Iterator[str]:
    """Every resource that an expression of CloudFormation names."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::GetAtt":
                yield inner[0]
            else:
                yield from named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner)


def reached(template: Template, connection: str) -> dict[str, dict[str, set[str]]]:
    """By Lambda and kind of grant: what it reaches of the connection."""
    own = connection.replace("-", "")
    pattern = re.compile(rf"^(?:Link{own}|OrdersFlow(?=Orders{own}))({MATCH})(?!hipments)")
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for role, statement in statements(template):
        for action in GRANTS.keys() & set(as_list(statement["Action"])):
            kinds = (pattern.match(name) for name in named(statement["Resource"]))
            found[lambda_of(role)][GRANTS[action]] |= {KINDS[kind[1]] for kind in kinds if kind}
    return found


def lambda_of(role: str) -> str:
    """Of what there is one for each connection, its name without the connection's."""
    own = role.partition("ServiceRole")[0]
    return "Unregister" if own.startswith("Unregister") else own


def documented_reach() -> dict[str, dict[str, set[str]]]:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    table = page.partition("### Whose secrets a Lambda reaches")[2].partition("\n##")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| `")
    ]
    return {
        "".join(word.capitalize() for word in row[0].split("`")[1].split("_")): {
            grant: set(cell.split(", ")) - {""} for grant, cell in zip(GRANTS.values(), row[1:], strict=True)
        }
        for row in rows
    }


def shown(reach: dict[str, dict[str, set[str]]]) -> dict[str, dict[str, set[str]]]:
    return {name: {g: kinds for g, kinds in by.items() if kinds} for name, by in reach.items() if any(by.values())}


SEES_TO_PART = {"Pull", "Push", "Align"}  # to those connections alone whose files ask for it


def test_in_a_shared_stack_every_lambda_reaches_of_every_connection_what_is_documented(documented: Template) -> None:
    """`stock` has `[[align]]`, `orders` has `[orders]`: together they show each Lambda."""
    orders, stock = reached(documented, "orders"), reached(documented, "stock")
    serving_all = (orders | stock).keys() - SEES_TO_PART
    assert {name: orders[name] for name in serving_all} == {name: stock[name] for name in serving_all}
    found = {name: either(orders[name], stock[name]) for name in orders.keys() | stock.keys()}

    assert shown(documented_reach()) == shown(found)


def either(one: dict[str, set[str]], other: dict[str, set[str]]) -> dict[str, set[str]]:
    return {grant: one[grant] | other[grant] for grant in one.keys() | other.keys()}


def test_strictly_apart_each_connection_is_a_stack_with_its_own_file_and_nothing_of_another(strict: Path) -> None:
    made = templates(strict)
    assert made.keys() == {f"ifs-shipstation-{FIRST}", f"ifs-shipstation-{SECOND}"}
    manifest = json.loads((strict / "manifest.json").read_text(encoding="utf-8"))["artifacts"]
    for name, other in ((FIRST, SECOND), (SECOND, FIRST)):
        template = made[f"ifs-shipstation-{name}"]
        assert not [word for word in (other, other.replace("-", "")) if word in json.dumps(template)]
        assert f"ifs-shipstation-{other}" not in json.dumps(manifest[f"ifs-shipstation-{name}"].get("dependencies"))
        (code,) = {each["Code"]["S3Key"] for each in lambdas(template)}
        shipped = strict / f"asset.{code.removesuffix('.zip')}" / "connections"
        assert {path.stem for path in shipped.glob("*.toml")} == {name}


def lambdas(template: Template) -> list[dict[str, Any]]:
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::Lambda::Function"]


# It reads numbers: docs/operations.md says so where it says what a stack of its own keeps apart.
KNOWS_NO_RESOURCE = "cloudwatch:GetMetricData"


def test_strictly_apart_no_role_is_granted_anything_outside_its_own_stack(strict: Path) -> None:
    """Nothing is imported from a stack, named by hand, or left to a wildcard, but for a call that knows no resource."""
    pseudo = {"AWS::Partition", "AWS::Region", "AWS::AccountId", "AWS::StackId", "AWS::URLSuffix"}
    for template in templates(strict).values():
        assert "Fn::ImportValue" not in json.dumps(template)
        for role, statement in statements(template):
            if template["Resources"][role]["Type"] != "AWS::IAM::Role":
                continue
            if statement["Action"] == KNOWS_NO_RESOURCE:
                assert (role.partition("ServiceRole")[0], statement["Resource"]) == ("Digest", "*")
                continue
            for target in as_list(statement.get("Resource", [])):
                own = set(named(target)) - pseudo
                assert own, f"{role}: {target} names nothing of the stack"
                assert own <= template["Resources"].keys()


def test_what_a_shared_role_reaches_of_two_connections_is_kept_apart(documented: Template, strict: Path) -> None:
    """The test above would be empty if the shared stack passed it too."""
    assert len(ifs_secrets_of_consume(documented)) > 1
    assert [len(ifs_secrets_of_consume(template)) for template in templates(strict).values()] == [1, 1]


def ifs_secrets_of_consume(template: Template) -> set[str]:
    granted = (statement for role, statement in statements(template) if role.startswith("Consume"))
    names = {name for statement in granted for name in named(statement.get("Resource"))}
    return {name for name in names if re.match(r"^Link\w+Ifs", name)}


def test_synth_names_the_templates_of_this_synthesis_and_none_that_an_earlier_one_left(
    strict: Path, tmp_path: Path
) -> None:
    assembly = shutil.copytree(strict, tmp_path / "cdk.out")
    (assembly / "ifs-shipstation.template.json").write_text("{}", encoding="utf-8")
    named = [f"ifs-shipstation-{name}.template.json" for name in (FIRST, SECOND)]

    assert [path.name for path in deploy.templates(assembly)] == named


def test_another_word_for_isolation_is_answered_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SynthError) as failure:
        synthesise({**CONTEXT, "isolation": "strikt"}, tmp_path)

    said = "stack: -c isolation=… is shared (one stack) or strict (a stack for each connection)"
    assert str(failure.value).strip().splitlines()[-1] == said
    assert "Traceback" not in str(failure.value)
