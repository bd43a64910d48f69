"""No webhook makes a fault, an echo or a message that is not made of ShipStation's own ids, whatever it is."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from io import StringIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.flows.from_shipstation.receive import EVENTS, UNKNOWN_EVENT
from functions.wiring.telemetry import logger
from tests.equipment.webhook_endpoint import TOKEN, V1, V2, Endpoint
from tests.unit.handlers.bad_webhooks import APIS, REFUSED, TAKEN_EVENTS, addressed, posted

STATUSES = {200, 202, 400, 401, 404, 413}
REASONS = {"queued", "nothing_to_read", "no_pointer", "not_known", "body_too_large"}
ANSWERED = {"level", "location", "message", "timestamp", "service", "version", "connection", "status", "reason"}
ANSWERED |= {"correlation_id"}


@cache
def endpoint() -> Endpoint:
    return Endpoint()


def answered(event: object) -> tuple[int, list[dict[str, Any]], str]:
    """Status, what was queued and what was logged; asserts that neither the answer nor the log repeats anything."""
    sent = endpoint().sent
    sent.clear()
    with patch.object(logger.handlers[0], "stream", StringIO()) as written:
        answer = endpoint().handle(event, SimpleNamespace(aws_request_id="c-1"))  # type: ignore[arg-type] # on purpose
    status = answer["statusCode"]
    assert answer == {"statusCode": status, "headers": {"content-type": "application/json"}, "body": "{}"}
    (line,) = map(json.loads, written.getvalue().splitlines())
    assert line.keys() <= ANSWERED
    assert (line["message"], line["status"], line["level"]) == ("webhook_answered", status, "INFO")
    assert line["connection"] in {"moving", "strict", "unknown"}
    assert line["reason"] in REASONS or line["reason"].startswith("signature_")
    assert len(sent) == (status == 202)
    return status, list(sent), written.getvalue()


@pytest.mark.parametrize(("event", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_webhook_of_shipstation_is_refused(event: object, status: int) -> None:
    found, sent, log = answered(event)
    assert (found, sent) == (status, [])
    assert "CANARY" not in log


@pytest.mark.parametrize("event", TAKEN_EVENTS.values(), ids=TAKEN_EVENTS)
def test_what_an_event_lacks_beside_a_good_body_costs_no_webhook(event: dict[str, Any]) -> None:
    status, (sent,), _ = answered(event)
    assert (status, sent["event"], sent["pointer"]) == (202, "SHIP_NOTIFY", {"kind": "shipments_batch", "id": "7"})


@pytest.mark.parametrize("api", APIS.values(), ids=APIS)
@pytest.mark.parametrize("more", ["", "=", "=7", "=8", "=se-8"])
def test_an_id_that_is_given_twice_means_look(api: Any, more: str) -> None:
    name = re.findall(r"\?(\w+)", api.rest)[0]
    for twice in (f"{api.good}&{name}{more}", api.good.replace("?", f"?{name.upper()}{more}&")):
        status, (sent,), _ = answered(addressed(api, twice))
        assert (status, sent["pointer"]) == (202, {"kind": "anything", "id": ""})


def is_shipstations(body: bytes) -> bool:
    """By other means than the connector's: the standard library's reading of an address, and no odd character in it."""
    try:
        named = json.loads(body.decode())["resource_url"]
        url = urlsplit(named)
        place = (url.scheme, url.username, url.port or 443, url.fragment)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False
    is_plain = named.isascii() and named.isprintable() and not set(named) & set(" \\")
    is_host = re.fullmatch(r"(ssapi[0-9]{0,4}|api)\.shipstation\.com", url.hostname or "") is not None
    return is_plain and is_host and place == ("https", None, 443, "")


def assert_harmless(event: object, body: bytes) -> None:
    status, sent, _ = answered(event)
    assert status in STATUSES
    for message in sent:
        assert is_shipstations(body)
        assert message.keys() == {"connection", "event", "pointer", "received_at", "correlation_id"}
        assert message["event"] in {*EVENTS, UNKNOWN_EVENT}
        assert re.fullmatch("[0-9a-fA-F-]{0,64}", message["pointer"]["id"])


ANY_TEXT = st.text(st.characters())  # half characters too
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.sampled_from([TOKEN, V1.decode()]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
URLS = [json.loads(body)["resource_url"] for body in (V1, V2)]
ODD = st.sampled_from([*"\\/@:#?%;[]&=. \t\n\x00", "..", "%2e", "%252f", "//", ":443", "\u3002", "\u0131", "\ufeff"])
thorough = settings(max_examples=300, deadline=None, derandomize=True)


@st.composite
def spliced(draw: st.DrawFn, good: str, anything: st.SearchStrategy[str]) -> str:
    """A good text with something else in the place of a part of it."""
    begin, end = sorted(draw(st.tuples(*[st.integers(0, len(good))] * 2)))
    return good[:begin] + draw(anything) + good[end:]


ANY_URL = st.sampled_from(URLS).flatmap(lambda url: spliced(url, ODD | ANY_TEXT))
ANY_BODY = st.sampled_from([V1.decode(), V2.decode()]).flatmap(lambda body: spliced(body, ODD | ANY_TEXT))
ANY_TYPE = st.sampled_from([*sorted(EVENTS), "API_TRACK"]) | ANY_JSON


@thorough
@given(st.binary() | ANY_BODY.map(lambda text: text.encode(errors="surrogatepass")))
def test_any_bytes(body: bytes) -> None:
    assert_harmless(posted(base64.b64encode(body).decode(), isBase64Encoded=True), body)


@thorough
@given(ANY_TEXT | ANY_BODY | ANY_JSON.map(json.dumps), st.booleans())
def test_any_text(body: str, says_base64: bool) -> None:  # noqa: FBT001 # Hypothesis gives it
    assert_harmless(posted(body, isBase64Encoded=says_base64), b"" if says_base64 else body.encode(errors="replace"))


@thorough
@given(st.dictionaries(st.sampled_from(["data", "resource_url", "CANARY"]) | ANY_TEXT, ANY_JSON), ANY_URL, ANY_TYPE)
def test_any_object_with_any_address(more: dict[str, Any], url: str, event: object) -> None:
    for named in (url, *URLS):
        body = json.dumps({**more, "resource_url": named, "resource_type": event})
        assert_harmless(posted(body), body.encode())


HEADERS = st.sampled_from(
    ["x-webhook-token", "X-Webhook-Token", *(f"x-shipengine-{name}" for name in ("timestamp", "rsa-sha256-key-id"))]
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "pathParameters": ANY_JSON | st.dictionaries(st.sampled_from(["connection", "token"]), ANY_JSON),
        "headers": ANY_JSON | st.dictionaries(HEADERS | ANY_TEXT, ANY_JSON),
        "body": ANY_JSON,
        "isBase64Encoded": ANY_JSON,
        "requestContext": ANY_JSON,
    },
)


@thorough
@given(ANY_JSON | FIELDS)
def test_any_event(event: object) -> None:
    body = event.get("body") if isinstance(event, dict) else ""
    assert_harmless(event, body.encode(errors="replace") if isinstance(body, str) else b"")


@thorough
@given(FIELDS)
def test_any_fields_in_a_good_event(fields: dict[str, Any]) -> None:
    event = {**posted(), **fields}
    body = event["body"]
    assert_harmless(event, body.encode(errors="replace") if isinstance(body, str) else b"")


def test_the_table_holds_every_kind() -> None:
    assert len(REFUSED) >= 63
    assert {status for _, status in REFUSED.values()} == {400, 404, 413}
