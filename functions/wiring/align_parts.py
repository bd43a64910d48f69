"""What aligns reference data, put together once for each connection and profile."""

from __future__ import annotations

from functions.connections.align import AnyAlign
from functions.connections.connection import Connection
from functions.flows.align.decide import Rules
from functions.flows.align.step import Align
from functions.ifs.sites import SiteRecords
from functions.ledger.alignment import AlignStore
from functions.ledger.audit import AuditLog
from functions.ledger.budget import BudgetStore
from functions.settings import AlignSettings
from functions.shipstation.v1 import warehouses
from functions.wiring.ifs_tenant import ifs_client
from functions.wiring.runtime import Runtime
from functions.wiring.shipstation_account import shipstation_client


def align_parts(runtime: Runtime, settings: AlignSettings, connection: Connection, profile: AnyAlign) -> Align:
    name, ledger = connection.name, runtime.table(settings.ledger_table)
    client = shipstation_client(runtime, connection, settings.shipstation_secrets[name], BudgetStore(ledger))
    is_making = profile.creates and profile.writes("to_shipstation")
    return Align(
        connection,
        profile,
        Rules(winners=profile.winners, forms=warehouses.FORMS, is_making=is_making),
        SiteRecords(ifs_client(runtime, connection, settings.ifs_secrets[name]), profile),
        warehouses.WarehouseRecords(client),
        AlignStore(ledger),
        AuditLog(runtime.table(settings.audit_table), new_id=runtime.new_id),
        runtime.now,
    )
