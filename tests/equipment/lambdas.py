"""Lambda in memory: environments that live on between runs, time-outs, deaths, and what calls them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from functions.wiring.runtime import Handler
from tests.equipment.clockwork import Clockwork, Killed, Task
from tests.equipment.memory_aws.queue import MemoryQueue, Message

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
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def invoke(self, event: Mapping[str, Any], on_end: OnEnd = lambda _value, _fault: None) -> None:
        environment = self.idle.pop() if self.idle else self._new()
        deadline = self.clockwork.now + timedelta(seconds=self.timeout_seconds)
        context = Context(f"{self.name}-{next(self._numbers)}", deadline, lambda: self.clockwork.now)
        handler = environment.handler
        assert handler is not None
        self.runs += 1

        def end(value: Any, fault: BaseException | None) -> None:
            self.running.pop(task, None)
            if fault is None:
                self.idle.append(environment)
            elif not isinstance(fault, Killed):
                self.faults.append(fault)
            on_end(value, fault)

        task = self.clockwork.start(self.name, lambda: handler(dict(event), context), end)
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
    """A queue's batches become runs of a function; failed messages come back when their time is over."""

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
    ) -> None:
        self._queue, self._function, self._clockwork, self._random = queue, function, clockwork, random
        self._batch, self._concurrency, self._window = batch, concurrency, window_seconds
        self._duplicates = duplicates
        self._in_flight = 0
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
            messages = self._queue.receive(self._batch)
            if not messages:
                break
            self._start(messages)
        again = self._queue.next_visible_at()
        if again is not None and again > self._clockwork.now:
            self._wake((again - self._clockwork.now).total_seconds() + 0.1)

    def _start(self, messages: list[Message]) -> None:
        self._in_flight += 1
        records = [{"messageId": message.message_id, "body": message.body} for message in messages]
        if self._random.random() < self._duplicates():
            self._clockwork.after(self._random.uniform(0.1, 5), lambda: self._again(messages))

        def end(value: Any, fault: BaseException | None) -> None:
            self._in_flight -= 1
            failed = {each["itemIdentifier"] for each in (value or {}).get("batchItemFailures", ())}
            for message in messages:
                if fault is None and message.message_id not in failed:
                    self._queue.delete(message)
            self._wake(0.05)

        self._function.invoke({"Records": records}, end)

    def _again(self, messages: list[Message]) -> None:
        """At least once: a message may be handed out a second time while it is worked on."""
        for message in messages:
            if message.message_id in self._queue.messages:
                self._queue.show(message)
        self._wake(0.05)
