"""What looks up, proposes and writes for one connection, put together once an environment: consume, replay and check
work with the same parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

from functions.connections.connection import Connection
from functions.connections.warehouses import finds_warehouses, sites_of_warehouses
from functions.flows.to_ifs.circuit_breaker import Breaker
from functions.flows.to_ifs.deliver import Delivery
from functions.flows.to_ifs.earlier_version import Earlier
from functions.flows.to_ifs.lookup import Lookup
from functions.flows.to_ifs.schema_drift import SchemaDrift
from functions.ifs.client import AROUND_A_REQUEST_SECONDS, GRACE_SECONDS
from functions.ledger.alignment import AlignStore
from functions.ledger.audit import AuditLog
from functions.ledger.desks import DeskStore
from functions.ledger.key_expiries import KeyExpiryStore
from functions.ledger.orders import OrderStore
from functions.ledger.plans import PlanStore
from functions.ledger.queues import FifoOrderQueue
from functions.ledger.records import RecordStore
from functions.ledger.shared import EarlierSharedStore
from functions.ledger.tenants import TenantStore
from functions.model.shipment import ConnectionName
from functions.wiring.ifs_tenant import IfsConnections
from functions.wiring.key_expiries import KeyExpiries
from functions.wiring.runtime import Context, Runtime


@dataclass(frozen=True)
class DeliveryTables:
    """Names of the tables and addresses of the queues, by connection."""

    ledger: str
    audit: str
    shipments: Mapping[str, str]
    ifs_secrets: Mapping[str, str]


class DeliveryParts:
    def __init__(self, runtime: Runtime, tables: DeliveryTables) -> None:
        ledger = runtime.table(tables.ledger)
        self._runtime, self._tables, self._ledger = runtime, tables, ledger
        self.orders, self.plans = OrderStore(ledger), PlanStore(ledger)
        self.records, self.tenants = RecordStore(ledger), TenantStore(ledger)
        self.desks = DeskStore(ledger)
        self.audit = AuditLog(runtime.table(tables.audit), new_id=runtime.new_id)
        self.ifs = IfsConnections(runtime, tables.ifs_secrets)
        self._expiries = KeyExpiries(runtime.secrets, KeyExpiryStore(ledger), runtime.now)
        self.drift = SchemaDrift(self.tenants, self.ifs.inspect, runtime.now)
        self._earlier = Earlier(EarlierSharedStore(ledger), self.audit, runtime.now)

    def connection(self, name: ConnectionName) -> Connection:
        """As the file says and a person has decided beside it."""
        return self._runtime.connections[name].operated(self.desks.load(name), self._runtime.now())

    def lookup(self, name: ConnectionName, context: Context) -> Lookup:
        breaker, connection = Breaker(self.tenants, name, self._runtime.now), self.connection(name)
        return Lookup(
            connection=connection,
            ifs=self.ifs.open,
            drift=partial(self.drift.refusal, breaker=breaker),
            breaker=breaker,
            memories=self.records,
            audit=self.audit,
            earlier=self._earlier,
            now=self._runtime.now,
            has_time=has_time(context, self._runtime.connections[name]),
            sites=cache(partial(self._sites, connection)),
        )

    def _sites(self, connection: Connection) -> dict[int, str]:
        found = AlignStore(self._ledger).warehouses(connection.name) if finds_warehouses(connection) else {}
        return sites_of_warehouses(connection, found)

    def delivery(self, name: ConnectionName, context: Context) -> Delivery:
        return Delivery(
            lookup=self.lookup(name, context),
            ifs=self.ifs.open,
            orders=self.orders,
            plans=self.plans,
            audit=self.audit,
            queue=self.queue(name),
            pause=self._pause,
        )

    def note_client(self, name: ConnectionName) -> None:
        """Which of IFS's clients is in use: who delivers knows."""
        self._expiries.note(name, "ifs", self._tables.ifs_secrets[name], self.ifs.known_by(name))

    def queue(self, name: ConnectionName) -> FifoOrderQueue:
        return FifoOrderQueue(self._runtime.queue(self._tables.shipments[name]))

    def _pause(self, attempt: int) -> None:
        # Two that write one record in turns would otherwise meet again each time.
        self._runtime.sleep(min(2.0, 0.1 * 2**attempt) * (0.5 + self._runtime.jitter() / 2))


def has_time(context: Context, connection: Connection) -> Callable[[], bool]:
    """Whether the longest request may still be begun, and what is saved before it."""
    turn = connection.ifs.concurrency / connection.ifs.requests_per_second
    around = GRACE_SECONDS + AROUND_A_REQUEST_SECONDS + turn
    reserve = timedelta(seconds=connection.ifs.wait_seconds + around)
    return lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()) > reserve
