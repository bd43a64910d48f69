"""Waiting on a machine that others use too: nobody gives up because the machine is slow."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
REFERENCE_SECONDS = 0.1  # what the piece of work below takes at most on an idle machine of today
WORK = (sys.executable, "-I", "-c", "import decimal, http.client, json; sum(i * i for i in range(200_000))")
SLOWEST = 40.0
HANGS_SECONDS = 1800  # what has not answered by then never will, on any machine


def slowness() -> float:
    """How many times longer than on an idle machine a process takes just now to start and to work; at least 1."""
    began = time.monotonic()
    subprocess.run(WORK, check=True)
    return min(max(1.0, (time.monotonic() - began) / REFERENCE_SECONDS), SLOWEST)


class Patience:
    """`seconds` are those of an idle machine. When they are over the machine is asked how slow it is."""

    def __init__(self, seconds: float, measure: Callable[[], float] = slowness) -> None:
        self._seconds, self._measure = seconds, measure
        self._began, self._slowness = time.monotonic(), 1.0

    def is_over(self) -> bool:
        waited = time.monotonic() - self._began
        if waited > self._seconds * self._slowness:
            self._slowness = max(self._slowness, self._measure())
        return waited > self._seconds * self._slowness


def eventually(look: Callable[[], T | None], seconds: float = 60) -> T:
    """What `look` finds at last; fails once the patience is over."""
    patience = Patience(seconds)
    while not (found := look()):
        assert not patience.is_over(), "it never happened"
        time.sleep(0.05)
    return found


@contextmanager
def busy_loops(count: int = 4) -> Iterator[None]:
    """Processes that want a core each, for as long as it is entered."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for each in loops:
            each.kill()
            each.wait()
