"""Puts the fit check together, in AWS and on a laptop alike."""

from __future__ import annotations

from collections.abc import Callable, Collection

from functions.connections.connection import Connection
from functions.flows.preflight.check import Check
from functions.flows.preflight.pilot import Pilot
from functions.flows.to_ifs.deliver import Delivery
from functions.ifs.survey import Survey
from functions.model.audit import Cause
from functions.model.fit import FitReport
from functions.model.frozen import Frozen
from functions.model.key_expiry import Vendor
from functions.model.shipment import ConnectionName
from functions.model.signed import Name, NameOrNone, NoteOrNone
from functions.settings import CheckSettings
from functions.shipstation import budget
from functions.shipstation.reading.sample import AccountSample
from functions.wiring.ifs_tenant import IfsConnections
from functions.wiring.runtime import Runtime
from functions.wiring.shipstation_account import APIS, shipstation_client


class CheckRequest(Frozen):
    """`pilot` is the IFS order number of the one order that may be written."""

    connection: ConnectionName
    pilot: Name | None = None
    by: NameOrNone = ""
    note: NoteOrNone = ""


def examine(
    runtime: Runtime,
    settings: CheckSettings,
    request: CheckRequest,
    *,
    budgets: budget.BudgetStore,
    run_id: str,
    delivery: Callable[[], Delivery] | None = None,
) -> FitReport:
    """The whole check of one connection, wherever it runs. `delivery` writes the pilot; a laptop has none."""
    check, account = _wired(runtime, settings, request.connection, budgets)
    report = check.run()
    if request.pilot is None or delivery is None or not report.fits:
        return report
    cause = Cause(kind="pilot", correlation_id=run_id, by=request.by, note=request.note)
    proven = Pilot(delivery()).run(request.pilot, account.take(), cause)
    return report.with_pilot(proven)


def examine_keys(
    runtime: Runtime,
    settings: CheckSettings,
    connection: ConnectionName,
    vendors: Collection[Vendor],
    budgets: budget.BudgetStore,
) -> FitReport:
    """Whether the vendors take what the secrets hold."""
    check, _ = _wired(runtime, settings, connection, budgets)
    return check.keys(vendors)


def _wired(
    runtime: Runtime, settings: CheckSettings, name: ConnectionName, budgets: budget.BudgetStore
) -> tuple[Check, AccountSample]:
    connection, secret = runtime.connections[name], settings.shipstation_secrets[name]
    ifs = IfsConnections(runtime, settings.ifs_secrets)
    both = connection, connection.through_the_other_api()
    account, beside = (_sample(runtime, each, secret, budgets) for each in both)
    survey = Survey(ifs.client(name), connection, runtime.now)
    return Check(connection, account, beside, survey, ifs.open, runtime.now), account


def _sample(runtime: Runtime, connection: Connection, secret: str, budgets: budget.BudgetStore) -> AccountSample:
    client = shipstation_client(runtime, connection, secret, budgets)
    return AccountSample(client, APIS[connection.shipstation.api], connection, runtime.now)
