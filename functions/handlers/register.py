"""Schedule → ShipStation: the webhooks of a connection are subscribed, and made anew where they are missing. Manual
invoke: what a run would do, or the run itself. A fault leaves nothing undone that the next run does not do; bad input
is answered, never raised.
"""

from __future__ import annotations

import os
from datetime import datetime
from functools import cache
from typing import Any

from functions.connections.connection import Connection
from functions.connections.webhook_events import wanted_events
from functions.errors import ConnectorError, Permanent
from functions.flows.operations.webhook_carry_out import register, would_register
from functions.flows.operations.webhook_registration import planned
from functions.model.answer import out_of_reach, refused
from functions.model.outcomes import SENTENCES, Reason
from functions.model.register_answer import NotRegistered, Registered
from functions.model.register_request import RegisterRequest
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


def build(runtime: Runtime, settings: RegisterSettings) -> Handler:
    @cache
    def parts(name: ConnectionName) -> RegistrationParts:
        return registration_parts(runtime, settings, runtime.connections[name])

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        request = parsed(event, RegisterRequest, runtime.connections, lambda asked: asked.connection)
        if isinstance(request, str):
            return refused(request, ALLOWED)
        connection = runtime.connections[request.connection]
        if resting := _rests(connection):
            run_id = context.aws_request_id
            return Registered(connection=connection.called, correlation_id=run_id, next=resting).told()
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
    def __init__(self, parts: RegistrationParts, request: RegisterRequest, now: datetime, correlation_id: str) -> None:
        self._parts, self._request, self._now = parts, request, now
        self._told: dict[str, Any] = {"connection": parts.connection.name, "correlation_id": correlation_id}

    def _answer(self, report: RegistrationReport, *, is_dry: bool = False) -> dict[str, Any]:
        told = {
            **self._told,
            **report.model_dump(include={"registered", "made", "missing", "removed"}),
            "connection": self._parts.connection.called,
            "dry_run": is_dry or None,
        }
        if report.reason is None:
            return Registered(**told).told()
        why = report.reason
        return NotRegistered(**told, reason=why, means=SENTENCES[why], status=report.status).told()

    def serve(self) -> dict[str, Any]:
        parts, wanted = self._parts, wanted_events(self._parts.connection)
        before = parts.store.known(parts.connection.name, self._now)
        if self._request.is_dry:
            found = parts.webhooks.list()
            plan = planned(found, parts.address, parts.tokens(), wanted, before.marks)
            return self._answer(would_register(plan), is_dry=True)
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
        return self._answer(report)

    def failed(self, fault: ConnectorError) -> dict[str, Any]:
        detail = str(fault)
        logger.warning("webhooks_not_looked_at", reason=fault.reason, detail=detail, by=self._request.by, **self._told)
        return out_of_reach(fault.reason, "the next run looks again")

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


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), RegisterSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
