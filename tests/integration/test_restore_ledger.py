"""`make restore` as an operator runs it: a process of its own, two tables of the local AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from functions.console.aws import ConsoleError
from functions.console.restore_ledger import PAUSES, Copy
from functions.ledger.desks import DeskStore
from functions.ledger.items import PARTITION, SORT
from functions.ledger.table import DynamoTable
from functions.model.shipment import ConnectionName
from tests.equipment.local_aws.server import ROOT, LocalAws
from tests.equipment.pace import HANGS_SECONDS

pytestmark = pytest.mark.integration

COMMAND = [sys.executable, "-m", "functions.console.restore_ledger", "--demo", "--by", "kim"]
CODE = "def handler(event, context):\n    return {}\n"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@dataclass
class Place:
    """A stack with a ledger, and a table that was restored beside it."""

    aws: LocalAws
    folder: Path
    name: str

    @property
    def ledger(self) -> str:
        return f"{self.name}-ledger"

    @property
    def restored(self) -> str:
        return f"{self.name}-restored"

    def put(self, table: str, *items: dict[str, Any]) -> None:
        with self.aws.table(table).batch_writer() as writer:
            for item in items:
                writer.put_item(Item=item)

    def held(self, table: str) -> list[dict[str, Any]]:
        found = self.aws.table(table).scan()["Items"]
        return sorted(found, key=lambda item: (item[PARTITION], item[SORT]))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "OPERATE_DEMO": str(self.folder / "demo.json")}
        return subprocess.run(
            [*COMMAND, *words],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=HANGS_SECONDS,
            check=False,
        )


@pytest.fixture
def place(aws: LocalAws, tmp_path: Path) -> Place:
    made = Place(aws, tmp_path, tmp_path.name.replace("_", "-"))
    for table in (made.ledger, made.restored):
        keys = [{"AttributeName": PARTITION, "KeyType": "HASH"}, {"AttributeName": SORT, "KeyType": "RANGE"}]
        aws.client("dynamodb").create_table(
            TableName=table,
            KeySchema=keys,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in (PARTITION, SORT)],
            BillingMode="PAY_PER_REQUEST",
        )
    role = "arn:aws:iam::000000000000:role/any"
    function = {"Code": {"ZipFile": CODE}, "Handler": "index.handler", "Runtime": "python3.11", "Role": role}
    function |= {"FunctionName": f"{made.name}-poll"}
    outputs = {"LedgerTable": made.ledger, "ConnectionNames": "acme,acme-eu"}
    template = {
        "Resources": {"Poll": {"Type": "AWS::Lambda::Function", "Properties": function}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    aws.client("cloudformation").create_stack(StackName=made.name, TemplateBody=json.dumps(template))
    waiter = aws.client("cloudformation").get_waiter("stack_create_complete")
    waiter.wait(StackName=made.name, WaiterConfig={"Delay": 1})
    found = {"aws": aws.endpoint_url, "stack": {"name": made.name}}
    (tmp_path / "demo.json").write_text(json.dumps(found), encoding="utf-8")
    return made


def stop(place: Place) -> None:
    place.aws.client("lambda").put_function_concurrency(
        FunctionName=f"{place.name}-poll", ReservedConcurrentExecutions=0
    )


def items(number: int, **more: Any) -> list[dict[str, Any]]:
    return [{PARTITION: f"order#{n}", SORT: "state", "revision": 1, **more} for n in range(number)]


def read(*names: str, **more: Any) -> list[dict[str, Any]]:
    """What a ledger holds of every connection that it reads."""
    return [{PARTITION: f"reader#{name}", SORT: "position", "revision": 1, **more} for name in names]


def test_the_ledger_holds_what_was_restored_and_every_connection_is_paused(place: Place) -> None:
    as_it_was: Any = {"note": "as it was", "empty": {}, "of": [1, None, "x"]}
    place.put(place.restored, *items(58, **as_it_was), *read("acme", "acme-eu", **as_it_was))
    place.put(place.ledger, *items(88, note="as it is"), *read("acme", "acme-eu", note="as it is"))
    stop(place)
    done = place.run("--from", place.restored)
    assert (done.returncode, done.stderr) == (0, "")
    assert "60 items would be put back, 30 of the ledger's 90 removed that came later.\n" in done.stdout
    assert "60 items put back, 30 removed that came later." in done.stdout
    assert "Paused: acme, acme-eu." in done.stdout
    copied = [item for item in place.held(place.ledger) if not item[PARTITION].startswith("desk#")]
    assert copied == place.held(place.restored)
    for name in ("acme", "acme-eu"):
        table = DynamoTable(place.aws.new_client("dynamodb"), place.ledger)
        (pause,) = DeskStore(table).load(ConnectionName(name)).pauses
        assert (pause.scope, pause.by, pause.until) == ("connection", "kim", None)


def test_repeated_it_does_the_same(place: Place) -> None:
    place.put(place.restored, *items(2), *read("acme"))
    stop(place)
    first, second = (place.run("--from", place.restored) for _ in range(2))
    assert "3 items put back, 0 removed" in first.stdout
    assert "3 items put back, 2 removed" in second.stdout, "the two desks, which are made anew"
    assert len(place.held(place.ledger)) == 5


def test_nothing_is_touched_while_a_function_may_run(place: Place) -> None:
    place.put(place.ledger, *items(2))
    done = place.run("--from", place.restored)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"1 functions may still run: stop them first, {place.name}-poll" in done.stderr
    assert len(place.held(place.ledger)) == 2


@pytest.mark.parametrize(("source", "told"), [("ledger", "the stack's own table"), ("nowhere", "ResourceNotFound")])
def test_a_table_that_cannot_be_meant_is_told(place: Place, source: str, told: str) -> None:
    place.put(place.ledger, *items(2))
    stop(place)
    done = place.run("--from", place.ledger if source == "ledger" else source)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert told in done.stderr
    assert len(place.held(place.ledger)) == 2


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ([], "it is empty"),
        (read("other", "third"), "it holds the ledger of other and third"),
        ([{PARTITION: "audit#acme#1", SORT: "a"}, {PARTITION: "audit#acme#1", SORT: "b"}], "it holds 2 of audit#"),
        ([*items(2), {PARTITION: "plan#acme", SORT: "a"}], "it holds 2 of order# and 1 of plan#"),
    ],
    ids=["empty", "another stack's", "an audit", "never read"],
)
def test_a_table_that_is_no_ledger_of_these_connections_is_refused(
    place: Place, held: list[dict[str, Any]], told: str
) -> None:
    place.put(place.ledger, *items(2), *read("acme", "acme-eu"))
    place.put(place.restored, *held)
    stop(place)
    before = place.held(place.ledger)

    done = place.run("--from", place.restored, "--yes")

    assert (done.returncode, done.stdout) == (2, "")
    why = f"{place.restored} is no ledger of acme, acme-eu: {told}. Nothing was changed.\n"
    assert done.stderr == why
    assert place.held(place.ledger) == before


def test_a_table_with_other_keys_is_refused(place: Place) -> None:
    keys = [{"AttributeName": "id", "KeyType": "HASH"}]
    place.aws.client("dynamodb").create_table(
        TableName=f"{place.name}-foreign",
        KeySchema=keys,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    place.put(f"{place.name}-foreign", {"id": "1"})
    stop(place)
    done = place.run("--from", f"{place.name}-foreign", "--yes")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "it holds 1 with other keys. Nothing was changed." in done.stderr


@pytest.mark.parametrize(
    ("ledger", "why"),
    [
        ([*items(6), *read("acme")], "more than half"),
        ([*items(2), *read("acme", "acme-eu")], "nothing of acme-eu"),
    ],
    ids=["more than half", "all of one connection"],
)
def test_what_takes_much_away_is_done_only_when_it_was_agreed_to(
    place: Place, ledger: list[dict[str, Any]], why: str
) -> None:
    place.put(place.ledger, *ledger)
    place.put(place.restored, *items(2), *read("acme"))
    stop(place)

    asked = place.run("--from", place.restored)

    assert (asked.returncode, asked.stderr.count("\n")) == (2, 1)
    assert why in asked.stderr
    assert "--yes" in asked.stderr
    assert f"3 items would be put back, {len(ledger) - 3} of the ledger's {len(ledger)} removed" in asked.stdout
    assert len(place.held(place.ledger)) == len(ledger)
    done = place.run("--from", place.restored, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"3 items put back, {len(ledger) - 3} removed" in done.stdout


def test_a_stack_that_has_read_nothing_yet_has_nothing_to_lose(place: Place) -> None:
    place.put(place.ledger, {PARTITION: "digest", SORT: "last"})
    place.put(place.restored, *items(2), *read("acme", "acme-eu"))
    stop(place)
    done = place.run("--from", place.restored)
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 items put back, 1 removed" in done.stdout


class Busy:
    """A DynamoDB that leaves the first `left` items of each batch."""

    def __init__(self, left: int) -> None:
        self.left, self.batches = left, 0

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> Any:  # noqa: N803 # as boto3 names it
        self.batches += 1
        return {"UnprocessedItems": {name: each[: self.left] for name, each in RequestItems.items() if self.left}}

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, *, TableName: str, **_: Any) -> list[Any]:  # noqa: N803 # as boto3 names it
        page = [{PARTITION: {"S": f"order#{n}"}, SORT: {"S": "state"}} for n in range(30)]
        return [{"Items": page if TableName == "source" else []}]


def test_what_a_busy_table_leaves_is_sent_again_and_then_told() -> None:
    waits: list[float] = []
    busy = Busy(left=1)
    with pytest.raises(ConsoleError, match="too busy: 1 items"):
        Copy(busy, waits.append).make_equal("source", "target")
    assert (busy.batches, waits) == (len(PAUSES), list(PAUSES))
    assert Copy(Busy(left=0)).make_equal("source", "target") == (30, 0)
