"""Two connections in two stacks, one of them renamed: the account says which stands where, and the command line asks
the stack that has what is asked for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

import account
import pytest

from infra.placement import FILE, write
from tests.equipment.local_aws.deploy import deploy
from tests.equipment.local_aws.server import ROOT, LocalAws
from tests.equipment.local_aws.synth import synthesise

pytestmark = pytest.mark.integration

EXAMPLE = (ROOT / "infra/connections/example.toml").read_text(encoding="utf-8")
CONTEXT = {"python": f"{sys.version_info.major}.{sys.version_info.minor}", "architecture": "x86_64"}
STACKS = ("ifs-shipstation", "ifs-shipstation-2")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    folder = tmp_path_factory.mktemp("connections")
    (folder / "acme.toml").write_text(EXAMPLE, encoding="utf-8")
    (folder / "northwind.toml").write_text(f'formerly = "beta"\n{EXAMPLE}', encoding="utf-8")
    write(folder, {"acme": 1, "beta": 2})
    before = (folder / FILE).read_bytes()
    assembly = synthesise({**CONTEXT, "connections": str(folder)}, tmp_path_factory.mktemp("cdk.out"))
    assert (folder / FILE).read_bytes() == before
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with LocalAws() as aws:
        for stack in STACKS:
            deploy(aws, assembly, stack=stack)
        own = {"AWS_ENDPOINT_URL": aws.endpoint_url, "AWS_REGION": "us-east-1"}
        yield {**kept, **own, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def asked(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(ROOT / ".ci/operate"), *words]
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def test_the_account_says_which_connection_stands_in_which_stack(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert json.loads(account.standing(STACKS[0]) or "") == {"1": ["acme"], "2": ["beta=northwind"]}
    assert account.standing("another") == "{}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["desk"], ["acme", "northwind"]),
        (["desk", "--connection", "acme"], ["acme"]),
        (["desk", "--connection", "northwind"], ["northwind"]),
        (["desk", "--connection", "beta"], ["northwind"]),
        (["desk", "--connection", "beta", "--stack", STACKS[1]], ["northwind"]),
    ],
    ids=" ".join,
)
def test_the_command_line_asks_the_stack_that_has_the_connection(
    environment: Mapping[str, str], words: list[str], told: list[str]
) -> None:
    done = asked(environment, *words)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "".join(f"{name}: nothing is paused, mapped or looked at again.\n" for name in told)


def test_the_status_of_both_stacks_is_one_answer(environment: Mapping[str, str]) -> None:
    (line,) = asked(environment, "status", "--json").stdout.splitlines()

    assert [each["connection"] for each in json.loads(line)["connections"]] == ["acme", "northwind"]


def test_an_unknown_connection_is_told_with_those_of_both_stacks(environment: Mapping[str, str]) -> None:
    done = asked(environment, "desk", "--connection", "gamma")

    assert (done.returncode, done.stderr) == (2, "connection: unknown; known are ['acme', 'northwind']\n")
