"""One small HTTP seam, so that a simulated vendor runs over a socket or in process without knowing which."""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

END_SECONDS = 0.05  # after which a server notices that it is to end
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Request:
    """`path` is still percent-encoded; `query` is decoded, in order; header names are case-insensitive."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def param(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.query if key == name), default)

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, value: object, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(value, separators=(",", ":")).encode()
    return Response(status, body, {"Content-Type": "application/json; charset=utf-8", **(headers or {})})


Application = Callable[[Request], Response]


class DroppedError(Exception):
    """The connection breaks off: the caller never learns what became of its request."""


def to_request(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> Request:
    parts = urlsplit(url)
    query = tuple(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method, parts.path, query, CaseInsensitiveDict(headers), body)


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was ended in the middle of its call is no error of the vendor's."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Server:
    """Serves an application on 127.0.0.1; `with Server(app) as server: server.url`."""

    def __init__(self, application: Application, port: int = 0) -> None:
        self._server = _QuietServer(("127.0.0.1", port), _handler_for(application))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(END_SECONDS,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler_for(application: Application) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            try:
                response = application(to_request(self.command, self.path, self.headers.items(), body))
            except DroppedError:
                self.close_connection = True
                return
            self.send_response_only(response.status)
            headers = {"Content-Length": str(len(response.body)), **response.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 -- names the library calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- name the library calls
            """Quiet: the servers keep their own request log."""

    return Handler


class _Original:
    """Where `requests` looks for cookies."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.msg = Message()
        for name, value in headers.items():
            self.msg[name] = value

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """Nothing to close."""


def as_requests_response(request: requests.PreparedRequest, answer: Response) -> requests.Response:
    """What `requests` makes of an answer that came over a socket, its body still to be read."""
    response = requests.Response()
    response.status_code = answer.status
    response.headers = CaseInsensitiveDict(answer.headers)
    original: Any = _Original(answer.headers)
    response.raw = HTTPResponse(
        io.BytesIO(answer.body), dict(answer.headers), preload_content=False, original_response=original
    )
    response.url = str(request.url)
    response.request = request
    return response


class InProcessAdapter(BaseAdapter):
    """Mount on a `requests.Session` to reach an application without a socket: `session.mount(url, adapter)`."""

    def __init__(self, application: Application) -> None:
        super().__init__()
        self._application = application

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        try:
            answer = self._application(to_request(str(request.method), str(request.url), request.headers.items(), raw))
        except DroppedError as error:
            raise requests.ConnectionError(request=request) from error
        return as_requests_response(request, answer)

    def close(self) -> None:
        """Nothing to close."""
