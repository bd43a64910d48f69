from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import requests

from functions.errors import ConnectorError, OutcomeUnknown, Permanent, Retryable, Scope
from functions.http_answers import keep_deadlines
from functions.model.outcomes import Reason
from functions.shipstation.client import Answer, Credentials, KeyRefused, PageBroken
from tests.equipment.account_fixture import KEY, PATH, SECRET, Rig, get, refused
from tests.equipment.builders import NOON
from tests.equipment.dripping import DrippingServer, drops
from tests.equipment.http import Request, Response, json_response

JSON = {"Content-Type": "application/json"}


def test_an_answer_carries_the_body_and_the_vendors_clock() -> None:
    rig = Rig()
    answer = get(rig)
    assert answer == Answer({"shipments": [], "total": 0, "page": 1, "pages": 0}, NOON)
    (sent,) = rig.sent
    assert (sent.method, sent.path, sent.query) == ("GET", PATH, (("batchId", "7"),))


@pytest.mark.parametrize("date", ["", "yesterday", "99999"])
def test_a_clock_nobody_can_read_is_none(date: str) -> None:
    rig = Rig()
    rig.canned.append(json_response(200, {}, {"Date": date}))
    assert get(rig) == Answer({}, None)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_permanent_and_forgotten(status: int) -> None:
    rig = Rig()
    rig.account.add_fault("status", status=status)
    refused(rig, KeyRefused, Reason.SHIPSTATION_CREDENTIALS)
    assert (rig.refusals, len(rig.sent)) == (1, 1)


def test_a_rotated_key_counts_from_the_next_request_on() -> None:
    rig = Rig()
    rig.account.keys[KEY] = "r0tated"
    refused(rig, KeyRefused, Reason.SHIPSTATION_CREDENTIALS)
    rig.secret = "r0tated"
    assert get(rig)


def test_not_found_is_none() -> None:
    rig = Rig()
    assert get(rig, "/orders/1") is None
    assert rig.refusals == 0


@pytest.mark.parametrize("status", [400, 405, 409, 412, 415, 422])
def test_any_other_refusal_is_permanent(status: int) -> None:
    rig = Rig()
    rig.account.add_fault("status", status=status)
    refused(rig, Permanent, Reason.SHIPSTATION_REQUEST)
    assert len(rig.sent) == 1


@pytest.mark.parametrize("status", [202, 206, 301, 302, 307, 308, 408, 425])
def test_what_neither_answers_nor_refuses_passes_and_a_redirect_is_not_followed(status: int) -> None:
    rig = Rig()
    rig.canned += [Response(status, b"", {"Location": "https://evil.example/shipments"})] * 4
    error = refused(rig, Retryable, Reason.SHIPSTATION_UNAVAILABLE)
    assert (error.status, {request.path for request in rig.sent}) == (status, {PATH})
    with pytest.raises(OutcomeUnknown, match=f"POST /orders: {status}"):
        rig.client.post("/orders", {}, "push")
    assert len(rig.sent) == 4


def test_a_content_type_in_capitals_is_one() -> None:
    rig = Rig()
    rig.canned.append(Response(200, b"{}", {"Content-Type": "Application/JSON; Charset=UTF-8"}))
    assert get(rig) == Answer({}, None)


PASSING = pytest.mark.parametrize(
    "fault",
    [
        pytest.param(json_response(500, {"ExceptionMessage": "null reference"}), id="500"),
        pytest.param(json_response(503, {}), id="503"),
        pytest.param(Response(502, b"<html>", {"Content-Type": "text/html"}), id="502 as HTML"),
        pytest.param(Response(200, b"<html>", {"Content-Type": "text/html"}), id="HTML under 200"),
        pytest.param(Response(200, b"{}"), id="no content type"),
        pytest.param(Response(200, b'{"shipments": [{"ship', JSON), id="truncated JSON"),
        pytest.param(Response(200, b"", JSON), id="empty body"),
        pytest.param(requests.ConnectTimeout(), id="connect timeout"),
        pytest.param(requests.ReadTimeout(), id="read timeout"),
        pytest.param(requests.ConnectionError(), id="broken connection"),
        pytest.param(requests.exceptions.ChunkedEncodingError(), id="broken body"),
    ],
)


