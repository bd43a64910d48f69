from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Permanent, Retryable, Scope
from functions.flows.to_ifs.deliver import deliver
from functions.flows.to_ifs.schema_drift import EVERY, EVERY_WHILE_UNFIT, EVERY_WHILE_UNREAD, SchemaDrift
from functions.model.fit import Finding
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName
from functions.model.tenant import Fitness, Heard
from tests.equipment.builders import NOON, a_candidate, a_connection, a_shipment, again, work
from tests.equipment.delivery_fakes import FakeIfs, World

FITS = Finding(subject="ifs.targets.shipment_header", severity="fits", sentence="As expected.")
MISFIT = Finding(subject="ifs.targets.shipment_header", severity="misfit", sentence="ProNo is no attribute.")


class Tenant:
    """Its metadata, its ledger items, what its breaker is told, and a clock."""

    def __init__(self, *findings: Finding) -> None:
        self.at, self.findings, self.inspections = NOON, findings, 0
        self.fault: ConnectorError | None = None
        self.stored: dict[str, Fitness] = {}
        self.heard: list[tuple[Heard, Reason | None]] = []
        self.subjects: list[str] = []
        self.reads = 0

    def inspect(self, _connection: Connection) -> Sequence[Finding]:
        self.inspections += 1
        if self.fault:
            raise self.fault
        return self.findings

    def fitness(self, _connection: ConnectionName, fingerprint: str) -> Fitness | None:
        self.reads += 1
        return self.stored.get(fingerprint)

    def save_fitness(self, fitness: Fitness) -> None:
        self.stored[fitness.fingerprint] = fitness

    def now(self) -> datetime:
        return self.at

    def failed(self, fault: ConnectorError, heard: Heard, subject: str) -> None:
        self.heard.append((heard, fault.reason))
        self.subjects.append(subject)

    def served(self, heard: Heard) -> None:
        self.heard.append((heard, None))

    def consumer(self) -> Callable[[Connection], ConnectorError | None]:
        """One process that watches for drift and tells this tenant's breaker."""
        drift = SchemaDrift(self, self.inspect, self.now)
        return lambda connection: drift.refusal(connection, self)


def test_a_target_that_fits_is_looked_at_once_a_day_by_all_consumers_together() -> None:
    tenant = Tenant(FITS)
    consumers = [tenant.consumer(), tenant.consumer()]
    for _ in range(3):
        assert [refusal(a_connection()) for refusal in consumers] == [None, None]
    assert tenant.inspections == 1
    assert tenant.reads == len(consumers)  # each keeps what it read
    tenant.at += EVERY
    assert [refusal(a_connection()) for refusal in consumers] == [None, None]
    assert (tenant.inspections, tenant.heard) == (2, [("metadata", None)] * 2)


def test_a_target_that_does_not_exist_is_never_written_until_it_does() -> None:
    tenant, world = Tenant(MISFIT), World(FakeIfs(a_candidate()))
    refusal = tenant.consumer()
    world.drift = refusal(world.connection)
    assert world.drift is not None
    assert (world.drift.stage, str(world.drift)) == ("metadata", "target_changed: ProNo is no attribute.")
    assert (world.drift.scope, tenant.heard) == (Scope.TENANT, [("metadata", None)])
    deliver([work(a_shipment())], world.delivery)
    assert (world.ifs.writes, world.state().waiting_for) == ([], Reason.TARGET_CHANGED)
    assert world.state().attention is Reason.TARGET_CHANGED
    tenant.findings = (FITS,)
    tenant.at += EVERY_WHILE_UNFIT
    world.drift = refusal(world.connection)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert len(world.ifs.writes) == 1


def test_shadow_mode_rehearses_although_the_target_does_not_fit() -> None:
    world = World(FakeIfs(a_candidate()), a_connection(mode="shadow"))
    world.drift = Retryable(Reason.TARGET_CHANGED, "no such set")
    deliver([work(a_shipment())], world.delivery)
    assert world.state().shipments[a_shipment().key].outcome is Outcome.WOULD_WRITE


