"""Brings back orders whose messages died of a passing fault, a few times; then a person is shown what they said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from functions.errors import Retryable
from functions.model.dead_letters import Returns
from functions.model.messages import DeliverOrder
from functions.model.outcomes import Reason
from functions.model.parked import Parked
from functions.model.shipment import ConnectionName, OrderKey

ROUNDS = 3  # of one order within WINDOW
WINDOW = timedelta(days=7)
ROUND = timedelta(minutes=15)  # letters that died together; to die again takes five receives, more than an hour
RACES = 10  # lost to other runs one after the other
LARGEST_BODY_BYTES = 300_000  # DynamoDB refuses items over 400 KB


class Memory(Protocol):
    def load(self, order: OrderKey) -> Returns:
        """Without rounds where nothing ever came back."""

    def save(self, returns: Returns) -> bool:
        """False when somebody else was faster."""


class WorkQueue(Protocol):
    def send(self, work: Iterable[DeliverOrder]) -> None:
        """All or Retryable; what was sent before a fault may arrive twice."""


class ParkingLot(Protocol):
    def park(self, parked: Parked) -> None:
        """Kept once per subject."""


@dataclass(frozen=True)
class DeadLetters:
    """`queue` is the shipments queue of the letters' connection. Every method raises ConnectorError and may then be
    called again: nothing is lost, and nothing is counted twice within a round.
    """

    memory: Memory
    queue: WorkQueue
    parking: ParkingLot
    now: Callable[[], datetime]

    def bring_back(self, message_id: str, work: DeliverOrder) -> bool:
        """The same work is sent again, noted first; False where the order had its rounds and the letter is parked."""
        if not self._is_noted(work.order):
            self.parking.park(_parked(message_id, work, self.now()))
            return False
        # The queue remembers for five minutes what it took: only a fresh id gets through.
        self.queue.send([work.tried_again(f"return-{message_id}")])
        return True

    def put_aside(self, connection: ConnectionName, message_id: str, body: str) -> None:
        """What nobody can read may hold anything: only its hash is kept."""
        digest = hashlib.sha256(body.encode(errors="replace")).hexdigest()
        subject, detail = f"message {message_id}", f"{len(body)} characters, SHA-256 {digest}"
        self.parking.park(
            Parked(
                connection=connection, subject=subject, reason=Reason.UNREADABLE_MESSAGE, detail=detail, at=self.now()
            )
        )

    def _is_noted(self, order: OrderKey) -> bool:
        for _ in range(RACES):
            seen, now = self.memory.load(order), self.now()
            recent = tuple(at for at in seen.rounds if now - at < WINDOW)
            # Letters of one order that died together are one round.
            if recent and now - recent[-1] < ROUND:
                return True
            if len(recent) >= ROUNDS:
                return False
            if self.memory.save(seen.noted((*recent, now))):
                return True
        raise Retryable(Reason.LEDGER_UNAVAILABLE, f"the returns of order {order.digest[:16]} changed under every try")


def _parked(message_id: str, work: DeliverOrder, now: datetime) -> Parked:
    """The same reading of a shipment, or the same order's look, is parked once however often it dies."""
    body = work.model_dump_json(exclude_none=True)
    identity = work.tried_again("").deduplication_id
    about = f"shipment {work.shipment.key}" if work.shipment else "a look"
    return Parked(
        connection=work.order.connection,
        subject=f"dead letter {identity}",
        reason=Reason.DEAD_LETTER,
        detail=f"{about} of order {work.order.reference.lstrip(chr(0))}, message {message_id}",
        body=body if len(body.encode()) <= LARGEST_BODY_BYTES else "",
        at=now,
    )