@PASSING
def test_a_passing_fault_is_tried_again_through_the_budget(fault: Any) -> None:
    rig = Rig()
    rig.canned += [fault, fault]
    assert get(rig)
    assert rig.pauses == [0.75, 1.5]
    assert len(rig.waits) == len(rig.sent) == 3


@pytest.mark.parametrize(("tries", "sent"), [(3, 2), (2, 1)], ids=["a list", "one of many"])
def test_what_hangs_is_asked_for_again_unless_it_is_one_of_many(tries: int, sent: int) -> None:
    rig = Rig()
    rig.canned += [requests.ReadTimeout()]
    with suppress(Retryable):
        rig.client.get(PATH, {}, "poll", tries, Scope.RECORD)
    assert len(rig.sent) == sent


@PASSING
def test_a_fault_that_does_not_pass_is_retryable_and_never_an_empty_answer(fault: Any) -> None:
    rig = Rig()
    rig.canned += [fault] * 3
    is_page = isinstance(fault, Response) and (fault.status == 500 or fault.headers == JSON)
    error = refused(rig, PageBroken if is_page else Retryable, Reason.SHIPSTATION_UNAVAILABLE)
    assert str(error).startswith(f"{Reason.SHIPSTATION_UNAVAILABLE}: GET {PATH}: ")
    assert len(rig.sent) == 3


@pytest.mark.parametrize(
    "answer",
    [
        *(
            pytest.param(json_response(status, {"message": SECRET}), id=str(status))
            for status in (302, 400, 401, 429, 500)
        ),
        pytest.param(Response(200, SECRET.encode(), {"Content-Type": "text/html"}), id="HTML"),
        pytest.param(Response(200, SECRET.encode(), JSON), id="truncated JSON"),
        pytest.param(requests.ConnectionError(f"{KEY}:{SECRET}"), id="broken connection"),
    ],
)
def test_no_error_text_holds_the_key_or_what_the_vendor_said(answer: Any) -> None:
    rig = Rig()
    rig.canned += [answer] * 3
    with pytest.raises(ConnectorError) as caught:
        get(rig)
    text = str(caught.value)
    planted = (KEY, SECRET, base64.b64encode(f"{KEY}:{SECRET}".encode()).decode(), "batchId")
    assert f"GET {PATH}: " in text
    assert not [secret for secret in planted if secret in text]


class Endless(Rig):
    """The account's clock stands still, the deadline's moves on."""

    looks = 0

    def monotonic(self) -> float:
        self.looks += 1
        return self.looks * 0.5


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"], ids=["head", "body"])
def test_an_answer_that_drips_is_given_up_at_the_deadline(head: bytes) -> None:
    with DrippingServer([*filter(None, [head]), *drops(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 30)]) as server:
        rig = Endless(base_url=server.url)
        rig.session.adapters.clear()
        rig.session.mount("http://", requests.adapters.HTTPAdapter())
        keep_deadlines(rig.session, rig.monotonic)
        with rig.session, pytest.raises(Retryable, match="ReadTimeout"):
            rig.client.get(PATH, {}, "webhook", tries=1)
    assert rig.looks * 0.5 == pytest.approx(45, abs=2)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_a_refusal_names_what_was_asked(method: str) -> None:
    rig = Rig()
    rig.canned.append(Response(400))
    calls: dict[str, Callable[[], object]] = {
        "GET": lambda: rig.client.get("/orders", {}, "poll"),
        "POST": lambda: rig.client.post("/orders", {}, "push"),
        "PUT": lambda: rig.client.put("/orders", {}, "push"),
        "DELETE": lambda: rig.client.delete("/orders", "push"),
    }
    with pytest.raises(Permanent, match=f"{method} /orders: 400"):
        calls[method]()


class Slow(Rig):
    """Two keys, both refused after `seconds`."""

    seconds = 0.0

    def _serve(self, request: Request) -> Response:
        self.at += timedelta(seconds=self.seconds)
        return super()._serve(request)

    def refused(self, credentials: Credentials) -> bool:
        super().refused(credentials)
        return True


@pytest.mark.parametrize(("seconds", "tries"), [(1, 2), (44, 2), (46, 1)])
def test_two_keys_take_no_longer_than_one_request_may(seconds: float, tries: int) -> None:
    rig = Slow()
    rig.account.keys.clear()
    rig.seconds = seconds
    refused(rig, KeyRefused, Reason.SHIPSTATION_CREDENTIALS)
    assert (len(rig.sent), rig.refusals) == (tries, tries)
