"""Manual invoke: whether a customer's two systems fit; with `pilot`, one named order is written and read back."""

from __future__ import annotations

import os
from functools import cache, partial
from typing import Any

from functions.errors import ConnectorError
from functions.flows.preflight.report_text import as_text
from functions.ledger.budget import BudgetStore
from functions.model.answer import Refusal, out_of_reach
from functions.model.fit import CheckAnswer
from functions.settings import CheckSettings
from functions.wiring.aws import AwsRuntime
from functions.wiring.check_parts import CheckRequest, examine
from functions.wiring.delivery_parts import DeliveryParts, DeliveryTables
from functions.wiring.once import Once
from functions.wiring.requests import Connections, names, parsed
from functions.wiring.runtime import Context, Handler, Runtime
from functions.wiring.telemetry import logger

ALLOWED = {
    "check": {"connection": "name"},
    "pilot": {"connection": "name", "pilot": "IFS order number to write", "by": "who asks", "note": "why"},
}


def build(runtime: Runtime, settings: CheckSettings) -> Handler:
    budgets = BudgetStore(runtime.table(settings.ledger_table))
    tables = DeliveryTables(settings.ledger_table, settings.audit_table, settings.shipments, settings.ifs_secrets)
    parts, once = DeliveryParts(runtime, tables), Once(runtime, settings.ledger_table)

    def handle(event: dict[str, Any], context: Context) -> dict[str, Any]:
        runtime.time.begins(context)
        request = _parsed(event, runtime.connections)
        if isinstance(request, str):
            known = tuple(names(runtime.connections))
            return Refusal(error=request, allowed=ALLOWED, connections=known).told()
        try:
            return once.run(event, context, lambda _: examined(request, context))
        except ConnectorError as fault:
            return out_of_reach(fault.reason)

    def examined(request: CheckRequest, context: Context) -> dict[str, Any]:
        delivery = partial(parts.delivery, request.connection, context)
        run_id = context.aws_request_id
        report = examine(runtime, settings, request, budgets=budgets, run_id=run_id, delivery=delivery)
        misfits = sum(finding.severity == "misfit" for finding in report.findings)
        logger.info(
            "checked", connection=request.connection, fits=report.fits, misfits=misfits, pilot=bool(request.pilot)
        )
        return CheckAnswer(fits=report.fits, report=report, text=tuple(as_text(report).splitlines())).told()

    return handle


def _parsed(event: dict[str, Any], known: Connections) -> CheckRequest | str:
    """What is asked, or what is wrong with it."""
    request = parsed(event, CheckRequest, known, lambda asked: asked.connection)
    if not isinstance(request, str) and request.pilot and not (request.by and request.note):
        return "pilot: it writes to IFS, so by and note have to be given"
    return request


@cache
def _wired() -> Handler:
    return build(AwsRuntime(), CheckSettings.from_env(os.environ))


def handler(event: dict[str, Any], context: Context) -> Any:
    return _wired()(event, context)
