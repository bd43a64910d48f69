from __future__ import annotations

from typing import Any

import pytest

from functions.ledger.queues import Entry
from tests.equipment.builders import NOON
from tests.equipment.memory_aws.queue import MemoryQueue, SendRefusedError


def test_entry_of_a_batch_can_fail_alone() -> None:
    answers = [False, True, False]
    queue = MemoryQueue(lambda: NOON, refuses=lambda: answers.pop(0))

    assert queue.send_batch([Entry(body=body) for body in "abc"]) == [1]
    assert queue.bodies == ["a", "c"]


def test_refused_fifo_entry_may_be_sent_again_at_once() -> None:
    answers = [True, False]
    queue = MemoryQueue(lambda: NOON, fifo=True, refuses=lambda: answers.pop(0))
    entry = Entry(body="a", group="g", deduplication_id="d")

    assert queue.send_batch([entry]) == [0]
    assert queue.send_batch([entry]) == []
    assert queue.bodies == ["a"]


@pytest.mark.parametrize("body", ["a\x00", "a\uffff"], ids=["control character", "no character"])
def test_text_that_sqs_does_not_take_is_refused(body: str) -> None:
    with pytest.raises(SendRefusedError, match="InvalidMessageContents"):
        MemoryQueue(lambda: NOON).send_batch([Entry(body=body)])


@pytest.mark.parametrize(("seconds", "fifo"), [(901, False), (-1, False), (1, True)])
def test_a_delay_that_sqs_does_not_take_is_refused(seconds: int, *, fifo: bool) -> None:
    with pytest.raises(SendRefusedError, match="InvalidParameterValue"):
        MemoryQueue(lambda: NOON, fifo=fifo).send_batch(
            [Entry(body="a", group="g" if fifo else None, delay_seconds=seconds)]
        )


@pytest.mark.parametrize("text", ["", "a b", "ü", "x" * 129], ids=["empty", "blank", "umlaut", "long"])
@pytest.mark.parametrize("name", ["group", "deduplication_id"])
def test_an_id_that_sqs_does_not_take_is_refused(name: str, text: str) -> None:
    ids: dict[str, Any] = {"group": "g", "deduplication_id": "d", name: text}
    with pytest.raises(SendRefusedError, match="InvalidParameterValue"):
        MemoryQueue(lambda: NOON, fifo=True).send_batch([Entry(body="a", **ids)])
