from __future__ import annotations

import traceback
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from functions.errors import ConnectorError, Permanent, Retryable
from functions.model.outcomes import Reason
from tests.equipment.builders import NOON
from tests.equipment.tenant_fixture import IFS, SECRET, Rig


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
def test_a_refusal_is_permanent_and_reported(status: int, code: str, reason: Reason) -> None:
    rig = Rig()
    rig.tenant.add_fault("status", status=status, body={"error": code})
    with pytest.raises(Permanent) as caught:
        rig.tokens.token()
    assert (caught.value.reason, rig.refused, len(rig.wire.sent)) == (reason, 1, 1)


def test_a_replaced_secret_is_used_by_the_next_request() -> None:
    rig = Rig()
    rig.secret = "outdated"
    with pytest.raises(Permanent):
        rig.tokens.token()
    rig.secret = SECRET
    assert rig.tokens.token()


def test_a_cookie_of_the_identity_server_is_not_kept() -> None:
    rig = Rig()
    rig.tenant.add_fault("status", status=200, body={"access_token": "t"}, headers={"Set-Cookie": "SESSION=1; Path=/"})
    assert (rig.tokens.token(), len(rig.session.cookies)) == ("t", 0)


def test_a_realm_that_does_not_exist_is_the_connection_files_fault() -> None:
    rig = Rig(token_url=f"{IFS}/auth/realms/other/protocol/openid-connect/token")
    with pytest.raises(Permanent, match="realm") as caught:
        rig.tokens.token()
    assert caught.value.reason is Reason.IFS_CONFIGURATION


PASSING: list[Any] = [
    pytest.param({"kind": "status", "status": 503}, id="503"),
    pytest.param({"kind": "html", "status": 502}, id="a proxy's page"),
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
    assert (rig.refused, len(rig.wire.sent)) == (0, 1)
    assert rig.tokens.token()


ECHO = {"kind": "status", "status": 401, "body": {"error": f"no {SECRET}", "error_description": SECRET}}


@pytest.mark.parametrize("fault", [*PASSING, pytest.param(ECHO, id="an answer that repeats the secret")])
@pytest.mark.parametrize("style", ["body", "basic"])
def test_no_error_text_holds_the_secret(fault: dict[str, Any], style: str) -> None:
    rig = Rig(client_auth=style)
    rig.tenant.add_fault(**fault)
    with pytest.raises(ConnectorError) as caught:
        rig.tokens.token()
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert SECRET not in repr(rig.credentials())
