"""What a person is told of a connection's webhooks."""

from __future__ import annotations

from typing import Annotated

from pydantic import RootModel

from functions.model.answer import UNSAID, Answer, Refusal
from functions.model.outcomes import Reason


class Registered(Answer):
    """By event; `removed` are ids. Of a dry run `made` and `removed` are what a run would do. `next` says why nothing
    was looked at.
    """

    connection: str
    correlation_id: str
    dry_run: Annotated[bool | None, UNSAID] = None
    registered: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    next: Annotated[str | None, UNSAID] = None


class NotRegistered(Registered):
    """Why something is missing; `status` is what ShipStation answered."""

    reason: Reason
    means: str
    status: int | None


class RegisterAnswer(RootModel[Registered | NotRegistered | Refusal]):
    """One of them."""
