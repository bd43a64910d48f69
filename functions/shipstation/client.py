"""Requests to ShipStation through the shared budget, and what each kind of answer means.

Sources: https://docs.shipstation.com/apis/shipstation-v1/docs/start-here/requirements (Basic authentication, limits,
status codes), https://docs.shipstation.com/authentication and /errors (V2: a header, error codes); the rest is defence
against what integrations have met in the field.
"""

from __future__ import annotations

import email.utils
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Literal, Protocol

import requests
from pydantic import SecretStr
from requests.exceptions import InvalidHeader

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.http_answers import exchange, keep_deadlines
from functions.model.outcomes import Reason
from functions.shipstation.budget import Governor, Lane
from functions.shipstation.values import as_rows, as_text, parsed

TRIES = 3  # of a reading, each from the budget
AFTERWARDS_SECONDS = 4  # of a run: for what has to be saved
LONGEST_WAIT_SECONDS = 65  # the minute that ShipStation counts, and some
# The whole of ShipStation's own refusal, which arrives under other status codes too. A row may hold these words.
THROTTLED = {"message": "too many requests"}
THROTTLED_BYTES = 100
# Of the 4xx those that say "later". A redirect is somebody's in between, and no answer to what was asked.
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}

# V2's words for an account that may not ask at all: no other request will do better.
PLAN = {
    "invalid_billing_plan",
    "subscription_inactive",
    "terms_not_accepted",
    "trial_expired",
    "verification_failure",
}


@dataclass(frozen=True)
class Credentials:
    """V2's key has no secret."""

    api_key: str
    api_secret: SecretStr | None = None

    @property
    def authentication(self) -> dict[str, Any]:
        """As `requests` takes it."""
        if self.api_secret is None:
            return {"headers": {"api-key": self.api_key}}
        return {"auth": (self.api_key, self.api_secret.get_secret_value())}


