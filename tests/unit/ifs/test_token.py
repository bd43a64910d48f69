from __future__ import annotations

import base64
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote_plus

import pytest
import requests

from functions.errors import ConnectorError, Retryable, Scope
from functions.ifs.token import WITHIN_SECONDS, TokenSource
from functions.model.outcomes import Reason
from tests.equipment.builders import NOON
from tests.equipment.dripping import DrippingServer, drops
from tests.equipment.http import Request, Response
from tests.equipment.tenant_fixture import IFS, SECRET, Rig, Wire

PATIENCE_SECONDS = 60  # only a failure waits so long


def refusal(rig: Rig) -> Retryable:
    with pytest.raises(Retryable) as caught:
        rig.tokens.token()
    return caught.value


@pytest.mark.parametrize(
    ("expires_in", "still_good", "too_old"),
    [(180, 152, 153), (3600, 3059, 3060), (86_400, 3059, 3060)],
    ids=["three minutes", "an hour", "a day counts as an hour"],
)
def test_a_token_is_kept_as_long_as_the_server_said_less_a_margin(
    expires_in: int, still_good: int, too_old: int
) -> None:
    rig = Rig(expires_in=expires_in)
    first = rig.tokens.token()
    rig.at = NOON + timedelta(seconds=still_good)
    assert rig.tokens.token() == first
    rig.at = NOON + timedelta(seconds=too_old)
    assert rig.tokens.token() != first
    assert len(rig.wire.sent) == 2


def test_a_lifetime_that_was_not_stated_is_not_invented() -> None:
    rig = Rig()
    rig.tenant.add_fault("status", status=200, body={"access_token": "brief"})
    rig.tokens.token()
    rig.at += timedelta(seconds=1)
    assert rig.tokens.token() != "brief"


def test_the_time_the_answer_took_counts_against_the_lifetime() -> None:
    rig = Rig()
    rig.wire.on_request = lambda: rig.sleep(20)
    first = rig.tokens.token()
    rig.at = NOON + timedelta(seconds=153)
    assert rig.tokens.token() != first


def test_look_ups_side_by_side_fetch_one_token() -> None:
    rig, asking, begun = Rig(), 8, threading.Semaphore(0)
    serve = rig.tenant.application

    def slow(request: Request) -> Response:
        for _ in range(asking):
            assert begun.acquire(timeout=PATIENCE_SECONDS)
        begun.release(asking)
        return serve(request)

    wire = Wire(slow)
    rig.session.mount(IFS, wire)

    def ask(_: int) -> str:
        begun.release()
        return rig.tokens.token()

    with ThreadPoolExecutor(asking) as threads:
        tokens = [*threads.map(ask, range(asking))]
    assert (len({*tokens}), len(wire.sent)) == (1, 1)


def test_only_the_token_that_failed_is_dropped() -> None:
    rig = Rig()
    failed = rig.tokens.token()
    rig.tokens.discard(failed)
    newer = rig.tokens.token()
    rig.tokens.discard(failed)
    assert rig.tokens.token() == newer != failed


def test_the_body_style_sends_id_and_secret_in_the_form() -> None:
    rig = Rig(client_auth="body")
    rig.tokens.token()
    (request,) = rig.wire.sent
    assert parse_qs(str(request.body)) == {
        "grant_type": ["client_credentials"],
        "scope": ["openid microprofile-jwt"],
        "client_id": ["c"],
        "client_secret": [SECRET],
    }
    assert "Authorization" not in request.headers


@pytest.mark.parametrize("secret", ["a+b%2Fc/d=", "ü:ö &?", "plain"])
def test_the_basic_style_encodes_id_and_secret_as_a_form_first(secret: str) -> None:
    rig = Rig(client_auth="basic")
    rig.secret = rig.tenant.clients["c"] = secret
    assert rig.tokens.token()
    encoded = base64.b64decode(rig.wire.sent[0].headers["Authorization"].removeprefix("Basic ")).decode()
    assert encoded == f"c:{quote_plus(secret)}"


def test_the_basic_style_sends_them_in_the_header_alone() -> None:
    rig = Rig(client_auth="basic")
    rig.tokens.token()
    (request,) = rig.wire.sent
    assert request.headers["Authorization"].startswith("Basic ")
    assert set(parse_qs(str(request.body))) == {"grant_type", "scope"}


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (401, "unauthorized_client", Reason.IFS_CREDENTIALS),
        (401, "invalid_client", Reason.IFS_CREDENTIALS),
        (400, "invalid_client", Reason.IFS_CREDENTIALS),
        (400, "invalid_scope", Reason.IFS_CONFIGURATION),
    ],
)
def test_a_refused_client_is_the_tenants_trouble_and_its_secret_is_forgotten(
    status: int, code: str, reason: Reason
) -> None:
    rig = Rig()
    rig.tenant.add_fault("status", status=status, body={"error": code})
    fault = refusal(rig)
    assert (fault.reason, fault.scope, fault.stage) == (reason, Scope.TENANT, "token")
    assert (fault.status, fault.code, rig.refusals, len(rig.wire.sent)) == (status, code, 1, 1)


