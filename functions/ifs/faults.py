"""What an answer of IFS means for us: by status, code and constant, never by prose, because messages are localised.

Sources: https://docs.ifs.com/techdocs/ (responses and status codes, OData provider time-outs), Oracle error numbers of
the IFS foundation (ORA-20110 application rule, 20111 no such reference, 20112 exists already, 20113 locked, 20114
changed by another user, 20115 removed, 20124 mandatory or format).
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
EXISTS = re.compile(r"ORA-20112|\bFND_RECORD_EXIST\b")
REMOVED = re.compile(r"ORA-20115|\bFND_RECORD_REMOVED\b")
UNKNOWN = re.compile(r"ORA-20111|\bFND_RECORD_NOT_EXIST\b")
FORMAT = re.compile(r"ORA-20124|INVALID_VALUE_FOR_PROPERTY")
BUSINESS = re.compile(r"ORA-20\d{3}")
CONSTANT = re.compile(r"ORA-20\d{3}: ([A-Za-z]+\.[A-Z0-9_]+)")


class Verdict(Enum):
    FINE = auto()
    MISSING = auto()
    CONFLICT = auto()
    REFRESH_TOKEN = auto()
    NOT_PROCESSED = auto()  # the request had no effect and may simply be sent again
    WARNING = auto()  # the request had no effect and is to be confirmed


class Answer(Frozen):
    """What came back. `body` is parsed JSON or None, `document` what came as XML; `texts` is where codes can stand."""

    status: int
    headers: dict[str, str]
    body: Any = None
    is_json: bool = False
    document: bytes = b""

    @property
    def code(self) -> str:
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("code", "")) if isinstance(error, dict) else ""

    @property
    def texts(self) -> str:
        return json.dumps(self.body) if self.status >= HTTPStatus.BAD_REQUEST else ""


def verdict(answer: Answer, what: str, method: str, *, confirms: bool = False) -> Verdict:  # one line a verdict
    """Raises Permanent, Retryable or OutcomeUnknown (writes only). `what` names the call, without values; `confirms`: a
    warning may be confirmed.
    """
    status, writes = answer.status, method != "GET"
    if status in {HTTPStatus.OK, HTTPStatus.CREATED} and not answer.is_json and not answer.document:
        raise _unknown(what, "no JSON", writes=writes)
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict.FINE
    if _is_conflict(answer, method):
        return Verdict.CONFLICT
    if status == HTTPStatus.UNAUTHORIZED:
        return Verdict.REFRESH_TOKEN
    if answer.code == "MI_MODIFIED_ERROR":
        return Verdict.NOT_PROCESSED
    if confirms and answer.code == "WARNING":
        return Verdict.WARNING
    if status == HTTPStatus.NOT_FOUND and answer.code == "ODP_RESOURCE_NOTFOUND":
        return Verdict.MISSING
    raise _fault(answer, what, writes=writes)


def _is_conflict(answer: Answer, method: str) -> bool:
    """Somebody changed the record, or made the one that we wanted to make."""
    is_taken = method == "POST" and (EXISTS.search(answer.texts) or answer.status == HTTPStatus.CONFLICT)
    return answer.status == HTTPStatus.PRECONDITION_FAILED or bool(is_taken or MODIFIED.search(answer.texts))


def _fault(answer: Answer, what: str, *, writes: bool) -> ConnectorError:
    status, label = answer.status, f"{what}: {answer.status} {answer.code}".strip()
    constant = CONSTANT.search(answer.texts)
    told = f"{label} {constant[1] if constant else ''}".strip()
    if LOCKED.search(answer.texts) or status == HTTPStatus.LOCKED:
        return Retryable(Reason.RECORD_LOCKED, label)
    if REMOVED.search(answer.texts):
        return Retryable(Reason.NOT_IN_IFS_YET, told)
    for pattern, reason in REFUSALS:
        if pattern.search(answer.texts):
            return Permanent(reason, told)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _passing(answer, label, writes=writes)
    is_grant = status == HTTPStatus.FORBIDDEN and answer.code != "CSRF_ERROR"
    return Permanent(Reason.IFS_PERMISSION if is_grant else Reason.IFS_CONFIGURATION, label)


# In this order: the special numbers come before the family.
REFUSALS = (
    (UNKNOWN, Reason.UNKNOWN_IN_IFS),
    (FORMAT, Reason.VALUE_REFUSED),
    (BUSINESS, Reason.REFUSED_BY_IFS),
)


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
