"""Runs one command of a verb: a sign of life while it is silent, and nothing left behind however it ends.

    python .ci/step.py [--quiet | --ask] [--until WORDS] TEXT COMMAND...

`--quiet` shows what the command prints only if it fails. `--ask` is for one that asks questions. `--until` names what
the command prints before it waits for a person: no sign of life comes after it.
Exit status: the command's own; 128 and the signal's number for one that was stopped.
"""

from __future__ import annotations

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # an interrupt that comes while the rest is loaded ends without a word

import argparse
import fcntl
import os
import pty
import selectors
import shutil
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

SILENCE_SECONDS = 2.0  # after which a sign of life is given
LOOK_SECONDS = 0.25
GRACE_SECONDS = 5.0  # between the request to end and the end
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody stopped the verb, or whoever started it is gone."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.status = 128 + number

    def told(self, sentence: str = "Stopped.") -> int:
        """The exit status, once the person knows; perhaps there is nobody any more."""
        with suppress(OSError):
            sys.stderr.write(f"{sentence}\n")
        return self.status


@dataclass
class Screen:
    """What the person sees: a terminal, or a log that only grows. `text` says what is going on; nothing does any more
    once the command has printed `until`.
    """

    text: str
    out: int = 1
    until: bytes = b""
    clock: Callable[[], float] = time.monotonic
    is_terminal: bool = field(init=False)
    _began: float = field(init=False)
    _last: float = field(init=False)
    is_line_open: bool = False
    _is_sign_shown: bool = False
    _is_waiting: bool = False
    _tail: bytes = b""

    def __post_init__(self) -> None:
        self.is_terminal = os.isatty(self.out)
        self._began = self._last = self.clock()

    def line(self, text: str) -> None:
        self.show(f"{text}\n".encode())

    def show(self, data: bytes) -> None:
        """Of the command itself."""
        self._write(self._wiped() + data)
        self.is_line_open = not data.endswith(b"\n")
        self._last = self.clock()
        if self.until:
            seen = self._tail + data
            self._is_waiting |= self.until in seen
            self._tail = seen[-len(self.until) :]

    def live(self) -> None:
        """A sign of life, if it is time for one."""
        if self._is_waiting:
            return
        now = self.clock()
        if now - self._last < SILENCE_SECONDS and not self._is_sign_shown:
            return
        if self._is_sign_shown and now - self._last < 1:
            return
        sign = f"  … {self.text.split(' (')[0]}, {now - self._began:.0f} s"
        self._write((self._wiped() or (b"\n" if self.is_line_open else b"")) + sign.encode() + self._end)
        self._last, self.is_line_open, self._is_sign_shown = now, False, self.is_terminal

    def wipe(self) -> None:
        self._write(self._wiped())

    def end_line(self) -> None:
        if self.is_line_open:
            self.show(b"\n")

    @property
    def _end(self) -> bytes:
        return b"" if self.is_terminal else b"\n"

    def _wiped(self) -> bytes:
        wiped, self._is_sign_shown = (b"\r\x1b[K" if self._is_sign_shown else b""), False
        return wiped

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self.out, data) :]
        except BrokenPipeError:
            raise Stopped(signal.SIGPIPE) from None


def run(command: Sequence[str], screen: Screen, *, is_quiet: bool = False, asks: bool = False) -> tuple[int, str]:
    """The command's exit status and, if quiet, all that it printed."""
    with _stops() as stops, _scratch() as scratch, _terminal_kept():
        ours, theirs = _channel(screen, is_quiet=is_quiet)
        child = _start(command, scratch, theirs, asks=asks)
        try:
            with stops:
                output = _follow(child, screen, ours, is_quiet=is_quiet, asks=asks)
        except Stopped:
            screen.end_line()
            raise
        finally:
            _end(child, scratch, is_group=not asks)
            os.close(ours)
            screen.wipe()
    return (child.returncode if child.returncode >= 0 else 128 - child.returncode), output


def _start(command: Sequence[str], scratch: Path, theirs: int, *, asks: bool) -> subprocess.Popen[bytes]:
    """In a group of its own, unless it reads from the terminal, which only the group in front may. There the terminal
    tells it of an interrupt too; it is not to hear it, because it is ended by us.
    """
    environment = {**os.environ, "TMPDIR": str(scratch), "PYTHONUNBUFFERED": "1"}
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN) if asks else None
    try:
        return subprocess.Popen(  # noqa: S603 # the Makefile's own
            command,
            env=environment,
            stdin=None if asks else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            process_group=None if asks else 0,
        )
    finally:
        os.close(theirs)
        if heard is not None:
            signal.signal(signal.SIGINT, heard)


