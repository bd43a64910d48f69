"""Both vendors and the deployed connector, each in its own process or thread, talking over HTTP on 127.0.0.1."""

from __future__ import annotations

import json
import os
import platform
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import requests

from functions.ledger.audit import AuditLog
from functions.ledger.orders import OrderStore
from functions.ledger.table import DynamoTable
from functions.model.audit import AuditEntry
from functions.model.outcomes import Outcome
from functions.model.record_memory import LEASE
from functions.model.shipment import ConnectionName
from functions.model.state import OrderState
from tests.equipment.folders import remove
from tests.equipment.http import Server
from tests.equipment.ifs.tenant import Tenant
from tests.equipment.local_aws.deploy import Stack, deploy
from tests.equipment.local_aws.operate import invoke, set_secret
from tests.equipment.local_aws.server import ROOT, AwsEndpoint, LocalAws
from tests.equipment.local_aws.synth import synthesising
from tests.equipment.shipstation.account import Account

NAME = ConnectionName("demo")
COMPANY = "10"
GO_LIVE_DAYS_AGO = 2
TOLD_SECONDS = 20  # until a subscriber has a message at the latest, here
HASH = "9B6E5ACF"  # as long as what CDK appends to a logical id
CONNECTION = """\
mode = "write"
go_live_at = {go_live_at}

[shipstation]
base_url = "{shipstation}"
jwks_urls = ["{jwks}"]

[ifs]
base_url = "{ifs}"
token_url = "{ifs}/auth/realms/acme1/protocol/openid-connect/token"
company = "10"
time_zone = "America/Chicago"
requests_per_second = 50

[patience]
first_seconds = 1
longest_seconds = 5

[carriers]
stamps_com = "USPS"
ups = "UPS"
fedex = "FEDEX"

[stores]
"""
OURS = "exclude = [100003]\n"
# A second connection, through ShipStation's other API: one store of the same account, so that the first leaves it out.
BESIDE, V2_STORE = ConnectionName("demo-v2"), 100_005
OURS_BESIDE = f"exclude = [100003, {V2_STORE}]\n"
THEIRS = f"include = [{V2_STORE}]\n"
PUSH_SITE, PUSHED_STORE = "PSH", 100_004
ORDERS = f"""
[orders]
mode = "write"
store_id = {PUSHED_STORE}
shipment_id_in = "custom_field_2"
sites = ["{PUSH_SITE}"]

[stores.{PUSHED_STORE}]
shipment_id = {{ source = "custom_field_2" }}

[[stores.{PUSHED_STORE}.targets]]
profile = "shipment_header"
find = ["shipment_id", "order_number"]
"""
REGISTERED = 'webhooks = "registered"'
ALIGN = """
[[align]]
profile = "warehouses"
mode = "write"

[align.addresses]
entity_set = "SiteAddressSet"
key = ["Contract", "AddressId"]

[[align]]
profile = "customers"
mode = "write"
match = ["email"]

[align.emails]
projection = "CustomerHandling"
entity_set = "CommunicationMethods"

[align.template]
customer = "WEB"
"""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Deployed:
    """The connector in the local AWS, and where both vendors are reached."""

    account_url: str
    tenant_url: str
    aws: AwsEndpoint
    stack: Stack
    webhook_url: str
    connection_file: Path
    connections: tuple[ConnectionName, ...] = field(default=(NAME,), kw_only=True)

    @property
    def audit_table(self) -> DynamoTable:
        return self.table("LedgerAudit")

    def tick(self, function: str) -> Any:
        """What the schedules do: one run of `Poll`, `Release`, `Replay` or `Pull` for each connection, now."""
        names = self.connections if function != "Pull" else (NAME,)
        more = {"Poll": {"now": True}, "Replay": {"is_scheduled": True}}.get(function, {})
        first, *_ = [self.invoke(function, {"connection": name, **more}) for name in names]
        return first

    def invoke(self, function: str, payload: Mapping[str, Any]) -> Any:
        return invoke(self.aws, self.function(function), payload)

    def function(self, prefix: str) -> str:
        return self.stack.physical_id(prefix, "AWS::Lambda::Function")

    def table(self, prefix: str) -> DynamoTable:
        tables = self.stack.ids_of("AWS::DynamoDB::Table")
        name = next(pid for name, pid in tables.items() if name[: -len(HASH)] == prefix)
        return DynamoTable(self.aws.new_client("dynamodb"), name)

    def states(self) -> dict[str, OrderState]:
        """What the ledger knows, by IFS order number; of several connections the one whose store it is."""
        store, found = OrderStore(self.table("Ledger")), dict[str, OrderState]()
        for state in (state for name in self.connections for state in store.scan(name)):
            known = found.get(state.key.reference)
            if known is None or _is_left_out(known):
                found[state.key.reference] = state
        return found

    def story(self, order_no: str) -> list[AuditEntry]:
        """Every write on the records that the order stands on or stood on, oldest first."""
        state = self.states()[order_no]
        log = AuditLog(self.audit_table, new_id=lambda: "")
        entries = [entry for record in {*state.remembered, *state.past} for entry in log.story(NAME, record)]
        return sorted(entries, key=lambda entry: entry.at)


