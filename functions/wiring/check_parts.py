"""Puts the fit check together, in AWS and on a laptop alike."""

from __future__ import annotations

from pydantic import Field

from functions.flows.preflight.check import Check
from functions.flows.preflight.pilot import Pilot
from functions.flows.to_ifs.audit_trail import Audit
from functions.ifs.survey import Survey
from functions.model.audit import Cause
from functions.model.fit import FitReport
from functions.model.frozen import Frozen
from functions.model.shipment import ConnectionName
from functions.settings import CheckSettings
from functions.shipstation import budget
from functions.shipstation.v1.sample import AccountSample
from functions.wiring.runtime import Runtime
from functions.wiring.vendors import IfsRoom, shipstation_client


class CheckRequest(Frozen):
    """`pilot` is the IFS order number of the one order that may be written."""

    connection: ConnectionName
    pilot: str | None = Field(default=None, min_length=1, max_length=100)
    by: str = Field(default="", max_length=100)
    note: str = Field(default="", max_length=500)


def examine(
    runtime: Runtime,
    settings: CheckSettings,
    request: CheckRequest,
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
