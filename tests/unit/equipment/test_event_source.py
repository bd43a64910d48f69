"""How a queue's messages reach a function, fail, wait for their group, come back and die."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from functions.ledger.queues import Entry
from tests.equipment.builders import NOON
from tests.equipment.clockwork import Clockwork
from tests.equipment.lambdas import EventSource, Function
from tests.equipment.memory_aws.queue import MemoryQueue

VISIBILITY = timedelta(minutes=15)
Answer = Callable[[dict[str, Any]], bool]


class Setting:
    """A FIFO queue before a function that works for ten seconds; `succeeds` decides about each record."""

    def __init__(self, succeeds: Answer, *, concurrency: int = 2, duplicates: float = 0.0) -> None:
        self.clockwork, self.runs, self.met = Clockwork(NOON), list[tuple[float, list[str]]](), list[str]()
        self.records: list[dict[str, Any]] = []
        self.dead = MemoryQueue(lambda: self.clockwork.now, name="dead", fifo=True)
        self.queue = MemoryQueue(
            lambda: self.clockwork.now, name="live", fifo=True, visibility=VISIBILITY, dead=self.dead
        )

        def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
            self.runs.append((self.seconds, [record["body"] for record in event["Records"]]))
            self.records += event["Records"]
            self.clockwork.sleep(10)
            failed = [record["messageId"] for record in event["Records"] if not succeeds(record)]
            return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}

        function = Function("f", lambda _: handler, 60, self.clockwork, Random(1))
        EventSource(
            self.queue,
            function,
            clockwork=self.clockwork,
            random=Random(2),
            batch=1,
            concurrency=concurrency,
            duplicates=lambda: duplicates,
            met=self.met.append,
        )

    @property
    def seconds(self) -> float:
        return (self.clockwork.now - NOON).total_seconds()

    def send(self, *bodies: str) -> None:
        """The group is the first letter."""
        self.queue.send_batch([Entry(body=body, group=body[0], deduplication_id=body) for body in bodies])

    def run(self, **time: float) -> None:
        self.clockwork.run(self.clockwork.now + timedelta(**time))

    def worked_on(self) -> list[str]:
        return [body for _, bodies in self.runs for body in bodies]


def test_messages_behind_a_failed_one_wait_for_it_and_go_on_when_it_comes_back() -> None:
    tries: list[str] = []

    def succeeds(record: dict[str, Any]) -> bool:
        tries.append(record["body"])
        return record["body"] != "g1" or tries.count("g1") > 1

    setting = Setting(succeeds)
    setting.send("g1", "g2", "h1")
    setting.run(minutes=14)
    assert setting.worked_on() == ["g1", "h1"]
    setting.run(minutes=2)
    assert setting.worked_on() == ["g1", "h1", "g1", "g2"]
    assert setting.queue.messages == {}


def test_failed_message_dies_after_five_receives_and_its_group_goes_on() -> None:
    setting = Setting(lambda record: record["body"] != "g1")
    setting.send("g1", "g2")
    setting.run(minutes=5 * 15 + 1)

    assert setting.worked_on() == ["g1"] * 5 + ["g2"]
    assert [record["attributes"]["ApproximateReceiveCount"] for record in setting.records] == [*"12345", "1"]
    assert [message.body for message in setting.dead.messages.values()] == ["g1"]


def test_dead_letter_keeps_its_id_and_says_where_it_comes_from() -> None:
    setting = Setting(lambda _: False)
    setting.send("g1")
    (number,) = setting.queue.messages
    setting.run(minutes=80)

    (dead,) = setting.dead.messages.values()
    assert (dead.message_id, dead.source_arn) == (number, setting.queue.arn)


def test_duplicate_hand_out_is_counted_and_neither_run_is_alone() -> None:
    setting = Setting(lambda _: True, concurrency=9, duplicates=0.5)
    setting.send(*(f"{letter}1" for letter in "abcdefgh"))
    setting.run(minutes=90)

    assert setting.met == ["message handed out twice"] * len(setting.met)
    assert len(setting.worked_on()) == 8 + len(setting.met)
    assert setting.met
    assert setting.queue.messages == {}


@pytest.mark.parametrize("concurrency", [1, 2])
def test_no_more_runs_at_once_than_the_event_source_allows(concurrency: int) -> None:
    setting = Setting(lambda _: True, concurrency=concurrency)
    setting.send("a1", "b1", "c1", "d1")
    setting.run(seconds=9)
    assert len(setting.worked_on()) == concurrency
    setting.run(minutes=1)
    assert len(setting.worked_on()) == 4
