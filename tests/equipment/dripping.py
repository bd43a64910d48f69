"""A server on 127.0.0.1 that answers byte by byte, which no time-out between two bytes ever ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Self


class DrippingServer:
    """Sends the pieces of `answer` one by one with a pause before each, to every request on every connection; where it
    `closes`, that was the connection's last.
    """

    def __init__(self, answer: Sequence[bytes], pause_seconds: float = 0.002, *, closes: bool = False) -> None:
        self._answer, self._pause_seconds, self._closes = answer, pause_seconds, closes
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(2)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while connection.recv(65_536):
                for piece in self._answer:
                    if self._over.wait(self._pause_seconds):
                        return
                    connection.sendall(piece)
                if self._closes:
                    return


def drops(text: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in text]
