"""SQS in memory: visibility, redelivery, dead letters, entries that fail alone; FIFO groups and deduplication."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.ledger.queues import Entry

DEDUPLICATION = timedelta(minutes=5)
LARGEST_BATCH = 10
LARGEST_BATCH_BYTES = 1024 * 1024
LONGEST_DELAY = 900
RECEIVES = 5
ARN = "arn:aws:sqs:us-east-1:000000000000:"
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
UNACCEPTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatchRequestEntry.html
FIFO_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
Step = Callable[[str], None]


class SendRefusedError(Exception):
    """SQS answers BatchRequestTooLong, EmptyBatchRequest, TooManyEntriesInBatchRequest, MissingParameter,
    InvalidParameterValue or InvalidMessageContents.
    """


def _nothing(_: str) -> None: ...


def _never() -> bool:
    return False


def _is_fifo_id(text: str | None) -> bool:
    return text is None or FIFO_ID.fullmatch(text) is not None


def _refusal(entry: Entry, *, fifo: bool) -> str | None:
    """No queue of ours takes the id from the content."""
    if not entry.body:
        return "MissingParameter"
    if (entry.group is None) == fifo:
        return "MessageGroupId"
    if (entry.deduplication_id is None) == fifo:
        return "InvalidParameterValue"
    if not (_is_fifo_id(entry.group) and _is_fifo_id(entry.deduplication_id)):
        return "InvalidParameterValue"
    if not 0 <= entry.delay_seconds <= (0 if fifo else LONGEST_DELAY):
        return "InvalidParameterValue"
    return "InvalidMessageContents" if UNACCEPTABLE.search(entry.body) else None


@dataclass
class Message:
    """`source_arn` is the queue that a dead letter comes from."""

    message_id: str
    body: str
    group: str | None
    source_arn: str | None = None
    receives: int = 0
    hidden_until: datetime | None = None


@dataclass(frozen=True)
class Received:
    """A message as it was handed out once: `receipt` is good until it is handed out again."""

    message: Message
    receipt: int

    @property
    def message_id(self) -> str:
        return self.message.message_id

    @property
    def body(self) -> str:
        return self.message.body


class MemoryQueue:
    """`on_send` is told of every stored message, `on_buried` of every one that died; `step` is called around each send;
    `refuses` is asked about each entry of a batch, which then fails alone; `bodies` keeps all that was ever stored.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        name: str = "queue",
        fifo: bool = False,
        visibility: timedelta = timedelta(seconds=30),
        dead: MemoryQueue | None = None,
        max_receives: int = RECEIVES,
        step: Step = _nothing,
        refuses: Callable[[], bool] = _never,
    ) -> None:
        self._now, self._fifo, self._visibility = now, fifo, visibility
        self._dead, self._max_receives, self._step, self._refuses = dead, max_receives, step, refuses
        self._seen: dict[tuple[str | None, str], datetime] = {}
        self._numbers = itertools.count(1)
        self.name = name
        self.arn = f"{ARN}{name}"
        self.messages: dict[str, Message] = {}
        self.bodies: list[str] = []
        self.on_send: Callable[[], None] = lambda: None
        self.on_buried: Callable[[], None] = lambda: None

    def send_batch(self, entries: Sequence[Entry]) -> list[int]:
        self._step("send")
        self._check(entries)
        refused = [number for number, entry in enumerate(entries) if not self._taken(entry)]
        self._step("send done")
        return refused

    def _check(self, entries: Sequence[Entry]) -> None:
        if not entries:
            raise SendRefusedError("EmptyBatchRequest")
        if len(entries) > LARGEST_BATCH or sum(len(entry.body.encode()) for entry in entries) > LARGEST_BATCH_BYTES:
            raise SendRefusedError("too many or too long")
        for entry in entries:
            if refusal := _refusal(entry, fifo=self._fifo):
                raise SendRefusedError(refusal)

    def _taken(self, entry: Entry) -> bool:
        if self._refuses():
            return False
        if entry.deduplication_id is not None:
            key = (entry.group, entry.deduplication_id)
            if key in self._seen and self._now() - self._seen[key] < DEDUPLICATION:
                return True
            self._seen[key] = self._now()
        self.add(entry.body, entry.group, entry.delay_seconds)
        return True

    def add(self, body: str, group: str | None = None, delay_seconds: int = 0) -> None:
        hidden_until = self._now() + timedelta(seconds=delay_seconds) if delay_seconds else None
        self.store(Message(f"{self.name}-{next(self._numbers)}", body, group, hidden_until=hidden_until))

    def store(self, message: Message) -> None:
        self.bodies.append(message.body)
        self.messages[message.message_id] = message
        self.on_send()

    def receive(self, limit: int) -> list[Received]:
        """Up to `limit` visible messages, each hidden from now on; of a FIFO group nothing while one is in flight."""
        now, taken, blocked = self._now(), list[Received](), set(self._blocked())
        for message in list(self.messages.values()):
            if len(taken) == limit:
                break
            if message.group in blocked or (message.hidden_until and message.hidden_until > now):
                continue
            if self._buried(message):
                continue
            message.receives += 1
            message.hidden_until = now + self._visibility
            taken.append(Received(message, message.receives))
        return taken

    def _blocked(self) -> dict[str | None, datetime]:
        """The FIFO groups of which something is in flight, and until when."""
        blocked: dict[str | None, datetime] = {}
        for message in self.messages.values():
            if self._fifo and message.hidden_until and message.hidden_until > self._now():
                blocked[message.group] = max(message.hidden_until, blocked.get(message.group, message.hidden_until))
        return blocked

    def _buried(self, message: Message) -> bool:
        if self._dead is None or message.receives < self._max_receives:
            return False
        del self.messages[message.message_id]
        self.on_buried()
        self._dead.store(Message(message.message_id, message.body, message.group, source_arn=self.arn))
        return True

    def delete(self, received: Received) -> None:
        """Whoever was handed the message before somebody else was can no longer delete it."""
        if received.receipt == received.message.receives:
            self.messages.pop(received.message_id, None)

    def show(self, received: Received) -> None:
        """Visible again at once."""
        if received.receipt == received.message.receives:
            received.message.hidden_until = None

    def next_visible_at(self) -> datetime | None:
        """When a message can be handed out next: now if one is visible and its group is free."""
        blocked = self._blocked()
        times = [blocked.get(m.group) or m.hidden_until or self._now() for m in self.messages.values()]
        return min(times, default=None)
