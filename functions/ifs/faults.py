"""What an answer of IFS means for us: by status, code and constant, never by prose, because messages are localised.

Sources: https://docs.ifs.com/techdocs/ (responses and status codes, OData provider time-outs), Oracle error numbers of
the IFS foundation (ORA-20110 application rule, ORA-20114 changed by another user, ORA-20124 mandatory or format).
"""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason

LONGEST_WAIT_SECONDS = 120
MODIFIED = re.compile(r"ORA-20114|\bFND_MODIFIED\b")
LOCKED = re.compile(r"ORA-20113|\bFND_LOCKED\b|ORA-00054")
BUSINESS = re.compile(r"ORA-20\d{3}")
CONSTANT = re.compile(r"ORA-20\d{3}: ([A-Za-z]+\.[A-Z0-9_]+)")


class Verdict(Enum):
    FINE = auto()
    MISSING = auto()
    CONFLICT = auto()
    REFRESH_TOKEN = auto()
    NOT_PROCESSED = auto()  # the request had no effect and may simply be sent again


class Answer(Frozen):
    """What came back. `body` is parsed JSON or None; `details` is all text in which codes can stand."""

    status: int
    headers: dict[str, str]
    body: Any = None
    is_json: bool = False

    @property
    def code(self) -> str:
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("code", "")) if isinstance(error, dict) else ""

    @property
    def texts(self) -> str:
        return json.dumps(self.body) if self.status >= HTTPStatus.BAD_REQUEST else ""


def verdict(answer: Answer, what: str, *, writes: bool) -> Verdict:
    """Raises Permanent, Retryable or OutcomeUnknown (writes only). `what` names the call, without values."""
    status = answer.status
    if status in {HTTPStatus.OK, HTTPStatus.CREATED} and not answer.is_json:
        raise _unknown(what, "no JSON", writes=writes)
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict.FINE
    if status == HTTPStatus.PRECONDITION_FAILED or MODIFIED.search(answer.texts):
        return Verdict.CONFLICT
    if status == HTTPStatus.UNAUTHORIZED:
        return Verdict.REFRESH_TOKEN
    if answer.code == "MI_MODIFIED_ERROR":
        return Verdict.NOT_PROCESSED
    if status == HTTPStatus.NOT_FOUND and answer.code == "ODP_RESOURCE_NOTFOUND":
        return Verdict.MISSING
    raise _fault(answer, what, writes=writes)


def _fault(answer: Answer, what: str, *, writes: bool) -> ConnectorError:
    status, label = answer.status, f"{what}: {answer.status} {answer.code}".strip()
    if LOCKED.search(answer.texts) or status == HTTPStatus.LOCKED:
        return Retryable(Reason.RECORD_LOCKED, label)
    if BUSINESS.search(answer.texts):
        constant = CONSTANT.search(answer.texts)
        return Permanent(Reason.REFUSED_BY_IFS, f"{label} {constant[1] if constant else ''}".strip())
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _passing(answer, label, writes=writes)
    return Permanent(Reason.IFS_PERMISSION if status == HTTPStatus.FORBIDDEN else Reason.IFS_CONFIGURATION, label)


def _passing(answer: Answer, label: str, *, writes: bool) -> ConnectorError:
    """A throttle was not processed; a time-out, or a proxy's page instead of IFS's answer, may have been."""
    if answer.code in {"ODP_ILLEGAL_STATE", "ODP_NOT_IMPLEMENTED"}:
        return Permanent(Reason.IFS_CONFIGURATION, label)
    throttled = answer.status == HTTPStatus.TOO_MANY_REQUESTS
    if writes and not throttled and (answer.status == HTTPStatus.GATEWAY_TIMEOUT or not answer.is_json):
        return OutcomeUnknown(Reason.IFS_UNAVAILABLE, label)
    wait = seconds(answer.headers.get("retry-after"))
    return Retryable(Reason.IFS_UNAVAILABLE, label, retry_after_seconds=wait)


def _unknown(what: str, how: str, *, writes: bool) -> Retryable:
    kind = OutcomeUnknown if writes else Retryable
    return kind(Reason.IFS_UNAVAILABLE, f"{what}: {how}")


def lost(what: str, how: str, *, writes: bool) -> Retryable:
    """The connection broke, the time ran out, or the body came incomplete."""
    return _unknown(what, how, writes=writes)


def seconds(value: str | None) -> float | None:
    """`Retry-After` in either form, clamped; None for anything else."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(min(int(value.strip()[:6]), LONGEST_WAIT_SECONDS))
    return float(LONGEST_WAIT_SECONDS) if _is_date(value) else None


def _is_date(value: str) -> bool:
    try:
        return email.utils.parsedate_to_datetime(value).astimezone(UTC) > datetime.fromtimestamp(0, UTC)
    except (ValueError, OverflowError):
        return False


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
