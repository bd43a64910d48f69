"""What aligns reference data, put together once for each connection and profile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from functions.connections.align import AnyAlign, Customers, Stock, Warehouses
from functions.connections.connection import Connection
from functions.flows.align.customers import look_at_customers
from functions.flows.align.decide import Rules
from functions.flows.align.look import look
from functions.flows.align.step import Align, Look, Writer
from functions.flows.align.stock import look_at_stock
from functions.ifs import customers as ifs_customers
from functions.ifs.client import IfsClient
from functions.ifs.customers import CustomerRecords
from functions.ifs.sites import SiteRecords
from functions.ifs.stock import StockCounts
from functions.ledger.alignment import AlignStore
from functions.ledger.audit import AuditLog
from functions.ledger.budget import BudgetStore
from functions.ledger.desks import DeskStore
from functions.model.alignment import Side
from functions.settings import AlignSettings
from functions.shipstation.client import ShipStationClient
from functions.shipstation.v1 import warehouses
from functions.shipstation.v1.customers import ShipStationCustomers
from functions.shipstation.v2.inventory import InventoryLevels
from functions.wiring.ifs_tenant import ifs_client, leave_alone
from functions.wiring.runtime import Runtime
from functions.wiring.shipstation_account import shipstation_client


@dataclass(frozen=True)
class AlignParts:
    flow: Align
    look: Callable[[], Look]


class AlignConnections:
    """Every profile of every connection."""

    def __init__(self, runtime: Runtime, settings: AlignSettings) -> None:
        self._runtime, self._settings = runtime, settings
        self._ledger = runtime.table(settings.ledger_table)
        self._audit = AuditLog(runtime.table(settings.audit_table), new_id=runtime.new_id)

    def open(self, connection: Connection, profile: AnyAlign) -> AlignParts:
        parts = self._parts(connection, profile)

        def look() -> Look:
            leave_alone(self._ledger, connection.name, self._runtime.now())
            return parts.look()

        return AlignParts(parts.flow, look)

    def _parts(self, connection: Connection, profile: AnyAlign) -> AlignParts:
        name, budgets = connection.name, BudgetStore(self._ledger)
        ifs = ifs_client(self._runtime, connection, self._settings.ifs_secrets[name])
        secret = self._settings.shipstation_secrets[name]
        shipstation = shipstation_client(self._runtime, connection, secret, budgets)
        if isinstance(profile, Customers):
            return self._customers(connection, profile, ifs, shipstation)
        if isinstance(profile, Stock):
            return self._stock(connection, profile, ifs, shipstation)
        return self._warehouses(connection, profile, ifs, shipstation)

    def _warehouses(
        self, connection: Connection, profile: Warehouses, ifs: IfsClient, shipstation: ShipStationClient
    ) -> AlignParts:
        sites, places = SiteRecords(ifs, profile), warehouses.WarehouseRecords(shipstation)
        is_making = profile.creates and profile.writes("to_shipstation")
        rules = Rules(winners=profile.winners, forms=warehouses.FORMS, is_making=is_making)
        sides: dict[Side, Writer] = {"ifs": sites, "shipstation": places}
        store, now = AlignStore(self._ledger), self._runtime.now
        flow = Align(connection, profile, rules, sides, store, self._audit, now)

        def named() -> dict[str, int]:
            """At each look: a person may have named one since."""
            return connection.operated(DeskStore(self._ledger).load(connection.name), now()).named_warehouses

        return AlignParts(flow, partial(look, flow, profile, sites, places, named))

    def _customers(
        self, connection: Connection, profile: Customers, ifs: IfsClient, shipstation: ShipStationClient
    ) -> AlignParts:
        customers = CustomerRecords(ifs, profile)
        rules = Rules(winners={}, forms=ifs_customers.FORMS, is_making=profile.template is not None)
        store, now = AlignStore(self._ledger), self._runtime.now
        flow = Align(connection, profile, rules, {"ifs": customers}, store, self._audit, now)
        source = ShipStationCustomers(shipstation)
        return AlignParts(flow, partial(look_at_customers, flow, profile, source, customers))

    def _stock(
        self, connection: Connection, profile: Stock, ifs: IfsClient, shipstation: ShipStationClient
    ) -> AlignParts:
        levels = InventoryLevels(shipstation)
        store, now = AlignStore(self._ledger), self._runtime.now
        rules = Rules(winners={}, forms={}, is_making=False)
        flow = Align(connection, profile, rules, {"shipstation": levels}, store, self._audit, now)
        return AlignParts(flow, partial(look_at_stock, flow, profile, StockCounts(ifs, profile), levels))
