"""The two queues, behind one seam that sends a batch and says which entries were refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Protocol

from functions.errors import Retryable
from functions.ledger.faults import translated
from functions.model.outcomes import Reason

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

    from functions.model.messages import DeliverOrder
    from functions.model.notification import Notification
    from functions.model.outbound import PushOrders

BATCH_ENTRIES = 10  # SQS's own limit
BATCH_BYTES = 240_000  # below SQS's 256 KiB for a batch
LONGEST_DELAY_SECONDS = 900  # SQS's own limit


@dataclass(frozen=True)
class Entry:
    """One message. `group` and `deduplication_id` are for FIFO queues, `delay_seconds` is for the others."""

    body: str
    group: str | None = None
    deduplication_id: str | None = None
    delay_seconds: int = 0


class Queue(Protocol):
    def send_batch(self, entries: Sequence[Entry]) -> list[int]:
        """At most BATCH_ENTRIES; the positions that were refused. Raises Retryable."""


class SqsQueue:
    def __init__(self, client: SQSClient, url: str) -> None:
        self._client, self._url = client, url

    def send_batch(self, entries: Sequence[Entry]) -> list[int]:
        with translated("SQS", Reason.QUEUE_UNAVAILABLE):
            answer = self._client.send_message_batch(
                QueueUrl=self._url, Entries=[_request(number, entry) for number, entry in enumerate(entries)]
            )
        return [int(failed["Id"]) for failed in answer.get("Failed", [])]


def _request(number: int, entry: Entry) -> SendMessageBatchRequestEntryTypeDef:
    request: SendMessageBatchRequestEntryTypeDef = {"Id": str(number), "MessageBody": entry.body}
    if entry.group is not None:
        request["MessageGroupId"] = entry.group
    if entry.deduplication_id is not None:
        request["MessageDeduplicationId"] = entry.deduplication_id
    if entry.delay_seconds:
        request["DelaySeconds"] = entry.delay_seconds
    return request


class FifoOrderQueue:
    """One message group per order, so that an order is never worked on twice at the same time."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def send(self, work: Iterable[DeliverOrder]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""
        entries = (
            Entry(body=w.model_dump_json(exclude_none=True), group=w.order.digest, deduplication_id=w.deduplication_id)
            for w in work
        )
        for batch in _batches(entries):
            _send(self._queue, batch)


class FifoPushQueue:
    """One group for all: ShipStation's budget is one, and an order is never written by two runs at once."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def send(self, messages: Iterable[PushOrders]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""
        entries = (
            Entry(body=m.model_dump_json(exclude_none=True), group=m.connection, deduplication_id=m.deduplication_id)
            for m in messages
        )
        for batch in _batches(entries):
            _send(self._queue, batch)


class NotificationQueues:
    def __init__(self, queues: Mapping[str, Queue]) -> None:
        self._queues = queues

    def send(self, notification: Notification, after_seconds: float = 0) -> None:
        delay = min(ceil(after_seconds), LONGEST_DELAY_SECONDS)
        _send(self._queues[notification.connection], [Entry(body=notification.as_json(), delay_seconds=delay)])


def _send(queue: Queue, entries: Sequence[Entry]) -> None:
    """Refused entries are sent once more, then behind their group's: no flow depends on that order."""
    refused = queue.send_batch(entries)
    if refused and queue.send_batch([entries[number] for number in sorted(refused)]):
        raise Retryable(Reason.QUEUE_UNAVAILABLE, f"SQS refused {len(refused)} of {len(entries)} messages")


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    batch: list[Entry] = []
    for entry in entries:
        if batch and (len(batch) == BATCH_ENTRIES or _bytes(batch) + len(entry.body.encode()) > BATCH_BYTES):
            yield batch
            batch = []
        batch.append(entry)
    if batch:
        yield batch


def _bytes(entries: Iterable[Entry]) -> int:
    return sum(len(entry.body.encode()) for entry in entries)
