"""What an account asks of everything that is made in it: a permissions boundary, tags, a network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import deploy
import pytest
import step
from constructs import Construct

from infra.context import ContextError, choices
from tests.equipment.local_aws.synth import SynthError, synthesise
from tests.infra.conftest import CONTEXT

pytestmark = pytest.mark.integration

TAGS = "cost-center=4711, owner=Integration Team,empty="


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    context = {**CONTEXT, "permissions_boundary": "limits/team", "tags": TAGS}
    return synthesise(context, tmp_path_factory.mktemp("chosen"))


def roles(assembly: Path) -> list[dict[str, Any]]:
    template = json.loads((assembly / "ifs-shipstation.template.json").read_text(encoding="utf-8"))
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role"]


def test_every_role_has_the_boundary_that_is_named_and_none_without_a_word(chosen: Path, assembly: Path) -> None:
    account = [{"Ref": "AWS::Partition"}, ":iam::", {"Ref": "AWS::AccountId"}]
    boundary = {"Fn::Join": ["", ["arn:", *account, ":policy/limits/team"]]}

    assert roles(chosen)
    assert [role["PermissionsBoundary"] for role in roles(chosen)] == [boundary] * len(roles(chosen))
    assert not any("PermissionsBoundary" in role for role in roles(assembly))


def test_the_stack_carries_the_tags_beside_its_version(chosen: Path) -> None:
    manifest = json.loads((chosen / "manifest.json").read_text(encoding="utf-8"))
    tags = manifest["artifacts"]["ifs-shipstation"]["properties"]["tags"]

    assert tags.pop("version")
    assert tags == {"cost-center": "4711", "owner": "Integration Team", "empty": ""}


def test_the_stack_says_what_the_next_deployment_has_to_name_again(chosen: Path, template: dict[str, Any]) -> None:
    outputs = json.loads((chosen / "ifs-shipstation.template.json").read_text(encoding="utf-8"))["Outputs"]

    assert outputs["Chosen"]["Value"] == "permissions_boundary,tags"
    assert "Chosen" not in template["Outputs"]


@pytest.mark.parametrize(
    "given",
    [
        "owner",
        "=x",
        "a=1,a=2",
        "aws:a=1",
        "AWS:a=1",
        "version=2",
        "a=1,",
        "a=b;c",
        f"{'k' * 129}=1",
        f"k={'v' * 257}",
        ",".join(f"k{number}=1" for number in range(50)),
    ],
)
def test_other_tags_are_refused(given: str) -> None:
    with pytest.raises(ContextError, match="-c tags=… is key=value"):
        choices(node_with(tags=given))


SUBNETS, GROUPS = "subnet-0a1b2c3d,subnet-0a1b2c3d4e5f60718", "sg-0a1b2c3d"


def test_every_lambda_stands_in_the_subnets_that_are_named_and_none_without_a_word(
    tmp_path: Path, assembly: Path
) -> None:
    named = synthesise({**CONTEXT, "subnets": SUBNETS, "security_groups": GROUPS}, tmp_path)
    placed = lambdas(named)

    assert placed
    assert [each["VpcConfig"] for each in placed.values()] == [
        {"SubnetIds": SUBNETS.split(","), "SecurityGroupIds": GROUPS.split(",")}
    ] * len(placed)
    assert not any("VpcConfig" in each for each in lambdas(assembly).values())
    assert "ec2:" not in template(assembly)
    for role in {each["Role"]["Fn::GetAtt"][0] for each in placed.values()}:
        assert_interfaces_are_lambdas_alone(named, role)


def test_what_a_deletion_waits_for_stands_outside_of_them(tmp_path: Path) -> None:
    folder = str(Path("docs/examples").resolve())
    named = lambdas(
        synthesise({**CONTEXT, "connections": folder, "subnets": SUBNETS, "security_groups": GROUPS}, tmp_path)
    )
    outside = [name for name, each in named.items() if "VpcConfig" not in each]
    assert outside
    assert all(name.startswith("Unregister") for name in outside)


def assert_interfaces_are_lambdas_alone(assembly: Path, role: str) -> None:
    """Lambda makes them in the function's name; the function's own calls are refused."""
    resources = json.loads(template(assembly))["Resources"].values()
    policies = (each["Properties"] for each in resources if each["Type"] == "AWS::IAM::Policy")
    (policy,) = (each for each in policies if each["Roles"] == [{"Ref": role}])
    allowed, denied = (s for s in policy["PolicyDocument"]["Statement"] if "ec2:" in json.dumps(s["Action"]))

    assert (allowed["Effect"], denied["Effect"]) == ("Allow", "Deny")
    # What else knows no resource stands in the same statement.
    assert [action for action in allowed["Action"] if action.startswith("ec2:")] == denied["Action"]
    assert list(denied["Condition"]["ArnLike"]) == ["lambda:SourceFunctionArn"]


def template(assembly: Path) -> str:
    return (assembly / "ifs-shipstation.template.json").read_text(encoding="utf-8")


def lambdas(assembly: Path) -> dict[str, Any]:
    resources = json.loads(template(assembly))["Resources"]
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::Lambda::Function"}


@pytest.mark.parametrize(
    "given",
    [
        {"subnets": SUBNETS},
        {"security_groups": GROUPS},
        {"subnets": "vpc-0a1b2c3d", "security_groups": GROUPS},
        {"subnets": SUBNETS, "security_groups": "sg-0a1b2c3d,"},
        {"subnets": f"{SUBNETS},subnet-0a1b2c3d", "security_groups": GROUPS},
        {"subnets": SUBNETS, "security_groups": ",".join(f"sg-{number:08x}" for number in range(6))},
        {"subnets": ",".join(f"subnet-{number:08x}" for number in range(17)), "security_groups": GROUPS},
    ],
    ids=["no group", "no subnet", "a vpc", "an empty one", "one twice", "too many groups", "too many subnets"],
)
def test_subnets_and_security_groups_are_named_together(given: dict[str, str]) -> None:
    with pytest.raises(ContextError, match=r"-c subnets=… and -c security_groups=… belong together"):
        choices(node_with(**given))


@pytest.mark.parametrize("given", ["arn:aws:iam::111122223333:policy/team", "/team", "team/", "a b", "n" * 129, "ä"])
def test_another_boundary_is_refused(given: str) -> None:
    with pytest.raises(ContextError, match="-c permissions_boundary=… is the name"):
        choices(node_with(permissions_boundary=given))


def node_with(**context: str) -> Any:
    construct = Construct(cdk.App(), "Any")
    for name, value in context.items():
        construct.node.set_context(name, value)
    return construct.node


def test_a_bad_value_is_answered_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SynthError) as failure:
        synthesise({**CONTEXT, "tags": "owner"}, tmp_path)

    assert str(failure.value).strip().splitlines()[-1].startswith("stack: -c tags=… is key=value")
    assert "Traceback" not in str(failure.value)


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (["-c", "alarms=a@acme.cloud"], "a@acme.cloud"),
        (["-calarms=a@acme.cloud"], "a@acme.cloud"),
        (["--context=alarms=a@acme.cloud"], "a@acme.cloud"),
        (["-c", "alarms=a@acme.cloud", "-c", "alarms=b@acme.cloud"], "b@acme.cloud"),
        (["-c", "tags=alarms=none"], ""),
    ],
)
def test_what_a_tag_is_called_is_no_value_of_another_name(options: list[str], found: str) -> None:
    assert deploy._of_context("alarms", options) == found  # noqa: SLF001 # what reads them is a script


FILL = """Next, for each new connection: make secrets CONNECTION=NAME FOLDER='/home/kim/my files'
How all stand: .ci/operate status
"""
ELSEWHERE = """Next, for each new connection: make secrets CONNECTION=NAME FOLDER='/home/kim/my files' \
ARGS='--stack mine --profile kim'
How all stand: .ci/operate --stack mine --profile kim status
"""


@pytest.mark.parametrize(
    ("verb", "status", "options", "next_"),
    [
        ("bootstrap", 0, [], "Next: make deploy FOLDER=~/connections\n"),
        ("deploy", 0, [], FILL),
        ("deploy", 0, ["-c", "stack=mine", "--profile", "kim"], ELSEWHERE),
        ("deploy", 1, [], ""),
        ("destroy", 0, [], ""),
    ],
)
def test_what_is_done_says_what_comes_next(
    *,
    verb: str,
    status: int,
    options: list[str],
    next_: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(step, "run", lambda *_, **__: (status, ""))
    monkeypatch.setattr(deploy, "NOTICE", Path("/nowhere"))
    folder = Path("/home/kim/my files") if verb == "deploy" else None

    comes_next = deploy._next(verb, folder, options)  # noqa: SLF001 # what calls it is a script
    assert deploy._with_aws(verb, ["cdk"], comes_next) == status  # noqa: SLF001 # likewise
    assert "".join(capsys.readouterr().out.partition("Next")[1:]) == next_
