"""`make secrets` as a person and as a job of CI run it: a process of its own, both vendors over HTTP, the local AWS."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from functions.console.aws import output_of
from functions.wiring.credentials import PLACEHOLDER
from tests.equipment.http import Server
from tests.equipment.ifs.tenant import Tenant
from tests.equipment.local_aws.server import ROOT, LocalAws
from tests.equipment.pace import HANGS_SECONDS
from tests.equipment.shipstation.account import Account
from tests.equipment.system import CONNECTION, utc_now

pytestmark = pytest.mark.integration

GIVEN = {
    "SHIPSTATION_API_KEY": "key",
    "SHIPSTATION_API_SECRET": "planted-station",
    "IFS_CLIENT_ID": "client",
    "IFS_CLIENT_SECRET": "planted-tenant",
}
COMMAND = [sys.executable, "-m", "functions.console.fill_secrets"]


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@dataclass
class Place:
    """A stack with the secrets of one connection, as deployed, and its file."""

    aws: LocalAws
    file: Path
    stack: str
    account: Account

    def held(self, vendor: str) -> dict[str, str]:
        secret = f"{self.stack}-{vendor}"
        found: dict[str, str] = json.loads(
            self.aws.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        )
        return found

    def command(self, *words: str) -> list[str]:
        return [*COMMAND, str(self.file), "--demo", *words]

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "OPERATE_DEMO": str(self.file.with_name("demo.json")), **given}

    def run(self, *words: str, given: Mapping[str, str] = GIVEN) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            cwd=ROOT,
            env=self.environment(given),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=HANGS_SECONDS,
            check=False,
        )


@pytest.fixture
def place(aws: LocalAws, tmp_path: Path) -> Iterator[Place]:
    stack = tmp_path.name.replace("_", "-")
    vendors = {"ShipStationSecret": ("api_key", "api_secret"), "IfsSecret": ("client_id", "client_secret")}
    resources: dict[str, Any] = {
        f"Own{kind}": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {
                "Name": f"{stack}-{kind}",
                "SecretString": json.dumps(dict.fromkeys(fields, PLACEHOLDER)),
            },
        }
        for kind, fields in vendors.items()
    }
    outputs = {output_of("acme", kind): {"Value": {"Ref": f"Own{kind}"}} for kind in vendors}
    template = json.dumps({"Resources": resources, "Outputs": outputs})
    aws.client("cloudformation").create_stack(StackName=stack, TemplateBody=template)
    aws.client("cloudformation").get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    found = {"aws": aws.endpoint_url, "stack": {"name": stack}}
    (tmp_path / "demo.json").write_text(json.dumps(found), encoding="utf-8")
    account = Account(utc_now, Random(1), keys={"key": "planted-station"})
    account.v2_keys = set()
    tenant = Tenant(utc_now, Random(2), clients={"client": "planted-tenant"})
    with Server(account.application) as station, Server(tenant.application) as ifs:
        text = CONNECTION.format(
            go_live_at="2026-01-01T00:00:00Z", shipstation=station.url, ifs=ifs.url, jwks=f"{station.url}/jwks"
        )
        (tmp_path / "acme.toml").write_text(text, encoding="utf-8")
        yield Place(aws, tmp_path / "acme.toml", stack, account)


def test_a_job_of_ci_fills_both_secrets_from_its_environment(place: Place) -> None:
    done = place.run(given={**GIVEN, "SHIPSTATION_EXPIRES_ON": "2027-03-31"})
    assert (done.returncode, done.stderr) == (0, "")
    station = {"api_key": "key", "api_secret": "planted-station", "expires_on": "2027-03-31"}
    assert place.held("ShipStationSecret") == station
    assert place.held("IfsSecret") == {"client_id": "client", "client_secret": "planted-tenant", "expires_on": ""}
    assert "planted" not in done.stdout
    assert "fits      shipstation.key: The key is accepted." in done.stdout


def test_what_the_vendors_refuse_is_not_stored(place: Place) -> None:
    done = place.run(given={**GIVEN, "SHIPSTATION_API_SECRET": "planted-wrong", "IFS_CLIENT_SECRET": "planted-wrong"})
    assert (done.returncode, done.stderr) == (1, "")
    assert (done.stdout.count("MISFIT"), done.stdout.count("nothing was stored")) == (2, 2)
    assert "planted" not in done.stdout
    assert set(place.held("ShipStationSecret").values()) == {PLACEHOLDER}


def test_a_key_is_exchanged_by_two_commands(place: Place) -> None:
    assert place.run().returncode == 0
    place.account.keys["second"] = "planted-second"
    following = {**GIVEN, "SHIPSTATION_API_KEY": "second", "SHIPSTATION_API_SECRET": "planted-second"}
    assert place.run("--vendor", "shipstation", "--next", given=following).returncode == 0
    assert place.held("ShipStationSecret")["next_api_key"] == "second"
    del place.account.keys["key"]
    assert place.run("--promote", given={}).returncode == 0
    second = {"api_key": "second", "api_secret": "planted-second", "expires_on": ""}
    assert place.held("ShipStationSecret") == second


def test_a_next_pair_that_is_not_taken_any_more_is_not_made_the_first(place: Place) -> None:
    assert place.run().returncode == 0
    place.account.keys["second"] = "planted-second"
    following = {**GIVEN, "SHIPSTATION_API_KEY": "second", "SHIPSTATION_API_SECRET": "planted-second"}
    assert place.run("--vendor", "shipstation", "--next", given=following).returncode == 0
    del place.account.keys["second"]
    assert place.run("--promote", given={}).returncode == 1
    assert place.held("ShipStationSecret")["api_key"] == "key"


def test_without_values_and_a_terminal_it_says_in_one_line_what_is_missing(place: Place) -> None:
    done = place.run(given={})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "SHIPSTATION_API_KEY is not set\n"


def test_a_stack_that_is_not_there_is_told(place: Place) -> None:
    done = place.run("--stack", "elsewhere")
    assert done.returncode == 0, "--demo says which stack"
    place.file.with_name("demo.json").write_text(
        json.dumps({"aws": place.aws.endpoint_url, "stack": {"name": "elsewhere"}}), encoding="utf-8"
    )
    done = place.run()
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "elsewhere does not exist" in done.stderr


def test_what_is_typed_at_a_terminal_is_stored_and_not_shown(place: Place) -> None:
    person, terminal = pty.openpty()
    with subprocess.Popen(
        place.command("--vendor", "shipstation"),
        cwd=ROOT,
        env=place.environment({}),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        shown = ""
        answers = iter(("key", "planted-station", "2027-03-31"))
        while chunk := read(person):
            shown += chunk
            if shown.rstrip(" ").endswith(":"):
                os.write(person, f"{next(answers)}\n".encode())
        assert process.wait(HANGS_SECONDS) == 0, shown
    os.close(person)
    assert "planted-station" not in shown
    assert place.held("ShipStationSecret")["api_secret"] == "planted-station"
    assert place.held("ShipStationSecret")["expires_on"] == "2027-03-31"


def read(person: int) -> str:
    """What comes next on the screen; empty at its end."""
    ready, _, _ = select.select([person], [], [], HANGS_SECONDS)
    assert ready, "it hangs"
    try:
        return os.read(person, 4096).decode()
    except OSError:  # the other end is closed
        return ""