def test_a_replaced_secret_is_used_by_the_next_request() -> None:
    rig = Rig()
    rig.secret = "outdated"
    assert refusal(rig).reason is Reason.IFS_CREDENTIALS
    rig.secret = SECRET
    assert rig.tokens.token()


def test_a_cookie_of_the_identity_server_is_not_kept() -> None:
    rig = Rig()
    rig.tenant.add_fault("status", status=200, body={"access_token": "t"}, headers={"Set-Cookie": "SESSION=1; Path=/"})
    assert (rig.tokens.token(), len(rig.session.cookies)) == ("t", 0)


def test_a_realm_that_does_not_exist_is_the_connection_files_fault() -> None:
    rig = Rig(token_url=f"{IFS}/auth/realms/other/protocol/openid-connect/token")
    fault = refusal(rig)
    assert (fault.reason, fault.scope) == (Reason.IFS_CONFIGURATION, Scope.TENANT)
    assert "realm" in str(fault)


PASSING: list[Any] = [
    pytest.param({"kind": "status", "status": 503}, id="503"),
    pytest.param({"kind": "html", "status": 502}, id="a proxy's page"),
    pytest.param({"kind": "status", "status": 503, "body": {"error": {"code": 503}}}, id="a gateway's own error"),
    pytest.param({"kind": "status", "status": 401, "body": {"error": {"code": 401}}}, id="a gateway's own refusal"),
    pytest.param({"kind": "status", "status": 404, "body": {"error": ["invalid_client"]}}, id="a list of errors"),
    pytest.param({"kind": "truncated"}, id="half an answer"),
    pytest.param({"kind": "dropped"}, id="a broken connection"),
    pytest.param({"kind": "throttle_text"}, id="200 without a token"),
    pytest.param({"kind": "status", "status": 302, "headers": {"Location": f"{IFS}/login"}}, id="a redirect"),
]


@pytest.mark.parametrize("fault", PASSING)
def test_a_passing_fault_condemns_nobody(fault: dict[str, Any]) -> None:
    rig = Rig()
    rig.tenant.add_fault(**fault)
    with pytest.raises(Retryable):
        rig.tokens.token()
    assert (rig.refusals, len(rig.wire.sent)) == (0, 1)
    assert rig.tokens.token()


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_page_in_front_of_the_realm_says_nothing_of_the_client(status: int) -> None:
    rig = Rig()
    rig.tenant.add_fault("html", status=status)
    fault = refusal(rig)
    assert (fault.reason, fault.scope, rig.refusals) == (Reason.IFS_UNAVAILABLE, Scope.TENANT, 0)


def test_a_busy_realm_says_when_to_come_back() -> None:
    rig = Rig()
    rig.tenant.add_fault("status", status=429, headers={"Retry-After": "120"})
    assert refusal(rig).retry_after_seconds == 120


@pytest.mark.parametrize("token", ["", "two words", "new\nline", "größer"])
def test_a_token_that_no_header_carries_is_none(token: str) -> None:
    rig = Rig()
    rig.tenant.add_fault("status", status=200, body={"access_token": token, "expires_in": 180})
    assert refusal(rig).reason is Reason.IFS_UNAVAILABLE


class Endless(Rig):
    """The tenant's clock stands still, the deadline's moves on."""

    looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return self.looks * 0.5


def test_a_token_that_drips_is_given_up_at_the_deadline() -> None:
    with DrippingServer(drops(b"HTTP/1.1 200 OK\r\nX-Endless: " + b"." * 20_000)) as server:
        rig = Endless(token_url=f"{server.url}/token")
        with requests.Session() as session:
            rig.tokens = TokenSource(
                session,
                rig.connection.ifs,
                clients=rig,
                now=rig.now,
                monotonic=rig.monotonic,
            )
            fault = refusal(rig)
    assert (fault.code, fault.scope) == ("ReadTimeout", Scope.TENANT)
    assert rig.looks * 0.5 == pytest.approx(WITHIN_SECONDS, abs=2)


ECHO = {"kind": "status", "status": 401, "body": {"error": f"no {SECRET}", "error_description": SECRET}}


@pytest.mark.parametrize("fault", [*PASSING, pytest.param(ECHO, id="an answer that repeats the secret")])
@pytest.mark.parametrize("style", ["body", "basic"])
def test_no_error_text_holds_the_secret(fault: dict[str, Any], style: str) -> None:
    rig = Rig(client_auth=style)
    rig.tenant.add_fault(**fault)
    with pytest.raises(ConnectorError) as caught:
        rig.tokens.token()
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert SECRET not in repr(rig.in_use())
