"""`Move to another account` of docs/operations.md, step by step: two local AWS in two regions between the same vendors.

Done otherwise than there: the loops of AWS CLI are the same calls of boto3. An export here writes nothing, so that a
scan writes the file that it would write; the import is the local AWS's own. `aws s3 sync` is a copy, and `make secrets`
puts what it would have asked for (test_fill_secrets.py). Schedules are invoked where they would tick. The 15 minutes
until every lease has ended are not waited for: the one that a death left is dated back.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.ledger.items import PARTITION, SORT
from functions.model.outcomes import Reason
from tests.equipment.ifs.store import Write
from tests.equipment.local_aws.deploy import deploy, redeploy
from tests.equipment.local_aws.operate import set_event_sources
from tests.equipment.local_aws.server import ROOT, LocalAws
from tests.equipment.local_aws.synth import synthesise
from tests.equipment.pace import HANGS_SECONDS, eventually
from tests.equipment.push_people import RECEIVER
from tests.equipment.system import NAME, PUSH_SITE, PUSHED_STORE, System, context_of, give_secrets, started, utc_now

pytestmark = [pytest.mark.integration, pytest.mark.nightly]

REGION = "eu-central-1"
EXPORT = "AWSDynamoDB/01/data/"
RESTING_STORE = 100_002
TYPED = "TYPED BY HAND"
DECISION = {"connection": NAME, "by": "anna", "note": "a decision"}
WAITING = {
    "kept": Reason.TYPED_BY_A_PERSON,
    "resting": Reason.PAUSED,
    "late": Reason.NOT_IN_IFS_YET,
}
TABLES = {"LedgerTable": "ledger-moved", "AuditTable": "audit-moved"}
EVENTS = 3  # of a connection with registered webhooks
MODE = 'mode = "write"\n'


@dataclass
class Told:
    """One order in both systems; `label` is its last one."""

    order_no: str
    order_id: int
    number: int
    label: int = 0


class Move:
    """`old` and `new` are the two stacks; `orders` by what is special about them."""

    def __init__(self, old: System, folder: Path) -> None:
        self.old, self.new, self.folder = old, old, folder
        self.orders: dict[str, Told] = {}
        self.file, self.before, self.said = old.connection_file, 0, ""

    def sold(self, kind: str, *, store: int = 0, in_ifs: bool = True, **typed: Any) -> Told:
        """Known to ShipStation, but for an order that is pushed there, and to IFS, unless that learns of it later."""
        order_no, number, order_id = f"M{len(self.orders) + 1}", 0, 0
        if in_ifs:
            self.old.tenant.add_order(order_no)
            number = self.old.tenant.add_shipment([(order_no, "BOLT-8", 1)], **typed)
        fields = {"advancedOptions": {"storeId": store}} if store else {}
        items = [{"sku": "BOLT-8", "quantity": 1}]
        if kind != "pushed":
            order_id = self.old.account.add_order(order_no, items=items, fields=fields)
        self.orders[kind] = Told(order_no, order_id, number)
        return self.orders[kind]

    def shipped(self, kind: str, carrier: str = "ups", **more: Any) -> None:
        order = self.sold(kind, **more)
        order.label = self.old.account.ship(order.order_id, tracking_number=f"1Z{kind}", carrier_code=carrier)

    def stands(self, kind: str) -> str | None:
        """The tracking number in IFS."""
        found: str | None = self.in_ifs(kind)["ProNo"]
        return found

    def in_ifs(self, kind: str) -> Mapping[str, Any]:
        return self.old.tenant.shipment(self.orders[kind].number)

    def reason(self, system: System, kind: str, field: str = "tracking") -> Reason | None:
        """Why the ledger says that the order's field, or where it stands on no record its shipment, ended as it did."""
        state = system.states().get(self.orders[kind].order_no)
        fields = [each.fields[field].reason for each in state.records if field in each.fields] if state else []
        shipments = [each.reason for each in state.shipments.values()] if state else []
        return (fields or shipments or [None])[-1]

    def until(self, look: Callable[[], object]) -> None:
        """The new stack releases meanwhile what is due."""
        eventually(lambda: (self.new.tick("Release"), look())[1])

    def writes(self) -> list[Write]:
        return [write for write in self.old.tenant.writes if write.by == "api"]

    def pushed(self) -> list[int]:
        orders = self.old.account.orders.current
        return [number for number, each in orders.items() if each.store_id == PUSHED_STORE]

    def subscribed(self, system: System) -> list[str]:
        found = [each.target_url for each in self.old.account.hooks.subscriptions.values()]
        return [url for url in found if url.startswith(f"{system.stack.outputs['ApiUrl']}/webhooks/")]


