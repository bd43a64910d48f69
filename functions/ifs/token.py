"""OAuth 2.0 client credentials for one tenant: fetched once, kept for as long as the server said, never longer.

Source: https://docs.ifs.com/techdocs/24r2/ (IAM clients, client credential flow). `expires_in` is 180 s in IFS's own
sample and a setting of the realm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import requests
from pydantic import SecretStr

from functions.connections.vendors import IfsSide
from functions.errors import ConnectorError, Permanent, Retryable
from functions.model.outcomes import Reason

EARLY_SHARE = 0.15  # of the lifetime: a request under way must not meet an expired token
LONGEST_SECONDS = 3600
TIMEOUT_SECONDS = (3, 15)
CREDENTIAL_ERRORS = {"invalid_client", "unauthorized_client", "invalid_grant"}


@dataclass(frozen=True)
class Credentials:
    client_id: str
    client_secret: SecretStr


class TokenSource:
    """`token()` is thread-safe and single flight. Raises Permanent for refused credentials, else Retryable."""

    def __init__(
        self,
        session: requests.Session,
        side: IfsSide,
        *,
        credentials: Callable[[], Credentials],
        on_refused: Callable[[], None],
        now: Callable[[], datetime],
    ) -> None:
        self._session, self._side, self._now = session, side, now
        self._credentials, self._on_refused = credentials, on_refused
        self._lock = threading.Lock()
        self._token: str | None = None
        self._until: datetime | None = None

    def token(self) -> str:
        with self._lock:
            if self._token is None or self._until is None or self._now() >= self._until:
                self._token, self._until = self._fetch()
            return self._token

    def discard(self, token: str) -> None:
        """After a 401: only the token that failed is dropped, a newer one stays."""
        with self._lock:
            if self._token == token:
                self._token = None

    def _fetch(self) -> tuple[str, datetime]:
        asked = self._now()
        try:
            response = self._ask()
            body = _json(response)
        except requests.RequestException as error:
            raise Retryable(Reason.IFS_UNAVAILABLE, f"token: {type(error).__name__}") from error
        finally:
            self._session.cookies.clear()
        if response.status_code != HTTPStatus.OK or not isinstance(body.get("access_token"), str):
            raise self._refused(response.status_code, str(body.get("error", "")))
        lifetime = min(max(_seconds(body.get("expires_in")), 1), LONGEST_SECONDS)
        return body["access_token"], asked + timedelta(seconds=lifetime * (1 - EARLY_SHARE))

    def _ask(self) -> requests.Response:
        own = self._credentials()
        secret = own.client_secret.get_secret_value()
        form = {"grant_type": "client_credentials", "scope": self._side.scope}
        basic = (own.client_id, secret) if self._side.client_auth == "basic" else None
        if basic is None:
            form |= {"client_id": own.client_id, "client_secret": secret}
        return self._session.post(
            self._side.token_url, data=form, auth=basic, timeout=TIMEOUT_SECONDS, allow_redirects=False
        )

    def _refused(self, status: int, code: str) -> ConnectorError:
        text = f"token: {status} {code if code.replace('_', '').isalpha() else ''}".strip()
        if status == HTTPStatus.NOT_FOUND:
            return Permanent(Reason.IFS_CONFIGURATION, f"{text}: the realm in token_url does not exist")
        if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
            self._on_refused()
            known = code in CREDENTIAL_ERRORS
            return Permanent(Reason.IFS_CREDENTIALS if known else Reason.IFS_CONFIGURATION, text)
        return Retryable(Reason.IFS_UNAVAILABLE, text)


def _json(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(value: object) -> int:
    whole = str(value).partition(".")[0]
    return int(whole) if isinstance(value, int | float | str) and whole.isdecimal() else 0
