"""The total deadline of an answer's body."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from functions import http_answers
from functions.http_answers import read_body


class Dripping(io.BytesIO):
    """Gives one byte at a time, however many are asked for."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read1(min(size or 1, 1))


class Broken(io.BytesIO):
    def read1(self, size: int | None = -1, /) -> bytes:
        raise ProtocolError("connection broken")


def an_answer(body: io.BytesIO, **headers: str) -> requests.Response:
    response = requests.Response()
    response.raw = HTTPResponse(body, headers, preload_content=False)
    return response


def a_clock(monkeypatch: pytest.MonkeyPatch, seconds_a_look: float) -> None:
    looks = iter(range(10_000))
    clock: Any = SimpleNamespace(monotonic=lambda: next(looks) * seconds_a_look)
    monkeypatch.setattr(http_answers, "time", clock)


def test_a_whole_body_is_read() -> None:
    assert read_body(an_answer(io.BytesIO(b"x" * 200_000)), 20) == b"x" * 200_000


def test_a_dripping_body_that_makes_it_in_time_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    a_clock(monkeypatch, 0.3)
    assert (
        read_body(an_answer(Dripping(b"twenty bytes of body"), **{"Content-Length": "20"}), 20)
        == b"twenty bytes of body"
    )


def test_a_dripping_body_of_announced_length_is_given_up_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    a_clock(monkeypatch, 0.3)
    with pytest.raises(requests.ReadTimeout):
        read_body(an_answer(Dripping(b"twenty bytes of body"), **{"Content-Length": "20"}), 1)


def test_a_connection_that_breaks_is_a_fault_of_requests_own_kind() -> None:
    with pytest.raises(requests.ConnectionError):
        read_body(an_answer(Broken(b"x")), 20)
