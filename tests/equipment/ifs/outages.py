"""Hours in which a tenant serves no writes, no metadata, no tokens or nothing, by whatever stands in front of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tests.equipment.http import Request, Response

MAINTENANCE = Response(503, b"<html><body><h1>Maintenance</h1></body></html>", {"Content-Type": "text/html"})
MISSING_BACKEND = Response(404, b"default backend - 404", {"Content-Type": "text/plain"})
BACKEND = Response(504, b"upstream request timeout", {"Content-Type": "text/plain"})

KINDS: dict[str, Callable[[Request], bool]] = {
    "all": lambda request: True,
    "writes": lambda request: request.method != "GET" and "/auth/" not in request.path,
    "metadata": lambda request: request.path.endswith("$metadata"),
    "token": lambda request: "/auth/" in request.path,
}


@dataclass
class Outage:
    """`met` are the instants of the requests that it answered."""

    kind: str
    start: datetime
    end: datetime
    answer: Response = MAINTENANCE
    met: list[datetime] = field(default_factory=list)

    def concerns(self, request: Request, now: datetime) -> bool:
        return self.start <= now < self.end and KINDS[self.kind](request)


class Outages:
    def __init__(self) -> None:
        self.planned: list[Outage] = []

    def add(self, outage: Outage) -> Outage:
        self.planned.append(outage)
        return outage

    def answer(self, request: Request, now: datetime) -> Response | None:
        """What stands in front of the tenant says, or None where it lets the request through."""
        for outage in self.planned:
            if outage.concerns(request, now):
                outage.met.append(now)
                return outage.answer
        return None
