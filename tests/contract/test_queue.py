from __future__ import annotations

from contextlib import suppress

from functions.ledger.queues import Entry
from tests.contract.conftest import MakeQueue, entry


def test_message_is_hidden_while_it_is_worked_on(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("standard")
    queue.send_batch([entry("a")])

    assert [inbox.body(m) for m in inbox.receive(10)] == ["a"]
    assert inbox.receive(10) == []


def test_delayed_message_is_not_there_yet(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("standard")
    queue.send_batch([entry("a"), Entry(body="b", delay_seconds=900)])

    assert [inbox.body(m) for m in inbox.receive(10)] == ["a"]


def test_deleted_message_never_comes_back(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("standard")
    queue.send_batch([entry("a")])
    (message,) = inbox.receive(10)
    inbox.delete(message)

    assert inbox.receive(10) == []


def test_message_shown_again_is_received_again_and_dies_after_its_receives(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("standard")
    queue.send_batch([entry("a")])
    for _ in range(2):
        (message,) = inbox.receive(10)
        inbox.show(message)

    assert inbox.receive(10) == []
    assert inbox.dead() == ["a"]


def test_standard_queue_forgets_no_equal_message(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("standard")
    queue.send_batch([entry("a"), entry("a")])

    assert sorted(inbox.body(m) for m in inbox.receive(10)) == ["a", "a"]


def test_fifo_group_keeps_its_order(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("fifo")
    queue.send_batch([entry("1", "g"), entry("2", "g"), entry("3", "g")])

    assert [inbox.body(m) for m in inbox.receive(10)] == ["1", "2", "3"]


def test_fifo_group_waits_while_one_of_it_is_in_flight_and_others_go_on(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("fifo")
    queue.send_batch([entry("1", "g"), entry("2", "g"), entry("x", "h")])
    (first,) = inbox.receive(1)

    assert [inbox.body(m) for m in inbox.receive(10)] == ["x"]
    inbox.delete(first)
    assert [inbox.body(m) for m in inbox.receive(10)] == ["2"]


def test_fifo_group_blocks_while_its_failed_head_is_hidden_and_comes_back_in_order(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("fifo")
    queue.send_batch([entry("1", "g"), entry("2", "g"), entry("3", "g")])
    first, second = inbox.receive(2)
    inbox.delete(second)

    assert inbox.receive(10) == []
    inbox.show(first)
    assert [inbox.body(m) for m in inbox.receive(10)] == ["1", "3"]


def test_fifo_group_goes_on_behind_a_message_that_died(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("fifo")
    queue.send_batch([entry("1", "g"), entry("2", "g")])
    for _ in range(2):
        (message,) = inbox.receive(1)
        inbox.show(message)

    assert [inbox.body(m) for m in inbox.receive(10)] == ["2"]
    assert inbox.dead() == ["1"]


def test_whoever_was_handed_a_message_before_somebody_else_cannot_delete_it(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("standard")
    queue.send_batch([entry("a")])
    (first,) = inbox.receive(10)
    inbox.show(first)
    (second,) = inbox.receive(10)
    with suppress(Exception):
        inbox.delete(first)
    inbox.show(second)

    assert inbox.receive(10) == []
    assert inbox.dead() == ["a"]


def test_fifo_takes_a_deduplication_id_once_a_group(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("fifo")
    queue.send_batch([entry("1", "g", "same"), entry("2", "g", "same"), entry("3", "h", "same")])

    assert sorted(inbox.body(m) for m in inbox.receive(10)) == ["1", "3"]


def test_fifo_remembers_the_deduplication_id_of_a_deleted_message(make_queue: MakeQueue) -> None:
    queue, inbox = make_queue("fifo")
    queue.send_batch([entry("1", "g", "same")])
    (message,) = inbox.receive(10)
    inbox.delete(message)
    queue.send_batch([entry("2", "g", "same")])

    assert inbox.receive(10) == []
