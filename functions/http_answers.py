"""HTTP exchanges under a total deadline: an answer that drips must not hold the Lambda until it dies.

A socket's own time-out begins anew with every byte. Here status line, headers and body are read through a file that
lends the socket, before each read, only the time that is left. No thread watches, so none is left in a warm Lambda.

      connect          request            status line, headers, body
    |-- 3 s --|------------------- within_seconds -------------------|
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, LocationValueError, ReadTimeoutError

CHUNK_BYTES = 65_536  # of a body; the deadline is looked at before each
CONNECT_SECONDS = 3  # to a host that answers at all

Monotonic = Callable[[], float]


def keep_deadlines(session: requests.Session, monotonic: Monotonic) -> None:
    """From now on the read time-out of every request is total. What is mounted for other means stays."""
    for prefix, adapter in list(session.adapters.items()):
        if type(adapter) is HTTPAdapter:
            session.mount(prefix, _DeadlineAdapter(monotonic))


def exchange(
    session: requests.Session,
    method: str,
    url: str,
    within_seconds: float,
    *,
    most_bytes: int | None = None,
    **request: Any,
) -> tuple[requests.Response, bytes]:
    """The answer and its whole body. Raises requests.RequestException, also for a body of more than `most_bytes`.
    Follows no redirect, keeps no cookie.
    """
    try:
        response = session.request(
            method, url, timeout=(CONNECT_SECONDS, within_seconds), allow_redirects=False, stream=True, **request
        )
        return response, read_body(response, most_bytes)
    except LocationValueError as error:  # of a host that no resolver takes; requests lets it through
        raise requests.exceptions.InvalidURL from error
    finally:
        # A load balancer's cookie would bind all requests of a warm Lambda to one node.
        session.cookies.clear()


def read_body(response: requests.Response, most_bytes: int | None = None) -> bytes:
    """Raises requests.RequestException; the response is closed either way."""
    content = bytearray()
    try:
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
            content += chunk
            if most_bytes is not None and len(content) > most_bytes:
                raise requests.ConnectionError("the body is too large")
    except ReadTimeoutError as error:
        raise requests.ReadTimeout from error
    except HTTPError as error:
        raise requests.ConnectionError(type(error).__name__) from error
    finally:
        response.close()
    return bytes(content)


class _TimedFile(io.RawIOBase):
    """What arrives on a socket until the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until: float, monotonic: Monotonic) -> None:
        self._raw, self._socket, self._until, self._monotonic = raw, sock, until, monotonic

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - self._monotonic()
        if left <= 0:
            raise TimeoutError("the total deadline has passed")
        self._socket.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedConnection:
    """Beside one of urllib3's connections: the clock starts with the first byte of the request."""

    monotonic: Monotonic
    timeout: float
    response_class: Callable[..., HTTPResponse]

    def request(self, *given: Any, **named: Any) -> None:
        self._began = self.monotonic()
        super().request(*given, **named)  # type: ignore[misc] # urllib3's own stands behind this one

    def getresponse(self) -> Any:
        until, monotonic = self._began + self.timeout, self.monotonic

        def timed(sock: socket.socket, *given: Any, **named: Any) -> HTTPResponse:
            answer = HTTPResponse(sock, *given, **named)
            raw: Any = answer.fp.detach()
            answer.fp = io.BufferedReader(_TimedFile(raw, sock, until, monotonic))
            return answer

        self.response_class = timed
        return super().getresponse()  # type: ignore[misc] # as above


class _DeadlineAdapter(HTTPAdapter):
    def __init__(self, monotonic: Monotonic) -> None:
        self._monotonic = monotonic
        super().__init__()

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        own = {"monotonic": staticmethod(self._monotonic)}
        plain = type("TimedHTTPConnection", (_TimedConnection, HTTPConnection), own)
        secure = type("TimedHTTPSConnection", (_TimedConnection, HTTPSConnection), own)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("TimedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("TimedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
