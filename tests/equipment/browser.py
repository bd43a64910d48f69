"""A headless Chromium of this machine, driven over its own pipe: nothing is downloaded, no driver has to fit its
version. https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Self

from tests.equipment.pace import Patience

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
    *("--force-color-profile=srgb", "--font-render-hinting=none", "--remote-debugging-pipe"),
)
# The browser listens on the descriptor 3 and speaks on 4.
MOVED = "import os, sys, fcntl; own = [fcntl.fcntl(int(n), fcntl.F_DUPFD, 10) for n in sys.argv[1:3]]; "
PIPED = (
    sys.executable,
    "-I",
    "-S",
    "-c",
    f"{MOVED}[os.dup2(*pair) for pair in zip(own, (3, 4))]; os.execv(sys.argv[3], sys.argv[3:])",
)
SECONDS, END_SECONDS = 60, 10


def installed() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserError(Exception):
    """A script failed, or what was waited for did not come; the text says what."""


class Browser:
    """One tab. `with Browser(installed(), folder) as browser`."""

    def __init__(self, program: str, profile: Path) -> None:
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        self._log: IO[bytes] = (profile.parent / f"{profile.name}.log").open("wb")
        self._process = subprocess.Popen(
            [*PIPED, str(theirs_in), str(theirs_out), program, *SWITCHES, f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._ids, self._buffer = itertools.count(1), b""
        self._session: str | None = None
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._send("Page.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError, BrowserError):
            self._session = None
            self._send("Browser.close")  # ends its own processes; the rest is for one that hangs
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._to, self._from):
            os.close(pipe)
        self._log.close()

    def size(self, width: int, height: int) -> None:
        self._send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme: str) -> None:
        """`light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self._send("Emulation.setEmulatedMedia", features=[feature])

    def open(self, url: str) -> None:
        self._send("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        answer = self._send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"])[:1000])
        return answer["result"].get("value")

    def until(self, script: str) -> Any:
        """The value once it is true."""
        patience = Patience(SECONDS)
        while not (value := self.run(script)):
            if patience.is_over():
                raise BrowserError(f"never true: {script}\n{self.run('document.body.innerText')}")
            time.sleep(0.05)
        return value

    def picture(self, clip: Mapping[str, float] | None = None) -> bytes:
        """A PNG, of what is seen or of a part of the page."""
        part = {"clip": {**clip, "scale": 1}, "captureBeyondViewport": True} if clip else {}
        return base64.b64decode(self._send("Page.captureScreenshot", format="png", **part)["data"])

    def _send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._ids)
        session = {"sessionId": self._session} if self._session else {}
        message = json.dumps({"id": number, "method": method, "params": params, **session})
        os.write(self._to, message.encode() + b"\0")
        while (answer := self._next()).get("id") != number:
            pass
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        found: dict[str, Any] = answer["result"]
        return found

    def _next(self) -> dict[str, Any]:
        """Events between the answers are passed over."""
        while b"\0" not in self._buffer:
            received = os.read(self._from, 1 << 16)
            if not received:
                raise BrowserError(f"the browser ended with status {self._process.wait()}")
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(b"\0")
        decoded: dict[str, Any] = json.loads(message)
        return decoded
