"""HTTP calls to one IFS tenant: bearer token, pacing, total deadline, and no write without an ETag.

Sources: https://docs.ifs.com/techdocs/ (CSRF: a bearer client keeps no cookies; entity upserts: PATCH without
`If-Match` inserts; time-outs: `Prefer: wait`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import requests

from functions.connections.vendors import IfsSide
from functions.errors import Permanent, Retryable
from functions.http_answers import read_body
from functions.ifs.faults import Answer, Verdict, lost, lower, verdict
from functions.ifs.token import TokenSource
from functions.model.outcomes import Reason

JSON = "application/json"
WARNINGS = {"X-IFS-Accept-Warnings": "true"}
CONNECT_SECONDS = 3
GRACE_SECONDS = 8  # the server gives up first
TRIES = 3
NOT_PROCESSED_PAUSES = (2.0, 5.0)  # while IFS rebuilds its service metadata
REBUILD_SECONDS = 60.0  # then somebody else's turn


@dataclass(frozen=True)
class ETag:
    """A tag as received, byte for byte. Neither an empty one nor `*`, which switch IFS's check off."""

    value: str

    def __post_init__(self) -> None:
        if not self.value.strip() or self.value.strip() == "*":
            raise Permanent(Reason.IFS_CONFIGURATION, "the reading carried no ETag; nothing may be written without one")


class IfsClient:
    """Raises Retryable, OutcomeUnknown (writes only) or Permanent. Texts carry the entity set, never values."""

    def __init__(
        self,
        session: requests.Session,
        side: IfsSide,
        tokens: TokenSource,
        *,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
    ) -> None:
        self._session, self._side, self._tokens = session, side, tokens
        self._now, self._sleep, self._jitter = now, sleep, jitter
        self._spacing_seconds = side.concurrency / side.requests_per_second
        self._last: datetime | None = None
        session.trust_env = False  # a .netrc must never replace the token

    def get(self, path: str, what: str, accept: str = JSON) -> Answer | None:
        """None for a key that does not exist. Every try is paced; a passing fault is tried again twice."""
        for attempt in range(1, TRIES + 1):
            try:
                return self._send("GET", path, what, {"Accept": accept})
            except Retryable as fault:
                if attempt == TRIES or fault.retry_after_seconds:
                    raise
                self._sleep(attempt * (0.3 + self._jitter()))
        raise AssertionError("the last try returns or raises")

    def patch(self, path: str, etag: ETag, body: Mapping[str, object], what: str) -> Answer | None:
        """None for a conflict: the record is another one than was read."""
        headers = {"If-Match": etag.value, "Content-Type": JSON}
        return self._send("PATCH", path, what, headers, json.dumps(body).encode())

    def act(self, path: str, etag: ETag, what: str) -> Answer | None:
        """Calls a bound action. None for a conflict: the record is another one than was read."""
        return self._send("POST", path, what, {"If-Match": etag.value, "Content-Type": JSON}, b"{}")

    def post(self, path: str, body: Mapping[str, object], what: str) -> Answer | None:
        """Makes a record. None for a conflict: there is one of that id already."""
        return self._send("POST", path, what, {"Content-Type": JSON}, json.dumps(body).encode())

    def document(self, path: str, what: str) -> bytes | None:
        """A document that is no JSON, such as `$metadata`; None where there is none."""
        answer = self.get(path, what, accept="application/xml")
        return answer.document if answer else None

    def _send(
        self, method: str, path: str, what: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer | None:
        refreshed, sent = False, dict(headers or {})
        pauses = iter(NOT_PROCESSED_PAUSES)
        while True:
            token = self._tokens.token()
            answer = self._once(method, path, what, {**sent, "Authorization": f"Bearer {token}"}, body)
            result = verdict(
                answer,
                f"{method} {what}",
                method,
                confirms=self._side.accept_warnings and sent.keys().isdisjoint(WARNINGS),
            )
            if result is Verdict.FINE:
                return answer
            if result is Verdict.CONFLICT or (result is Verdict.MISSING and method == "GET"):
                return None
            if result is Verdict.MISSING:
                raise Retryable(Reason.NOT_IN_IFS_YET, f"{method} {what}: the record is gone")
            if result is Verdict.REFRESH_TOKEN:
                if refreshed:
                    raise Permanent(Reason.IFS_PERMISSION, f"{method} {what}: 401 with a fresh token")
                self._tokens.discard(token)
                refreshed = True
            elif result is Verdict.WARNING:
                sent |= WARNINGS
            else:
                self._wait_for_metadata(next(pauses, None), f"{method} {what}")

    def _wait_for_metadata(self, pause: float | None, what: str) -> None:
        if pause is None:
            text = f"{what}: service metadata keeps changing"
            raise Retryable(Reason.IFS_UNAVAILABLE, text, retry_after_seconds=REBUILD_SECONDS)
        self._sleep(pause * (0.5 + self._jitter() / 2))

    def _once(self, method: str, path: str, what: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        self._pace()
        timeout = self._side.wait_seconds + GRACE_SECONDS
        try:
            response = self._session.request(
                method,
                f"{self._side.base_url}{path}",
                headers={"Accept": JSON, "Prefer": f"wait={self._side.wait_seconds}", **headers},
                data=body,
                timeout=(CONNECT_SECONDS, timeout),
                allow_redirects=False,
                stream=True,
            )
            content = read_body(response, timeout)
        except requests.RequestException as error:
            raise lost(f"{method} {what}", type(error).__name__, writes=_may_have_arrived(method, error)) from error
        finally:
            self._session.cookies.clear()
        return _answer(response, content)

    def _pace(self) -> None:
        """Each of the connection's consumers takes its share of the tenant's rate."""
        if self._last is not None:
            elapsed = (self._now() - self._last).total_seconds()
            if 0 <= elapsed < self._spacing_seconds:
                self._sleep(self._spacing_seconds - elapsed)
        self._last = self._now()


def _may_have_arrived(method: str, error: requests.RequestException) -> bool:
    return method != "GET" and not isinstance(error, requests.ConnectTimeout)


def _answer(response: requests.Response, content: bytes) -> Answer:
    body: Any = None
    is_json = False
    kind = response.headers.get("Content-Type", "")
    if "json" in kind:
        try:
            body, is_json = json.loads(content), True
        except ValueError:
            is_json = False
    document = content if kind.startswith("application/xml") else b""
    return Answer(
        status=response.status_code, headers=lower(response.headers), body=body, is_json=is_json, document=document
    )
