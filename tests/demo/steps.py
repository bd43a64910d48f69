"""What is being done, as it is done: a line a step, a dot every other second, in a terminal and in a log alike."""

from __future__ import annotations

import threading
import time
from typing import Self

from rich.console import Console

EVERY_SECONDS = 2.0
MARGIN = 8  # "  0.0 s  "


class Steps:
    """Called with the text of the step that begins; leaving it ends the last line."""

    def __init__(self, console: Console, every: float = EVERY_SECONDS) -> None:
        self._console, self._every, self._start = console, every, time.monotonic()
        self._column, self._lock, self._is_over = 0, threading.RLock(), threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._tick, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self.pause()

    def __call__(self, text: str) -> None:
        with self._lock:
            self.pause()
            line = f"{time.monotonic() - self._start:5.1f} s  {text} "
            self._write(line)
            self._column = len(line)

    def pause(self) -> None:
        """Ends the line, so that something else may be printed."""
        with self._lock:
            if self._column:
                self._write("\n")
            self._column = 0

    def _tick(self) -> None:
        while not self._is_over.wait(self._every):
            with self._lock:
                if self._column:
                    self._dot()

    def _dot(self) -> None:
        if self._column >= self._console.width - 1:
            self._write("\n" + " " * MARGIN)
            self._column = MARGIN
        self._write(".")
        self._column += 1

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()