class Keys(Protocol):
    """An account's keys: one, or two while a person exchanges it."""

    def in_use(self) -> Credentials:
        """Raises Retryable while nobody has filled them in."""

    def refused(self, credentials: Credentials) -> bool:
        """True where another one is in use from now on."""

    def accepted(self, credentials: Credentials) -> None: ...


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    parameters: Mapping[str, str]
    lane: Lane
    scope: Scope
    body: object = None

    @property
    def what(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Answer:
    """`body` is parsed JSON; `server_now` is the `Date` header, None where it is missing. `is_empty`: status 204, which
    says that there is nothing.
    """

    body: Any
    server_now: datetime | None
    is_empty: bool = False


class PageBroken(Retryable):
    """Status 500, or a body that is no whole JSON: an outage, or one row that breaks every page it stands on. Only
    smaller pages can tell.
    """


class KeyRefused(Permanent):
    """Nothing was carried out. Another key of the account may be accepted."""


class ShipStationClient:
    """`keys` are asked before each request: one that a person has replaced works without a restart. What is refused is
    sent once more where there is another key.

    Raises Retryable (budget, throttle, server, network; PageBroken for 500) or Permanent (key, request). Texts carry
    the path alone. A request about one record (`Scope.RECORD`) that is forbidden says nothing of the key. None is begun
    that could outlive the run (`out_of_time`).
    """

    def __init__(
        self,
        session: requests.Session,
        *,
        base_url: str,
        keys: Keys,
        governor: Governor,
        timeout_seconds: float,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        jitter: Callable[[], float],
        seconds_left: Callable[[], float] = lambda: math.inf,
    ) -> None:
        self._session, self._base_url = session, base_url
        self._seconds_left = seconds_left
        self._keys, self._governor = keys, governor
        self._timeout_seconds, self._monotonic = timeout_seconds, monotonic
        self._sleep, self._jitter = sleep, jitter
        session.trust_env = False  # a .netrc must never replace the credentials
        keep_deadlines(session, monotonic)

    def get(
        self,
        path: str,
        parameters: Mapping[str, str],
        lane: Lane,
        tries: int = TRIES,
        scope: Scope = Scope.TENANT,
    ) -> Answer | None:
        """None for 404. Of one of many, which are asked for with fewer `tries`, one that hangs is not asked for again:
        a few would take all of a run.
        """
        for attempt in range(1, tries + 1):
            try:
                return self._once(_Request("GET", path, parameters, lane, scope))
            except Retryable as fault:
                # A throttle is answered by waiting for the budget, and a wish of the vendor's by coming back later.
                is_last = attempt == tries or (tries < TRIES and _has_hung(fault))
                if is_last or fault.reason is not Reason.SHIPSTATION_UNAVAILABLE or fault.retry_after_seconds:
                    raise
                self._sleep(attempt * (0.5 + self._jitter()))
        raise AssertionError("the last try returns or raises")

    def check_budget(self) -> None:
        """Raises Retryable(budget_exhausted) while the next request is more than a few seconds away."""
        self._governor.check()

    def post(self, path: str, body: object, lane: Lane) -> Any:
        """The parsed answer of a write, which is sent once: whoever repeats it knows how. Raises OutcomeUnknown where
        ShipStation may have taken it.
        """
        answer = self._write("POST", path, body, lane)
        return answer.body if answer else None

    def tell(self, path: str, body: object, lane: Lane, method: Literal["POST", "PUT"] = "POST") -> bool:
        """As `post`, where the answer says nothing. False for 404: there is nobody to tell."""
        return self._write(method, path, body, lane) is not None

    def put(self, path: str, body: object, lane: Lane) -> Any:
        """As `post`, of a record that is replaced as a whole."""
        answer = self._write("PUT", path, body, lane)
        return answer.body if answer else None

    def delete(self, path: str, lane: Lane) -> bool:
        """As `tell`. V1 answers 200 and nothing."""
        return self._write("DELETE", path, None, lane) is not None

    def _write(self, method: str, path: str, body: object, lane: Lane) -> Answer | None:
        try:
            return self._once(_Request(method, path, {}, lane, Scope.RECORD, body))
        except Retryable as fault:
            # ShipStation's writes bear no condition: one that may have arrived is looked for before it is sent again.
            if fault.reason is Reason.SHIPSTATION_UNAVAILABLE:
                raise OutcomeUnknown(fault.reason, str(fault), status=fault.status) from fault
            raise

    def probe(self, path: str, no_rows: Mapping[str, str], lane: Lane) -> None:
        """Asks a list, once, for nothing that could break it: whether ShipStation goes on showing lists. Raises as
        `get` does.
        """
        self.get(path, no_rows, lane, tries=1)

    def _once(self, request: _Request) -> Answer | None:
        """With both keys in the time that one request may take."""
        left = self._timeout_seconds
        for is_last in (False, True):
            self._governor.wait_for_place(request.lane)
            self._require_time(request, left)
            credentials, began = self._keys.in_use(), self._monotonic()
            try:
                return self._sent(request, credentials, left)
            except KeyRefused:
                left -= self._monotonic() - began
                if not self._keys.refused(credentials) or is_last or left <= 0:
                    raise
        raise AssertionError("the last key returns or raises")

    def _require_time(self, request: _Request, within_seconds: float) -> None:
        """For an answer that takes as long as it may."""
        if self._seconds_left() < within_seconds + AFTERWARDS_SECONDS:
            raise Retryable(Reason.OUT_OF_TIME, f"{request.what}: not sent; the run ends")

    def _sent(self, request: _Request, credentials: Credentials, within_seconds: float) -> Answer | None:
        try:
            response, content = exchange(
                self._session,
                request.method,
                f"{self._base_url}{request.path}",
                within_seconds,
                params=dict(request.parameters),
                json=request.body,
                **credentials.authentication,
            )
        except (UnicodeEncodeError, InvalidHeader) as error:
            text = "the key holds characters that no header can carry"
            raise KeyRefused(Reason.SHIPSTATION_CREDENTIALS, f"{request.what}: {text}") from error
        except requests.RequestException as error:
            raise _unavailable(request.what, type(error).__name__) from error
        answer = self._judge(request, response, content)
        self._keys.accepted(credentials)
        return answer

    def _judge(self, request: _Request, response: requests.Response, content: bytes) -> Answer | None:
        what, headers, status = request.what, response.headers, response.status_code
        # Also from refusals: they tell best that somebody else uses the key.
        self._governor.learn(*(headers.get(f"X-Rate-Limit-{name}") for name in ("Remaining", "Reset", "Limit")))
        # Before the status is judged: the refusal arrives under others than 429, and means neither an outage nor the
        # key.
        if status == HTTPStatus.TOO_MANY_REQUESTS or _is_throttled(content):
            raise self._throttled(what, headers)
        _check_key(what, status, content, request.scope)
        server_now = _http_date(headers.get("Date"))
        match status:
            case HTTPStatus.NOT_FOUND:
                return None
            case HTTPStatus.NO_CONTENT:
                return Answer(None, server_now, is_empty=True)
            case HTTPStatus.OK if request.method == "DELETE":
                return Answer(None, server_now, is_empty=True)
            case HTTPStatus.OK | HTTPStatus.CREATED:
                return Answer(_parsed(what, headers, content), server_now)
        raise _refused(what, status, headers, request.scope)

    def _throttled(self, what: str, headers: Mapping[str, str]) -> ConnectorError:
        # Its own header first: seconds until the minute that is counted ends.
        wait = _seconds(headers.get("X-Rate-Limit-Reset")) or _seconds(headers.get("Retry-After"))
        self._governor.pause(wait)
        text = f"{what}: throttled"
        return Retryable(Reason.BUDGET_EXHAUSTED, text, retry_after_seconds=wait or LONGEST_WAIT_SECONDS)


def _check_key(what: str, status: int, content: bytes, scope: Scope) -> None:
    """Raises where the key, or the account that it is of, is refused."""
    is_refused = status == HTTPStatus.UNAUTHORIZED or (status == HTTPStatus.FORBIDDEN and scope is not Scope.RECORD)
    # Only in a refusal: the same words may stand in a row.
    code = _of_the_plan(content) if status >= HTTPStatus.BAD_REQUEST else None
    if is_refused or code:
        text = f"{what}: {status} {code or ''}".rstrip()
        kind = KeyRefused if is_refused else Permanent
        raise kind(Reason.SHIPSTATION_CREDENTIALS, text, status=status)


def _is_throttled(content: bytes) -> bool:
    # A list is not parsed to find out whether it is a refusal.
    if len(content) > THROTTLED_BYTES:
        return False
    try:
        body = parsed(content)
    except ValueError:
        return False
    return isinstance(body, dict) and {str(name).lower(): str(text).lower() for name, text in body.items()} == THROTTLED


def _of_the_plan(content: bytes) -> str | None:
    """The code in V2's error envelope, where it says that the account may not ask this."""
    try:
        body = parsed(content)
    except ValueError:
        return None
    errors = as_rows(body.get("errors")) if isinstance(body, dict) else []
    codes = (as_text(error.get("error_code")) for error in errors)
    return next((code for code in codes if code in PLAN), None)


def _refused(what: str, status: int, headers: Mapping[str, str], scope: Scope) -> ConnectorError:
    text = f"{what}: {status}"
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in PASSING:
        return Permanent(Reason.SHIPSTATION_REQUEST, text, status=status, scope=scope)
    wait = _seconds(headers.get("Retry-After"))
    # Who says when to come back is down, and has no quarrel with a row.
    kind = PageBroken if status == HTTPStatus.INTERNAL_SERVER_ERROR and wait is None else Retryable
    return kind(Reason.SHIPSTATION_UNAVAILABLE, text, retry_after_seconds=wait, status=status)


def _parsed(what: str, headers: Mapping[str, str], content: bytes) -> Any:
    """An error page or a cut-off body under status 200 is never read as an empty page."""
    if "json" not in headers.get("Content-Type", "").lower():
        raise _unavailable(what, "not JSON")
    try:
        return parsed(content)
    except ValueError as error:
        raise PageBroken(Reason.SHIPSTATION_UNAVAILABLE, f"{what}: truncated JSON") from error


def _unavailable(what: str, why: str) -> Retryable:
    return Retryable(Reason.SHIPSTATION_UNAVAILABLE, f"{what}: {why}")


def _has_hung(fault: Retryable) -> bool:
    """Whether all of a request's time went by."""
    return isinstance(fault.__cause__, requests.ReadTimeout)


def _seconds(text: str | None) -> float | None:
    """Seconds or an HTTP date, clamped to one window; None for anything absurd."""
    if text is None:
        return None
    if text.strip().isdecimal():
        return float(min(max(int(text.strip()[:6]), 1), LONGEST_WAIT_SECONDS))
    return float(LONGEST_WAIT_SECONDS) if _http_date(text) else None


def _http_date(text: str | None) -> datetime | None:
    try:
        return email.utils.parsedate_to_datetime(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        return None
