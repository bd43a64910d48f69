"""Schedule → ShipStation: the webhooks of a connection are subscribed, and made anew where they are missing. Manual
invoke: what a run would do, or the run itself. A fault leaves nothing undone that the next run does not do; bad input
is answered, never raised.
"""

from __future__ import annotations

import os
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import Field, model_validator

from functions.connections.connection import Connection
from functions.connections.webhook_events import wanted_events
from functions.errors import ConnectorError, Permanent
from functions.flows.operations.webhook_carry_out import register, would_register
from functions.flows.operations.webhook_registration import planned
from functions.model.frozen import Frozen
from functions.model.outcomes import SENTENCES, Reason
from functions.model.registration import Registration, RegistrationReport
from functions.model.shipment import ConnectionName
from functions.settings import RegisterSettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.requests import parsed
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import logger, of_the_stack
from functions.wiring.webhook_parts import RegistrationParts, registration_parts

ALLOWED = {
    "dry run": {"connection": "name"},
    "apply": {"connection": "name", "dry_run": False, "by": "who asks", "note": "why"},
}


class Request(Frozen):
    """`is_scheduled` is the schedule's own."""

    connection: ConnectionName
    dry_run: bool = True
    by: str = Field(default="", max_length=100)
    note: str = Field(default="", max_length=500)
    is_scheduled: bool = False

    @model_validator(mode="after")
    def _says_who_asks(self) -> Request:
        if not self.dry_run and not self.is_scheduled and not (self.by and self.note):
            raise ValueError("dry_run: false subscribes and removes: give by and note")
        return self

    @property
    def is_dry(self) -> bool:
        return self.dry_run and not self.is_scheduled


def build(runtime: Runtime, settings: RegisterSettings) -> Handler:
    @cache
    def parts(name: ConnectionName) -> RegistrationParts:
        return registration_parts(runtime, settings, runtime.connections[name])

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        request = parsed(event, Request, runtime.connections, lambda asked: asked.connection)
        if isinstance(request, str):
            return {"error": request, "allowed": ALLOWED}
        if resting := _rests(runtime.connections[request.connection]):
            return {"next": resting}
        run = _Run(parts(request.connection), request, runtime.now(), context.aws_request_id)
        try:
            return run.serve()
        except ConnectorError as fault:
            return run.failed(fault)

    return handle


def _rests(connection: Connection) -> str:
    if connection.mode == "off":
        return "the connection is switched off"
    if connection.shipstation.webhooks == "manual":
        return 'the connection file leaves it to a person: shipstation.webhooks = "manual"'
    return ""


class _Run:
    def __init__(self, parts: RegistrationParts, request: Request, now: datetime, correlation_id: str) -> None:
        self._parts, self._request, self._now = parts, request, now
        self._told: dict[str, Any] = {"connection": parts.connection.name, "correlation_id": correlation_id}

    @property
    def _answer(self) -> dict[str, Any]:
        return {**self._told, "connection": self._parts.connection.called}

    def serve(self) -> dict[str, Any]:
        parts, wanted = self._parts, wanted_events(self._parts.connection)
        before = parts.store.known(parts.connection.name, self._now)
        if self._request.is_dry:
            found = parts.webhooks.list()
            plan = planned(found, parts.address, parts.tokens(), wanted, before.marks)
            return {**self._answer, "dry_run": True, **_shown(would_register(plan))}
        try:
            # A person who asks may know that the account shows them by now.
            in_vain = before.in_vain(self._now) if self._request.is_scheduled else ()
            report = register(parts.webhooks, parts.address, parts.tokens, wanted, before.marks, in_vain=in_vain)
        except ConnectorError as fault:
            is_refused = isinstance(fault, Permanent) and fault.reason is Reason.SHIPSTATION_REQUEST
            self._keep(before.not_shown(fault.reason, fault.status, self._now, wanted=wanted, is_refused=is_refused))
            raise
        self._log(report)
        self._keep(before.after(report, self._now, parts.connection.shipstation.api))
        return {**self._answer, **_shown(report)}

    def failed(self, fault: ConnectorError) -> dict[str, Any]:
        detail = str(fault)
        logger.warning("webhooks_not_looked_at", reason=fault.reason, detail=detail, by=self._request.by, **self._told)
        return {"error": SENTENCES[fault.reason], "reason": fault.reason, "next": "the next run looks again"}

    def _keep(self, after: Registration) -> None:
        """An hour in which ShipStation does not answer is repaired by the next."""
        self._parts.store.save(after)
        of_the_stack(WebhooksMissing=int(after.asks_for_a_person(self._now)))

    def _log(self, report: RegistrationReport) -> None:
        line = logger.warning if report.missing else logger.info
        line(
            "webhooks_registered",
            registered=report.registered,
            made=report.made,
            missing=report.missing,
            removed=len(report.removed),
            not_removed=len(report.not_removed),
            reason=report.reason,
            status=report.status,
            by=self._request.by,
            **self._told,
        )


def _shown(report: RegistrationReport) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "registered": list(report.registered),
        "made": list(report.made),
        "missing": list(report.missing),
        "removed": list(report.removed),
    }
    if report.reason is not None:
        answer |= {"reason": report.reason, "means": SENTENCES[report.reason], "status": report.status}
    return answer


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), RegisterSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
