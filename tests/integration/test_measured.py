"""CloudWatch answers with what ran in the local AWS, to the code that asks it on AWS."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.ledger.costs import CloudWatch, Term, terms
from functions.ledger.items import PARTITION, SORT
from functions.ledger.table import DUE_INDEX, DUE_PARTITION, DUE_SORT, DynamoTable
from functions.model.cursors import Span
from tests.equipment.local_aws.deploy import Stack, deploy
from tests.equipment.local_aws.operate import invoke
from tests.equipment.local_aws.server import LocalAws
from tests.equipment.local_aws.synth import synthesise
from tests.equipment.pace import eventually

pytestmark = pytest.mark.integration

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LEDGER, AUDIT = "ledger", "audit"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@pytest.fixture(scope="module")
def stack(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    app = Path(__file__).parent / "tiny" / "app.py"
    return deploy(aws, synthesise({"python": PYTHON}, tmp_path_factory.mktemp("cdk.out"), app=app))


@pytest.fixture(scope="module")
def ledger(aws: LocalAws) -> DynamoTable:
    key = [{"AttributeName": PARTITION, "KeyType": "HASH"}, {"AttributeName": SORT, "KeyType": "RANGE"}]
    index = [{"AttributeName": DUE_PARTITION, "KeyType": "HASH"}, {"AttributeName": DUE_SORT, "KeyType": "RANGE"}]
    names = (PARTITION, SORT, DUE_PARTITION, DUE_SORT)
    aws.client("dynamodb").create_table(
        TableName=LEDGER,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=key,
        GlobalSecondaryIndexes=[
            {"IndexName": DUE_INDEX, "KeySchema": index, "Projection": {"ProjectionType": "KEYS_ONLY"}}
        ],
    )
    return DynamoTable(aws.new_client("dynamodb"), LEDGER)


def counted(aws: LocalAws, asked: list[Term], back: timedelta = timedelta()) -> dict[str, float]:
    """Units by metric and the last of its dimensions, in the two hours around now, or as long ago as `back`."""
    now = datetime.now(UTC) - back
    window, cloudwatch = Span(start=now - HOUR, end=now + HOUR), CloudWatch(aws.client("cloudwatch"))
    found = {}
    for term in asked:
        usd = cloudwatch.usd([term], window)
        assert usd is not None
        found[f"{term.metric} {[*term.dimensions.values()][-1]}"] = round(usd / term.usd, 3)
    return found


def test_every_run_is_counted_whatever_called_it_and_how_long_it_took(aws: LocalAws, stack: Stack) -> None:
    probe, consumer = (stack.physical_id(name, "AWS::Lambda::Function") for name in ("Probe", "Consumer"))
    asked = terms({probe: "256", consumer: "256"}, "", "")[:4]
    assert set(counted(aws, asked).values()) == {0}
    began = time.monotonic()
    for _ in range(3):
        invoke(aws, probe, {"do": "pid"})
    aws.client("lambda").invoke(FunctionName=probe, InvocationType="Event", Payload=b'{"do": "pid"}')
    aws.client("sqs").send_message(QueueUrl=stack.physical_id("Queue", "AWS::SQS::Queue"), MessageBody='{"id": "a"}')
    eventually(lambda: counted(aws, asked)[f"Invocations {probe}"] == 4)
    eventually(lambda: counted(aws, asked)[f"Invocations {consumer}"] == 1)
    milliseconds = (time.monotonic() - began) * 1000
    found = counted(aws, asked)
    assert 0 < found[f"Duration {probe}"] < milliseconds
    assert 0 < found[f"Duration {consumer}"] < milliseconds
    assert set(counted(aws, asked, back=DAY).values()) == {0}


def test_units_are_counted_of_a_table_and_of_its_index_beside_it(aws: LocalAws, ledger: DynamoTable) -> None:
    asked = terms({}, LEDGER, AUDIT)
    assert set(counted(aws, asked).values()) == {0}

    def item(sort: str, **more: Any) -> dict[str, Any]:
        return {PARTITION: "p", SORT: sort, **more}

    due = {DUE_PARTITION: "due#acme#0", DUE_SORT: "2026"}
    assert ledger.put(item("a", **due))  # both
    assert ledger.put(item("b"))  # the table alone
    ledger.get("p", "a")
    ledger.get_many([("p", "a"), ("p", "b"), ("p", "c")], ["n"])
    [*ledger.query("p")]
    ledger.query_due("due#acme#0", until="3", limit=10)

    found = counted(aws, asked)
    assert found == {
        f"ConsumedWriteCapacityUnits {LEDGER}": 2,
        f"ConsumedWriteCapacityUnits {DUE_INDEX}": 1,
        f"ConsumedReadCapacityUnits {LEDGER}": 1 + 3 * 0.5 + 1,
        f"ConsumedReadCapacityUnits {DUE_INDEX}": 0.5,
        f"ConsumedWriteCapacityUnits {AUDIT}": 0,
        f"ConsumedReadCapacityUnits {AUDIT}": 0,
    }
