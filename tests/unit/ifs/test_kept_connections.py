"""A connection that was kept open, and that the server ended meanwhile, costs a reading nothing and a write no doubt
more than it has to.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self

import pytest
import requests

from functions.errors import OutcomeUnknown
from functions.ifs.client import ETag, IfsClient
from tests.equipment.tenant_fixture import Rig

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
PATH = "/main/Records.svc/Set(1)"


class Forgetful:
    """Answers the first request of each connection, and the next one by closing it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.methods: list[list[str]] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(2)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.methods.append([])
                with connection:
                    self._heard(connection)
                    connection.sendall(ANSWER)
                    self._heard(connection)

    def _heard(self, connection: socket.socket) -> None:
        text = connection.recv(65_536).decode()
        if text:
            self.methods[-1].append(text.split()[0])


def client_of(server: Forgetful) -> IfsClient:
    rig = Rig()
    side = rig.connection.ifs.model_copy(update={"base_url": server.url})
    return IfsClient(
        requests.Session(),
        side,
        rig.tokens,
        now=rig.now,
        monotonic=rig.monotonic,
        sleep=rig.sleep,
        jitter=lambda: 1.0,
    )


def test_a_reading_is_repeated_on_a_new_connection() -> None:
    with Forgetful() as server:
        client = client_of(server)
        assert [client.get(PATH, "Set") is not None for _ in range(2)] == [True, True]
    assert server.methods[0] == ["GET", "GET"]
    assert server.methods[1][:1] == ["GET"]


def test_a_write_is_not_repeated_and_its_outcome_is_not_known() -> None:
    with Forgetful() as server:
        client = client_of(server)
        client.get(PATH, "Set")
        with pytest.raises(OutcomeUnknown):
            client.patch(PATH, ETag('W/"1"'), {"ProNo": "1Z"}, "Set")
    assert server.methods == [["GET", "PATCH"]]
