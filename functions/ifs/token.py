"""OAuth 2.0 client credentials for one tenant: fetched once, kept for as long as the server said, never longer.

Source: https://docs.ifs.com/techdocs/24r2/ (IAM clients, client credential flow). `expires_in` is 180 s in IFS's own
sample and a setting of the realm.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote_plus

import requests
from pydantic import SecretStr

from functions.connections.vendors import IfsTenant
from functions.errors import Retryable, Scope
from functions.http_answers import exchange, keep_deadlines
from functions.ifs.faults import lower, seconds
from functions.model.outcomes import Reason

EARLY_SHARE = 0.15  # of the lifetime: a request under way must not meet an expired token
LONGEST_SECONDS = 3600  # whatever `expires_in` says: no token is trusted for longer
WITHIN_SECONDS = 15  # for a small answer: whoever needs the token waits meanwhile
CREDENTIAL_ERRORS = {"invalid_client", "unauthorized_client", "invalid_grant"}
OAUTH_ERRORS = {*CREDENTIAL_ERRORS, "invalid_request", "invalid_scope", "unsupported_grant_type"}  # RFC 6749, 5.2
REFUSALS = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}


@dataclass(frozen=True)
class Credentials:
    client_id: str
    client_secret: SecretStr


class Clients(Protocol):
    """What IFS knows us by: one client, or two while a person exchanges its secret."""

    def in_use(self) -> Credentials:
        """Raises Retryable while nobody has filled them in."""

    def refused(self, credentials: Credentials) -> bool:
        """True where another one is in use from now on."""

    def accepted(self, credentials: Credentials) -> None: ...


class ClientRefused(Retryable):
    """By the realm. Another client of the tenant may be accepted."""


class TokenSource:
    """`token()` is thread-safe and single flight. A client that is refused is not asked for again where there is
    another one. Raises Retryable, scope TENANT: a refused client parks nobody.
    """

    def __init__(
        self,
        session: requests.Session,
        side: IfsTenant,
        *,
        clients: Clients,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._session, self._side, self._now = session, side, now
        self._clients, self._monotonic = clients, monotonic
        self._lock = threading.Lock()
        self._token: str | None = None
        self._made_for: Credentials | None = None
        self._until: datetime | None = None
        keep_deadlines(session, monotonic)

    def token(self) -> str:
        with self._lock:
            if not self.is_at_hand or self._token is None:
                self._token, self._until = self._fetch()
            return self._token

    @property
    def is_at_hand(self) -> bool:
        """Whether the next one costs no request."""
        return self._token is not None and self._until is not None and self._now() < self._until

    def discard(self, token: str) -> None:
        """After a 401: only the token that failed is dropped, a newer one stays."""
        with self._lock:
            if self._token == token:
                self._token = None

    def distrust(self, token: str) -> None:
        """A fresh token was refused: the next one is asked for with the secret as it stands then."""
        self.discard(token)
        if self._made_for is not None:
            self._clients.refused(self._made_for)

    def _fetch(self) -> tuple[str, datetime]:
        """With both clients in the time that one answer may take."""
        until = self._monotonic() + WITHIN_SECONDS
        for is_last in (False, True):
            client = self._clients.in_use()
            try:
                made = self._ask(client, until - self._monotonic())
            except ClientRefused:
                if not self._clients.refused(client) or is_last or self._monotonic() >= until:
                    raise
            else:
                self._made_for = client
                self._clients.accepted(client)
                return made
        raise AssertionError("the last client returns or raises")

    def _ask(self, client: Credentials, within_seconds: float) -> tuple[str, datetime]:
        # From before the request: the realm counts the lifetime from when it made the token, not from when it arrived.
        asked = self._now()
        form, basic = self._form(client)
        try:
            response, content = exchange(
                self._session, "POST", self._side.token_url, within_seconds, data=form, auth=basic
            )
        except requests.RequestException as error:
            raise _fault(Reason.IFS_UNAVAILABLE, code=type(error).__name__) from error
        body = _json(content)
        token = body.get("access_token")
        # A token with a line feed in it would become a second header.
        if response.status_code != HTTPStatus.OK or not isinstance(token, str) or not _fits_a_header(token):
            raise self._refused(response, body.get("error"))
        lifetime = min(max(_seconds(body.get("expires_in")), 1), LONGEST_SECONDS)
        return token, asked + timedelta(seconds=lifetime * (1 - EARLY_SHARE))

    def _form(self, client: Credentials) -> tuple[dict[str, str], tuple[str, str] | None]:
        """The form, and what goes into the header: form-encoded before it is put together (RFC 6749, 2.3.1)."""
        secret = client.client_secret.get_secret_value()
        form = {"grant_type": "client_credentials", "scope": self._side.scope}
        if self._side.client_auth == "basic":
            return form, (quote_plus(client.client_id), quote_plus(secret))
        return {**form, "client_id": client.client_id, "client_secret": secret}, None

    def _refused(self, response: requests.Response, error: object) -> Retryable:
        """What has the shape of an OAuth answer comes from the realm; anything else from what stands in front of it."""
        # A gateway's own error is an object as often as a text.
        status, code = response.status_code, error if isinstance(error, str) and error in OAUTH_ERRORS else ""
        wait = seconds(lower(response.headers).get("retry-after"), self._now())
        # Also a realm that is misconfigured parks nobody: orders wait until a person has mended it.
        if status in REFUSALS and code:
            reason = Reason.IFS_CREDENTIALS if code in CREDENTIAL_ERRORS else Reason.IFS_CONFIGURATION
            return _fault(reason, status, code, kind=ClientRefused)
        if status == HTTPStatus.NOT_FOUND and isinstance(error, str):
            return _fault(Reason.IFS_CONFIGURATION, status, text="the realm in token_url does not exist")
        return _fault(Reason.IFS_UNAVAILABLE, status, retry_after_seconds=wait)


def _fault(
    reason: Reason,
    status: int | None = None,
    code: str = "",
    *,
    text: str = "",
    retry_after_seconds: float | None = None,
    kind: type[Retryable] = Retryable,
) -> Retryable:
    told = " ".join(filter(None, ("token:", str(status or ""), code, text)))
    return kind(
        reason,
        told,
        retry_after_seconds=retry_after_seconds,
        stage="token",
        status=status,
        code=code,
        scope=Scope.TENANT,
    )


def _json(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _fits_a_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token and bool(token)


def _seconds(value: object) -> int:
    whole = str(value).partition(".")[0]
    return int(whole) if isinstance(value, int | float | str) and whole.isdecimal() else 0
