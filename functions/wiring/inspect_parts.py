"""What a look at one connection works with. Nothing here writes but the request budget of a search at ShipStation."""

from __future__ import annotations

from itertools import islice

from functions.connections.connection import Connection
from functions.errors import ConnectorError
from functions.flows.operations.attention import AttentionList, Filters, attention_list
from functions.flows.operations.key_standing import KeyStanding, key_standing
from functions.flows.operations.plan_list import LISTED, PlanList, plan_list
from functions.flows.operations.reconcile_standing import ReconcileStanding, reconcile_standing
from functions.flows.operations.search import Found, search
from functions.flows.operations.standing import (
    DeskStanding,
    ReadingFacts,
    ReadingStanding,
    TenantStanding,
    desk_standing,
    reading_standing,
    tenant_standing,
)
from functions.flows.operations.story import Library, OrderStory, story_of
from functions.ledger.audit import AuditLog
from functions.ledger.budget import BudgetStore
from functions.ledger.desks import DeskStore
from functions.ledger.digests import DigestStore
from functions.ledger.jobs import JobStore
from functions.ledger.key_expiries import KeyExpiryStore
from functions.ledger.orders import OrderStore
from functions.ledger.parked import ParkingStore
from functions.ledger.plans import PlanStore
from functions.ledger.positions import PositionStore
from functions.ledger.pushes import PushStore
from functions.ledger.reconciles import ReconcileStore
from functions.ledger.records import RecordStore
from functions.ledger.registrations import RegistrationStore
from functions.ledger.tenants import TenantStore
from functions.model.audit import desk_record
from functions.model.budget import BudgetState
from functions.model.desk import Desk
from functions.model.inspection import SearchedBy
from functions.model.key_expiry import Vendor
from functions.model.outcomes import Reason
from functions.model.state import OrderState
from functions.settings import InspectSettings
from functions.wiring.runtime import Runtime
from functions.wiring.shipstation_account import budget_key, shipstation_keys, shipstation_source

DECISIONS = 20  # of a connection, shown at once


class InspectParts:
    def __init__(self, runtime: Runtime, settings: InspectSettings, connection: Connection) -> None:
        self.connection, self._runtime = connection, runtime
        self._ledger = runtime.table(settings.ledger_table)
        self._secret = settings.shipstation_secrets[connection.name]
        self._orders, self._desks = OrderStore(self._ledger), DeskStore(self._ledger)
        self._audit = AuditLog(runtime.table(settings.audit_table), new_id=runtime.new_id)

    def desk(self) -> Desk:
        return self._desks.load(self.connection.name)

    def attention(self, filters: Filters, page: int) -> AttentionList:
        found = attention_list(self.desk(), self._orders, filters, page, self._runtime.now())
        return found.told_as(self.connection.called)

    def found(self, by: SearchedBy, text: str) -> Found:
        source = shipstation_source(self._runtime, self.connection, self._secret, self._ledger)
        return search(self._library(), source, by, text)

    def story(self, state: OrderState) -> OrderStory:
        return story_of(self._library(), state)

    def reading(self) -> ReadingStanding:
        name = self.connection.name
        positions = PositionStore(self._ledger)
        budget, not_configured = self._budget()
        facts = ReadingFacts(
            position=positions.peek(name),
            jobs=list(JobStore(self._ledger).all(name)),
            webhooks=positions.last_webhook_at(name),
            parked=ParkingStore(self._ledger).list(name),
            budget=budget,
            not_configured=not_configured,
            registration=RegistrationStore(self._ledger).load(name),
            key=self._key("shipstation"),
        )
        return reading_standing(self.connection, facts, self._runtime.now())

    def tenant(self) -> TenantStanding:
        tenants, connection = TenantStore(self._ledger), self.connection
        fitness = tenants.fitness(connection.name, connection.delivery_place)
        circuit, now = tenants.circuit(connection.name), self._runtime.now()
        return tenant_standing(connection, circuit, fitness, now, self._key("ifs"))

    def desk_standing(self) -> DeskStanding:
        decided = self._audit.story(self.connection.name, desk_record(self.connection.name))
        return desk_standing(
            self.connection,
            self.desk(),
            self._runtime.now(),
            decisions=islice(decided, DECISIONS),
            listeners=DigestStore(self._ledger).listeners(),
        )

    def plans(self) -> PlanList:
        found = PlanStore(self._ledger).newest(self.connection.name, LISTED)
        return plan_list(self.connection.called, found)

    def reconcile(self) -> ReconcileStanding:
        latest = ReconcileStore(self._ledger).latest(self.connection.name)
        return reconcile_standing(self.connection.called, latest)

    def _key(self, vendor: Vendor) -> KeyStanding | None:
        expiry = KeyExpiryStore(self._ledger).load(self.connection.name, vendor)
        return key_standing(vendor, expiry, self._runtime.now())

    def _library(self) -> Library:
        memories, pushes = RecordStore(self._ledger), PushStore(self._ledger)
        return Library(self.connection, self._orders, memories, self._audit, pushes, self._runtime.now)

    def _budget(self) -> tuple[BudgetState | None, str | None]:
        """And which secret lacks what."""
        try:
            keys = shipstation_keys(self._runtime, self._secret, self.connection.shipstation.api).all()
        except ConnectorError as fault:
            return None, str(fault) if fault.reason is Reason.SHIPSTATION_NOT_CONFIGURED else None
        is_next = KeyExpiryStore(self._ledger).load(self.connection.name, "shipstation").in_use == "next"
        return BudgetStore(self._ledger).load(budget_key(keys[-1 if is_next else 0])), None
