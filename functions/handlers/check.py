"""Manual invoke: whether a customer's two systems fit; with `pilot`, one named order is written and read back."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from pydantic import Field, ValidationError

from functions.flows.preflight.check import Check
from functions.flows.preflight.pilot import Pilot
from functions.flows.preflight.report_text import as_text
from functions.flows.to_ifs.audit_trail import Audit
from functions.ifs.survey import Survey
from functions.ledger.audit import AuditLog
from functions.ledger.budget import BudgetStore
from functions.model.audit import Cause
from functions.model.fit import FitReport
from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName
from functions.settings import CheckSettings
from functions.shipstation import budget
from functions.shipstation.v1.sample import AccountSample
from functions.wiring.aws import AwsRuntime
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import logger
from functions.wiring.vendors import IfsRoom, shipstation_client

ALLOWED = {
    "check": {"connection": "name"},
    "pilot": {"connection": "name", "pilot": "IFS order number to write", "by": "who asks", "note": "why"},
}


class Request(Frozen):
    """`pilot` is the IFS order number of the one order that may be written."""

    connection: ConnectionName
    pilot: str | None = Field(default=None, min_length=1, max_length=100)
    by: str = Field(default="", max_length=100)
    note: str = Field(default="", max_length=500)


def examine(
    runtime: Runtime,
    settings: CheckSettings,
    request: Request,
    *,
    budgets: budget.BudgetStore,
    audit: Audit,
    run_id: str,
) -> FitReport:
    """The whole check of one connection, wherever it runs."""
    connection = runtime.connections[request.connection]
    room = IfsRoom(runtime, settings.ifs_secrets)
    secret = settings.shipstation_secrets[connection.name]
    account = AccountSample(shipstation_client(runtime, connection, secret, budgets), connection, runtime.now)
    survey = Survey(room.client(connection.name), connection, runtime.now)
    report = Check(connection, account, survey, room.open, runtime.now).run()
    if request.pilot is None or not report.fits:
        return report
    pilot = Pilot(connection, room.open, audit, runtime.now, lambda attempt: runtime.sleep(0.2 * 2**attempt))
    cause = Cause(kind="pilot", correlation_id=run_id, by=request.by, note=request.note)
    proven = pilot.run(request.pilot, account.take(), cause)
    others = tuple(finding for finding in report.findings if finding.subject != "ifs.update_grant")
    return report.model_copy(update={"findings": (*others, *proven)})


def build(runtime: Runtime, settings: CheckSettings) -> Handler:
    budgets = BudgetStore(runtime.table(settings.ledger_table))
    audit = AuditLog(runtime.table(settings.audit_table), new_id=runtime.new_id)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        request = _parsed(event, lambda name: name in runtime.connections)
        if isinstance(request, str):
            return {"error": request, "allowed": ALLOWED, "connections": sorted(runtime.connections)}
        report = examine(runtime, settings, request, budgets=budgets, audit=audit, run_id=context.aws_request_id)
        misfits = sum(finding.standing == "misfit" for finding in report.findings)
        logger.info(
            "checked", connection=report.connection, fits=report.fits, misfits=misfits, pilot=bool(request.pilot)
        )
        return {"fits": report.fits, "report": report.model_dump(mode="json"), "text": as_text(report).splitlines()}

    return handle


def _parsed(event: dict[str, Any], is_known: Callable[[str], bool]) -> Request | str:
    """What is asked, or what is wrong with it."""
    try:
        request = Request.model_validate(event)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(f"{'.'.join(map(str, f['loc'])) or 'request'}: {f['msg']}" for f in faults)
    if not is_known(request.connection):
        return "connection: unknown"
    if request.pilot and not (request.by and request.note):
        return "pilot: it writes to IFS, so by and note have to be given"
    return request


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), CheckSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