@dataclass
class System(Deployed):
    """`account` and `tenant` are the simulated vendors themselves: what is true in each is read from them."""

    aws: LocalAws
    account: Account
    tenant: Tenant

    def subscribe(self) -> None:
        self.account.subscribe(self.webhook_url, "SHIP_NOTIFY")

    def check(self, *, misspelt: bool) -> tuple[bool, str]:
        """`make check` on the connection's file: whether it found a misfit, and what it printed."""
        text = self.connection_file.read_text(encoding="utf-8")
        if misspelt:
            text += '\n[[ifs.targets]]\nprofile = "shipment_header"\ntracking = {attribute = "ProNoo"}\n'
        path = self.connection_file.parent.parent / "checked" / "acme.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        (key, key_secret), (client, secret) = *self.account.keys.items(), *self.tenant.clients.items()
        own = {"SHIPSTATION_API_KEY": key, "SHIPSTATION_API_SECRET": key_secret}
        environment = {**os.environ, **own, "IFS_CLIENT_ID": client, "IFS_CLIENT_SECRET": secret}
        command = [sys.executable, "-m", "functions.console.check", str(path), "--out", str(path.parent)]
        run = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        path.unlink()
        return run.returncode == 1, run.stdout + run.stderr

    def told_by(self, function: str) -> list[str]:
        """What a run of the function tells the topic of the alarms, as a subscriber gets it."""
        queue = self.aws.client("sqs").create_queue(QueueName=f"inbox-{secrets.token_hex(4)}")["QueueUrl"]
        arn = self.aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        self.aws.client("sns").subscribe(
            TopicArn=self.stack.outputs["AlarmTopic"], Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
        )
        self.invoke(function, {})
        received = self.aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=TOLD_SECONDS)
        return [json.loads(message["Body"])["Message"] for message in received.get("Messages", [])]

    def let_leases_lapse(self) -> None:
        """As if every run that began a write had died minutes ago."""
        tables = self.stack.ids_of("AWS::DynamoDB::Table")
        table = self.aws.table(next(pid for name, pid in tables.items() if name[: -len(HASH)] == "Ledger"))
        for item in table.scan()["Items"]:
            if "intent" in item:
                begun = datetime.fromisoformat(str(item["intent"]["at"])) - 2 * LEASE
                table.put_item(Item={**item, "intent": {**item["intent"], "at": begun.isoformat()}})


def _is_left_out(state: OrderState) -> bool:
    return all(shipment.outcome is Outcome.SKIPPED for shipment in state.shipments.values())


