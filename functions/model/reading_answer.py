"""What a person is told of the reading of ShipStation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import RootModel

from functions.model.answer import UNSAID, Answer, Moment, Refusal
from functions.model.cursors import Span, Stream
from functions.model.frozen import Frozen
from functions.model.jobs import JobStatus
from functions.model.outcomes import Reason


class JobShown(Answer):
    """Its keys are those of `Progress`."""

    job_id: str
    kind: str
    state: JobStatus
    window: Span
    by: Annotated[str | None, UNSAID] = None
    note: Annotated[str | None, UNSAID] = None
    pages: int
    rows: int
    new_shipments: int
    percent: float
    minutes_left: Annotated[float | None, UNSAID] = None
    next: Annotated[str | None, UNSAID] = None


class BackfillShown(Answer):
    """What a window costs; `job_id` where it was begun. `minutes` at the connection's request rate."""

    window: Span
    records: Mapping[Stream, int]
    pages: int
    minutes: float
    job_id: Annotated[str | None, UNSAID] = None
    next: str


class ReadStream(Frozen):
    read_up_to: Moment
    settled_up_to: Moment


class ParkedSubject(Frozen):
    subject: str
    reason: Reason
    means: str
    detail: str


class ReadingShown(Answer):
    """How far every stream was read, what is read beside it, and what needs a person; `not_configured` says which
    secret lacks what.
    """

    connection: str
    mode: str
    last_poll_at: Moment | None
    refused_since: Moment | None
    not_configured: str | None
    silent_since: Moment | None
    streams: Mapping[str, ReadStream]
    jobs: tuple[JobShown, ...]
    parked: tuple[ParkedSubject, ...]
    parked_not_shown: int


class ReadingAnswer(RootModel[ReadingShown | BackfillShown | JobShown | Refusal]):
    """One of them."""
