"""HTTP calls to one IFS tenant: bearer token, pacing, total deadline, and no write without an ETag.

Sources: https://docs.ifs.com/techdocs/ (CSRF: a bearer client keeps no cookies; entity upserts: PATCH without
`If-Match` inserts; time-outs: `Prefer: wait`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import requests

from functions.connections.vendors import IfsTenant
from functions.errors import Permanent, Retryable, Scope, Stage
from functions.http_answers import exchange, keep_deadlines
from functions.ifs import batch as ifs_batch
from functions.ifs.faults import (
    LONGEST_WAIT_SECONDS,
    REBUILDING,
    TIMED_OUT,
    Answer,
    AnswerKind,
    Call,
    answer_kind,
    comes_back,
    lost,
    lower,
    seconds,
)
from functions.ifs.token import WITHIN_SECONDS, TokenSource
from functions.model.outcomes import Reason

JSON = "application/json"
WARNINGS = {"X-IFS-Accept-Warnings": "true"}
GRACE_SECONDS = 8  # the server gives up first
TOGETHER_SECONDS = 20  # of a `$batch` at most: a run has to have the time to ask for its lists alone afterwards
RECORDS_SECONDS = 2  # of a run: for what is saved before and after a request
AROUND_A_REQUEST_SECONDS = WITHIN_SECONDS + RECORDS_SECONDS  # with a new token
LEAST_SECONDS = 5  # for an answer; with less a request is left to the next run
ENOUGH_SECONDS = 30  # who has not answered a reading by then is slow, whatever the file allows
TRIES = 3  # of a reading; what fails for longer is the queue's and the ledger's to repeat
TOKEN_TRIES = 2  # where the reading gets no token: the realm is one for all that asks, and every minute's probe asks it
REFUSED_FOR, FAILED_FOR = timedelta(days=1), timedelta(minutes=10)  # a service is not asked for `$batch` again
NOT_PROCESSED_PAUSES = (2.0, 5.0)  # while IFS rebuilds its service metadata


@dataclass(frozen=True)
class ETag:
    """A tag as received, byte for byte. Neither an empty one nor `*`, which switch IFS's check off."""

    value: str

    def __post_init__(self) -> None:
        if not self.value.strip() or self.value.strip() == "*":
            raise Permanent(Reason.IFS_CONFIGURATION, "the reading carried no ETag; nothing may be written without one")


