"""What every answer to a person has in common, and the one that says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, PlainSerializer, WithJsonSchema

from functions.model.frozen import Frozen
from functions.model.outcomes import SENTENCES, Reason

UNSAID = Field(exclude_if=lambda value: value is None)  # an answer lacks the key
SILENT = Field(exclude_if=lambda value: not value)  # likewise, where it is empty
# With its offset, as Python writes it.
Moment = Annotated[
    datetime, PlainSerializer(datetime.isoformat), WithJsonSchema({"type": "string", "format": "date-time"})
]


class Answer(Frozen):
    """A key that is `UNSAID` is left out where it says nothing; None of any other is null."""

    def told(self) -> dict[str, Any]:
        """As JSON."""
        return self.model_dump(mode="json")


class Refusal(Answer):
    """What is wrong, and what is allowed or to be done next. `connections` and `jobs` are those that there are;
    `run_id` is what the same request, which is under way, is known by.
    """

    error: str
    reason: Annotated[Reason | None, UNSAID] = None
    allowed: Annotated[Mapping[str, Any] | None, UNSAID] = None
    connections: Annotated[tuple[str, ...] | None, UNSAID] = None
    jobs: Annotated[tuple[str, ...] | None, UNSAID] = None
    run_id: Annotated[str | None, UNSAID] = None
    next: Annotated[str | Mapping[str, Any] | None, UNSAID] = None


def out_of_reach(reason: Reason, next_: str | Mapping[str, Any] = "try again later") -> dict[str, Any]:
    """A system or the ledger refused it, or did not answer."""
    return Refusal(error=SENTENCES[reason], reason=reason, next=next_).told()


def refused(error: str, allowed: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked is wrong."""
    return Refusal(error=error, allowed=allowed).told()
