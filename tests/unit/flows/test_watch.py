from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from functions.connections.connection import Connection
from functions.errors import ConnectorError, Permanent, Retryable
from functions.flows.to_ifs.deliver import deliver
from functions.flows.to_ifs.schema_drift import EVERY, EVERY_WHILE_UNFIT, Watch
from functions.model.fit import Finding
from functions.model.outcomes import Outcome, Reason
from functions.model.shipment import ConnectionName
from functions.model.tenant import Fitness
from tests.equipment.builders import NOON, a_candidate, a_connection, a_shipment, again, work
from tests.equipment.delivery_fakes import FakeIfs, World

FITS = Finding(subject="ifs.targets.shipment_header", standing="fits", sentence="As expected.")
MISFIT = Finding(subject="ifs.targets.shipment_header", standing="misfit", sentence="ProNo is no attribute.")


class Tenant:
    """Its metadata, its ledger items, and a clock."""

    def __init__(self, *findings: Finding) -> None:
        self.at, self.findings, self.inspections = NOON, findings, 0
        self.fault: ConnectorError | None = None
        self.stored: dict[str, Fitness] = {}

    def inspect(self, _connection: Connection) -> Sequence[Finding]:
        self.inspections += 1
        if self.fault:
            raise self.fault
        return self.findings

    def fitness(self, _connection: ConnectionName, fingerprint: str) -> Fitness | None:
        return self.stored.get(fingerprint)

    def save_fitness(self, fitness: Fitness) -> None:
        self.stored[fitness.fingerprint] = fitness

    def now(self) -> datetime:
        return self.at

    def watch(self) -> Watch:
        return Watch(self, self.inspect, self.now)


def test_a_target_that_fits_is_looked_at_once_a_day_by_all_consumers_together() -> None:
    tenant = Tenant(FITS)
    watches = [tenant.watch(), tenant.watch()]
    for _ in range(3):
        assert [watch.refusal(a_connection()) for watch in watches] == [None, None]
    assert tenant.inspections == 1
    tenant.at += EVERY
    assert [watch.refusal(a_connection()) for watch in watches] == [None, None]
    assert tenant.inspections == 2


def test_a_target_that_does_not_exist_is_never_written_until_it_does() -> None:
    tenant, world = Tenant(MISFIT), World(FakeIfs(a_candidate()))
    watch = tenant.watch()
    world.unfit = watch.refusal(world.connection)
    deliver([work(a_shipment())], world.delivery)
    assert (world.ifs.writes, world.state().waiting_for) == ([], Reason.TARGET_CHANGED)
    assert world.state().attention is Reason.TARGET_CHANGED
    tenant.findings = (FITS,)
    tenant.at += EVERY_WHILE_UNFIT
    world.unfit = watch.refusal(world.connection)
    deliver([again(a_shipment().order_key)], world.delivery)
    assert len(world.ifs.writes) == 1


def test_shadow_mode_rehearses_although_the_target_does_not_fit() -> None:
    world = World(FakeIfs(a_candidate()), a_connection(mode="shadow"))
    world.unfit = Retryable(Reason.TARGET_CHANGED, "no such set")
    deliver([work(a_shipment())], world.delivery)
    assert world.state().shipments[a_shipment().key].outcome is Outcome.WOULD_WRITE


def test_a_store_in_shadow_mode_goes_on_beside_one_whose_writing_is_paused() -> None:
    world = World(FakeIfs(a_candidate()), a_connection(stores={"7": {"mode": "shadow"}}))
    world.unfit = Retryable(Reason.TARGET_CHANGED, "no such set")
    shadow = a_shipment(2, store_id=7, reference="P2")
    deliver([work(a_shipment(store_id=8)), work(shadow)], world.delivery)
    waits = {key.reference: state.waiting_for for key, state in world.orders.states.items()}
    assert waits == {"P1001": Reason.TARGET_CHANGED, "P2": Reason.NOT_IN_IFS_YET}


def test_what_fitted_is_trusted_while_ifs_cannot_be_asked() -> None:
    tenant = Tenant(FITS)
    watch = tenant.watch()
    watch.refusal(a_connection())
    tenant.at += EVERY + timedelta(hours=1)
    tenant.fault = Retryable(Reason.IFS_UNAVAILABLE, "502")
    assert watch.refusal(a_connection()) is None


@pytest.mark.parametrize(
    "fault",
    [Retryable(Reason.IFS_UNAVAILABLE, "502"), Permanent(Reason.IFS_CREDENTIALS, "401")],
    ids=["down", "key refused"],
)
def test_what_was_never_seen_to_fit_is_not_written_on_trust(fault: ConnectorError) -> None:
    tenant = Tenant(FITS)
    tenant.fault = fault
    assert tenant.watch().refusal(a_connection()) is fault


def test_another_target_is_looked_at_anew() -> None:
    tenant = Tenant(FITS)
    watch = tenant.watch()
    watch.refusal(a_connection())
    watch.refusal(a_connection(stores={"7": {"company": "20"}}).at_store(7))
    assert tenant.inspections == 2