class IfsClient:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent. Texts carry the entity set, never values. Before an
    instant that IFS named (`Retry-After`) nothing is sent at all. What a run has begun ends with it: a reading is given
    no more than is left of its time, and what cannot be given enough is not sent (OUT_OF_TIME).
    """

    def __init__(
        self,
        session: requests.Session,
        side: IfsTenant,
        tokens: TokenSource,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
        seconds_left: Callable[[], float] = lambda: math.inf,
    ) -> None:
        self._session, self._side, self._tokens = session, side, tokens
        self._seconds_left = seconds_left
        self._now, self._sleep, self._jitter = now, sleep, jitter
        # Each consumer has a client of its own and knows nothing of the others' requests.
        self._spacing_seconds = side.concurrency / side.requests_per_second
        self._last: datetime | None = None
        self._alone_until: dict[str, datetime] = {}
        self._held_until: datetime | None = None
        session.trust_env = False  # a .netrc must never replace the token
        # A server that sends a byte now and then would never run into the time-out that `requests` knows.
        keep_deadlines(session, monotonic)

    def get(
        self, path: str, what: str, *, stage: Stage = "read", accept: str = JSON, tries: int = TRIES
    ) -> Answer | None:
        """None for a key that does not exist. Every try is paced; a quick passing fault is tried again twice."""
        for attempt in range(1, tries + 1):
            try:
                return self._send(Call("GET", what, stage), path, {"Accept": accept})
            except Retryable as fault:
                is_last = attempt >= (min(tries, TOKEN_TRIES) if fault.stage == "token" else tries)
                if is_last or not _is_quick(fault):
                    raise
                self._sleep(attempt * (0.3 + self._jitter()))
        raise AssertionError("the last try returns or raises")

    def get_together(self, service: str, paths: Sequence[str], what: str) -> list[Answer | None]:
        """Lists of one service, asked for in as few requests as `$batch` allows. None for each that has to be asked for
        alone: a service that takes no `$batch` is not asked for one soon, and a fault is told by asking alone.
        """
        found: list[Answer | None] = []
        for start in range(0, len(paths), ifs_batch.TOGETHER):
            # One list alone is asked for as before: an answer in parts would gain nothing.
            part = paths[start : start + ifs_batch.TOGETHER]
            found += self._together(service, part, what) if len(part) > 1 else [None]
        return found

    def _together(self, service: str, paths: Sequence[str], what: str) -> Sequence[Answer | None]:
        alone: list[Answer | None] = [None] * len(paths)
        if self._now() < self._alone_until.get(service, self._now()):
            return alone
        body = ifs_batch.body([path.removeprefix(f"{service}/") for path in paths])
        try:
            answer = self._send(Call("POST", what, "search"), f"{service}/$batch", ifs_batch.HEADERS, body)
        # What fails here alone, be it a proxy that never answers, must not cost every delivery its time-out.
        except Retryable as fault:
            # Without a token, or without time, no list is read alone either.
            if fault.stage == "token" or fault.reason is Reason.OUT_OF_TIME:
                raise
            # A token that only a batch is refused is good: a gateway takes no such request.
            is_refused = fault.reason is Reason.IFS_CREDENTIALS
            # Counted from when anything may be sent again: else the next request would be a batch, for ever.
            began = max(self._now(), self._held_until or self._now())
            self._alone_until[service] = began + (REFUSED_FOR if is_refused else FAILED_FOR)
            return alone
        # A projection that refuses `$batch` for good is no fault of the lists: they are asked for one by one.
        except Permanent:
            answer = None
        if answer is None:
            self.ask_alone(service)
            return alone
        return ifs_batch.answers(answer, len(paths))

    def ask_alone(self, service: str) -> None:
        """The service is not asked for `$batch` again soon: it takes none, or its answers are not to be believed."""
        self._alone_until[service] = self._now() + REFUSED_FOR

    def patch(self, path: str, etag: ETag, body: Mapping[str, object], what: str) -> Answer | None:
        """None for a conflict: the record is another one than was read."""
        headers = {"If-Match": etag.value, "Content-Type": JSON}
        return self._send(Call("PATCH", what, "write"), path, headers, json.dumps(body).encode())

    def act(self, path: str, etag: ETag, what: str) -> Answer | None:
        """Calls a bound action. None for a conflict: the record is another one than was read."""
        headers = {"If-Match": etag.value, "Content-Type": JSON}
        return self._send(Call("POST", what, "action"), path, headers, b"{}")

    def post(self, path: str, body: Mapping[str, object], what: str) -> Answer | None:
        """Makes a record. None for a conflict: there is one of that id already."""
        return self._send(Call("POST", what, "write"), path, {"Content-Type": JSON}, json.dumps(body).encode())

    def metadata(self, path: str, what: str) -> bytes | None:
        """A service's published document, asked for once; None where there is no such service."""
        answer = self.get(path, what, stage="metadata", accept="application/xml", tries=1)
        if answer is not None and not answer.document:
            raise Retryable(Reason.IFS_UNAVAILABLE, f"GET {what}: no document", stage="metadata", scope=Scope.TENANT)
        return answer.document if answer else None

    def _send(self, call: Call, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer | None:
        self._wait_for_ifs(call)
        try:
            return self._answered(call, path, dict(headers), body)
        except Retryable as fault:
            # Heard by one request, the wish holds for all that this consumer sends.
            if fault.retry_after_seconds:
                self._held_until = self._now() + timedelta(seconds=fault.retry_after_seconds)
            raise

    def _answered(self, call: Call, path: str, headers: dict[str, str], body: bytes | None) -> Answer | None:
        is_token_new = False
        pauses = iter(NOT_PROCESSED_PAUSES)
        while True:
            wait = self._wait_seconds(call)
            token = self._tokens.token()
            answer = self._once(call, path, {**headers, "Authorization": f"Bearer {token}"}, body, wait=wait)
            # Confirmed once: a warning that comes back is a refusal.
            may_confirm = self._side.accept_warnings and headers.keys().isdisjoint(WARNINGS)
            match answer_kind(answer, call, confirms=may_confirm):
                case AnswerKind.FINE:
                    return answer
                # For a write, a record that is not there any more is news about that record; for a reading it is the
                # answer.
                case AnswerKind.MISSING if call.writes:
                    raise comes_back(Reason.NOT_IN_IFS_YET, "the record is gone", answer, call, Scope.RECORD)
                case AnswerKind.MISSING | AnswerKind.CONFLICT:
                    return None
                case AnswerKind.REFRESH_TOKEN:
                    self._replace_token(token, answer, call, is_token_new=is_token_new)
                    is_token_new = True
                case AnswerKind.WARNING:
                    headers |= WARNINGS
                case AnswerKind.NOT_PROCESSED:
                    self._wait_for_metadata(next(pauses, None), answer, call)

    def _replace_token(self, token: str, answer: Answer, call: Call, *, is_token_new: bool) -> None:
        """Once. A new one that is refused as well is the tenant's trouble: a node, a clock, or the client itself."""
        # One fresh token tells an old one from a client that is refused.
        if not is_token_new:
            self._tokens.discard(token)
            return
        if not call.is_together:
            self._tokens.distrust(token)
            # Who refuses a list the token as well has not refused batches.
            soon = self._now() + FAILED_FOR
            self._alone_until = {service: min(until, soon) for service, until in self._alone_until.items()}
        raise comes_back(Reason.IFS_CREDENTIALS, f"{answer.status} with a fresh token", answer, call, Scope.TENANT)

    def _wait_for_ifs(self, call: Call) -> None:
        left = (self._held_until - self._now()).total_seconds() if self._held_until else 0.0
        # What is further ahead than any wish was dated by a clock that has been set right since.
        if 0 < left <= LONGEST_WAIT_SECONDS:
            text = f"{call}: not sent; IFS named a later time"
            raise Retryable(
                Reason.IFS_UNAVAILABLE, text, retry_after_seconds=left, stage=call.stage, scope=Scope.TENANT
            )

    def _wait_for_metadata(self, pause: float | None, answer: Answer, call: Call) -> None:
        if pause is None or answer.retry_after_seconds:
            wait, how = answer.retry_after_seconds, "service metadata keeps changing"
            raise comes_back(Reason.IFS_UNAVAILABLE, how, answer, call, Scope.TENANT, retry_after_seconds=wait)
        self._sleep(pause * (0.5 + self._jitter() / 2))

    def _longest_wait(self, call: Call) -> int:
        return min(self._side.wait_seconds, TOGETHER_SECONDS) if call.is_together else self._side.wait_seconds

    def _wait_seconds(self, call: Call) -> int:
        """How long IFS may take, so that this run is there when it answers. A write is given its whole time, or not
        begun: one that is cut off has an unknown outcome.
        """
        longest = self._longest_wait(call)
        around = RECORDS_SECONDS if self._tokens.is_at_hand else AROUND_A_REQUEST_SECONDS
        left = self._seconds_left() - GRACE_SECONDS - around - self._seconds_to_its_turn()
        if left < (longest if call.writes else min(longest, LEAST_SECONDS)):
            raise _no_time(call, "not sent; the run ends")
        return int(min(left, longest))

    def _is_short(self, wait: int, call: Call) -> bool:
        """IFS was not given the time that it is known to need, which says nothing of IFS. A run that never has the time
        that the file allows, like the one of every minute, must still hear that a tenant does not answer.
        """
        return wait < min(self._longest_wait(call), ENOUGH_SECONDS)

    def _once(self, call: Call, path: str, headers: Mapping[str, str], body: bytes | None, *, wait: int) -> Answer:
        self._pace()
        try:
            response, content = exchange(
                self._session,
                call.method,
                f"{self._side.base_url}{path}",
                within_seconds=wait + GRACE_SECONDS,
                headers={"Accept": JSON, "Prefer": f"wait={wait}", **headers},
                data=body,
            )
        except requests.RequestException as error:
            if isinstance(error, requests.ReadTimeout) and self._is_short(wait, call):
                raise _no_time(call, "cut short; the run ends") from error
            # Without a connection nothing was sent: the write may simply come again.
            is_sent = not isinstance(error, requests.ConnectTimeout)
            raise lost(call, type(error).__name__, may_have_arrived=is_sent) from error
        answer = _answer(response, content, self._now())
        # IFS gives up first, where it was told for how long to work.
        if answer.status == HTTPStatus.GATEWAY_TIMEOUT and self._is_short(wait, call):
            raise _no_time(call, "cut short; the run ends")
        return answer

    def _pace(self) -> None:
        """Each of the connection's consumers takes its share of the tenant's rate."""
        if (seconds := self._seconds_to_its_turn()) > 0:
            self._sleep(seconds)
        self._last = self._now()

    def _seconds_to_its_turn(self) -> float:
        elapsed = (self._now() - self._last).total_seconds() if self._last is not None else math.inf
        # A clock that was set back must not make this wait for hours.
        return self._spacing_seconds - elapsed if 0 <= elapsed < self._spacing_seconds else 0.0


def _no_time(call: Call, how: str) -> Retryable:
    return Retryable(Reason.OUT_OF_TIME, f"{call}: {how}", stage=call.stage, scope=Scope.TENANT)


def _is_quick(fault: Retryable) -> bool:
    """Worth another try at once: neither asked to wait, nor slow, nor somebody's to repair."""
    if fault.reason is not Reason.IFS_UNAVAILABLE or fault.retry_after_seconds:
        return False
    # What took its whole time would take it again, out of a Lambda's own.
    return fault.status != HTTPStatus.GATEWAY_TIMEOUT and fault.code not in {TIMED_OUT, REBUILDING}


def _answer(response: requests.Response, content: bytes, now: datetime) -> Answer:
    body: Any = None
    is_json = False
    kind = response.headers.get("Content-Type", "")
    # By what it says of itself: a login page is HTML, and comes with status 200.
    if "json" in kind:
        try:
            body, is_json = json.loads(content), True
        except (ValueError, RecursionError):
            is_json = False
    headers = lower(response.headers)
    return Answer(
        status=response.status_code,
        headers=headers,
        body=body,
        is_json=is_json,
        document=content if kind.startswith(("application/xml", ifs_batch.KIND)) else b"",
        retry_after_seconds=seconds(headers.get("retry-after"), now),
    )
