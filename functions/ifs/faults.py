"""What an answer means for us: by who spoke, status, code and constant, never by prose, because messages are localised.

Only an answer with IFS's envelope is IFS's own. Anything else comes from what stands in front of it (ingress, proxy,
login page, a pod that starts) and passes, for reads and writes alike.

Sources: https://docs.ifs.com/techdocs/ (responses and status codes, OData provider time-outs), Oracle error numbers of
the IFS foundation (ORA-20110 application rule, 20111 no such reference, 20112 exists already, 20113 locked, 20114
changed by another user, 20115 removed, 20124 mandatory or format).
"""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from http import HTTPStatus
from typing import Any

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope, Stage
from functions.model.frozen import Frozen
from functions.model.outcomes import Reason
from functions.model.tenant import LONGEST_WAIT

LONGEST_WAIT_SECONDS = LONGEST_WAIT.total_seconds()
REBUILDING = "MI_MODIFIED_ERROR"
TIMED_OUT = "ReadTimeout"
MODIFIED = re.compile(r"ORA-20114|\bFND_MODIFIED\b")
LOCKED = re.compile(r"ORA-20113|\bFND_LOCKED\b|ORA-00054")
EXISTS = re.compile(r"ORA-20112|\bFND_RECORD_EXIST\b")
REMOVED = re.compile(r"ORA-20115|\bFND_RECORD_REMOVED\b")
UNKNOWN = re.compile(r"ORA-20111|\bFND_RECORD_NOT_EXIST\b")
FORMAT = re.compile(r"ORA-20124|INVALID_VALUE_FOR_PROPERTY")
BUSINESS = re.compile(r"ORA-20\d{3}")
NUMBER = re.compile(r"ORA-\d{5}")
CONSTANT = re.compile(r"(ORA-\d{5}): ([A-Za-z]\w{0,40}\.[A-Z0-9_]{1,60}):")
CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")

# In this order: a lock or a removal may stand inside a refusal, and the special numbers come before the family.
RECORDS_OWN: tuple[tuple[re.Pattern[str], type[ConnectorError], Reason], ...] = (
    (LOCKED, Retryable, Reason.RECORD_LOCKED),
    (REMOVED, Retryable, Reason.NOT_IN_IFS_YET),
    (UNKNOWN, Permanent, Reason.UNKNOWN_IN_IFS),
    (FORMAT, Permanent, Reason.VALUE_REFUSED),
    (BUSINESS, Permanent, Reason.REFUSED_BY_IFS),
)
NOT_OFFERED = {"ODP_ILLEGAL_STATE", "ODP_NOT_IMPLEMENTED"}
# What IFS answers to a reading, to a write, and to several lists in one request.
READ, WRITTEN = {HTTPStatus.OK}, {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT}
TOGETHER = {HTTPStatus.OK, HTTPStatus.ACCEPTED}
# Without IFS's envelope: what the request itself may have brought about, by its size or by the time it takes.
ABOUT_THE_REQUEST = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.REQUEST_URI_TOO_LONG,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.GATEWAY_TIMEOUT,
}


@dataclass(frozen=True)
class Call:
    """A request as faults name it: `what` is an entity set, never a value."""

    method: str
    what: str
    stage: Stage

    def __str__(self) -> str:
        return f"{self.method} {self.what}"

    @property
    def writes(self) -> bool:
        """A list is read, also where its request is a POST."""
        return self.method != "GET" and not self.is_together

    @property
    def is_together(self) -> bool:
        """Several lists in one request."""
        return self.method == "POST" and self.stage == "search"

    @property
    def served_with(self) -> set[HTTPStatus]:
        """The statuses of an answer that is neither refusal nor fault."""
        return WRITTEN if self.writes else TOGETHER if self.is_together else READ

    @property
    def makes_a_record(self) -> bool:
        return self.method == "POST" and self.stage == "write"

    def scope(self, told: Scope) -> Scope:
        """The metadata is the tenant's, whatever keeps it from being read."""
        return Scope.TENANT if self.stage == "metadata" else told


