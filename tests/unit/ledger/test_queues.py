from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.errors import Retryable
from functions.ledger.queues import BATCH_BYTES, Entry, FifoOrderQueue, NotificationQueues, SqsQueue
from functions.model.messages import DeliverOrder, Notification, Pointer
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName, Item
from functions.wiring.batch import parsed
from tests.equipment.builders import NOON, a_shipment, again, work
from tests.equipment.memory_aws.queue import MemoryQueue


class Recorder:
    """Takes every batch; `refusals` are the positions refused, a list a call."""

    def __init__(self, *refusals: list[int]) -> None:
        self.batches: list[list[Entry]] = []
        self.refusals = list(refusals)

    def send_batch(self, entries: Sequence[Entry]) -> list[int]:
        self.batches.append(list(entries))
        return self.refusals.pop(0) if self.refusals else []

    @property
    def sizes(self) -> list[int]:
        return [len(batch) for batch in self.batches]


def works(count: int, **shipment: Any) -> list[DeliverOrder]:
    return [work(a_shipment(number, reference=f"P{number}", **shipment)) for number in range(count)]


def test_an_orders_messages_share_a_group_that_sqs_accepts() -> None:
    queue = Recorder()
    nasty = "Größe O'Brien/1"
    sent = [work(a_shipment(number, reference=name)) for number, name in ((1, nasty), (2, nasty), (3, "P1001"))]
    FifoOrderQueue(queue).send(sent)
    groups = [str(entry.group) for entry in queue.batches[0]]
    assert groups[0] == groups[1] != groups[2]
    assert all(re.fullmatch(r"[0-9a-zA-Z]{1,128}", group) for group in groups)
    assert [DeliverOrder.model_validate_json(entry.body) for entry in queue.batches[0]] == sent


def test_the_same_news_is_queued_once_and_another_attempt_again() -> None:
    queue = MemoryQueue(lambda: NOON, fifo=True)
    first = again(a_shipment().order_key)
    later = first.model_copy(update={"attempt": "2"})
    FifoOrderQueue(queue).send([first, first, later])
    assert [DeliverOrder.model_validate_json(message.body) for message in queue.messages.values()] == [first, later]


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (10, [10]), (23, [10, 10, 3])], ids=["none", "one", "full", "more"]
)
def test_messages_travel_in_tens(count: int, sizes: list[int]) -> None:
    queue = Recorder()
    FifoOrderQueue(queue).send(works(count))
    assert queue.sizes == sizes


@pytest.mark.parametrize(
    ("sku", "sizes"),
    [
        pytest.param("x" * 100_000, [2, 2, 1], id="two fit"),
        pytest.param("ü" * 70_000, [1, 1, 1, 1, 1], id="counted in bytes"),
        pytest.param("x" * (BATCH_BYTES + 1), [1, 1, 1, 1, 1], id="too long for any company"),
    ],
)
def test_a_batch_stays_below_what_sqs_takes(sku: str, sizes: list[int]) -> None:
    queue = Recorder()
    FifoOrderQueue(queue).send(works(5, items=(Item(sku=sku, quantity=1),)))
    assert queue.sizes == sizes


def test_refused_messages_are_sent_once_more_alone_and_in_order() -> None:
    queue = Recorder([3, 1])
    FifoOrderQueue(queue).send(works(5))
    assert queue.batches[1] == [queue.batches[0][1], queue.batches[0][3]]
    assert len(queue.batches) == 2


def test_messages_refused_twice_are_a_retry_and_stop_the_rest() -> None:
    queue = Recorder([0], [0])
    with pytest.raises(Retryable) as caught:
        FifoOrderQueue(queue).send(works(15))
    assert caught.value.reason is Reason.QUEUE_UNAVAILABLE
    assert queue.sizes == [10, 1]


def test_a_notification_goes_to_its_own_connections_queue() -> None:
    queues = {"acme": Recorder(), "other": Recorder()}
    notification = Notification(
        connection=ConnectionName("acme"),
        event="SHIP_NOTIFY",
        pointer=Pointer(kind="anything"),
        received_at=NOON,
        correlation_id="c-1",
    )
    NotificationQueues(queues).send(notification)
    ((entry,),) = queues["acme"].batches
    assert parsed(entry.body, Notification) == notification
    assert (entry.group, entry.deduplication_id, queues["other"].batches) == (None, None, [])


class Sqs:
    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.asked: dict[str, Any] = {}

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_sqs_is_told_group_and_deduplication_only_where_they_are() -> None:
    client: Any = Sqs({"Failed": [{"Id": "1"}]})
    fifo, standard = Entry(body="a", group="g", deduplication_id="d"), Entry(body="b")
    assert SqsQueue(client, "https://queue").send_batch([fifo, standard]) == [1]
    assert client.asked == {
        "QueueUrl": "https://queue",
        "Entries": [
            {"Id": "0", "MessageBody": "a", "MessageGroupId": "g", "MessageDeduplicationId": "d"},
            {"Id": "1", "MessageBody": "b"},
        ],
    }


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "arn:secret"}}, "SendMessageBatch"), "AccessDenied"),
        (EndpointConnectionError(endpoint_url="https://secret"), "EndpointConnectionError"),
    ],
    ids=["refused", "unreachable"],
)
def test_a_fault_of_the_sdk_is_a_retry_that_names_no_more_than_its_code(fault: Exception, text: str) -> None:
    client: Any = Sqs(fault)
    with pytest.raises(Retryable) as caught:
        SqsQueue(client, "https://queue").send_batch([Entry(body="a")])
    assert str(caught.value) == f"queue_unavailable: SQS: {text}"
