"""The total deadline of an exchange, over real sockets."""

from __future__ import annotations

import gzip
import io
import threading
import time
from collections.abc import Callable
from itertools import count

import pytest
import requests
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from functions.http_answers import exchange, keep_deadlines, read_body
from functions.wiring.aws import AwsRuntime
from tests.equipment.dripping import DrippingServer, drops
from tests.equipment.http import InProcessAdapter, Request, Response

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"
BODY = b"twenty bytes of body"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def stepping(seconds_a_look: float) -> Callable[[], float]:
    """A clock that moves on whenever somebody looks at it."""
    ticks = count()
    return lambda: next(ticks) * seconds_a_look


def a_session(monotonic: Callable[[], float]) -> requests.Session:
    session = requests.Session()
    keep_deadlines(session, monotonic)
    return session


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(drops(HEAD + BODY), id="status line"),
        pytest.param([b"HTTP/1.1 200 OK\r\n", *drops(b"X-Padding: " + b"x" * 60 + b"\r\n\r\n")], id="headers"),
        pytest.param([b"HTTP/1.1 100 Continue\r\n\r\n"] * 60 + [HEAD + BODY], id="interim answers"),
        pytest.param([HEAD, *drops(BODY)], id="body of announced length"),
        pytest.param([CHUNKED, *[b"1\r\nx\r\n"] * 40, b"0\r\n\r\n"], id="chunks"),
        pytest.param([CHUNKED, *drops(b"14\r\n" + BODY + b"\r\n0\r\n\r\n")], id="halves of a chunk"),
        pytest.param([b"HTTP/1.1 200 OK\r\n\r\n", *drops(BODY)], id="body until the end of the connection"),
    ],
)
def test_an_answer_that_drips_is_given_up_at_the_deadline_wherever_it_drips(answer: list[bytes]) -> None:
    with (
        DrippingServer(answer) as server,
        a_session(stepping(0.5)) as session,
        pytest.raises(requests.ReadTimeout),
    ):
        exchange(session, "GET", server.url, 5)


def test_a_dripping_answer_that_makes_it_in_time_is_read() -> None:
    with DrippingServer(drops(HEAD + BODY), 0) as server, a_session(stepping(0.5)) as session:
        assert exchange(session, "GET", server.url, 100)[1] == BODY


def test_the_deadline_is_one_of_seconds() -> None:
    with DrippingServer(drops(HEAD + BODY), 0.04) as server, a_session(AwsRuntime().monotonic) as session:
        began = time.monotonic()
        with pytest.raises(requests.ReadTimeout):
            exchange(session, "POST", server.url, 0.2, data=b"{}")
        assert 0.2 <= time.monotonic() - began < 0.5


def test_silence_after_the_first_byte_gets_no_time_of_its_own() -> None:
    with DrippingServer(drops(HEAD), 0.3) as server, a_session(AwsRuntime().monotonic) as session:
        began = time.monotonic()
        with pytest.raises(requests.ReadTimeout):
            exchange(session, "GET", server.url, 0.4)
        assert time.monotonic() - began < 0.55


def test_a_server_that_says_nothing_is_given_up_at_the_deadline() -> None:
    with (
        DrippingServer([HEAD], 5) as server,
        a_session(AwsRuntime().monotonic) as session,
        pytest.raises(requests.ReadTimeout),
    ):
        exchange(session, "GET", server.url, 0.1)


def test_a_kept_connection_starts_each_exchange_with_the_whole_time_and_leaves_no_thread_behind() -> None:
    with DrippingServer([HEAD + BODY], 0) as server, a_session(stepping(1)) as session:
        exchange(session, "GET", server.url, 8)
        before = threading.active_count()
        assert [exchange(session, "GET", server.url, 8)[1] for _ in range(20)] == [BODY] * 20
        assert (server.connections, threading.active_count()) == (1, before)


def test_a_compressed_body_is_read_whole() -> None:
    packed = gzip.compress(BODY * 9_000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with DrippingServer([head, packed[:30], packed[30:]]) as server, a_session(stepping(0)) as session:
        assert exchange(session, "GET", server.url, 5)[1] == BODY * 9_000


def test_a_body_that_ends_early_is_a_fault_and_no_shorter_body() -> None:
    with (
        DrippingServer([HEAD, BODY[:7]], closes=True) as server,
        a_session(stepping(0)) as session,
        pytest.raises(requests.ConnectionError),
    ):
        exchange(session, "GET", server.url, 5)


@pytest.mark.parametrize(
    "answer", [HEAD + BODY, CHUNKED + b"14\r\n" + BODY + b"\r\n0\r\n\r\n"], ids=["length", "chunks"]
)
def test_a_body_that_is_larger_than_asked_for_is_a_fault(answer: bytes) -> None:
    with DrippingServer([answer], 0) as server, a_session(stepping(0)) as session:
        assert exchange(session, "GET", server.url, 5, most_bytes=20)[1] == BODY
        with pytest.raises(requests.ConnectionError):
            exchange(session, "GET", server.url, 5, most_bytes=19)


def test_a_compressed_body_counts_as_large_as_it_becomes() -> None:
    packed = gzip.compress(bytes(10_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    with (
        DrippingServer([head + packed], 0) as server,
        a_session(stepping(0)) as session,
        pytest.raises(requests.ConnectionError),
    ):
        exchange(session, "GET", server.url, 5, most_bytes=65_536)


def test_a_host_that_no_resolver_takes_is_a_fault_of_requests_own_kind() -> None:
    with a_session(stepping(0)) as session, pytest.raises(requests.RequestException):
        exchange(session, "GET", f"https://{'x' * 70}.example.com", 5)


class Broken(io.BytesIO):
    def read1(self, size: int | None = -1, /) -> bytes:
        raise ProtocolError("connection broken")


def test_a_connection_that_breaks_is_a_fault_of_requests_own_kind() -> None:
    response = requests.Response()
    response.raw = HTTPResponse(Broken(b"x"), {}, preload_content=False)
    with pytest.raises(requests.ConnectionError):
        read_body(response)


def test_what_is_mounted_in_process_stays_mounted() -> None:
    def application(_: Request) -> Response:
        return Response(200, b"in process")

    session = requests.Session()
    session.mount("https://vendor.example.com", InProcessAdapter(application))
    keep_deadlines(session, stepping(1))
    assert exchange(session, "GET", "https://vendor.example.com/", 1)[1] == b"in process"