class AnswerKind(Enum):
    FINE = auto()
    MISSING = auto()
    CONFLICT = auto()
    REFRESH_TOKEN = auto()
    NOT_PROCESSED = auto()  # the request had no effect and may simply be sent again
    WARNING = auto()  # the request had no effect and is to be confirmed


class Answer(Frozen):
    """What came back. `body` is parsed JSON or None, `document` what came as XML or in parts; `retry_after_seconds`
    what the server asked for.
    """

    status: int
    headers: dict[str, str]
    body: Any = None
    is_json: bool = False
    document: bytes = b""
    retry_after_seconds: float | None = None

    @property
    def is_ifs(self) -> bool:
        return bool(self.code)

    @property
    def code(self) -> str:
        """Of IFS's envelope; empty where somebody else answered."""
        # Only IFS's envelope has one: a proxy's page, a gateway's JSON and a login form have none.
        code = self._error.get("code")
        return code if isinstance(code, str) else ""

    @property
    def is_served(self) -> bool:
        """An error within a 200 is what it says."""
        return self.status < HTTPStatus.MULTIPLE_CHOICES and not self.is_ifs

    @property
    def is_odata(self) -> bool:
        """Annotated, as what IFS tells of a record or a result always is."""
        return isinstance(self.body, dict) and any(name.startswith("@odata.") for name in self.body)

    @property
    def cause(self) -> str:
        """The database's number and constant, else the envelope's code; nothing that may be a value."""
        texts = self.texts
        if constant := CONSTANT.search(texts):
            return " ".join(constant.groups())
        if number := NUMBER.search(texts):
            return number[0]
        return self.code if CODE.fullmatch(self.code) else ""

    @property
    def texts(self) -> str:
        """Where IFS puts numbers and constants."""
        return "\n".join(self._texts()) if self.is_ifs else ""

    @property
    def _error(self) -> Mapping[str, Any]:
        error = self.body.get("error") if self.is_json and isinstance(self.body, dict) else None
        return error if isinstance(error, dict) else {}

    def _texts(self) -> Iterator[str]:
        details = self._error.get("details")
        # The database's number stands in the error itself or in one of its details, as the projection is built.
        for part in (self._error, *(details if isinstance(details, list) else ())):
            if isinstance(part, dict):
                yield from (str(part.get(name, "")) for name in ("code", "message"))


def answer_kind(answer: Answer, call: Call, *, confirms: bool = False) -> AnswerKind:  # one line a kind
    """Raises Permanent, Retryable or OutcomeUnknown (writes only). `confirms`: a warning may be confirmed."""
    if answer.is_served:
        return _fine(answer, call)
    # Before all other refusals: a conflict is nobody's mistake, and only a new reading ends it.
    if call.writes and _is_conflict(answer, call):
        return AnswerKind.CONFLICT
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return AnswerKind.REFRESH_TOKEN
    if answer.code == REBUILDING:
        return AnswerKind.NOT_PROCESSED
    if confirms and answer.code == "WARNING":
        return AnswerKind.WARNING
    if answer.status == HTTPStatus.NOT_FOUND and answer.code == "ODP_RESOURCE_NOTFOUND":
        return AnswerKind.MISSING
    raise _fault(answer, call)


def lost(call: Call, how: str, *, may_have_arrived: bool) -> Retryable:
    """The connection broke, the time ran out, or the body came incomplete; `how` is the name of what was raised. A
    request that takes too long may be the only one that does.
    """
    kind = OutcomeUnknown if call.writes and may_have_arrived else Retryable
    # A connection that breaks is the way's or the tenant's. A time-out may be this one request's.
    scope = Scope.UNCLEAR if how == TIMED_OUT else Scope.TENANT
    return kind(Reason.IFS_UNAVAILABLE, f"{call}: {how}", stage=call.stage, code=how, scope=call.scope(scope))


def comes_back(
    reason: Reason, how: str, answer: Answer, call: Call, scope: Scope, *, retry_after_seconds: float | None = None
) -> Retryable:
    """An answer of IFS's own after which the same may be asked for later."""
    return Retryable(
        reason,
        f"{call}: {how}",
        retry_after_seconds=retry_after_seconds,
        stage=call.stage,
        status=answer.status,
        code=answer.cause,
        scope=scope,
    )