@contextmanager
def started(
    folder: Path,
    *,
    auth: bool = False,
    jwks_url: str = "",
    is_beside: bool = False,
    is_registering: bool = False,
    root: Path = ROOT,
    progress: Any = None,
) -> Iterator[System]:
    """Starts everything; ends everything. `jwks_url` lists the keys of signed webhooks; without it nobody does.
    `is_beside`: with the second connection. `is_registering`: the connector subscribes the webhooks. `root`: whose
    stack is deployed. `progress` is called with one line per step.
    """
    say = progress or (lambda _: None)
    keys, clients = {"demo-key": secrets.token_hex(16)}, {"demo-client": secrets.token_hex(16)}
    account = Account(utc_now, Random(1), keys=keys, post=_post)
    tenant = Tenant(utc_now, Random(2), clients=clients, time_zone="America/Chicago")
    with ExitStack() as stack, ThreadPoolExecutor(1) as side:
        account_url = stack.enter_context(Server(account.application)).url
        tenant_url = stack.enter_context(Server(tenant.application)).url
        say(f"ShipStation simulated at {account_url}, IFS Cloud at {tenant_url}")
        text = _common(account_url, tenant_url, jwks_url or f"{account_url}/jwks")
        text = text.replace("[shipstation]", f"[shipstation]\n{REGISTERED}") if is_registering else text
        file = _connection_file(folder, NAME, f"{text}{OURS_BESIDE if is_beside else OURS}{ORDERS}{ALIGN}")
        if is_beside:
            _connection_file(folder, BESIDE, text.replace("[shipstation]", '[shipstation]\napi = "v2"') + THEIRS)
        assembly = stack.enter_context(
            synthesising(context_of(file), folder / "cdk.out", app=root / "app.py", root=root)
        )
        aws = stack.enter_context(LocalAws(auth=auth, logs=folder / "logs"))
        say(f"Local AWS at {aws.endpoint_url}; bundling the Lambdas, synthesising the stack")
        built = assembly()
        say("Deploying the stack")
        deployed = deploy(aws, built)
        side.submit(remove, built)
        say(f"Stack {deployed.name} has {len(deployed.physical_ids)} resources; giving it its secrets")
        system = _configured(account, tenant, account_url, tenant_url, aws, deployed, file)
        if is_beside:
            system.connections = (NAME, BESIDE)
            give_secrets(system, BESIDE)
        yield system


def _configured(  # noqa: PLR0917 -- the parts of one system
    account: Account, tenant: Tenant, account_url: str, tenant_url: str, aws: LocalAws, stack: Stack, file: Path
) -> System:
    system = System(account_url, tenant_url, aws, stack, "", file, account, tenant)
    token = give_secrets(system, NAME)
    api = aws.api_url(stack.physical_id("Webhook", "AWS::ApiGatewayV2::Api"))
    system.webhook_url = f"{api}/webhooks/{NAME}/{token}"
    return system


def give_secrets(system: System, name: ConnectionName) -> str:
    """The token of its webhooks."""
    (key, key_secret), (client, client_secret) = *system.account.keys.items(), *system.tenant.clients.items()
    token = secrets.token_urlsafe(24)
    given = {
        "ShipStationSecret": {"api_key": key, **({} if name == BESIDE else {"api_secret": key_secret})},
        "IfsSecret": {"client_id": client, "client_secret": client_secret},
        "WebhookSecret": {"current": token},
    }
    for output, values in given.items():
        set_secret(system.aws, _output(system.stack, f"Link{name.replace('-', '')}{output}"), values)
    return token


def _output(stack: Stack, name: str) -> str:
    return next(value for key, value in stack.outputs.items() if key.startswith(name))


def _common(account_url: str, tenant_url: str, jwks_url: str) -> str:
    go_live_at = (utc_now() - timedelta(days=GO_LIVE_DAYS_AGO)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return CONNECTION.format(go_live_at=go_live_at, shipstation=account_url, ifs=tenant_url, jwks=jwks_url)


def _connection_file(folder: Path, name: ConnectionName, text: str) -> Path:
    path = folder / "connections" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def context_of(connection_file: Path) -> dict[str, object]:
    """What the app is synthesised with, so that this machine can run it."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"connections": str(connection_file.parent), "python": python, "architecture": architecture()}


def architecture() -> str:
    return "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    return requests.post(url, data=body, headers=headers, timeout=60).status_code
