"""Whoever types what README's "Deploy it" or docs/onboarding.md says, word for word and from an empty checkout, has an
order written to IFS in the end. The AWS is the local one; make, the CDK command line and all of ours are real.
"""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
import requests

from tests.equipment.checkout import Newcomer
from tests.equipment.folders import remove
from tests.equipment.http import Server
from tests.equipment.ifs.tenant import Tenant
from tests.equipment.local_aws.server import ROOT, LocalAws
from tests.equipment.pace import HANGS_SECONDS, eventually
from tests.equipment.shipstation.account import Account
from tests.equipment.system import architecture, utc_now

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

MOST_COMMANDS = 10
STACK = "ifs-shipstation"
CREDENTIALS = {
    "SHIPSTATION_API_KEY": "key",
    "SHIPSTATION_API_SECRET": "planted-station",
    "IFS_CLIENT_ID": "client",
    "IFS_CLIENT_SECRET": "planted-tenant",
}
ANSWERS = {
    **{f"{name}: ": value for name, value in CREDENTIALS.items()},
    "EXPIRES_ON (such as 2027-03-31; empty if it does not expire): ": "",
    "(y/n) ": "y",
}
LONGEST_QUESTION = 200
# What a reader writes in place of the documents' own words; the local AWS's Lambdas run on this machine's processor.
OWN = {
    "NAME": "acme",
    "FOLDER=FOLDER": "FOLDER=~/connections",
    "on.call@example.com": f"on.call@acme.cloud -c architecture={architecture()}",
}
EXAMPLE = "docs/examples/shipment-header.toml"
ORDER, BEFORE = "P1001", "P0900"
TRACKING = "1Z999AA10123456784"


