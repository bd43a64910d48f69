"""Faults a simulated vendor can be told to show: before a request is served, after it, or instead of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.equipment.http import Application, DroppedError, Request, Response, json_response

HTML = b"<html><body><h1>Bad gateway</h1></body></html>"
KINDS = ("status", "html", "truncated", "dropped", "lost", "late", "throttle_text")


@dataclass
class Fault:
    """`times` counts down, -1 lasts until it is lifted. `lost` serves the request and drops the answer, `dropped` drops
    the request. `status` answers `body` with `status`, `late` serves the request before it does so.
    """

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    status: int = 503
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, request: Request) -> bool:
        return self.times != 0 and self.method in {"", request.method} and self.path in request.path


class Faults:
    """`with_faults(application)` shows the first fault that concerns a request."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        if fault.kind not in KINDS:
            raise ValueError(f"no such fault: {fault.kind}")
        self._faults.append(replace(fault))

    def lift(self) -> None:
        self._faults.clear()

    def around(self, application: Application) -> Application:
        def served(request: Request) -> Response:
            fault = next((fault for fault in self._faults if fault.concerns(request)), None)
            if fault is None:
                return application(request)
            fault.times -= 1
            return _shown(fault, request, application)

        return served


def _shown(fault: Fault, request: Request, application: Callable[[Request], Response]) -> Response:
    match fault.kind:
        case "status":
            return json_response(fault.status, fault.body or {"message": "unavailable"}, fault.headers)
        case "html":
            return Response(fault.status, HTML, {"Content-Type": "text/html", **fault.headers})
        case "throttle_text":
            return json_response(200, {"message": "Too Many Requests"}, fault.headers)
        case "truncated":
            answer = application(request)
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        case "late":
            application(request)
            return json_response(fault.status, fault.body, fault.headers)
        case "lost":
            application(request)
            raise DroppedError
    raise DroppedError
