"""Every test here says what AWS documents, and runs against each of three that stand in for it: what is in memory, the
local AWS, and moto. Where one of them is known to do otherwise (differences.py), the test has to fail as is said there.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from types import SimpleNamespace
from typing import Any, Literal, Protocol

import pytest

from functions.console.aws import Secret
from functions.ledger.items import PARTITION, SORT
from functions.ledger.queues import Entry, Queue, SqsQueue
from functions.ledger.reports import Bucket, S3Bucket
from functions.ledger.table import DUE_INDEX, DUE_PARTITION, DUE_PROJECTED, DUE_SORT, DynamoTable, Table
from tests.contract.differences import Difference, difference_of, shown
from tests.equipment.local_aws.server import AwsEndpoint, LocalAws
from tests.equipment.memory_aws.bucket import MemoryBucket
from tests.equipment.memory_aws.queue import MemoryQueue, Received
from tests.equipment.memory_aws.secrets import MemorySecrets
from tests.equipment.memory_aws.table import MemoryTable
from tests.equipment.moto_aws.server import MotoAws

NO_CASE = SimpleNamespace(id="")
EVERY_AWS = [
    "memory",
    pytest.param("local aws", marks=pytest.mark.integration),
    pytest.param("moto", marks=pytest.mark.integration),
]


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    difference = _difference(pyfuncitem)
    if difference is None:
        return (yield)
    with shown(difference):
        yield
    return True


def _difference(function: pytest.Function) -> Difference | None:
    """The first parameter of a contract says whose AWS it is."""
    whose, _, case = getattr(function, "callspec", NO_CASE).id.partition("-")
    return difference_of(whose, function.originalname, case)


@pytest.fixture(scope="package")
def local_aws() -> Iterator[AwsEndpoint]:
    with LocalAws() as running:
        yield running


@pytest.fixture(scope="package")
def moto() -> Iterator[AwsEndpoint]:
    with MotoAws() as running:
        yield running


def _endpoint(request: pytest.FixtureRequest) -> AwsEndpoint:
    found: AwsEndpoint = request.getfixturevalue(request.param.replace(" ", "_"))
    return found


@pytest.fixture(params=EVERY_AWS)
def table(request: pytest.FixtureRequest) -> Table:
    return MemoryTable() if request.param == "memory" else _dynamo_table(_endpoint(request))


def _dynamo_table(aws: AwsEndpoint) -> Table:
    name = uuid.uuid4().hex
    key = [{"AttributeName": PARTITION, "KeyType": "HASH"}, {"AttributeName": SORT, "KeyType": "RANGE"}]
    index = [{"AttributeName": DUE_PARTITION, "KeyType": "HASH"}, {"AttributeName": DUE_SORT, "KeyType": "RANGE"}]
    names = (PARTITION, SORT, DUE_PARTITION, DUE_SORT)
    shown = {"ProjectionType": "INCLUDE", "NonKeyAttributes": [*DUE_PROJECTED]}
    aws.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": attribute, "AttributeType": "S"} for attribute in names],
        KeySchema=key,
        GlobalSecondaryIndexes=[{"IndexName": DUE_INDEX, "KeySchema": index, "Projection": shown}],
    )
    return DynamoTable(aws.client("dynamodb"), name, pause=lambda _: None)


class Inbox(Protocol):
    """The receiving side of a queue, which only AWS itself has otherwise."""

    def receive(self, limit: int) -> list[Any]: ...
    def delete(self, message: Any) -> None: ...
    def show(self, message: Any) -> None: ...
    def body(self, message: Any) -> str: ...
    def dead(self) -> list[str]: ...


@dataclass
class MemoryInbox:
    queue: MemoryQueue
    dead_queue: MemoryQueue

    def receive(self, limit: int) -> list[Received]:
        return self.queue.receive(limit)

    def delete(self, message: Received) -> None:
        self.queue.delete(message)

    def show(self, message: Received) -> None:
        self.queue.show(message)

    def body(self, message: Received) -> str:
        return message.body

    def dead(self) -> list[str]:
        return [message.body for message in self.dead_queue.messages.values()]


@dataclass
class AwsInbox:
    client: Any
    url: str
    dead_url: str
    found_dead: list[str] = field(default_factory=list)

    def receive(self, limit: int) -> list[Any]:
        answer = self.client.receive_message(QueueUrl=self.url, MaxNumberOfMessages=limit)
        return list(answer.get("Messages", []))

    def delete(self, message: Any) -> None:
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def show(self, message: Any) -> None:
        self.client.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )

    def body(self, message: Any) -> str:
        return str(message["Body"])

    def dead(self) -> list[str]:
        answer = self.client.receive_message(QueueUrl=self.dead_url, MaxNumberOfMessages=10)
        self.found_dead += [str(message["Body"]) for message in answer.get("Messages", [])]
        return self.found_dead


Kind = Literal["standard", "fifo"]
MakeQueue = Callable[[Kind], tuple[Queue, Inbox]]


@pytest.fixture(params=EVERY_AWS)
def make_queue(request: pytest.FixtureRequest) -> MakeQueue:
    """`make_queue(kind)`: a queue whose messages die after two receives."""
    if request.param == "memory":
        return _memory_queue
    client = _endpoint(request).client("sqs")
    return lambda kind: _aws_queue(client, fifo=kind == "fifo")


def _memory_queue(kind: Kind) -> tuple[Queue, Inbox]:
    def now() -> datetime:
        return datetime.now(UTC)

    fifo = kind == "fifo"
    dead = MemoryQueue(now, fifo=fifo)
    queue = MemoryQueue(now, fifo=fifo, dead=dead, max_receives=2)
    return queue, MemoryInbox(queue, dead)


def _aws_queue(client: Any, *, fifo: bool) -> tuple[Queue, Inbox]:
    suffix = ".fifo" if fifo else ""
    kind = {"FifoQueue": "true", "DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    attributes = kind if fifo else {}
    dead = client.create_queue(QueueName=f"{uuid.uuid4().hex}{suffix}", Attributes=attributes)["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 2}}'
    url = client.create_queue(
        QueueName=f"{uuid.uuid4().hex}{suffix}", Attributes={**attributes, "RedrivePolicy": redrive}
    )["QueueUrl"]
    return SqsQueue(client, url), AwsInbox(client, url, dead)


def entry(body: str, group: str | None = None, deduplication_id: str | None = None) -> Entry:
    return Entry(body=body, group=group, deduplication_id=deduplication_id or (body if group else None))


@pytest.fixture(params=EVERY_AWS)
def bucket(request: pytest.FixtureRequest) -> Bucket:
    if request.param == "memory":
        return MemoryBucket()
    client = _endpoint(request).client("s3")
    name = uuid.uuid4().hex
    client.create_bucket(Bucket=name)
    return S3Bucket(client, name)


class Safe(Protocol):
    """Secrets, and what a person does with them."""

    client: Any

    def store(self, values: Mapping[str, str] | None) -> str:
        """The ARN of a new secret, which may have no value yet."""

    def put(self, arn: str, values: Mapping[str, str]) -> None: ...
    def delete(self, arn: str) -> None: ...


class MemorySafe:
    def __init__(self) -> None:
        self.client = MemorySecrets({}, lambda: datetime.now(UTC), Random(1))

    def store(self, values: Mapping[str, str] | None) -> str:
        arn = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{uuid.uuid4().hex}"
        if values is not None:
            self.put(arn, values)
        return arn

    def put(self, arn: str, values: Mapping[str, str]) -> None:
        self.client.put(arn, dict(values))

    def delete(self, arn: str) -> None:
        self.client.delete(arn)


class AwsSafe:
    def __init__(self, client: Any) -> None:
        self.client = client

    def store(self, values: Mapping[str, str] | None) -> str:
        given = {} if values is None else {"SecretString": json.dumps(values)}
        return str(self.client.create_secret(Name=uuid.uuid4().hex, **given)["ARN"])

    def put(self, arn: str, values: Mapping[str, str]) -> None:
        Secret(self.client, arn).write(values)

    def delete(self, arn: str) -> None:
        self.client.delete_secret(SecretId=arn)


@pytest.fixture(params=EVERY_AWS)
def safe(request: pytest.FixtureRequest) -> Safe:
    return MemorySafe() if request.param == "memory" else AwsSafe(_endpoint(request).client("secretsmanager"))
