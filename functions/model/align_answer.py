"""What a person is told of reference data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import RootModel

from functions.model.alignment import Kind, Side
from functions.model.answer import UNSAID, Answer, Refusal
from functions.model.frozen import Frozen
from functions.model.outcomes import Outcome, Reason


class Why(Frozen):
    reason: Annotated[Reason | None, UNSAID] = None
    means: Annotated[str | None, UNSAID] = None


class ChangedField(Frozen):
    on: Side
    before: str | None
    after: str | None


class ProposedRecord(Why):
    """`changes` and `asked` are by field."""

    record: str
    other: str
    kind: Kind
    changes: Annotated[Mapping[str, ChangedField] | None, UNSAID] = None
    asked: Annotated[Mapping[str, Why] | None, UNSAID] = None
    field: Annotated[str | None, UNSAID] = None
    choices: Annotated[tuple[str, ...] | None, UNSAID] = None


class EndedRecord(Why):
    record: str
    other: str
    outcome: Outcome | None
    field: str


class AlignProposed(Answer):
    """`plan` carries out exactly this. `error` where the one that was asked for is not this one any more. `proposals`
    are those that do not agree, `not_shown` more of them.
    """

    error: Annotated[str | None, UNSAID] = None
    reason: Annotated[Reason | None, UNSAID] = None
    records: int
    would_create: int
    would_change: int
    asked: int
    proposals: tuple[ProposedRecord, ...]
    not_shown: int
    plan: str
    next: str


class AlignDone(Answer):
    """`error` says why the rest was left."""

    records: int
    ask_for_a_person: int
    ended: tuple[EndedRecord, ...]
    error: Annotated[str | None, UNSAID] = None
    reason: Annotated[Reason | None, UNSAID] = None


class AlignRests(Answer):
    """Nothing was looked at."""

    records: int
    next: str


class AlignAnswer(RootModel[AlignProposed | AlignDone | AlignRests | Refusal]):
    """One of them."""