def functions_of(system: System, prefix: str = "") -> list[str]:
    ids = system.stack.ids_of("AWS::Lambda::Function")
    return [physical for logical, physical in ids.items() if logical.startswith(prefix)]


def stop(system: System) -> None:
    set_event_sources(system.aws, system.stack, enabled=False)
    for name in functions_of(system):
        system.aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)


def start(system: System, prefix: str = "") -> None:
    for name in functions_of(system, prefix):
        system.aws.client("lambda").delete_function_concurrency(FunctionName=name)
    if not prefix:
        set_event_sources(system.aws, system.stack, enabled=True)


def waiting(system: System) -> int:
    """Messages on any queue of the stack, handed out or not."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    ask = system.aws.client("sqs").get_queue_attributes
    queues = system.stack.ids_of("AWS::SQS::Queue").values()
    told = [ask(QueueUrl=url, AttributeNames=names)["Attributes"] for url in queues]
    return sum(int(count) for attributes in told for count in attributes.values())


def run(system: System, *command: str) -> str:
    """A command of the chapter in the account of that stack; what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    where = {"AWS_ENDPOINT_URL": system.aws.endpoint_url, "AWS_REGION": system.aws.region}
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": system.aws.region}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**kept, **where, **keys},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANGS_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def copied(old: System, new: System, output: str, table: str) -> None:
    """What an export would hold of the old table, imported into a table of the new account."""
    pages = old.aws.client("dynamodb").get_paginator("scan").paginate(TableName=old.stack.outputs[output])
    lines = "".join(json.dumps({"Item": item}) + "\n" for page in pages for item in page["Items"])
    s3, target = new.aws.client("s3"), new.aws.client("dynamodb")
    bucket = f"exported-{table}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key=f"{EXPORT}a.json.gz", Body=gzip.compress(lines.encode()))
    keys = {PARTITION: "HASH", SORT: "RANGE"}
    arn = target.import_table(
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": EXPORT},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters={
            "TableName": table,
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in keys],
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )["ImportTableDescription"]["ImportArn"]
    done = eventually(lambda: _ended(target.describe_import(ImportArn=arn)["ImportTableDescription"]))
    assert (done["ImportStatus"], done["ImportedItemCount"]) == ("COMPLETED", lines.count("\n"))


def _ended(told: dict[str, Any]) -> dict[str, Any] | None:
    return told if told["ImportStatus"] != "IN_PROGRESS" else None


def carried(old: System, new: System) -> None:
    """The reports, as `aws s3 sync` copies them."""
    source, target = (system.stack.outputs["ReportsBucket"] for system in (old, new))
    reading, writing = old.aws.client("s3"), new.aws.client("s3")
    for each in reading.list_objects_v2(Bucket=source)["Contents"]:
        found = reading.get_object(Bucket=source, Key=each["Key"])
        writing.put_object(Bucket=target, Key=each["Key"], Body=found["Body"].read(), Metadata=found["Metadata"])


def operate(move: Move, *words: str) -> str:
    return run(move.new, str(ROOT / ".ci/operate"), *words, "--stack", move.new.stack.name, "--connection", NAME)


def begun(move: Move) -> None:
    """What the old stack did, and what was decided there, before anybody thought of moving."""
    old = move.old
    old.invoke("Register", {"connection": NAME, "is_scheduled": True})
    old.invoke("Control", {"do": "map", "table": "carriers", "code": "ontrac", "value": "UPS", **DECISION})
    old.invoke("Control", {"do": "pause", "scope": "store", "of": str(RESTING_STORE), **DECISION})
    typed: dict[str, Any] = {"Contract": PUSH_SITE, **RECEIVER}
    move.sold("pushed", **typed)
    old.tick("Pull")
    for kind in ("voided", "dated", "overtaken"):
        move.shipped(kind)
    move.shipped("mapped", "ontrac")
    move.shipped("kept", ProNo=TYPED)
    move.shipped("resting", store=RESTING_STORE)
    move.shipped("late", in_ifs=False)
    old.tick("Poll")
    eventually(move.pushed)
    for kind in ("voided", "dated", "overtaken", "mapped"):
        eventually(lambda kind=kind: move.stands(kind))  # type: ignore[misc] # the loop's
    for kind, reason in WAITING.items():
        eventually(lambda kind=kind, reason=reason: move.reason(old, kind) is reason)  # type: ignore[misc] # the loop's
    old.invoke("Reconcile", {"connection": NAME, "by": "anna", "note": "before the move"})


