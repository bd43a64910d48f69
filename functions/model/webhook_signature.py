"""What a webhook's signature says. In a module of its own: the webhook starts without pydantic."""

from __future__ import annotations

from enum import StrEnum


class Signature(StrEnum):
    """The value stands in the log where a webhook is turned away for it."""

    VALID = "signed"
    MISSING = "signature_missing"  # no header of one
    INCOMPLETE = "signature_incomplete"
    TIME_UNREADABLE = "signature_time_unreadable"
    TOO_OLD = "signature_too_old"
    KEY_UNKNOWN = "signature_key_unknown"
    WRONG = "signature_wrong"
