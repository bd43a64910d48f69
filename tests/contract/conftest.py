"""Every test here runs twice: against what stands in for AWS in memory, and against the local AWS."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import pytest

from functions.ledger.items import PARTITION, SORT
from functions.ledger.queues import Entry, Queue, SqsQueue
from functions.ledger.table import DUE_INDEX, DUE_PARTITION, DUE_PROJECTED, DUE_SORT, DynamoTable, Table
from tests.equipment.local_aws.server import LocalAws
from tests.equipment.memory_aws.queue import MemoryQueue, Received
from tests.equipment.memory_aws.table import MemoryTable


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@pytest.fixture(params=["memory", pytest.param("local aws", marks=pytest.mark.integration)])
def table(request: pytest.FixtureRequest) -> Table:
    if request.param == "memory":
        return MemoryTable()
    aws: LocalAws = request.getfixturevalue("aws")
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
    return DynamoTable(aws.new_client("dynamodb"), name)


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


@pytest.fixture(params=["memory", pytest.param("local aws", marks=pytest.mark.integration)])
def make_queue(request: pytest.FixtureRequest) -> MakeQueue:
    """`make_queue(kind)`: a queue whose messages die after two receives."""
    if request.param == "memory":
        return _memory_queue
    aws: LocalAws = request.getfixturevalue("aws")
    return lambda kind: _aws_queue(aws.client("sqs"), fifo=kind == "fifo")


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
