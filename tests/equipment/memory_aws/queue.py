"""SQS in memory: visibility, redelivery, dead letters, and for FIFO queues groups and deduplication."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.ledger.queues import Entry

DEDUPLICATION = timedelta(minutes=5)
LARGEST_BATCH = 10
LARGEST_BATCH_BYTES = 1024 * 1024
Step = Callable[[str], None]


class SendRefusedError(Exception):
    """SQS answers BatchRequestTooLong, TooManyEntriesInBatchRequest or MissingParameter."""


def _nothing(_: str) -> None: ...


@dataclass
class Message:
    message_id: str
    body: str
    group: str | None
    receives: int = 0
    hidden_until: datetime | None = None


class MemoryQueue:
    """`on_send` is told of every stored message; `step` is called around each send; `bodies` keeps them all."""

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        fifo: bool = False,
        visibility: timedelta = timedelta(seconds=30),
        dead: MemoryQueue | None = None,
        max_receives: int = 5,
        step: Step = _nothing,
    ) -> None:
        self._now, self._fifo, self._visibility = now, fifo, visibility
        self._dead, self._max_receives, self._step = dead, max_receives, step
        self._numbers = itertools.count(1)
        self._seen: dict[tuple[str | None, str], datetime] = {}
        self.messages: dict[str, Message] = {}
        self.bodies: list[str] = []
        self.on_send: Callable[[], None] = lambda: None

    def send_batch(self, entries: Sequence[Entry]) -> list[int]:
        self._step("send")
        if len(entries) > LARGEST_BATCH or sum(len(entry.body.encode()) for entry in entries) > LARGEST_BATCH_BYTES:
            raise SendRefusedError("too many or too long")
        if any((entry.group is None) == self._fifo for entry in entries):
            raise SendRefusedError("MessageGroupId")
        for entry in entries:
            self._store(entry)
        self._step("send done")
        self.on_send()
        return []

    def _store(self, entry: Entry) -> None:
        if self._fifo and entry.deduplication_id is not None:
            key = (entry.group, entry.deduplication_id)
            if key in self._seen and self._now() - self._seen[key] < DEDUPLICATION:
                return
            self._seen[key] = self._now()
        self.add(entry.body, entry.group)

    def add(self, body: str, group: str | None = None) -> None:
        number = str(next(self._numbers))
        self.bodies.append(body)
        self.messages[number] = Message(number, body, group)

    def receive(self, limit: int) -> list[Message]:
        """Up to `limit` visible messages, each hidden from now on; of a FIFO group nothing while one is in flight."""
        now, taken = self._now(), list[Message]()
        blocked = {m.group for m in self.messages.values() if self._fifo and m.hidden_until and m.hidden_until > now}
        for message in list(self.messages.values()):
            if len(taken) == limit:
                break
            if message.group in blocked or (message.hidden_until and message.hidden_until > now):
                continue
            if self._buried(message):
                continue
            message.receives += 1
            message.hidden_until = now + self._visibility
            taken.append(message)
        return taken

    def _buried(self, message: Message) -> bool:
        if self._dead is None or message.receives < self._max_receives:
            return False
        del self.messages[message.message_id]
        self._dead.add(message.body, message.group)
        return True

    def delete(self, message: Message) -> None:
        self.messages.pop(message.message_id, None)

    def show(self, message: Message) -> None:
        """Visible again at once."""
        message.hidden_until = None

    def next_visible_at(self) -> datetime | None:
        """When a hidden message comes back, or now if one is visible."""
        times = [message.hidden_until or self._now() for message in self.messages.values()]
        return min(times, default=None)