def _channel(screen: Screen, *, is_quiet: bool) -> tuple[int, int]:
    """Where a person looks at a terminal the command writes to one too, for its colours and its width."""
    if is_quiet or not screen.is_terminal:
        return os.pipe()
    ours, theirs = pty.openpty()
    size = fcntl.ioctl(screen.out, termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, size)
    return ours, theirs


def _follow(child: subprocess.Popen[bytes], screen: Screen, ours: int, *, is_quiet: bool, asks: bool) -> str:
    parent, kept = os.getppid(), bytearray()
    while True:
        data = _read(ours, child)
        kept += data if is_quiet else b""
        if data and not is_quiet:
            screen.show(data)
        if not data and child.poll() is not None:
            return kept.decode(errors="replace")
        if not (asks and _is_asking(screen)):
            screen.live()
        if os.getppid() != parent:
            raise Stopped(signal.SIGHUP)


def _is_asking(screen: Screen) -> bool:
    """A question ends without a new line, or the terminal shows no letter of its answer."""
    return screen.is_line_open or (os.isatty(0) and not termios.tcgetattr(0)[3] & termios.ECHO)


def _read(ours: int, child: subprocess.Popen[bytes]) -> bytes:
    """What has come within a moment; nothing if nothing came, or nothing can come any more."""
    with selectors.DefaultSelector() as selector:
        selector.register(ours, selectors.EVENT_READ)
        if not selector.select(LOOK_SECONDS):
            return b""
    with suppress(OSError):  # a terminal whose other side is closed
        if data := os.read(ours, 1 << 16):
            return data
    with suppress(subprocess.TimeoutExpired):
        child.wait(LOOK_SECONDS)
    return b""


def _end(child: subprocess.Popen[bytes], scratch: Path, *, is_group: bool) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is None:
            with suppress(ProcessLookupError):
                child.send_signal(number) if not is_group else os.killpg(child.pid, number)
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE_SECONDS)
    if is_group:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    for pid in _left_by(scratch):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _left_by(scratch: Path) -> Iterator[int]:
    """Processes in groups of their own are known by the temporary folder they were given; Linux alone can be asked."""
    mark = f"={scratch}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (process / "environ").read_bytes():
                yield int(process.name)


@contextmanager
def _scratch() -> Iterator[Path]:
    """A temporary folder of the command's own, gone with it."""
    folder = Path(tempfile.mkdtemp(prefix="ifs-shipstation-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Stops:
    """The first of the signals that stop a verb, as `Stopped` where it is heeded. What is begun before that has to be
    known to whoever ends it, and what is cleaned up is not interrupted: there a signal is kept.
    """

    def __init__(self) -> None:
        self._came = 0
        self._is_heeded = False

    def __call__(self, number: int, _: FrameType | None) -> None:
        self._came = self._came or number
        self._stop()

    def __enter__(self) -> None:
        self._is_heeded = True
        self._stop()

    def __exit__(self, *_: object) -> None:
        self._is_heeded = False

    def _stop(self) -> None:
        if self._came and self._is_heeded:
            self._is_heeded = False
            raise Stopped(self._came)


@contextmanager
def _stops() -> Iterator[_Stops]:
    stops = _Stops()
    before = {each: signal.signal(each, stops) for each in STOPS}
    try:
        yield stops
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _terminal_kept() -> Iterator[None]:
    """A question for a secret switches the echo off; whoever is stopped there does not switch it on again."""
    before = termios.tcgetattr(0) if os.isatty(0) else None
    try:
        yield
    finally:
        if before is not None:
            with suppress(termios.error):
                termios.tcsetattr(0, termios.TCSADRAIN, before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--ask", action="store_true")
    parser.add_argument("--until", default="", metavar="WORDS")
    parser.add_argument("text")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    arguments = parser.parse_args()
    screen = Screen(arguments.text, until=arguments.until.encode())
    try:
        screen.line(arguments.text)
        status, output = run(arguments.command, screen, is_quiet=arguments.quiet, asks=arguments.ask)
        if status and arguments.quiet:
            screen.show(output.encode())
    except Stopped as stopped:
        return stopped.told()
    except OSError as error:
        sys.stderr.write(f"{arguments.text} could not begin: {error}\n")
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
