"""What SQS takes of a message, and what it refuses; whether alone or with its whole batch, the documents leave open.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatchRequestEntry.html
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import pytest

from functions.ledger.queues import Entry
from tests.contract.conftest import Kind, MakeQueue

STANDARD: Final = "standard"
FIFO: Final = "fifo"
LONGEST_ID = "x" * 128
LARGEST = 1024 * 1024


def fifo(body: str = "a", group: str | None = "g", deduplication_id: str | None = "d", delay: int = 0) -> Entry:
    return Entry(body=body, group=group, deduplication_id=deduplication_id, delay_seconds=delay)


TAKEN: list[tuple[str, Kind, Entry]] = [
    ("any character", STANDARD, Entry(body="\t\n\r ü \U0001f4e6 \ufffd")),
    ("longest body", STANDARD, Entry(body="x" * LARGEST)),
    ("longest group", FIFO, fifo(group=LONGEST_ID)),
    ("longest deduplication id", FIFO, fifo(deduplication_id=LONGEST_ID)),
    ("punctuation in a group", FIFO, fifo(group="!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")),
]
REFUSED: list[tuple[str, Kind, Entry]] = [
    ("no body", STANDARD, Entry(body="")),
    ("control character", STANDARD, Entry(body="a\x00")),
    ("no character", STANDARD, Entry(body="a\uffff")),
    ("body too long", STANDARD, Entry(body="x" * (LARGEST + 1))),
    ("body too long in bytes alone", STANDARD, Entry(body="ü" * (LARGEST // 2 + 1))),
    ("delay too long", STANDARD, Entry(body="a", delay_seconds=901)),
    ("negative delay", STANDARD, Entry(body="a", delay_seconds=-1)),
    ("deduplication id where there is none", STANDARD, Entry(body="a", deduplication_id="d")),
    ("no group", FIFO, fifo(group=None)),
    ("no deduplication id", FIFO, fifo(deduplication_id=None)),
    ("delay of one message of a FIFO queue", FIFO, fifo(delay=1)),
    *(
        (f"{name} {what}", FIFO, entry)
        for name, text in (("empty", ""), ("blank", "a b"), ("umlaut", "ü"), ("long", "x" * 129))
        for what, entry in (("group", fifo(group=text)), ("deduplication id", fifo(deduplication_id=text)))
    ),
]


@pytest.mark.parametrize(("kind", "sent"), [pytest.param(*each, id=name) for name, *each in TAKEN])
def test_message_within_the_limits_arrives_whole(make_queue: MakeQueue, kind: Kind, sent: Entry) -> None:
    queue, inbox = make_queue(kind)

    assert queue.send_batch([sent]) == []
    assert [inbox.body(message) for message in inbox.receive(10)] == [sent.body]


@pytest.mark.parametrize(("kind", "sent"), [pytest.param(*each, id=name) for name, *each in REFUSED])
def test_message_beyond_a_limit_is_refused_and_not_stored(make_queue: MakeQueue, kind: Kind, sent: Entry) -> None:
    queue, inbox = make_queue(kind)
    refused = [0]
    with suppress(Exception):
        refused = queue.send_batch([sent])

    assert refused == [0]
    assert inbox.receive(10) == []


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param([], id="nothing"),
        pytest.param([Entry(body=str(number)) for number in range(11)], id="eleven"),
        pytest.param([Entry(body="x" * (LARGEST // 2)), Entry(body="x" * (LARGEST // 2 + 1))], id="too long together"),
    ],
)
def test_batch_beyond_a_limit_is_refused_whole(make_queue: MakeQueue, batch: list[Entry]) -> None:
    queue, inbox = make_queue(STANDARD)

    with pytest.raises(Exception, match=r"EmptyBatchRequest|too many|queue_unavailable"):
        queue.send_batch(batch)
    assert inbox.receive(10) == []
