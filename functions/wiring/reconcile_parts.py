"""What a reconcile works with for one connection. It shares the clients with the deliveries, nothing that decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import partial

from functions.connections.connection import Connection
from functions.connections.targets import AnyTarget
from functions.flows.operations.reconcile import Reconcile
from functions.flows.operations.reconcile_ledger import Ledger
from functions.ifs.client import IfsClient
from functions.ifs.plain_rows import Asked, PlainRows
from functions.ledger.budget import BudgetStore
from functions.ledger.desks import DeskStore
from functions.ledger.orders import OrderStore
from functions.ledger.parked import ParkingStore
from functions.ledger.reconciles import ReconcileStore
from functions.ledger.records import RecordStore
from functions.ledger.reports import ReportStore
from functions.model.cursors import Span
from functions.model.reconciled import IfsRow
from functions.settings import ReconcileSettings
from functions.shipstation.reading.parcel_lists import ParcelLists
from functions.wiring.ifs_tenant import ifs_client, leave_alone
from functions.wiring.runtime import Runtime
from functions.wiring.shipstation_account import APIS, shipstation_client


class _View:
    """IFS as one store sees it."""

    def __init__(self, client: IfsClient, view: Connection) -> None:
        self._rows = PlainRows(client, view.ifs)

    def rows(
        self, target: AnyTarget, references: Collection[str], named: Mapping[str, str]
    ) -> tuple[list[IfsRow], set[str]]:
        told = self._rows.read(target, Asked(references, named))
        return told.rows, told.found


class ReconcileParts:
    def __init__(self, runtime: Runtime, settings: ReconcileSettings, connection: Connection) -> None:
        name, self._table = connection.name, runtime.table(settings.ledger_table)
        self.connection, self.now, self._runtime = connection, runtime.now, runtime
        self.runs = ReconcileStore(self._table)
        self.reports = ReportStore(runtime.bucket(settings.reports_bucket))
        secret = settings.shipstation_secrets[name]
        client = shipstation_client(runtime, connection, secret, BudgetStore(self._table))
        self.shipstation = ParcelLists(client, APIS[connection.shipstation.api])
        self._ifs = ifs_client(runtime, connection, settings.ifs_secrets[name])

    @property
    def patience(self) -> timedelta:
        """What the slowest request of a piece may take: less is left of no run that begins one."""
        vendors = self.connection.shipstation.timeout_seconds, self.connection.ifs.wait_seconds
        return timedelta(seconds=max(vendors))

    def claimed(self, window: Span) -> int:
        return self.shipstation.claimed(window)

    def reconcile(self) -> Reconcile:
        """As the file says and a person has decided beside it. Raises Retryable while IFS asks to be left alone."""
        leave_alone(self._table, self.connection.name, self.now())
        operated = self.connection.operated(DeskStore(self._table).load(self.connection.name), self.now())
        return Reconcile(operated, self.shipstation, partial(_View, self._ifs), self._ledger, self.now)

    def _ledger(self) -> Ledger:
        parking, name = ParkingStore(self._table), self.connection.name
        parked, dismissed = parking.list(name), parking.dismissed(name)
        return Ledger(OrderStore(self._table), RecordStore(self._table), self.now(), parked, dismissed)