def off(move: Move, aws: LocalAws) -> System:
    """Step 1."""
    text = move.file.read_text(encoding="utf-8")
    assert text.startswith(MODE)
    move.file.write_text(text.replace(MODE, 'mode = "off"\n', 1), encoding="utf-8")
    stack = deploy(aws, synthesise(context_of(move.file), move.folder / "off"))
    move.file.write_text(text, encoding="utf-8")
    new = replace(move.old, aws=aws, stack=stack)
    give_secrets(new, NAME)
    return new


def asks_nobody(move: Move) -> None:
    """What is off asks neither vendor, whatever ticks: looked at once nobody else asks."""
    before, new = (len(move.old.account.requests), len(move.old.tenant.requests)), move.new
    new.invoke("Poll", {"connection": NAME})
    for function in ("Release", "Pull", "Register", "Reconcile", "Replay", "Digest"):
        new.invoke(function, {"connection": NAME, "is_scheduled": True})
    for profile in ("warehouses", "customers"):
        new.invoke("Align", {"connection": NAME, "profile": profile, "is_scheduled": True})
    assert (len(move.old.account.requests), len(move.old.tenant.requests)) == before


def stopped(move: Move) -> None:
    """Step 2. A write whose run died in the end, and a label that was read while the functions were being stopped: the
    messages of both stay behind. Then a label is bought while nothing runs.
    """
    old = move.old
    eventually(lambda: not waiting(old))
    killed: list[int] = []

    def kill(write: Write) -> None:
        if write.by == "api" and not killed:
            killed.append(old.aws.kill_environments(old.function("Consume")))

    old.tenant.after_commit = kill
    move.shipped("unfinished")
    old.tick("Poll")
    eventually(lambda: killed)
    old.tenant.after_commit = None
    old.let_leases_lapse()
    set_event_sources(old.aws, old.stack, enabled=False)
    move.shipped("left behind")
    old.tick("Poll")
    old.invoke("Control", {"do": "pause", "scope": "connection", **DECISION, "note": "IFS upgrade"})
    stop(old)
    asks_nobody(move)
    stop(move.new)
    assert waiting(old)
    move.shipped("meanwhile")


def moved(move: Move) -> None:
    """Steps 3 to 5, and as far into step 6 as reading has caught up."""
    old, new = move.old, move.new
    for output, table in TABLES.items():
        copied(old, new, output, table)
    carried(old, new)
    command = (sys.executable, "-m", "functions.console.restore_ledger", "--from", TABLES["LedgerTable"], "--by", "kim")
    move.said = run(new, *command, "--stack", new.stack.name)
    new.stack = redeploy(new.aws, synthesise(context_of(move.file), move.folder / "on"), new.stack)
    start(new)
    new.invoke("Register", {"connection": NAME, "is_scheduled": True})
    move.before = len(move.writes())
    scheduled(new)


def scheduled(system: System) -> None:
    """Once what ticks, until nothing is on its way."""
    for function in ("Poll", "Release", "Pull"):
        system.tick(function)
    eventually(lambda: not waiting(system))


@pytest.fixture(scope="module")
def move(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Move]:
    """The chapter until nothing but its last step is left: resume, and remove the old stack."""
    folder = tmp_path_factory.mktemp("move")
    with started(folder / "old", is_registering=True) as old, LocalAws(region=REGION) as aws:
        old.account.post = lambda *_: 503  # nothing here resolves the names that the connector subscribes
        moving = Move(old, folder)
        begun(moving)
        moving.new = off(moving, aws)
        stopped(moving)
        moved(moving)
        yield moving


def test_nothing_is_written_before_it_is_resumed(move: Move) -> None:
    assert move.writes()[move.before :] == []
    assert len(move.pushed()) == 1


def test_no_item_names_what_belongs_to_the_old_account(move: Move) -> None:
    held = json.dumps(move.new.aws.table(TABLES["LedgerTable"]).scan()["Items"], default=str)
    names = {physical for physical in move.old.stack.physical_ids.values() if len(physical) >= len("Z1D633PJN98FT9")}
    assert [name for name in names if name in held] == []