def somebody_elses(answer: Answer, call: Call) -> Retryable:
    """What came is none of IFS's answers, whatever its status: nobody knows whether IFS has heard of the request."""
    return _passing(answer, call, Scope.TENANT, may_have_arrived=True)


def seconds(value: str | None, now: datetime) -> float | None:
    """`Retry-After` in either form, clamped; None for anything else."""
    if value is None:
        return None
    if value.strip().isdecimal():
        # Six digits are more than is ever waited; Python refuses to read some thousand.
        return float(min(int(value.strip()[:6]), LONGEST_WAIT_SECONDS))
    try:
        until = email.utils.parsedate_to_datetime(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, (until - now).total_seconds()), LONGEST_WAIT_SECONDS)


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _fine(answer: Answer, call: Call) -> AnswerKind:
    """A login page comes with status 200, too, and a gateway answers 202 or JSON of its own."""
    is_empty = answer.status == HTTPStatus.NO_CONTENT
    is_readable = is_empty or answer.is_json or bool(answer.document)
    is_called = call.stage != "action" or is_empty or answer.is_odata
    if answer.status not in call.served_with or not is_readable or not is_called:
        raise somebody_elses(answer, call)
    return AnswerKind.FINE


def _is_conflict(answer: Answer, call: Call) -> bool:
    """Somebody changed the record, or made the one that we wanted to make."""
    is_taken = call.makes_a_record and EXISTS.search(answer.texts)
    is_refused = answer.status in {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
    return is_refused or bool(is_taken or MODIFIED.search(answer.texts))


def _fault(answer: Answer, call: Call) -> ConnectorError:
    if not answer.is_ifs or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return _not_of_ifs(answer, call)
    for pattern, kind, reason in RECORDS_OWN:
        if pattern.search(answer.texts):
            return _told(kind, reason, answer, call, Scope.RECORD)
    if answer.status == HTTPStatus.LOCKED:
        return _told(Retryable, Reason.RECORD_LOCKED, answer, call, Scope.RECORD)
    if answer.code in NOT_OFFERED:
        return _told(Permanent, Reason.IFS_CONFIGURATION, answer, call)
    # Within a 200 the status says nothing of the error.
    if not HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unknown_failure(answer, call)
    is_grant = answer.status == HTTPStatus.FORBIDDEN and answer.code != "CSRF_ERROR"
    return _told(Permanent, Reason.IFS_PERMISSION if is_grant else Reason.IFS_CONFIGURATION, answer, call)


def _not_of_ifs(answer: Answer, call: Call) -> Retryable:
    """A refusal in front of IFS was not processed; what took too long there, or failed, may have been."""
    may_have_arrived = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.REQUEST_TIMEOUT
    scope = Scope.UNCLEAR if answer.status in ABOUT_THE_REQUEST else Scope.TENANT
    return _passing(answer, call, scope, may_have_arrived=may_have_arrived)


def _unknown_failure(answer: Answer, call: Call) -> Retryable:
    """IFS rolled the request back and says so; only after its own time-out the statement may still end well."""
    return _passing(answer, call, Scope.UNCLEAR, may_have_arrived=answer.status == HTTPStatus.GATEWAY_TIMEOUT)


def _passing(answer: Answer, call: Call, scope: Scope, *, may_have_arrived: bool) -> Retryable:
    """Who states when to come back speaks for the whole tenant."""
    states_when = answer.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
    wait = answer.retry_after_seconds if states_when else None
    kind = OutcomeUnknown if call.writes and may_have_arrived else Retryable
    return kind(
        Reason.IFS_UNAVAILABLE,
        f"{call}: {answer.status} {answer.cause}".strip(),
        retry_after_seconds=wait,
        stage=call.stage,
        status=answer.status,
        code=answer.cause,
        scope=Scope.TENANT if wait else call.scope(scope),
    )


def _told(
    kind: type[ConnectorError], reason: Reason, answer: Answer, call: Call, scope: Scope = Scope.UNCLEAR
) -> ConnectorError:
    text = f"{call}: {answer.status} {answer.cause}".strip()
    return kind(reason, text, stage=call.stage, status=answer.status, code=answer.cause, scope=call.scope(scope))
