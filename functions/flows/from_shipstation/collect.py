"""One run of the poll: answers webhooks, or looks at every stream; under a lease, with a circuit for a key that is
refused and for a ShipStation that answers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from functions.connections.connection import ON_ITS_WAY
from functions.errors import ConnectorError, Retryable
from functions.flows.from_shipstation import sweep
from functions.flows.from_shipstation.held_position import HeldPosition
from functions.flows.from_shipstation.intake import Intake
from functions.flows.from_shipstation.live_streams import OF_ONE_STREAM, Jobs, Report, Source, Walker
from functions.flows.from_shipstation.pace import (
    FEW_SECONDS,
    LOOKS_APART,
    PROBES_APART,
    is_due,
    is_period_over,
    is_probe_due,
    next_answer,
    pause,
    seconds_to_wait,
    unanswered,
)
from functions.model.audit import Cause
from functions.model.cursors import ReadingPosition, Stream
from functions.model.jobs import Lane
from functions.model.messages import Pointer
from functions.model.outcomes import Reason
from functions.model.shipment import ConnectionName

RUN = timedelta(minutes=2)  # then the position is saved and the next run goes on
LEASE = RUN + timedelta(minutes=1)  # outlives any run, so that only a dead holder loses it
POINTERS_ONE_BY_ONE = 2  # more of one kind are answered by one look at the window

# What a webhook's pointer is about; anything else means: look at everything a webhook can announce.
WEBHOOK_STREAMS = {
    "shipments_batch": (Stream.LABELS_CREATED,),
    "fulfilment": (Stream.FULFILMENTS,),
    "orders_import": (Stream.ORDERS,),
    "order": (Stream.ORDERS,),
    "label": (),  # `labels_on_the_way`
    "anything": (Stream.ORDERS, Stream.LABELS_CREATED, Stream.FULFILMENTS),
    "go_on": (),
}


class Positions(Protocol):
    """The reading position and its lease."""

    def acquire(
        self, connection: ConnectionName, holder: str, *, now: datetime, until: datetime
    ) -> ReadingPosition | None:
        """The position with a new fence, or None while somebody else holds the lease."""

    def save(self, position: ReadingPosition) -> bool:
        """False when a newer holder has taken over: stop, nothing was stored."""

    def peek(self, connection: ConnectionName) -> ReadingPosition:
        """The position as it stands, without the lease."""

    def note_webhook(self, connection: ConnectionName, stream: Stream, at: datetime) -> None:
        """Note that a webhook came while another holder walks."""

    def last_webhook_at(self, connection: ConnectionName) -> dict[Stream, datetime]:
        """When a webhook last came for which stream."""


@dataclass(frozen=True)
class Collection:
    """What a run works with. `sleep` takes seconds."""

    intake: Intake
    source: Source
    positions: Positions
    jobs: Jobs
    sleep: Callable[[float], None]
    holder: str


def collect(collection: Collection, webhooks: Sequence[Pointer], correlation_id: str) -> Report:
    """A fault raises once everything that it does not concern was read and the position is saved; a refused key does
    not raise, it opens the circuit. Who would have to wait for more than a few seconds says when another run goes on.
    """
    intake = collection.intake
    started, name = intake.now(), intake.connection.name
    # The same webhook may come twice.
    pointers = list(dict.fromkeys(webhooks))
    wait = _wait(collection, pointers, started)
    position = None
    # A run that cannot ask anything must not hold the lease that another could use.
    if wait is None:
        position = collection.positions.acquire(name, collection.holder, now=started, until=started + LEASE)
    if position is None:
        # Noted for whoever holds it, or comes next.
        for stream in _streams(pointers):
            collection.positions.note_webhook(name, stream, started)
        return Report(held=wait is None, goes_on_in=wait)
    cause = Cause(kind="webhook" if webhooks else "poll", correlation_id=correlation_id)
    run = _Run(collection, position, cause, started)
    try:
        run.go(pointers)
    except ConnectorError as fault:
        if (wait := seconds_to_wait(fault)) is not None:
            # A Lambda that sleeps costs as much as one that works.
            run.hand_over(wait)
        elif fault.reason is Reason.SHIPSTATION_CREDENTIALS:
            run.open_circuit()
        else:
            raise
    finally:
        # However it ended: the position of what was read must not be lost with it.
        run.release()
    return run.report


def _wait(collection: Collection, pointers: Sequence[Pointer], now: datetime) -> float | None:
    """Seconds until a run can do anything; None for those that are few."""
    try:
        collection.source.check_budget()
    except Retryable as fault:
        if seconds_to_wait(fault) is None:
            raise
        return seconds_to_wait(fault)
    wait = pause(collection.positions.peek(collection.intake.connection.name), now) if _streams(pointers) else 0
    return wait if wait > FEW_SECONDS else None


def _streams(pointers: Sequence[Pointer]) -> list[Stream]:
    # In the order of the streams, whatever the order of the webhooks.
    wanted = {stream for pointer in pointers for stream in WEBHOOK_STREAMS[pointer.kind]}
    return [stream for stream in Stream if stream in wanted]


class _Run:
    def __init__(self, collection: Collection, position: ReadingPosition, cause: Cause, started: datetime) -> None:
        self._with, self._started = collection, started
        self._now, self._connection = collection.intake.now, collection.intake.connection
        self._position = HeldPosition(position, collection.positions.save)
        self.report = Report()
        self._faults: list[ConnectorError] = []
        self._is_answered = False
        self._unanswered: set[Stream] = set()
        self._looked_at: set[Stream] = set()
        self._looking_at: Stream | None = None
        self._walker = Walker(
            collection.intake,
            collection.source,
            collection.jobs,
            self._position,
            cause,
            self.report,
            self._has_time,
            self._is_wanted,
        )

    def go(self, pointers: Sequence[Pointer]) -> None:
        next_probe_at = self._position.value.next_probe_at
        if next_probe_at is not None and not is_probe_due(next_probe_at, self._started):
            self.report.silent = self._position.value.refused_at is None
            self.report.refused = not self.report.silent
            return
        # One request finds out what a walk would find out with many.
        if self._position.value.silent_at is None or self._try(self._probe):
            self._read(pointers)
        if self._is_silent and not self._shows_another_list():
            self._fall_silent()
        if self._faults:
            raise self._faults[0]

    def _read(self, pointers: Sequence[Pointer]) -> None:
        if pointers:
            self._answer(pointers)
        else:
            self._look_at_everything()
        self._answer_pending_webhooks()
        # Without a wait: what is left is due already.
        if self._is_over and (self._unanswered or self._position.value.streams_left):
            self.report.goes_on_in = 0

    def open_circuit(self) -> None:
        """One probe a minute from now on; the first that is answered closes it. Then every stream is due."""
        now = self._now()
        self.report.refused = True
        self._position.note(self._position.value.leaving(list(Stream)).refused(now, now + PROBES_APART))

    def hand_over(self, seconds: float) -> None:
        """Another run goes on where this one would have to wait."""
        self.report.goes_on_in = seconds
        if self._looking_at is not None:
            self._unanswered.add(self._looking_at)

    def _fall_silent(self) -> None:
        """As for a refused key: one request a tick, whoever asks for more. Then every stream is due."""
        now = self._now()
        self.report.silent = True
        # The list that was asked goes to the end, so that the next probe asks another one.
        probed, *others = dict.fromkeys((*self._position.value.streams_left, *Stream))
        self._position.note(self._position.value.leaving([*others, probed]).silent(now, now + PROBES_APART))

    def _probe(self) -> None:
        """Another list each time: one that fails for good keeps none of the others from being read."""
        self._with.source.probe(next(iter(self._position.value.streams_left or Stream)), "poll")
        self._position.note(self._position.value.accepted().leaving(list(Stream)))

    @property
    def _is_silent(self) -> bool:
        """Whatever was asked failed."""
        return bool(self._faults) and not self._is_answered and not self.report.pages

    def _shows_another_list(self) -> bool:
        """One list that fails and a webhook about it are no silence. Once silent, the probe has said it."""
        others = [stream for stream in Stream if stream not in self._looked_at]
        if self._position.value.silent_at is not None or not others:
            return False
        return self._try(partial(self._with.source.probe, others[0], "poll"))

    def _try(self, step: Callable[[], object]) -> bool:
        """A fault that need not concern the rest is raised when the rest is done."""
        try:
            step()
        except ConnectorError as fault:
            if fault.reason not in OF_ONE_STREAM:
                raise
            self._faults.append(fault)
            return False
        self._is_answered = True
        return True

    def release(self) -> None:
        """A webhook whose look failed, or was not come to, is not answered: its streams are due in the next run."""
        left = dict.fromkeys((*self._position.value.streams_left, *sorted(self._unanswered, key=list(Stream).index)))
        self._position.note(self._position.value.leaving(list(left)).released())
        self._position.save()

    def _answer(self, pointers: Sequence[Pointer]) -> None:
        streams = _streams(pointers)
        self._unanswered.update(streams)
        waited = bool(streams) and self._pace()
        for stream in streams:
            of_stream = [pointer for pointer in pointers if stream in WEBHOOK_STREAMS[pointer.kind]]
            is_anything = any(pointer.kind == "anything" for pointer in of_stream)
            # A look reads what the pointers name, and all that came beside it.
            is_one_look = waited or is_anything or len(of_stream) > POINTERS_ONE_BY_ONE
            if is_one_look or not self._follow_all(stream, of_stream):
                self._look("webhook", stream)
            else:
                self._unanswered.discard(stream)

    def _follow_all(self, stream: Stream, pointers: Sequence[Pointer]) -> bool:
        """One that fails keeps none of the others waiting."""
        followed = [self._follow(stream, pointer) for pointer in pointers]
        return all(followed)

    def _follow(self, stream: Stream, pointer: Pointer) -> bool:
        """False when a look has to do, because ShipStation does not show what it points at, or it is too much."""
        try:
            is_followed = self._walker.follow(stream, pointer)
        except ConnectorError as fault:
            if fault.reason not in OF_ONE_STREAM:
                raise
            return False
        self._is_answered = True
        return is_followed

    def _answer_pending_webhooks(self) -> None:
        while self._has_time():
            # A shop that ships without a pause must not keep the other streams waiting.
            is_served = self._position.value.next_probe_at is None  # a probe that failed is not repeated at once
            if is_served and is_due(self._position.value, self._connection.poll_minutes, self._now()):
                self._look_at_everything()
            elif streams := self._pending_webhooks():
                wait = pause(self._position.value, self._now())
                if wait > FEW_SECONDS:
                    self.report.goes_on_in = wait
                    break
                self._unanswered.update(streams)
                self._pace()
                for stream in streams:
                    self._look("webhook", stream)
            else:
                break

    def _pending_webhooks(self) -> list[Stream]:
        last_webhook_at = self._with.positions.last_webhook_at(self._connection.name)
        return unanswered(self._position.value, last_webhook_at, self._now())

    def _pace(self) -> bool:
        """True when it had to wait."""
        now = self._now()
        wait = pause(self._position.value, now)
        if wait:
            self._with.sleep(wait)
        due = next_answer(self._position.value, now)
        self._position.note(self._position.value.paced_until(due + LOOKS_APART))
        return wait > 0

    def _look(self, lane: Lane, stream: Stream) -> None:
        self._looked_at.add(stream)
        self._looking_at = stream
        self._with.source.check_budget()
        began = self._now()
        self._position.note(self._position.value.answering(stream, began))
        # The walker says of this stream alone whether it came to its end.
        is_whole, self.report.complete = self.report.complete, True
        is_read = self._try(partial(self._walk, lane, stream))
        if is_read:
            self._unanswered.discard(stream)
        if not self.report.complete:
            self._unanswered.add(stream)
        elif is_read:
            self._position.note(self._position.value.read_whole(stream, began))
        self.report.complete = self.report.complete and is_whole
        self._looking_at = None

    def _walk(self, lane: Lane, stream: Stream) -> None:
        if self._is_silent:  # a walk that fails costs many requests
            self._with.source.probe(stream, lane)
        self._walker.walk(stream, lane)

    def _look_at_everything(self) -> None:
        """What time or the budget does not suffice for comes first in the next run, however this one ends. One stream
        that fails keeps no other waiting.
        """
        streams_left = self._due_streams()
        while streams_left and self._has_time():
            stream = streams_left.pop(0)
            self._position.note(self._position.value.leaving(streams_left))
            self._position.keep()
            self._look("poll", stream)
        self._sweep()

    def _due_streams(self) -> list[Stream]:
        """What is left alone, until all are due again: a stream that is left run by run starves no other."""
        position, now = self._position.value, self._now()
        if position.streams_left and not is_period_over(position, self._connection.poll_minutes, now):
            return list(position.streams_left)
        due = list(dict.fromkeys((*position.streams_left, *Stream)))
        self._position.note(position.polling(now).leaving(due))
        return due

    def _sweep(self) -> None:
        tracks = sweep.MORE_TRACKS if self._connection.writes(*ON_ITS_WAY) else sweep.TRACKS
        # Last of all: what is swept was read once already.
        cursors = sweep.begun(self._position.value.cursors, tracks, self._started)
        self._position.note(self._position.value.with_cursors(cursors))
        due = list(sweep.due(cursors, tracks, self._connection.go_live_at, self._started))
        # What a backlog still has to read for the first time is not read again meanwhile.
        if due and self._is_catching_up():
            return
        for track, span in due:
            if self._has_time() and not self._is_silent and not self._is_wanted():
                self._try(partial(self._walker.sweep, track, span))

    def _is_catching_up(self) -> bool:
        """A backlog whose runs come no further, for a day at most, has nothing swept later."""
        jobs = self._with.jobs.all(self._connection.name)
        return any(job.kind == "backlog" and job.ended_at is None and not job.in_vain for job in jobs)

    def _is_wanted(self) -> bool:
        """Whether a webhook came meanwhile that may be answered now. While they keep coming, they are answered once in
        a while, and there is time between for everything else.
        """
        return bool(self._pending_webhooks()) and pause(self._position.value, self._now()) <= FEW_SECONDS

    def _has_time(self) -> bool:
        return not self._position.is_lost and not self._is_over

    @property
    def _is_over(self) -> bool:
        return self._now() - self._started >= RUN