def test_what_was_decided_is_known_and_whose_pause_was_replaced(move: Move) -> None:
    told = operate(move, "desk")
    assert f"store {RESTING_STORE}" in told
    assert '"ontrac" = "UPS"' in told
    for text in (told, move.said):
        assert "paused before by anna: IFS upgrade" in " ".join(text.split())


def test_a_comparison_of_the_old_stack_still_shows_its_report(move: Move) -> None:
    answer = move.new.invoke("Reconcile", {"connection": NAME, "status": True})
    assert "shipments" in answer["text"][1]
    assert "could not be read" not in " ".join(answer["text"])


def test_resumed_it_writes_what_was_not_written_and_nothing_twice(move: Move) -> None:
    operate(move, "resume", "--note", "moved")
    scheduled(move.new)
    move.until(lambda: move.stands("left behind") and move.stands("meanwhile"))
    numbers = [write.key for write in move.writes()[move.before :]]
    assert sorted(numbers) == sorted((move.orders[kind].number,) for kind in ("left behind", "meanwhile"))
    assert move.in_ifs("kept")["ProNo"] == TYPED
    assert {kind: move.reason(move.new, kind) for kind in WAITING} == WAITING


def test_what_the_old_stack_wrote_is_ours(move: Move) -> None:
    """Written over, taken back, and left to whoever typed over it."""
    account, orders = move.old.account, move.orders
    move.old.tenant.edit(orders["overtaken"].number, ProNo=TYPED)
    for kind in ("voided", "unfinished"):
        account.void(orders[kind].label)
    for kind, carrier in {"dated": "ups", "mapped": "ontrac", "overtaken": "ups"}.items():
        account.relabel(orders[kind].label, tracking_number=f"AGAIN{kind}", carrier_code=carrier)
    scheduled(move.new)
    for kind in ("voided", "unfinished"):
        move.until(lambda kind=kind: not move.stands(kind))  # type: ignore[misc] # the loop's
    for kind in ("dated", "mapped"):
        move.until(lambda kind=kind: move.stands(kind) == f"AGAIN{kind}")  # type: ignore[misc] # the loop's
    move.until(lambda: move.reason(move.new, "overtaken") is Reason.TYPED_BY_A_PERSON)
    assert move.stands("overtaken") == TYPED
    assert move.in_ifs("mapped")["ForwardAgentId"] == "UPS"


def test_what_waited_in_the_old_stack_goes_on(move: Move) -> None:
    tenant, late, dated = move.old.tenant, move.orders["late"], move.orders["dated"]
    tenant.deliver(dated.number, at=utc_now() - timedelta(days=2))
    stamped = move.in_ifs("dated")["ActualShipDate"]
    tenant.add_order(late.order_no)
    late.number = tenant.add_shipment([(late.order_no, "BOLT-8", 1)])
    operate(move, "resume", "--store", str(RESTING_STORE), "--note", "counted")
    operate(move, "release", late.order_no, "--note", "IFS knows it by now")
    scheduled(move.new)
    move.until(lambda: move.stands("late") and move.stands("resting"))
    move.until(lambda: move.in_ifs("dated")["ActualShipDate"] != stamped)


def test_an_order_that_the_old_stack_pushed_is_kept_up_and_its_label_comes_back(move: Move) -> None:
    (order_id,), number = move.pushed(), move.orders["pushed"].number
    move.old.tenant.edit(number, ReceiverAddress1="99 Beacon Hill")
    scheduled(move.new)
    move.until(lambda: "99" in move.old.account.orders.current[order_id].ship_to["street1"])
    move.old.account.ship(order_id, tracking_number="1ZPUSHED")
    scheduled(move.new)
    move.until(lambda: move.stands("pushed") == "1ZPUSHED")
    assert move.pushed() == [order_id]


def test_the_webhooks_of_the_old_stack_go_with_it_and_no_others(move: Move) -> None:
    assert (len(move.subscribed(move.old)), len(move.subscribed(move.new))) == (EVENTS, EVENTS)
    start(move.old, "Unregister")
    cloudformation = move.old.aws.client("cloudformation")
    cloudformation.delete_stack(StackName=move.old.stack.name)
    eventually(lambda: not move.subscribed(move.old))
    assert len(move.subscribed(move.new)) == EVENTS
