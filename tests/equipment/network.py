"""HTTP between the connector and the simulated vendors: time passes, answers get lost, bodies are cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

import requests
from requests.adapters import BaseAdapter

from tests.equipment.http import Application, DroppedError, Response, as_requests_response, json_response, to_request

HTML = Response(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"})
CAPTIVE = Response(200, b"<html>Please log in</html>", {"Content-Type": "text/html"})
UNAVAILABLE = json_response(503, {"message": "unavailable"})
THROTTLED = json_response(429, {"message": "Too Many Requests"}, {"X-Rate-Limit-Reset": "7", "Retry-After": "7"})
KINDS = ("dropped", "lost", "truncated", "html", "captive", "unavailable", "throttled")
WRITES_WEIGHT = 5


@dataclass
class Weather:
    """How bad the network is. `rate` is the share of calls with a fault; `dark` are outages by vendor name; `there` and
    `back` are seconds from and to, for a request and for its answer.
    """

    random: Random
    rate: float = 0.0
    there: tuple[float, float] = (0.05, 0.4)
    back: tuple[float, float] = (0.02, 0.2)
    dark: dict[str, tuple[datetime, datetime]] | None = None

    def fault(self, vendor: str, now: datetime, *, writes: bool) -> str | None:
        """Writes are hit more often: an answer lost after the commit is what hurts most."""
        start_end = (self.dark or {}).get(vendor)
        if start_end and start_end[0] <= now < start_end[1]:
            return "dropped"
        rate = self.rate * (WRITES_WEIGHT if writes else 1)
        return self.random.choice(KINDS) if self.random.random() < rate else None


class SimulatedAdapter(BaseAdapter):
    """Mounted on a session for one vendor. `step` may end the environment before and after the call."""

    def __init__(
        self,
        vendor: str,
        application: Application,
        *,
        weather: Weather,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        step: Callable[[str], None],
        met: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._vendor, self._application, self._weather = vendor, application, weather
        self._now, self._sleep, self._step, self._met = now, sleep, step, met

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self._step("http")
        self._sleep(self._weather.random.uniform(*self._weather.there))
        fault = self._weather.fault(self._vendor, self._now(), writes=request.method in {"PATCH", "POST"})
        if fault:
            self._met(f"{self._vendor} {fault}")
        answer = self._answer(request, fault)
        self._sleep(self._weather.random.uniform(*self._weather.back))
        self._step("http done")
        return as_requests_response(request, answer)

    def _answer(self, request: requests.PreparedRequest, fault: str | None) -> Response:
        if fault == "dropped":
            raise requests.ConnectionError(request=request)
        early = {"html": HTML, "captive": CAPTIVE, "unavailable": UNAVAILABLE, "throttled": THROTTLED}.get(fault or "")
        if early is not None:
            return early
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        try:
            answer = self._application(to_request(str(request.method), str(request.url), request.headers.items(), raw))
        except DroppedError as error:
            raise requests.ConnectionError(request=request) from error
        if fault == "lost":
            raise requests.ReadTimeout(request=request)
        return replace(answer, body=answer.body[: len(answer.body) // 2]) if fault == "truncated" else answer

    def close(self) -> None:
        """Nothing to close."""
