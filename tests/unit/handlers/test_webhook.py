"""The webhook from API Gateway's event to its answer, with ShipStation's keys behind HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from functions.shipstation.v2.signature import KEY_ID, SIGNATURE, TIMESTAMP
from functions.wiring.telemetry import logger
from tests.equipment.builders import NOON
from tests.equipment.http import Response, json_response
from tests.equipment.quiet_connection import asked, quiet_world
from tests.equipment.shipstation.signing import jwk, private_key
from tests.equipment.webhook_endpoint import TOKEN, V1, V2, Endpoint

TRACKING = b'{"resource_type": "TRACK_EVENT_V2", "data": {"tracking_number": "CANARY-1Z"}}'
# What Base64 is for: a body that is no UTF-8 is signed like any other.
LATIN = b'{"resource_url": "https://api.shipstation.com/v2/labels?batch_id=se-7", "resource_type": "\xe9_V2"}'


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    written = StringIO()
    monkeypatch.setattr(logger.handlers[0], "stream", written)
    return written


@pytest.mark.parametrize("connection", ["moving", "strict"])
@pytest.mark.parametrize("as_base64", [False, True], ids=["text", "Base64"])
def test_a_signed_body_is_queued_by_its_ids(endpoint: Endpoint, connection: str, *, as_base64: bool) -> None:
    assert endpoint.signed(V2, connection=connection, as_base64=as_base64) == 202
    (sent,) = endpoint.sent
    assert (sent["event"], sent["pointer"]) == ("LABEL_CREATED_V2", {"kind": "shipments_batch", "id": "7"})


def test_a_body_that_is_no_text_is_verified_as_it_came_and_then_refused(endpoint: Endpoint) -> None:
    assert endpoint.signed(LATIN, as_base64=True) == 400
    headers = endpoint.service.headers(LATIN, NOON)
    assert endpoint.post(LATIN.decode("latin-1").encode(), headers, as_base64=True) == 401


def test_an_unsigned_body_gets_in_where_signatures_are_not_required(endpoint: Endpoint) -> None:
    for body in (V1, V2):
        assert (endpoint.post(body, connection="moving"), endpoint.post(body)) == (202, 404)
    assert [sent["connection"] for sent in endpoint.sent] == ["moving", "moving"]
    assert endpoint.runtime.sessions == 0


def test_whoever_loses_the_headers_of_a_signature_on_the_way_is_turned_away(endpoint: Endpoint) -> None:
    whole = endpoint.service.headers(V2, NOON)
    for name in whole:
        for connection in ("moving", "strict"):
            headers = {other: value for other, value in whole.items() if other != name}
            assert endpoint.post(V2, headers, connection=connection) == 404
    assert (endpoint.sent, endpoint.service.asked) == ([], 0)


def test_header_names_are_read_in_any_case(endpoint: Endpoint) -> None:
    headers = {name.title(): value for name, value in endpoint.service.headers(V2, NOON).items()}
    assert endpoint.post(V2, {**headers, "X-Webhook-Token": TOKEN}, token="") == 202


@pytest.mark.parametrize("token", ["", "-", "CANARY-tokem"])
def test_the_token_in_a_header_opens_an_address_that_holds_none(endpoint: Endpoint, token: str) -> None:
    headers = endpoint.service.headers(V2, NOON)
    assert endpoint.post(V2, headers, token=token) == 404
    assert endpoint.post(V2, {**headers, "x-webhook-token": TOKEN}, token=token) == 202
    assert endpoint.post(V2, {**headers, "x-webhook-token": "CANARY-tokem"}, token=token) == 404
    assert endpoint.post(V2, {"x-webhook-token": TOKEN}, token=token) == 404
    assert endpoint.post(V1, {"x-webhook-token": TOKEN}, token=token, connection="moving") == 202


def test_a_signature_alone_opens_nothing_because_every_customer_s_are_made_with_the_same_keys(
    endpoint: Endpoint,
) -> None:
    for connection in ("moving", "strict", "unknown"):
        assert endpoint.signed(V2, connection=connection, token="guess") == 404
    assert (endpoint.sent, endpoint.service.asked) == ([], 0)


@pytest.mark.parametrize(("seconds", "status"), [(301, 400), (300, 202), (-86400, 202)])
def test_an_old_webhook_is_turned_away_and_a_clock_that_is_ahead_is_not(
    endpoint: Endpoint, seconds: int, status: int
) -> None:
    headers = endpoint.service.headers(V2, NOON - timedelta(seconds=seconds))
    assert endpoint.post(V2, headers) == status


def test_the_timestamp_cannot_be_made_younger(endpoint: Endpoint) -> None:
    old = endpoint.service.headers(V2, NOON - timedelta(hours=1))
    young = endpoint.service.headers(V2, NOON)
    assert endpoint.post(V2, {**old, TIMESTAMP: young[TIMESTAMP]}) == 401


def test_a_rotated_key_is_fetched_and_the_earlier_one_goes_on(endpoint: Endpoint) -> None:
    earlier = endpoint.service.headers(V2, NOON)
    assert endpoint.post(V2, earlier) == 202
    endpoint.service.rotate("k2")
    assert (endpoint.signed(V2), endpoint.post(V2, earlier)) == (202, 202)
    assert (endpoint.service.asked, endpoint.runtime.sessions) == (2, 1)


def test_invented_key_ids_do_not_make_us_ask_all_the_time(endpoint: Endpoint) -> None:
    headers = endpoint.service.headers(V2, NOON)
    assert {endpoint.post(V2, {**headers, KEY_ID: f"k{number}-"}) for number in range(50)} == {401}
    assert endpoint.service.asked == 2
    assert endpoint.signed(V2) == 202


def test_the_key_of_another_id_verifies_nothing(endpoint: Endpoint) -> None:
    endpoint.service.rotate("k2")
    assert endpoint.post(V2, endpoint.service.headers(V2, NOON, kid="k1")) == 401
    assert endpoint.signed(V2) == 202


@pytest.mark.parametrize("outage", ["dropped", Response(500), Response(200, b"<html>CANARY</html>"), Response(404)])
def test_while_the_keys_are_out_of_reach_the_sender_is_to_come_again(
    endpoint: Endpoint, outage: Any, logs: StringIO
) -> None:
    endpoint.service.outage = outage
    assert [endpoint.signed(V2) for _ in range(10)] == [503] * 10
    assert (endpoint.sent, endpoint.service.asked) == ([], 1)
    assert endpoint.post(V2, connection="moving") == 202
    assert "signing_keys_unavailable" in logs.getvalue()
    endpoint.service.outage = None
    endpoint.runtime.at += timedelta(minutes=1)
    assert endpoint.signed(V2) == 202


def test_a_tracking_event_is_taken_whatever_its_size_and_nothing_is_queued(endpoint: Endpoint) -> None:
    long = TRACKING.replace(b"{}", b"") + b" " * 100_000
    assert (endpoint.signed(TRACKING), endpoint.signed(long, as_base64=True), endpoint.sent) == (200, 200, [])
    assert endpoint.post(TRACKING) == 404


def mangled(headers: dict[str, str], **changes: str) -> dict[str, str]:
    return headers | {{"kid": KEY_ID, "signature": SIGNATURE, "at": TIMESTAMP}[name]: v for name, v in changes.items()}


HOSTILE: dict[str, Callable[[dict[str, str]], dict[str, str]]] = {
    "no Base64": lambda h: mangled(h, signature="CANARY!"),
    "an empty signature of Base64": lambda h: mangled(h, signature="===="),
    "zeros": lambda h: mangled(h, signature=base64.b64encode(bytes(256)).decode()),
    "ones": lambda h: mangled(h, signature=base64.b64encode(b"\xff" * 256).decode()),
    "an endless signature": lambda h: mangled(h, signature="A" * 1_000_000),
    "half a character": lambda h: mangled(h, signature="\ud800", kid="\ud800"),
    "half a character in the time": lambda h: mangled(h, at="\ud800"),
    "an endless time": lambda h: mangled(h, at="9" * 1_000_000),
    "the end of time": lambda h: mangled(h, at="9999-12-31T23:59:59.999999-23:59"),
    "the beginning of time": lambda h: mangled(h, at="0001-01-01T00:00:00+23:59"),
    "a path for a key id": lambda h: mangled(h, kid="../../CANARY"),
    "an address for a key id": lambda h: mangled(h, kid="https://evil.example/jwks#CANARY"),
    "an endless key id": lambda h: mangled(h, kid="CANARY" * 100_000),
    "a line feed": lambda h: mangled(h, kid="k1\r\nX-CANARY: 1"),
    "every header twice": lambda h: {name: f"{value},{value}" for name, value in h.items()},
}


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("connection", ["moving", "strict"])
def test_what_is_hostile_is_refused_without_a_fault_an_echo_or_a_message(
    endpoint: Endpoint, connection: str, make: Callable[[dict[str, str]], dict[str, str]], logs: StringIO
) -> None:
    headers = make(endpoint.service.headers(V2, NOON))
    assert 400 <= endpoint.post(V2, headers, connection=connection) < 500
    assert endpoint.sent == []
    assert [answer["body"] for answer in endpoint.answers] == ["{}"]
    assert "CANARY" not in logs.getvalue()
    assert "evil" not in logs.getvalue()


BODIES = {
    "nothing": b"",
    "no JSON": b"{CANARY",
    "a list": b"[]",
    "nested too deep": b"[" * 100_000,
    "an endless number": b'{"resource_url": ' + b"9" * 100_000 + b"}",
    "a type that is none": V2.replace(b'"LABEL_CREATED_V2"', b'{"_V2": "CANARY"}'),
    "another host": V2.replace(b"api.shipstation", b"evil.CANARY"),
    "V1's address under V2's event": V1.replace(b"SHIP_NOTIFY", b"LABEL_CREATED_V2"),
    "half a character": V2.replace(b"se-7", b"\\ud800"),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_that_is_signed_and_says_nothing_is_refused_in_the_same_way(
    endpoint: Endpoint, body: bytes, logs: StringIO
) -> None:
    assert endpoint.signed(body) == 400
    assert (endpoint.sent, endpoint.answers[0]["body"], "CANARY" in logs.getvalue()) == ([], "{}", False)


@pytest.mark.parametrize(
    "event",
    [
        {"body": None},
        {"body": "\ud800"},
        {"body": "CANARY \u00e9!", "isBase64Encoded": True},
        {"headers": None},
        {"pathParameters": None},
        {"pathParameters": {"connection": "strict"}},
        {"pathParameters": {"connection": "strict", "token": "\ud800"}},
    ],
    ids=["no body", "half a character", "no Base64", "no headers", "no parameters", "no token", "half a token"],
)
def test_an_event_of_api_gateway_may_lack_anything(endpoint: Endpoint, event: dict[str, Any]) -> None:
    assert 400 <= endpoint.signed(V2, event=event) < 500
    assert endpoint.sent == []


@pytest.mark.parametrize(
    "junk",
    [
        [None, 7, "k1", {"kid": "k1"}],
        [jwk(private_key("k1", 1024), "k1")],
        [jwk(private_key("k1", 2048, 3), "k1")],
        [{**jwk(private_key("k1"), "k1"), "use": "enc"}],
        [{**jwk(private_key("k1"), "k1"), "n": "AQAB"}],
    ],
    ids=["no keys", "1024 bits", "exponent 3", "for encryption", "a small modulus"],
)
def test_a_key_that_is_no_strong_one_verifies_nothing(endpoint: Endpoint, junk: list[Any]) -> None:
    endpoint.service.outage = json_response(200, {"keys": [*junk, jwk(private_key("k9"), "k9")]})
    assert endpoint.signed(V2) == 401
    endpoint.service.rotate("k9")
    assert endpoint.signed(V2) == 202


def test_a_log_line_says_why_a_webhook_was_turned_away(endpoint: Endpoint, logs: StringIO) -> None:
    endpoint.post(V2)
    endpoint.post(V2, token="guess")
    endpoint.signed(TRACKING)
    endpoint.signed(V2)
    endpoint.post(V2 + b" ", endpoint.service.headers(V2, NOON))
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    assert [(line["status"], line["reason"]) for line in lines] == [
        (404, "signature_missing"),
        (404, "not_known"),
        (200, "nothing_to_read"),
        (202, "queued"),
        (401, "signature_wrong"),
    ]
    assert TOKEN not in logs.getvalue()


def test_what_a_person_notes_in_the_secret_beside_the_tokens_opens_nothing() -> None:
    world, _ = quiet_world()
    tokens = {"current": "CanaryToken", "previous": "CanaryBefore"}
    world.secrets.put("hook-acme", {**tokens, "rotated_on": "2026-06-01", "empty": ""})
    statuses = {}
    for token in (*tokens.values(), "2026-06-01", ""):
        event = {"pathParameters": {"connection": "acme", "token": token}, "headers": {}, "body": V1.decode()}
        statuses[token] = asked(world, event, "webhook")["statusCode"]
    assert statuses == {"CanaryToken": 202, "CanaryBefore": 202, "2026-06-01": 404, "": 404}
