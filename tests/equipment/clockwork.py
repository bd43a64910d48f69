"""A virtual clock and many small threads of control on it, one at a time, in an order that only the seed decides."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from greenlet import greenlet


class Killed(BaseException):
    """The environment died: no except clause, no finally of the code under test can be relied on to have an effect."""


class Task:
    """One thread of control. `on_end` learns how it ended: its value, or the exception that ended it."""

    def __init__(self, name: str, body: Callable[[], Any], on_end: Callable[[Any, BaseException | None], None]) -> None:
        self.name, self._body, self._on_end = name, body, on_end
        self.is_over = False
        self.waits = 0
        self.parent: Task | None = None
        self.thread = greenlet(self._run)

    @property
    def root(self) -> Task:
        """Who started this one, and its starter, up to the one that nobody started."""
        return self.parent.root if self.parent else self

    def _run(self) -> None:
        value: Any = None
        fault: BaseException | None = None
        try:
            value = self._body()
        except Killed as killed:
            fault = killed
        except Exception as error:  # noqa: BLE001 # handed to whoever started the task
            fault = error
        self.is_over = True
        self._on_end(value, fault)


class Clockwork:
    """`now` moves only between tasks. Everything due at one instant runs in the order in which it was asked for."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._queue: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._hub = greenlet.getcurrent()
        self._current: Task | None = None
        self.steps = 0

    def at(self, instant: datetime, action: Callable[[], object]) -> None:
        """Run `action` on the hub at `instant`, or now if that has passed. It must not wait."""
        heapq.heappush(self._queue, (max(instant, self.now), next(self._numbers), action))

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        self.at(self.now + timedelta(seconds=seconds), action)

    def start(
        self,
        name: str,
        body: Callable[[], Any],
        on_end: Callable[[Any, BaseException | None], None] | None = None,
    ) -> Task:
        """A new task from now on. Without `on_end` an exception of its own stops the simulation."""
        task = Task(name, body, on_end or _raise)
        task.thread.parent = self._hub  # whoever starts it is not who goes on when it ends
        self.at(self.now, lambda: self._resume(task, task.waits))
        return task

    def sleep(self, seconds: float) -> None:
        """Called inside a task: others run meanwhile. On the hub, time simply passes."""
        task = self._current
        if task is None or greenlet.getcurrent() is self._hub:
            self.run(self.now + timedelta(seconds=max(seconds, 0)))
            return
        task.waits += 1
        turn = task.waits
        self.after(max(seconds, 0), lambda: self._resume(task, turn))
        self._hub.switch()

    def side_by_side(self, bodies: Sequence[Callable[[], None]]) -> None:
        """Called inside a task: runs all bodies as tasks of their own and waits for the last, as a pool of threads."""
        parent, faults = self._current, list[BaseException]()
        assert parent is not None, "only a task can wait"
        left = [len(bodies)]

        def end(_: object, fault: BaseException | None) -> None:
            left[0] -= 1
            if fault is not None:
                faults.append(fault)
            if not left[0]:
                self.at(self.now, lambda: self._resume(parent, turn))

        for number, body in enumerate(bodies):
            self.start(f"{parent.name}/{number}", body, end).parent = parent
        parent.waits += 1
        turn = parent.waits
        self._hub.switch()
        if faults:
            raise faults[0]

    def kill(self, task: Task) -> None:
        """End a task where it waits, before anything else happens. Nothing of it runs on."""
        task.waits += 1
        self.at(self.now, lambda: None if task.is_over else self._enter(task, lambda: task.thread.throw(Killed())))

    def run(self, until: datetime) -> None:
        """Everything due up to and including `until`."""
        while self._queue and self._queue[0][0] <= until:
            at, _, action = heapq.heappop(self._queue)
            self.now = max(self.now, at)
            self.steps += 1
            action()
        self.now = max(self.now, until)

    @property
    def current(self) -> Task | None:
        """The task that runs right now; None on the hub."""
        return None if greenlet.getcurrent() is self._hub else self._current

    def _resume(self, task: Task, turn: int) -> None:
        if not task.is_over and turn == task.waits:
            self._enter(task, task.thread.switch)

    def _enter(self, task: Task, switch: Callable[[], object]) -> None:
        before, self._current = self._current, task
        try:
            switch()
        finally:
            self._current = before


def _raise(_: object, fault: BaseException | None) -> None:
    if fault is not None:
        raise fault