def of_readme() -> list[str]:
    """All commands of the section but the one that only writes the template."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## Deploy it\n")[2].partition("\n## ")[0]
    found: list[str] = re.findall(r"`((?:make|\.ci/operate) [^`]+)`", section)
    return [command for command in found if not command.startswith("make synth ")]


def of_onboarding() -> list[str]:
    """What stands on lines of its own up to the first write; `aws` is for who has no checkout, or prefers it."""
    text = (ROOT / "docs/onboarding.md").read_text(encoding="utf-8").partition("\n## 8. ")[0]
    blocks = re.findall(r"^```\n(.+?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if re.match(r"make |\.ci/operate |export ", line)]


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newcomer]:
    newcomer = Newcomer(tmp_path_factory.mktemp("newcomer") / "some one", borrows=True)
    yield newcomer
    remove(newcomer.folder)


@pytest.fixture
def account() -> Account:
    account = Account(utc_now, Random(1), keys={"key": "planted-station"}, post=post)
    account.store_names = {100_001: "Wholesale", 100_002: "Web"}
    at = utc_now() - timedelta(hours=3)
    order = account.add_order(BEFORE, items=[{"sku": "BOLT", "quantity": 1}], at=at)
    account.ship(order, at=at, is_silent=True)
    return account


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    return requests.post(url, data=body, headers=dict(headers), timeout=HANGS_SECONDS).status_code


@pytest.fixture
def tenant() -> Tenant:
    tenant = Tenant(utc_now, Random(2), clients={"client": "planted-tenant"}, time_zone="America/Chicago")
    for number, site in ((BEFORE, "DAL"), (ORDER, "CHI")):
        tenant.add_order(number, Contract=site)
        tenant.add_shipment([(number, "BOLT", 1)], Contract=site)
    return tenant


@dataclass
class Reader:
    newcomer: Newcomer
    aws: LocalAws
    account: Account
    tenant: Tenant
    urls: Mapping[str, str]
    typed: list[str] = field(default_factory=list)
    exported: dict[str, str] = field(default_factory=dict)

    def follow(self, commands: list[str]) -> None:
        """In the order of the text, with what it says between them."""
        (deploy,) = [command for command in commands if command.startswith("make deploy ")]
        plan = ""
        for command in commands:
            if command.startswith("make check "):
                self.copy_the_example()
            if command.startswith(".ci/operate plan "):
                self.see_what_would_be_written()
                self.edit('mode = "shadow"', 'mode = "write"')
                self.types(deploy)
            said = self.types(command.replace("PLAN", plan))
            plan = next(iter(re.findall(r"^Plan (\w+), ready: 1 orders, 1 would change", said, re.MULTILINE)), plan)

    def types(self, command: str) -> str:
        """What it printed."""
        for theirs, own in OWN.items():
            command = command.replace(theirs, own)
        self.typed.append(command)
        if command.startswith("export "):
            self.exported |= {name: CREDENTIALS[name] for name in re.findall(r"(\w+)=…", command)}
            return ""
        began = time.monotonic()
        status, shown = self.at_a_terminal(command)
        print(f"{time.monotonic() - began:4.0f} s  {command}")
        # The operator's command line says 1 where somebody has to look closer, as at a plan that changes something.
        assert status <= command.startswith(".ci/operate "), f"{command}\n{shown}"
        return shown

    def at_a_terminal(self, command: str) -> tuple[int, str]:
        person, terminal = pty.openpty()
        termios.tcsetwinsize(terminal, (50, 200))
        process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", "/bin/sh", "-c", command],  # noqa: S607 # a terminal of its own
            cwd=self.newcomer.checkout,
            env=self.environment(),
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        try:
            shown = conversation(person)
        finally:
            os.close(person)
        return process.wait(HANGS_SECONDS), shown

    def environment(self) -> dict[str, str]:
        of_aws = {
            "AWS_ENDPOINT_URL": self.aws.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.aws.region,
        }
        return self.newcomer.environment(**of_aws, **self.exported, TERM="dumb")

    @property
    def file(self) -> Path:
        return self.newcomer.home / "connections/acme.toml"

    def copy_the_example(self) -> None:
        if not self.file.exists():
            self.types("mkdir ~/connections")
        self.types(f"cp {EXAMPLE} ~/connections/acme.toml")
        self.edit("https://shipments.ifs.example", self.urls["ifs"])
        self.edit("realms/shipments/", "realms/acme1/")
        section = "[shipstation.order_reference]"
        self.edit(section, f'[shipstation]\nbase_url = "{self.urls["shipstation"]}"\n\n{section}')
        self.edit("2026-01-01T00:00:00Z", f"{utc_now() - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")

    def edit(self, before: str, after: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert before in text
        self.file.write_text(text.replace(before, after), encoding="utf-8")

    def see_what_would_be_written(self) -> None:
        """With the webhooks subscribed, an order is shipped."""
        outputs = self.outputs()
        token = self.aws.client("secretsmanager").get_secret_value(SecretId=named(outputs, "LinkacmeWebhookSecret"))
        current = re.findall(r'"current": "(.+?)"', token["SecretString"])[0]
        api = self.aws.api_url(re.findall(r"//(\w+)\.", outputs["ApiUrl"])[0])
        for event in ("SHIP_NOTIFY", "ORDER_NOTIFY", "FULFILLMENT_SHIPPED"):
            self.account.subscribe(f"{api}/webhooks/acme/{current}", event)
        order = self.account.add_order(ORDER, items=[{"sku": "BOLT", "quantity": 1}])
        self.account.ship(order, tracking_number=TRACKING)
        audit = self.aws.table(outputs["AuditTable"])
        eventually(lambda: [item for item in audit.scan()["Items"] if item.get("outcome") == "would_write"], 120)
        assert self.tenant.writes == []

    def outputs(self) -> dict[str, str]:
        (stack,) = self.aws.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def named(outputs: Mapping[str, str], begin: str) -> str:
    return next(value for name, value in outputs.items() if name.startswith(begin))


def conversation(person: int) -> str:
    """All that the screen shows until its end; each question is answered once."""
    shown, since = "", ""
    while chunk := read(person):
        shown += chunk
        since = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", since + chunk)[-LONGEST_QUESTION:]
        if answer := [answer for question, answer in ANSWERS.items() if since.endswith(question)]:
            os.write(person, f"{answer[0]}\n".encode())
            since = ""
    return shown.replace("\r\n", "\n")


def read(person: int) -> str:
    ready, _, _ = select.select([person], [], [], HANGS_SECONDS)
    assert ready, "it hangs"
    try:
        return os.read(person, 1 << 16).decode(errors="replace")
    except OSError:  # nobody has the terminal any more
        return ""


@pytest.fixture
def reader(newcomer: Newcomer, account: Account, tenant: Tenant, tmp_path: Path) -> Iterator[Reader]:
    with (
        Server(account.application) as station,
        Server(tenant.application) as ifs,
        LocalAws(logs=tmp_path / "logs") as aws,
    ):
        yield Reader(newcomer, aws, account, tenant, {"shipstation": station.url, "ifs": ifs.url})


@pytest.mark.parametrize(
    ("commands", "verbs"),
    [
        pytest.param(of_readme, ["setup", "check", "bootstrap", "deploy", "secrets", "plan", "apply"], id="readme"),
        pytest.param(of_onboarding, ["check", "bootstrap", "deploy", "secrets", "plan", "apply"], id="onboarding"),
    ],
)
def test_the_first_order_is_written_by_what_the_text_says(
    reader: Reader, commands: Callable[[], list[str]], verbs: list[str]
) -> None:
    said = commands()
    assert [command.split()[1] for command in said if not command.startswith("export ")] == verbs
    began = time.monotonic()
    reader.follow(said)
    (shipment,) = reader.tenant.shipments_of(ORDER)
    eventually(lambda: reader.tenant.shipment(shipment)["ProNo"] == TRACKING, 120)
    minutes = (time.monotonic() - began) / 60
    print(f"{len(reader.typed)} commands, {minutes:.1f} minutes, order {ORDER} written")
    assert len(reader.typed) <= MOST_COMMANDS
