"""Lambda in memory: environments that live on between runs, time-outs, deaths, and what calls them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from functions.wiring.runtime import Handler
from tests.equipment.clockwork import Clockwork, Killed, Task
from tests.equipment.memory_aws.queue import MemoryQueue, Received

OnEnd = Callable[[Any, BaseException | None], None]


@dataclass
class Environment:
    """One process with its own clock error. Once dead, whatever it still tries fails before it has an effect."""

    handler: Handler | None = None
    skew: timedelta = timedelta()
    is_dead: bool = False


@dataclass
class Context:
    aws_request_id: str
    deadline: datetime
    now: Callable[[], datetime]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - self.now()).total_seconds() * 1000))


class ThrottledError(Exception):
    """No place: the account's quota is used up."""


@dataclass
class Quota:
    """How many runs of all functions an account allows at once. `most` is how many there were, `refused` how many found
    no place.
    """

    places: int
    taken: int = 0
    most: int = 0
    refused: int = 0

    def take(self) -> bool:
        if self.taken >= self.places:
            self.refused += 1
            return False
        self.taken += 1
        self.most = max(self.most, self.taken)
        return True


@dataclass
class Function:
    """`build` makes a handler for a new environment."""

    name: str
    build: Callable[[Environment], Handler]
    timeout_seconds: float
    clockwork: Clockwork
    random: Random
    skew_seconds: float = 0.0
    idle: list[Environment] = field(default_factory=list)
    running: dict[Task, Environment] = field(default_factory=dict)
    faults: list[BaseException] = field(default_factory=list)
    runs: int = 0
    quota: Quota = field(default_factory=lambda: Quota(1000))
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def invoke(self, event: Any, on_end: OnEnd = lambda _value, _fault: None) -> None:
        """Without a place it ends at once, as throttled."""
        if not self.quota.take():
            on_end(None, ThrottledError())
            return
        environment = self.idle.pop() if self.idle else self._new()
        deadline = self.clockwork.now + timedelta(seconds=self.timeout_seconds)
        context = Context(f"{self.name}-{next(self._numbers)}", deadline, lambda: self.clockwork.now)
        handler = environment.handler
        assert handler is not None
        self.runs += 1

        def end(value: Any, fault: BaseException | None) -> None:
            self.running.pop(task, None)
            self.quota.taken -= 1
            if fault is None:
                self.idle.append(environment)
            elif not isinstance(fault, Killed):
                self.faults.append(fault)
            on_end(value, fault)

        task = self.clockwork.start(self.name, lambda: handler(deepcopy(event), context), end)
        self.running[task] = environment
        self.clockwork.after(self.timeout_seconds, lambda: self._end(task))

    def redeploy(self) -> None:
        """New code or configuration: what runs ends by itself, what is idle is gone."""
        self.idle.clear()

    def _end(self, task: Task) -> None:
        if not task.is_over:
            self.running[task].is_dead = True
            self.clockwork.kill(task)

    def _new(self) -> Environment:
        skew = timedelta(seconds=self.random.uniform(-self.skew_seconds, self.skew_seconds))
        environment = Environment(skew=skew)
        environment.handler = self.build(environment)
        return environment


class EventSource:
    """A queue's batches become runs of a function; what is not deleted comes back when its time is over. `met` counts
    what is handed out a second time while somebody works on it.
    """

    def __init__(
        self,
        queue: MemoryQueue,
        function: Function,
        *,
        clockwork: Clockwork,
        random: Random,
        batch: int,
        concurrency: int,
        window_seconds: float = 0.0,
        duplicates: Callable[[], float] = lambda: 0.0,
        met: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._queue, self._function, self._clockwork, self._random = queue, function, clockwork, random
        self._batch, self._concurrency, self._window = batch, concurrency, window_seconds
        self._duplicates, self._met = duplicates, met
        self._in_flight = 0
        self._at_work: Counter[str] = Counter()
        self._wakes_at: datetime | None = None
        queue.on_send = lambda: self._wake(self._window + random.uniform(0.01, 0.2))

    def _wake(self, seconds: float) -> None:
        at = self._clockwork.now + timedelta(seconds=seconds)
        if self._wakes_at is not None and self._clockwork.now <= self._wakes_at <= at:
            return
        self._wakes_at = at
        self._clockwork.at(at, self._pump)

    def _pump(self) -> None:
        if self._wakes_at is not None and self._wakes_at <= self._clockwork.now:
            self._wakes_at = None
        while self._in_flight < self._concurrency:
            batch = self._queue.receive(self._batch)
            if not batch:
                break
            self._start(batch)
        again = self._queue.next_visible_at()
        if again is not None and again > self._clockwork.now:
            self._wake((again - self._clockwork.now).total_seconds() + 0.1)

    def _start(self, batch: list[Received]) -> None:
        self._in_flight += 1
        for received in batch:
            if self._at_work[received.message_id]:
                self._met("message handed out twice")
        self._at_work.update(received.message_id for received in batch)
        if self._random.random() < self._duplicates():
            self._clockwork.after(self._random.uniform(0.1, 5), lambda: self._again(batch))

        def end(value: Any, fault: BaseException | None) -> None:
            self._in_flight -= 1
            self._at_work.subtract(received.message_id for received in batch)
            failed = {each["itemIdentifier"] for each in (value or {}).get("batchItemFailures", ())}
            for received in batch:
                if fault is None and received.message_id not in failed:
                    self._queue.delete(received)
            self._wake(0.05)

        event = {"Records": [self._record(received) for received in batch]}
        hidden_until = batch[0].message.hidden_until

        def attempt() -> None:
            """Lambda holds what found no place, and tries again until its messages are visible."""
            self._function.invoke(event, again)

        def again(value: Any, fault: BaseException | None) -> None:
            if isinstance(fault, ThrottledError) and self._clockwork.now < (hidden_until or self._clockwork.now):
                self._clockwork.after(self._random.uniform(1, 5), attempt)
            else:
                end(value, fault)

        attempt()

    def _record(self, received: Received) -> dict[str, Any]:
        """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
        message = received.message
        attributes = {"ApproximateReceiveCount": str(message.receives)}
        attributes |= {"MessageGroupId": message.group} if message.group else {}
        attributes |= {"DeadLetterQueueSourceArn": message.source_arn} if message.source_arn else {}
        return {
            "messageId": message.message_id,
            "body": message.body,
            "attributes": attributes,
            "eventSourceARN": self._queue.arn,
        }

    def _again(self, batch: list[Received]) -> None:
        """At least once: a message may be handed out a second time while it is worked on."""
        for received in batch:
            self._queue.show(received)
        self._wake(0.05)
