"""The error tree: what to do about a fault, decided once at the edge that saw it."""

from __future__ import annotations

from functions.model.outcomes import Reason


class ConnectorError(Exception):
    """`text` says what, which id, what next; never a body, a token, a name or an address."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(f"{reason}: {text}")
        self.reason = reason


class Retryable(ConnectorError):
    """Passing; `retry_after_seconds` is the vendor's wish where it stated one."""

    def __init__(self, reason: Reason, text: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason, text)
        self.retry_after_seconds = retry_after_seconds


class OutcomeUnknown(Retryable):
    """A write was sent and its answer lost: read the record before anything else."""


class Permanent(ConnectorError):
    """Repeating it cannot help; a person has to act."""
