"""The error tree: what to do about a fault, decided once at the edge that saw it.

    ConnectorError             reason, stage, status, code, scope
    ├── Retryable              passing: the same again, later
    │   └── OutcomeUnknown     a write may have happened: read the record before anything else
    └── Permanent              repeating it cannot help: a person has to act

What a fault means stands in its fields. Its text is for people; no decision reads it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from functions.model.outcomes import Reason

Stage = Literal["token", "search", "metadata", "read", "write", "action", ""]


class Scope(StrEnum):
    """Whose trouble it is. UNCLEAR tells itself by what happens to others meanwhile."""

    TENANT = "tenant"
    RECORD = "record"
    UNCLEAR = "unclear"


class ConnectorError(Exception):
    """`text` says what, which id, what next; never a body, a token, a name or an address. `status` is HTTP's, `code`
    the vendor's own or its database's constant, such as `ORA-20110 Shipment.INVOICEDNOUPD`, never a value or prose.
    """

    def __init__(
        self,
        reason: Reason,
        text: str,
        *,
        stage: Stage = "",
        status: int | None = None,
        code: str = "",
        scope: Scope = Scope.UNCLEAR,
    ) -> None:
        super().__init__(f"{reason}: {text}")
        self.reason, self.stage, self.status, self.code, self.scope = reason, stage, status, code, scope


class Retryable(ConnectorError):
    """Passing; `retry_after_seconds` is the vendor's wish where it stated one."""

    def __init__(
        self,
        reason: Reason,
        text: str,
        *,
        retry_after_seconds: float | None = None,
        stage: Stage = "",
        status: int | None = None,
        code: str = "",
        scope: Scope = Scope.UNCLEAR,
    ) -> None:
        super().__init__(reason, text, stage=stage, status=status, code=code, scope=scope)
        self.retry_after_seconds = retry_after_seconds


class OutcomeUnknown(Retryable):
    """A write was sent and its answer lost: read the record before anything else."""


class Permanent(ConnectorError):
    """Repeating it cannot help; a person has to act."""