def test_a_store_in_shadow_mode_goes_on_beside_one_whose_writing_is_paused() -> None:
    world = World(FakeIfs(a_candidate()), a_connection(stores={"7": {"mode": "shadow"}}))
    world.drift = Retryable(Reason.TARGET_CHANGED, "no such set")
    shadow = a_shipment(2, store_id=7, reference="P2")
    deliver([work(a_shipment(store_id=8)), work(shadow)], world.delivery)
    waits = {key.reference: state.waiting_for for key, state in world.orders.states.items()}
    assert waits == {"P1001": Reason.TARGET_CHANGED, "P2": Reason.NOT_IN_IFS_YET}


UNREAD = Retryable(Reason.IFS_UNAVAILABLE, "504", stage="metadata", status=504, scope=Scope.TENANT)
REFUSED = Retryable(Reason.IFS_CREDENTIALS, "401", stage="token", status=401, scope=Scope.TENANT)
GARBLED = Permanent(Reason.IFS_CONFIGURATION, "no EDMX", stage="metadata", scope=Scope.TENANT)
FAULTS = pytest.mark.parametrize("fault", [UNREAD, REFUSED, GARBLED], ids=["slow", "client refused", "no document"])


@FAULTS
def test_what_fitted_is_trusted_while_ifs_cannot_be_asked_and_the_breaker_hears_of_it(fault: ConnectorError) -> None:
    tenant = Tenant(FITS)
    refusal = tenant.consumer()
    refusal(a_connection())
    tenant.at += EVERY + timedelta(hours=1)
    tenant.fault = fault
    assert refusal(a_connection()) is None
    assert tenant.heard == [("metadata", None), ("metadata", fault.reason)]


@FAULTS
def test_what_was_never_seen_to_fit_is_not_written_on_trust(fault: ConnectorError) -> None:
    tenant = Tenant(FITS)
    tenant.fault = fault
    assert tenant.consumer()(a_connection()) is fault
    assert tenant.heard == [("metadata", fault.reason)]
    assert tenant.subjects == [a_connection().delivery_place]


def test_what_did_not_fit_waits_on_while_ifs_cannot_be_asked() -> None:
    tenant = Tenant(MISFIT)
    refusal = tenant.consumer()
    refusal(a_connection())
    tenant.at += EVERY_WHILE_UNFIT
    tenant.fault = UNREAD
    assert refusal(a_connection()) is UNREAD


@pytest.mark.parametrize("has_fitted", [True, False])
def test_metadata_that_cannot_be_read_is_looked_at_once_a_minute_and_not_for_each_order(*, has_fitted: bool) -> None:
    tenant = Tenant(FITS)
    refusal = tenant.consumer()
    if has_fitted:
        refusal(a_connection())
        tenant.at += EVERY
    tenant.fault, before = UNREAD, tenant.inspections
    views = [a_connection(), a_connection(stores={"7": {"company": "20"}}).at_store(7)]
    for _ in range(10):
        answers = [refusal(view) for view in views]
    assert tenant.inspections - before == 1
    assert answers == [None if has_fitted else UNREAD, UNREAD]
    tenant.at += EVERY_WHILE_UNREAD
    tenant.fault = None
    assert [refusal(view) for view in views] == [None, None]


def test_a_look_that_a_runs_end_cut_short_is_made_by_the_next_run() -> None:
    tenant = Tenant(FITS)
    refusal = tenant.consumer()
    tenant.fault = Retryable(Reason.OUT_OF_TIME, "the run ends", scope=Scope.TENANT)
    assert refusal(a_connection()) is tenant.fault
    tenant.fault = None
    assert refusal(a_connection()) is None


def test_another_target_is_looked_at_anew() -> None:
    tenant = Tenant(FITS)
    refusal = tenant.consumer()
    refusal(a_connection())
    refusal(a_connection(stores={"7": {"company": "20"}}).at_store(7))
    assert tenant.inspections == 2
